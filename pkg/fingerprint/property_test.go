package fingerprint

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawn are the things that vary between the reports of one cause.
var drawn = map[string]*rapid.Generator[string]{
	"number":   rapid.StringMatching(`[1-9][0-9]{0,11}`),
	"decimal":  rapid.StringMatching(`[0-9]{1,4}\.[0-9]{1,6}`),
	"glued":    rapid.StringMatching(`tenant[0-9]{1,9}`),
	"version":  rapid.StringMatching(`v[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,3}`),
	"uuid":     rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`),
	"ulid":     rapid.StringMatching(`01[0-9A-HJKMNP-TV-Z]{3}[0-9][GHJKMNP-TV-Z][0-9][A-HJKMNP-TV-Z]{2}[0-9][0-9A-HJKMNP-TV-Z]{15}`),
	"commit":   rapid.StringMatching(`[0-9a-f]{20}[0-9][0-9a-f]{19}`),
	"short":    rapid.StringMatching(`[0-9a-f]{6}[0-9]`),
	"pod":      rapid.StringMatching(`api-server-[bcdfghjklmnpqrstvwxz2456789]{8}[2456789]-[bcdfghjklmnpqrstvwxz2456789]{5}`),
	"pointer":  rapid.StringMatching(`0x[0-9a-f]{6,12}`),
	"address":  rapid.StringMatching(`(25[0-5]|1[0-9]{2}|[1-9][0-9])(\.(25[0-5]|1[0-9]{2}|[1-9]?[0-9])){3}(:[1-9][0-9]{1,4})?`),
	"email":    rapid.StringMatching(`[a-z]{1,8}[0-9]{0,4}@(mail|corp)\.example`),
	"duration": rapid.StringMatching(`([1-9][0-9]?m)?[0-9]{1,2}(\.[0-9]{1,3})?s|[1-9][0-9]{0,2}ms`),
	"size":     rapid.StringMatching(`[1-9][0-9]{0,3}(\.[0-9])?(KiB|MiB|GiB| MB| GB)`),
	"time":     rapid.StringMatching(`20[23][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z?`),
	"url":      rapid.StringMatching(`https://api\.example/[a-z0-9/]{1,20}(\?[a-z]=[0-9]{1,5})?`),
}

func TestTemplate_is_the_same_whatever_is_drawn(t *testing.T) {
	for kind, values := range drawn {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				frame := rapid.SampledFrom([]string{
					"cannot load % from the store", "% is gone", "lost: %", "(%)", `"%" is not known`,
					"key=%, reason=late", "нет ответа: %.", "[%]", "x failed: % (attempt 3)",
				}).Draw(t, "frame")
				a := strings.Replace(frame, "%", values.Draw(t, "a"), 1)
				b := strings.Replace(frame, "%", values.Draw(t, "b"), 1)
				if Template(a) != Template(b) {
					t.Errorf("%q and %q are two templates: %q and %q", a, b, Template(a), Template(b))
				}
			})
		})
	}
}

func TestTemplate_keeps_words_apart(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{2,12}|[а-я]{2,10}|[A-Z][a-z]{3,8}Error`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		for _, frame := range []string{"relation '%' is missing", "cannot %: refused", "% failed"} {
			x, y := Template(strings.Replace(frame, "%", a, 1)), Template(strings.Replace(frame, "%", b, 1))
			if (x == y) != (a == b) {
				t.Errorf("%q and %q have the templates %q and %q", a, b, x, y)
			}
		}
	})
}

func TestTemplate_keeps_marks_whole(t *testing.T) {
	mark := rapid.SampledFrom([]string{"[redacted:token]", "[redacted:api-key]", "[redacted:url-credentials]", "[redacted:jwt]"})
	rapid.Check(t, func(t *rapid.T) {
		m := mark.Draw(t, "mark")
		frame := rapid.SampledFrom([]string{"login with % failed", "Authorization: %", "key=%&x=5", `{"token":"%"}`, "%%", "a%b", "job 7: %, %", "https://api.example/%"}).Draw(t, "frame")
		got := Template(strings.ReplaceAll(frame, "%", m))
		if !strings.Contains(frame, "https") && !strings.Contains(got, m) {
			t.Errorf("%q is gone from %q", m, got)
		}
		if rest := strings.ReplaceAll(got, m, ""); strings.Contains(rest, "redacted") {
			t.Errorf("%q was cut: %q", m, got)
		}
	})
}

func TestOf_splits_by_environment_and_project(t *testing.T) {
	name := rapid.StringMatching(`[a-z]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := base(), base()
		a.Project, b.Project = name.Draw(t, "project a"), name.Draw(t, "project b")
		a.Environment, b.Environment = name.Draw(t, "environment a"), name.Draw(t, "environment b")
		if rapid.Bool().Draw(t, "client") {
			a.Client, b.Client = []string{"db"}, []string{"db"}
		}
		ka, _ := Of(a)
		kb, _ := Of(b)
		if same := a.Project == b.Project && a.Environment == b.Environment; (ka == kb) != same {
			t.Errorf("%q/%q and %q/%q: same key is %v", a.Project, a.Environment, b.Project, b.Environment, ka == kb)
		}
	})
}

