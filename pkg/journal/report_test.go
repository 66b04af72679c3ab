package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeReport(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return `{"message":"x","payload":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	refused := map[string]struct {
		body string
		kind error
	}{
		"nothing":                    {``, ErrInvalid},
		"a list":                     {`[]`, ErrInvalid},
		"a word":                     {`"x"`, ErrInvalid},
		"two values":                 {`{"message":"x"}{}`, ErrInvalid},
		"a trailing comma":           {`{"message":"x",}`, ErrInvalid},
		"an unknown escape":          {`{"message":"\x"}`, ErrInvalid},
		"a raw line end in a string": {"{\"message\":\"a\nb\"}", ErrInvalid},
		"a leading zero":             {`{"message":"x","payload":01}`, ErrInvalid},
		"a bare minus":               {`{"message":"x","payload":-}`, ErrInvalid},
		"NaN":                        {`{"message":"x","payload":NaN}`, ErrInvalid},
		"a comment":                  {`{"message":"x"/**/}`, ErrInvalid},
		"single quotes":              {`{'message':'x'}`, ErrInvalid},
		"an end in the middle":       {`{"message":"x`, ErrInvalid},
		"a repeated key":             {`{"message":"x","message":"y"}`, ErrInvalid},
		"a repeated key, escaped":    {`{"message":"x","\u006dessage":"y"}`, ErrInvalid},
		"a repeated key far below":   {`{"message":"x","payload":{"a":[{"b":1,"b":2}]}}`, ErrInvalid},
		"a repeat among many keys":   {`{"message":"x","payload":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"b":1}}`, ErrInvalid},
		"a message that is a number": {`{"message":1}`, ErrInvalid},
		"a level that is a list":     {`{"message":"x","level":[]}`, ErrInvalid},
		"a level with a fraction":    {`{"message":"x","level":1.5}`, ErrInvalid},
		"a time that is none":        {`{"message":"x","occurred_at":"yesterday"}`, ErrInvalid},
		"tags with a list":           {`{"message":"x","tags":{"a":[]}}`, ErrInvalid},
		"links that are strings":     {`{"message":"x","links":["a"]}`, ErrInvalid},
		"a fingerprint of numbers":   {`{"message":"x","fingerprint":[1]}`, ErrInvalid},
		"33 levels":                  {deep(32), ErrTooLarge},
		"a million levels":           {deep(400_000), ErrTooLarge},
		"more than 10,000 values":    {`{"message":"x","payload":[` + strings.Repeat("0,", 10_000) + `0]}`, ErrTooLarge},
		"more than a mebibyte":       {`{"message":"` + strings.Repeat("x", MaxReport) + `"}`, ErrTooLarge},
	}
	for name, test := range refused {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := DecodeReport([]byte(test.body))
			var field *FieldError
			if !errors.As(err, &field) || !errors.Is(err, test.kind) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("takes what the bounds allow", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{deep(31), `{"message":"x","payload":[` + strings.Repeat("0,", 9_900) + `0]}`} {
			if _, err := DecodeReport([]byte(body)); err != nil {
				t.Errorf("%.40s…: %v", body, err)
			}
		}
	})
	t.Run("reads every field", func(t *testing.T) {
		t.Parallel()
		r, err := DecodeReport([]byte(` {"message":"m\u0041","level":3,"occurred_at":"2026-11-23T10:00:00+02:00","tags":{"a":"b","n":1.5,"t":true},
			"links":[{"kind":"run","id":"1","url":"https://x.example"}],"frames":[{"function":"f","in_app":true}],"stack":null,
			"fingerprint":["a"],"payload":{"k":1},"color":"red","k":2} `))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		if !r.OccurredAt.Equal(at) {
			t.Errorf("at %v", r.OccurredAt)
		}
		r.OccurredAt = nil
		want := Report{
			Message: "mA", Level: "3", Tags: map[string]string{"a": "b", "n": "1.5", "t": "true"},
			Links: []Ref{{Kind: "run", ID: "1", URL: "https://x.example"}}, Frames: []Frame{{Function: "f", InApp: true}},
			Fingerprint: []string{"a"}, Payload: json.RawMessage(`{"k":1,"color":"red"}`),
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("keeps unknown members beside a payload that is no object", func(t *testing.T) {
		t.Parallel()
		r, err := DecodeReport([]byte(`{"message":"x","payload":[1],"color":"red"}`))
		if err != nil || string(r.Payload) != `{"payload":[1],"color":"red"}` {
			t.Errorf("payload %s, %v", r.Payload, err)
		}
	})
}

var project = Options{ProjectID: 7, Project: "acme", Now: noon}

func accept(t testing.TB, r Report, o Options) (OccurrenceRow, OccurrenceBody) {
	t.Helper()
	occurrence, err := r.Accept(o)
	if err != nil {
		t.Fatal(err)
	}
	row, ok := occurrence.Row()
	if !ok {
		t.Fatal("no row")
	}
	var body OccurrenceBody
	if err := json.Unmarshal(row.Body, &body); err != nil {
		t.Fatal(err)
	}
	return row, body
}

func TestAcceptIdentity(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) *time.Time { v := noon.Add(d); return &v }
	keyed := func(id string, when *time.Time) Report { return Report{Message: "x", ReportID: id, OccurredAt: when} }
	id := func(r Report, o Options) ID { row, _ := accept(t, r, o); return row.ID }

	if id(keyed("a", at(-time.Hour)), project) != id(keyed("a", at(-time.Hour)), Options{ProjectID: 7, Project: "acme", Now: noon.Add(48 * time.Hour)}) {
		t.Error("a repeat two days later has another id")
	}
	if id(keyed("a", at(time.Hour)), project) != id(keyed("a", at(time.Hour)), Options{ProjectID: 7, Project: "acme", Now: noon.Add(3 * time.Hour)}) {
		t.Error("a repeat from a clock that is ahead has another id")
	}
	if id(keyed("a", at(-time.Hour)), project) == id(keyed("b", at(-time.Hour)), project) {
		t.Error("two keys have one id")
	}
	other := project
	other.ProjectID = 8
	if id(keyed("a", at(-time.Hour)), project) == id(keyed("a", at(-time.Hour)), other) {
		t.Error("two projects have one id")
	}
	if first, second := id(Report{Message: "x"}, project), id(Report{Message: "x"}, project); first == second {
		t.Error("two reports without a key have one id")
	}
	batch := project
	batch.IdempotencyKey = "k"
	second := batch
	second.Index = 1
	if id(Report{Message: "x"}, batch) != id(Report{Message: "y"}, batch) || id(Report{Message: "x"}, batch) == id(Report{Message: "x"}, second) {
		t.Error("an Idempotency-Key and the index do not decide")
	}
	if row, _ := accept(t, keyed("a", at(-time.Hour)), project); row.ID[6]>>4 != 7 || row.ID[8]>>6 != 2 {
		t.Errorf("%s is no UUIDv7", row.ID)
	}
	for name, when := range map[string]*time.Time{"none": nil, "far ahead": at(1000 * time.Hour), "before retention": at(-40 * 24 * time.Hour)} {
		row, _ := accept(t, keyed("a", when), project)
		if row.EarlierDay.IsZero() || row.Day.Sub(row.EarlierDay) != 24*time.Hour || row.OccurredAt.After(noon.Add(5*time.Minute)) {
			t.Errorf("time %s: %+v", name, row)
		}
		later := project
		later.Now = noon.Add(3 * time.Hour)
		if again, _ := accept(t, keyed("a", when), later); again.ID != row.ID {
			t.Errorf("time %s: a repeat on the same day has another id", name)
		}
	}
}

func TestAcceptRedactsBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	secret := "ghp_" + strings.Repeat("aB3d", 9)
	r := Report{
		Message: "push failed with " + secret, Type: secret, Source: secret, Environment: secret, Release: secret,
		ReportID: secret, CorrelationID: secret, TraceID: secret, RunID: secret, DeployID: secret, TaskID: secret, Namespace: secret,
		Job: secret, Level: secret, Stack: "at " + secret, Frames: []Frame{{Function: secret, Module: secret, File: secret}},
		Links: []Ref{{Kind: secret, ID: secret, URL: "https://x.example/?a=" + secret}},
		Tags:  map[string]string{secret: "a", "b": secret}, Payload: json.RawMessage(`{"` + secret + `":["` + secret + `"]}`),
		Fingerprint: []string{secret, "{{ message }}"},
	}
	row, body := accept(t, r, project)
	everything := fmt.Sprintf("%s %+v", row.Body, row.Inbox)
	if strings.Contains(everything, secret[:12]) {
		t.Errorf("the secret is still there: %s", everything)
	}
	if len(body.Removed) < 15 {
		t.Errorf("only %d removals are listed: %+v", len(body.Removed), body.Removed)
	}
}

func TestAcceptShortensAfterRedaction(t *testing.T) {
	t.Parallel()
	password := "hunter2hunter2"
	// The secret stands across the bound: shortened first, its first half would
	// be left as plain text.
	message := strings.Repeat("x", maxMessage-20) + " password=" + password
	_, body := accept(t, Report{Message: message, Source: strings.Repeat("я", 300), Payload: json.RawMessage(`"` + strings.Repeat("p", maxPayload+10) + `"`)}, project)
	if strings.Contains(body.Message, "hunter2") || len(body.Message) > maxMessage {
		t.Errorf("message ends in %q", body.Message[len(body.Message)-40:])
	}
	if len(body.Source) > maxText || !strings.HasSuffix(body.Source, "…") {
		t.Errorf("source is %d bytes", len(body.Source))
	}
	if diff := cmp.Diff([]string{"message", "source", "payload"}, body.Shortened); diff != "" {
		t.Error(diff)
	}
}

func TestAcceptKeepsOnlyWebLinks(t *testing.T) {
	t.Parallel()
	row, body := accept(t, Report{Message: "x", RunID: "r1", Links: []Ref{
		{Kind: "run", ID: "r1", URL: "https://ci.example/r1"},
		{Kind: "wiki", ID: "a", URL: "javascript:alert(1)"},
		{Kind: "wiki", ID: "", URL: "data:text/html,x"},
	}}, project)
	want := []Ref{{"run", "r1", "https://ci.example/r1"}, {"wiki", "a", ""}}
	if diff := cmp.Diff(want, row.Inbox.Refs); diff != "" {
		t.Error(diff)
	}
	if len(body.Links) != 2 {
		t.Errorf("links %+v", body.Links)
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"message":"x","level":3,"tags":{"a":1},"payload":{"password":"y"},"color":[1,{"a":null}]}`))
	f.Add([]byte(`{"message":"\ud800","frames":[{"line":1}],"links":[{"kind":"run","url":"http://x"}],"fingerprint":["{{ default }}"]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeReport(raw)
		if (err == nil) && !json.Valid(raw) {
			t.Fatalf("took what is not JSON: %q", raw)
		}
		if err != nil {
			return
		}
		occurrence, err := r.Accept(project)
		if err != nil {
			return
		}
		row, _ := occurrence.Row()
		if !json.Valid(row.Body) || strings.Contains(string(row.Body), `\u0000`) {
			t.Fatalf("stored %q", row.Body)
		}
	})
}

