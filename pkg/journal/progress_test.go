package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var then = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func told(t testing.TB, work Work, text string) Update {
	t.Helper()
	u, err := AcceptUpdate(work, []byte(text), then)
	if err != nil {
		t.Fatalf("%.200s: %v", text, err)
	}
	return u
}

func merged(t testing.TB, work Work, texts ...string) *Merged {
	t.Helper()
	var m Merged
	for _, text := range texts {
		m.Merge(told(t, work, text))
	}
	return &m
}

// at is an updated_at, seconds after noon.
func at(seconds int) string {
	return then.Add(time.Duration(seconds-3600) * time.Second).Format(time.RFC3339Nano)
}

func TestMerge(t *testing.T) {
	for name, c := range map[string]struct {
		updates []string
		want    string // status attempt name started finished steps
	}{
		"nothing is known of an empty update": {[]string{`{}`}, ` 1  - - []`},
		"each field has its newest update": {[]string{
			`{"updated_at":"` + at(1) + `","name":"import","status":"queued"}`,
			`{"updated_at":"` + at(2) + `","status":"running"}`}, `running 1 import - - []`},
		"an older update fills in what is missing and changes nothing else": {[]string{
			`{"updated_at":"` + at(2) + `","status":"running"}`,
			`{"updated_at":"` + at(1) + `","name":"import","status":"queued"}`}, `running 1 import - - []`},
		"at the same time what ends it wins": {[]string{
			`{"updated_at":"` + at(1) + `","status":"failed"}`,
			`{"updated_at":"` + at(1) + `","status":"running"}`}, `failed 1  - - []`},
		"a new attempt goes from failed to running, and what was of the first is gone": {[]string{
			`{"updated_at":"` + at(1) + `","name":"import","status":"failed","started_at":"` + at(0) + `","finished_at":"` + at(1) + `","steps":[{"name":"load","status":"failed"}]}`,
			`{"updated_at":"` + at(5) + `","status":"running","attempt":2}`}, `running 2 import - - []`},
		"a straggler of the first attempt does not end the second": {[]string{
			`{"updated_at":"` + at(5) + `","status":"running","attempt":2}`,
			`{"updated_at":"` + at(6) + `","status":"failed","attempt":1}`}, `running 2  - - []`},
		"what names no attempt is of the one that was current": {[]string{
			`{"updated_at":"` + at(5) + `","status":"running","attempt":2}`,
			`{"updated_at":"` + at(7) + `","status":"succeeded"}`,
			`{"updated_at":"` + at(4) + `","status":"failed"}`}, `succeeded 2  - - []`},
		"what has no time is newer than what came before, whatever the clocks say": {[]string{
			`{"updated_at":"` + at(3700) + `","status":"running"}`, `{"status":"failed"}`}, `failed 1  - - []`},
		"the zero time of a program is none": {[]string{`{"started_at":"0001-01-01T00:00:00Z"}`}, ` 1  - - []`},
		"null takes back": {[]string{
			`{"updated_at":"` + at(1) + `","name":"import","started_at":"` + at(0) + `"}`,
			`{"updated_at":"` + at(2) + `","name":null,"started_at":null}`}, ` 1  - - []`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := brief(merged(t, RunWork, c.updates...).Run("r")); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func brief(r Run) string {
	when := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return fmt.Sprint(t.Sub(then.Add(-time.Hour)).Seconds())
	}
	return fmt.Sprintf("%s %d %s %s %s %v", r.Status, r.Attempt, r.Name, when(r.StartedAt), when(r.FinishedAt), r.Steps)
}

// Any order of the same updates, some of them repeated, ends in the same sum,
// and a sum that was stored and read again goes on alike.
func TestMerge_is_the_same_in_any_order(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var updates []Update
		for range rapid.IntRange(1, 12).Draw(t, "updates") {
			u := Update{at: then.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "at")) * time.Second), fields: map[string]json.RawMessage{}}
			u.attempt = rapid.IntRange(0, 3).Draw(t, "attempt")
			if status := rapid.SampledFrom(append([]Status{""}, Statuses...)).Draw(t, "status"); status != "" {
				u.final = status.Final()
				u.fields["status"], _ = Marshal(status)
			}
			for _, field := range []string{"name", "started_at", "steps"} {
				if rapid.Bool().Draw(t, field) {
					u.fields[field] = json.RawMessage(fmt.Sprintf(`"%d"`, rapid.IntRange(0, 3).Draw(t, "value")))
				}
			}
			updates = append(updates, u)
		}
		var first, second Merged
		for _, u := range updates {
			first.Merge(u)
		}
		again := append(updates[:len(updates):len(updates)], updates[rapid.IntRange(0, len(updates)-1).Draw(t, "repeated")])
		for i, u := range rapid.Permutation(again).Draw(t, "order") {
			second.Merge(u)
			if i == 2 {
				text, _ := json.Marshal(second)
				second = Merged{}
				if err := json.Unmarshal(text, &second); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
		for _, u := range updates {
			if second.Merge(u) {
				t.Fatal("an update that is in the sum has changed it")
			}
		}
	})
}

