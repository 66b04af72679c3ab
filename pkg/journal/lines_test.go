package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func texts(lines []LogLine) (out []string) {
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func logOf(t testing.TB, lines ...string) LogAppend {
	t.Helper()
	var body struct {
		Lines []map[string]any `json:"lines"`
	}
	for i, text := range lines {
		body.Lines = append(body.Lines, map[string]any{"seq": i + 1, "text": text})
	}
	raw, _ := json.Marshal(body)
	a, err := AcceptLog(raw, false)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAcceptLog(t *testing.T) {
	a, err := AcceptLog([]byte(`{"lines":[{"seq":2,"text":"b","level":"WARN","marker":true},{"seq":1,"text":"a","at":"2026-11-20T12:00:00+03:00"},{"seq":2,"text":"again"},{"seq":3,"text":"c","level":3}],"ended":true}`), false)
	if err != nil || !a.Ended() {
		t.Fatal(a, err)
	}
	got, _ := Marshal(a.Lines(false))
	want := `[{"seq":1,"at":"2026-11-20T09:00:00Z","level":"","text":"a","marker":false},` +
		`{"seq":2,"at":null,"level":"warning","text":"b","marker":true},{"seq":3,"at":null,"level":"error","text":"c","marker":false}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a, err = AcceptLog([]byte("{\"seq\":1,\"text\":\"a\"}\n\n{\"seq\":2,\"text\":\"b\"}\n{\"ended\":true}\n"), true)
	if err != nil || !a.Ended() || len(a.Lines(false)) != 2 {
		t.Errorf("one per line: %+v, %v", a, err)
	}
}

func TestAcceptLog_refuses(t *testing.T) {
	for text, field := range map[string]string{
		``: "body", `[]`: "body", `{}`: "lines", `{"lines":[]}`: "lines", `{"line":[]}`: "body", `{"lines":[{"text":"a"}]}`: "lines[0].seq",
		`{"lines":[{"seq":-1,"text":"a"}]}`: "lines[0].seq", `{"lines":[{"seq":1.5}]}`: "body", `{"lines":[]} x`: "body",
		`{"lines":[` + strings.Repeat(`{"seq":1},`, 10_000) + `{"seq":1}]}`: "lines",
	} {
		_, err := AcceptLog([]byte(text), false)
		var fault *FieldError
		if !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%.60s: %v, want a fault of %s", text, err, field)
		}
	}
}

// A key is written over many lines, and those over many requests.
func TestAcceptLog_takes_keys_out_of_all_their_lines(t *testing.T) {
	key := []string{"-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", ""}
	for i := range 6 {
		key = append(key, strings.Repeat(fmt.Sprintf("MIIEow%dIBAAKCAQEA", i), 3)+"ab")
	}
	key = append(key, "c2hvcnQ=", "-----END RSA PRIVATE KEY-----")
	all := append(append([]string{"before"}, key...), "after", "the end")
	for _, prefix := range []string{"", "2026-11-20T12:00:00Z deploy | "} {
		for cut := 1; cut < len(all); cut++ {
			lines := make([]string, len(all))
			for i, text := range all {
				lines[i] = prefix + text
			}
			first, second := logOf(t, lines[:cut]...), logOf(t, lines[cut:]...)
			open := first.Open(false)
			got := strings.Join(append(texts(first.Lines(false)), texts(second.Lines(open))...), "\n")
			if strings.Contains(got, "MIIE") || strings.Contains(got, "c2hv") {
				t.Fatalf("cut at %d: %s", cut, got)
			}
			if !strings.HasSuffix(got, prefix+"after\n"+prefix+"the end") || !strings.HasPrefix(got, prefix+"before\n") {
				t.Fatalf("cut at %d, more is gone than the key: %s", cut, got)
			}
			if second.Open(open) {
				t.Fatalf("cut at %d: still open", cut)
			}
		}
	}
	if a := logOf(t, "-----BEGIN PRIVATE KEY-----", "MIIEowIBAAKCAQEA"); !a.Open(false) {
		t.Error("a key that has not ended is not open")
	}
	if a := logOf(t, "MIIEowIBAAKCAQEA", "MIIEowIBAAKCAQEB"); a.Open(false) || !a.Open(true) {
		t.Error("a key goes on through lines that are all of it")
	}
	if a := logOf(t, "-----BEGIN CERTIFICATE-----", "MIIEowIBAAKCAQEA"); a.Open(false) || texts(a.Lines(false))[1] != "MIIEowIBAAKCAQEA" {
		t.Error("a certificate is no secret")
	}
}

func FuzzAcceptLog(f *testing.F) {
	f.Add(`{"lines":[{"seq":1,"text":"-----BEGIN PRIVATE KEY-----"}],"ended":true}`, false)
	f.Add("{\"seq\":1}\n{\"ended\":true}", true)
	f.Fuzz(func(t *testing.T, text string, perLine bool) {
		a, err := AcceptLog([]byte(text), perLine)
		if err != nil {
			return
		}
		for _, open := range []bool{false, true} {
			last := int64(0)
			for _, l := range a.Lines(open) {
				if l.Seq <= last || strings.ContainsRune(l.Text, 0) {
					t.Errorf("%+v after %d", l, last)
				}
				last = l.Seq
			}
		}
	})
}