func BenchmarkDecodeAndAccept(b *testing.B) {
	raw := []byte(`{"message":"dial tcp 10.0.0.7:5432: connect: connection refused","level":"error","type":"ConnectError","source":"billing-worker",
		"environment":"production","release":"2026.11.3","run_id":"run-9113","task_id":"charge-77","tags":{"region":"eu-north-1","attempt":"2"},
		"stack":"` + strings.Repeat(`  File \"billing/jobs.py\", line 88, in close_invoices\n`, 10) + `","payload":{"timeout_ms":3000,"host":"db.internal"}}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := DecodeReport(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Accept(project); err != nil {
			b.Fatal(err)
		}
	}
}

// The list of what was removed is stored and shown, so a secret that is the key
// of a tag must not stand in its paths, whatever the value is.
func TestAcceptKeepsSecretsOutOfThePathsOfRemovals(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"QtT8Q~9C-_Ij~RouHVpD2Tuf3oHWGh.DQ3kcjbAn", "curl -u deploy:hunter2hunter2 https://x.example/"} {
		o, err := Report{Message: "x", Tags: map[string]string{secret: "password=hunter3hunter3"}}.Accept(Options{ProjectID: 1, Project: "shop", Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		row, _ := o.Row()
		if text := string(row.Body); strings.Contains(text, secret) || strings.Contains(text, "hunter2") {
			t.Errorf("%s is kept: %s", secret, text)
		}
	}
}

// What a group carries of its links is bounded, so that an event is a frame of
// at most 16 KiB whatever the strings of a report are made of.
func TestGroupOfTheLargestReportFitsAFrame(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{"plain": "x", "escaped": "\"", "control": "\x01", "html": "&", "lines": "\u2028"} {
		fill := func(n int) string { return strings.Repeat(unit, n/len(unit)) }
		s := &Standing{}
		for round := range 5 {
			id := func(kind string) string { return fmt.Sprint(kind, round) + fill(190) }
			r := Report{
				Message: "m" + fill(299), Type: fill(200), Source: fill(200), Environment: fill(200), Release: fill(200),
				RunID: id("r"), DeployID: id("d"), TaskID: id("t"), Namespace: id("n"), Job: id("j"),
				Frames: []Frame{{Function: fill(200), Module: fill(200), File: fill(200), InApp: true}},
			}
			for i := range 10 {
				kind := []string{"run", "deploy", "task", "trace", "dashboard"}[i%5]
				r.Links = append(r.Links, Ref{Kind: kind, ID: id(kind), URL: "https://h.example/" + strings.Repeat("&", 1900) + fmt.Sprint(round, i)})
			}
			o, err := r.Accept(Options{ProjectID: 1, Project: "shop", Now: noon})
			if err != nil {
				t.Fatal(err)
			}
			row, _ := o.Row()
			look, err := Marshal(row.Inbox)
			if err != nil || len(look) > 24<<10 {
				t.Errorf("%s: an inbox row of %d bytes, %v", name, len(look), err)
			}
			s.Arrive(DefaultPolicy, Arrival{Count: 1, Severity: Error, FirstAt: noon, LastAt: noon, Look: row.Inbox}, Rates{}, noon)
			text, err := Marshal(GroupEvent{Group: s.Group()})
			if err != nil || len(text) > 15<<10 {
				t.Errorf("%s: an event of %d bytes, %v", name, len(text), err)
			}
			if len(s.Refs) < 3 {
				t.Errorf("%s: only %d refs are left", name, len(s.Refs))
			}
		}
	}
}