func TestAcceptUpdate_refuses(t *testing.T) {
	for text, field := range map[string]string{
		`{"status":"done"}`:                             "status",
		`{"status":null}`:                               "status",
		`{"attempt":null}`:                              "attempt",
		`{"attempt":0}`:                                 "attempt",
		`{"attempt":1.5}`:                               "attempt",
		`{"name":7}`:                                    "name",
		`{"started_at":"noon"}`:                         "started_at",
		`{"updated_at":"2026-11-20T12:05:01Z"}`:         "updated_at",
		`{"started_at":"1960-01-01T00:00:00Z"}`:         "started_at",
		`{"updated_at":null}`:                           "updated_at",
		`{"updated_at":"1960-01-01T00:00:00Z"}`:         "updated_at",
		`{"url":"javascript:alert(1)"}`:                 "url",
		`{"links":[1]}`:                                 "links",
		`{"steps":[{"name":"a","state":"x"}]}`:          "steps[0]",
		`{"steps":[{"status":"over"}]}`:                 "steps[0].status",
		`{"environment":"production"}`:                  "environment", // of a deploy
		`{"name":"a","name":"b"}`:                       "body",
		`[]`:                                            "body",
		`{"name":`:                                      "body",
		`{"name":"` + strings.Repeat("a", 1<<20) + `"}`: "body",
	} {
		_, err := AcceptUpdate(RunWork, []byte(text), then)
		var fault *FieldError
		if !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%.60s: %v, want a fault of %s", text, err, field)
		}
	}
	told(t, RunWork, `{"updated_at":"2026-11-20T12:05:00Z"}`)
	told(t, DeployWork, `{"environment":"production"}`)
}

func TestAcceptUpdate_keeps_secrets_out(t *testing.T) {
	const secret = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	for _, work := range []Work{RunWork, DeployWork} {
		steps := map[Work]string{RunWork: "steps", DeployWork: "stages"}[work]
		for _, field := range updateTexts[work] {
			m := merged(t, work, fmt.Sprintf(`{%q:"a %s b"}`, field, secret))
			text, _ := Marshal(m)
			if strings.Contains(string(text), secret) || !strings.Contains(string(text), "[redacted:") {
				t.Errorf("%s of a %s: %s", field, work, text)
			}
		}
		m := merged(t, work, fmt.Sprintf(`{"url":"https://u:%[1]s@x.example/?token=%[1]s","links":[{"kind":"a","id":"%[1]s","url":"https://x.example/?api_key=%[1]s"}],%q:[{"name":"push %[1]s"}]}`, secret, steps))
		if text, _ := Marshal(m); strings.Contains(string(text), secret) {
			t.Errorf("a %s: %s", work, text)
		}
	}
	if !HoldsSecret(secret) || HoldsSecret("run-4711") || HoldsSecret("0193a1f2-7c1e-7e6a-9d55-3f1f0f8f3a10") {
		t.Error("ids")
	}
}