func TestOf_joins_by_the_client_fingerprint(t *testing.T) {
	text := rapid.StringMatching(`[a-z0-9 :'"]{0,30}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := base(), base()
		a.Message, b.Message = text.Draw(t, "message a"), text.Draw(t, "message b")
		a.Types, b.Types = []string{text.Draw(t, "type a")}, nil
		a.Frames = nil
		a.Client = rapid.SliceOfN(rapid.StringMatching(`[a-z0-9]{1,10}`), 1, 10).Draw(t, "client")
		b.Client = a.Client
		ka, _ := Of(a)
		kb, _ := Of(b)
		if ka != kb {
			t.Errorf("%v: two keys", a.Client)
		}
		b.Client = append([]string{"other"}, a.Client[1:]...)
		if kb, _ = Of(b); ka == kb && a.Client[0] != "other" {
			t.Errorf("%v and %v have one key", a.Client, b.Client)
		}
	})
}

// TestTemplate_of_version_1_is_fixed fails when a change of the rules moves a
// message of the corpora, which needs a new Version.
func TestTemplate_of_version_1_is_fixed(t *testing.T) {
	h := sha256.New()
	for _, path := range []string{"testdata/jobs.jsonl", "testdata/services.jsonl", "testdata/unseen.jsonl"} {
		for _, l := range corpus(t, path) {
			h.Write([]byte(Template(l.Message) + "\n"))
		}
	}
	const want = "c2659be647f1ec0f"
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
		t.Errorf("the templates hash to %s, want %s", got, want)
	}
}

// hostile are inputs that make every rule look ahead as far as it may.
var hostile = map[string]string{
	"mail without end":  strings.Repeat("a.", 1000) + "@",
	"scheme without":    strings.Repeat("a+", 1000) + "://",
	"colons":            strings.Repeat("a:", 4096),
	"joints":            strings.Repeat(":+a", 2048),
	"requests":          strings.Repeat("GET /a 404 ", 512),
	"paths and codes":   "GET " + strings.Repeat("/", 120) + strings.Repeat(" 404", 1024),
	"ports":             strings.Repeat("localhost:8080 ", 512),
	"weak codes":        strings.Repeat("got 404 ", 1024),
	"hexadecimal":       strings.Repeat("1a", 4096),
	"dashes":            strings.Repeat("1a-", 4096),
	"brackets":          strings.Repeat("[::", 4096),
	"marks":             strings.Repeat("[redacted:x", 4096),
	"closing":           "5" + strings.Repeat(")", 8192),
	"quotes":            strings.Repeat(`'\xxxxxxxxxx`, 1024),
	"dates":             strings.Repeat("2026-04-24 09:26:0", 1024),
	"months":            strings.Repeat("Mon, Jan ", 1024),
	"durations":         strings.Repeat("1h2m3s", 2048) + "x",
	"dots":              strings.Repeat("1.", 8192),
	"lists":             strings.Repeat("a-5, ", 4096),
	"escapes":           strings.Repeat("\x1b[", 8192),
	"blank":             strings.Repeat(" \n", 1<<20),
	"letters":           strings.Repeat("ж", 8192),
	"Russian after <n>": strings.Repeat("5 ямиямиями ", 1024),
	"code words":        strings.Repeat("exit -", 4096),
	"placeholders":      strings.Repeat("<n", 8192),
}

// quickest is the shortest of several runs, which other work on the machine
// disturbs least.
func quickest(message string) time.Duration {
	best := time.Hour
	for range 20 {
		start := time.Now()
		Template(message)
		best = min(best, time.Since(start))
	}
	return best
}

func TestTemplate_takes_linear_time_for_hostile_input(t *testing.T) {
	plain := quickest(strings.Repeat("lost user64715 at 10.0.0.1, ", 100))
	for name, message := range hostile {
		took := quickest(message)
		t.Logf("%5.1f times plain text: %s", float64(took)/float64(plain), name)
		if took > 12*plain {
			t.Errorf("%s: %v, plain text of that size %v", name, took, plain)
		}
	}
}

func BenchmarkTemplate_hostile(b *testing.B) {
	for name, message := range hostile {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Template(message)
			}
		})
	}
}