// Whatever a control plane tells, what goes into an event stays a small frame.
func TestViewOfTheLargestUpdateFitsAFrame(t *testing.T) {
	long := strings.Repeat(`\"\u0001я`, 500)
	for work, only := range map[Work]string{RunWork: "steps", DeployWork: "stages"} {
		var fields []string
		for _, f := range updateTexts[work] {
			fields = append(fields, fmt.Sprintf(`%q:"%s"`, f, long))
		}
		step := fmt.Sprintf(`{"name":"%s","status":"succeeded","started_at":"2026-11-20T12:00:00.123456Z","finished_at":"2026-11-20T12:00:00.123456Z"}`, long[:500])
		link := fmt.Sprintf(`{"kind":"k","id":"%s","url":"https://x.example/%s"}`, long[:200], strings.Repeat("a", 1500))
		fields = append(fields, fmt.Sprintf(`%q:[%s]`, only, strings.Repeat(step+",", 70)+step),
			`"links":[`+strings.Repeat(link+",", 9)+link+`]`, `"url":"https://x.example/`+strings.Repeat("b", 900)+`"`)
		m := merged(t, work, "{"+strings.Join(fields, ",")+"}")
		var text json.RawMessage
		if work == RunWork {
			text, _ = Marshal(m.Run(strings.Repeat("ж", 100)))
		} else {
			text, _ = Marshal(m.Deploy(strings.Repeat("ж", 100)))
		}
		if len(text) > 15<<10 {
			t.Errorf("a %s takes %d bytes", work, len(text))
		}
	}
}

func TestFailure(t *testing.T) {
	if _, ok := merged(t, RunWork, `{"status":"succeeded"}`).Failure(RunWork, "r-1"); ok {
		t.Error("a run that succeeded failed")
	}
	m := merged(t, RunWork, `{"name":"import","status":"failed","deploy_id":"d-1","steps":[{"name":"load","status":"succeeded"},{"name":"sort","status":"failed"}]}`)
	r, ok := m.Failure(RunWork, "r-1")
	if !ok || r.Message != "Run import failed at step sort" || r.RunID != "r-1" || r.DeployID != "d-1" {
		t.Errorf("%v %+v", ok, r)
	}
	key := func(work Work, text, id string) string {
		r, _ := merged(t, work, text).Failure(work, id)
		o, err := r.Accept(Options{ProjectID: 1, Project: "shop", Now: then})
		if err != nil {
			t.Fatal(err)
		}
		row, _ := o.Row()
		return row.Fingerprint
	}
	one := key(RunWork, `{"name":"import","status":"failed","steps":[{"name":"sort","status":"failed"}]}`, "r-1")
	if same := key(RunWork, `{"name":"import","status":"failed","steps":[{"name":"sort","status":"failed"}]}`, "r-2"); same != one {
		t.Error("two runs that failed alike are two groups")
	}
	for _, other := range []string{
		key(RunWork, `{"name":"import","status":"failed","steps":[{"name":"load","status":"failed"}]}`, "r-1"),
		key(RunWork, `{"name":"export","status":"failed","steps":[{"name":"sort","status":"failed"}]}`, "r-1"),
		key(DeployWork, `{"name":"import","status":"failed","stages":[{"name":"sort","status":"failed"}]}`, "r-1"),
	} {
		if other == one {
			t.Error("another failure is the same group")
		}
	}
}

func FuzzAcceptUpdate(f *testing.F) {
	f.Add(`{"name":"a","status":"failed","steps":[{"name":"b","status":"failed","started_at":null}],"attempt":2}`)
	f.Add(`{"links":[{"kind":"run","id":"1","url":"https://x.example"}],"updated_at":"2026-11-20T12:00:00Z","url":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, work := range []Work{RunWork, DeployWork} {
			u, err := AcceptUpdate(work, []byte(text), then)
			if err != nil {
				continue
			}
			var m Merged
			m.Merge(u)
			if m.Merge(u) && !u.untimed {
				t.Error("a repeat changes the sum")
			}
			if _, err := Marshal(m.Run("r")); err != nil {
				t.Error(err)
			}
			if r, ok := m.Failure(work, "r"); ok {
				if _, err := r.Accept(Options{ProjectID: 1, Project: "shop", Now: then}); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
