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

func logOf(t testing.TB, from int, lines ...string) LogAppend {
	t.Helper()
	var body struct {
		Lines []map[string]any `json:"lines"`
	}
	for i, text := range lines {
		body.Lines = append(body.Lines, map[string]any{"seq": from + i, "text": text})
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
	lines, _ := a.Redact(nil, 0, 0)
	got, _ := Marshal(lines)
	want := `[{"seq":1,"at":"2026-11-20T09:00:00Z","level":"","text":"a","marker":false},` +
		`{"seq":2,"at":null,"level":"warning","text":"b","marker":true},{"seq":3,"at":null,"level":"error","text":"c","marker":false}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a, err = AcceptLog([]byte("{\"seq\":1,\"text\":\"a\"}\n\n{\"seq\":2,\"text\":\"b\"}\n{\"ended\":true}\n"), true)
	if err != nil || !a.Ended() || a.Len() != 2 {
		t.Errorf("one per line: %+v, %v", a, err)
	}
}

func TestAcceptLog_refuses(t *testing.T) {
	for text, field := range map[string]string{
		``: "body", `[]`: "body", `{}`: "lines", `{"lines":[]}`: "lines", `{"line":[]}`: "body", `{"lines":[{"text":"a"}]}`: "lines[0].seq",
		`{"lines":[{"seq":-1,"text":"a"}]}`: "lines[0].seq", `{"lines":[{"seq":1.5}]}`: "body", `{"lines":[]} x`: "body", `{"lines":[]}]`: "body", `{"lines":[{"seq":1}],"lines":[{"seq":2}]}`: "body",
		`{"lines":[` + strings.Repeat(`{"seq":1},`, 10_000) + `{"seq":1}]}`: "lines",
	} {
		_, err := AcceptLog([]byte(text), false)
		var fault *FieldError
		if !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%.60s: %v, want a fault of %s", text, err, field)
		}
	}
}

// A key is written over many lines, and those over many requests; what a log puts
// around each line does not matter.
func TestRedact_takes_keys_out_of_all_their_lines(t *testing.T) {
	key := []string{"-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", ""}
	for i := range 6 {
		key = append(key, strings.Repeat(fmt.Sprintf("MIIEow%dIBAAKCAQEA", i), 3)+"ab")
	}
	key = append(key, "c2hvcnQ=", "-----END RSA PRIVATE KEY-----")
	all := append(append([]string{"before"}, key...), "after", "the end")
	for name, around := range map[string]string{
		"nothing": "%s", "a prefix": "2026-11-20T12:00:00Z deploy | %s", "colours": "\x1b[32mdeploy\x1b[0m %s\x1b[0m", "quotes": `  "%s\n" +`,
		"brackets": "[job 1]%s", "a comma": "%s,", "a backslash": `%s \`, "a duration": "%s (12ms)", "an arrow": "out>%s",
	} {
		lines := make([]string, len(all))
		for i, text := range all {
			lines[i] = fmt.Sprintf(around, text)
		}
		for cut := 1; cut < len(all); cut++ {
			first, second := logOf(t, 1, lines[:cut]...), logOf(t, cut+1, lines[cut:]...)
			head, open := first.Redact(nil, 0, 0)
			tail, left := second.Redact(texts(head[max(0, len(head)-2):]), int64(cut), open)
			got := strings.Join(append(texts(head), texts(tail)...), "\n")
			if strings.Contains(got, "MIIE") || strings.Contains(got, "c2hv") {
				t.Fatalf("%s, cut at %d: %s", name, cut, got)
			}
			if n := strings.Count(got, "the end") + strings.Count(got, "after") + strings.Count(got, "before"); n != 3 || left != 0 {
				t.Fatalf("%s, cut at %d, more is gone than the key, or %d lines more will be: %s", name, cut, left, got)
			}
		}
	}
}

func TestRedact_follows_a_key(t *testing.T) {
	body := strings.Repeat("MIIEowIBAAKCAQEA", 4)
	for name, c := range map[string]struct {
		after, open int
		lines       []string
		from        int
		left        bool
	}{
		"other lines in between":      {0, 0, []string{"-----BEGIN PRIVATE KEY-----", body, "worker 2: heartbeat ok", body, "x", body}, 1, true},
		"the next request":            {2, 300, []string{body, "ok", body}, 3, true},
		"a request that overlaps":     {2, 300, []string{"seen", body, body}, 2, true},
		"behind a gap":                {2, 300, []string{body}, 30, true},
		"overtaken by its lines":      {0, 0, []string{body, body, "ok"}, 3, false},
		"PGP":                         {0, 0, []string{"-----BEGIN PGP PRIVATE KEY BLOCK-----", "Version: 1", "", body, "-----END PGP PRIVATE KEY BLOCK-----", "ok"}, 1, false},
		"SSH2":                        {0, 0, []string{"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", "Comment: x", body, "---- END SSH2 ENCRYPTED PRIVATE KEY ----"}, 1, false},
		"PuTTY":                       {0, 0, []string{"PuTTY-User-Key-File-2: ssh-rsa", "Private-Lines: 1", body, "Private-MAC: aabb", "ok"}, 1, false},
		"begun over two lines":        {0, 0, []string{"-----BEGIN RSA", " PRIVATE KEY-----", body}, 1, true},
		"behind another that is open": {0, 0, []string{"-----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY-----", body}, 1, true},
	} {
		lines, left := logOf(t, c.from, c.lines...).Redact(nil, int64(c.after), c.open)
		got := strings.Join(texts(lines), "\n")
		if strings.Contains(got, "MIIE") || left > 0 != c.left {
			t.Errorf("%s, %d lines more: %s", name, left, got)
		}
		for _, plain := range []string{"worker 2: heartbeat ok", "ok"} {
			if last := c.lines[len(c.lines)-1]; last == plain && !strings.HasSuffix(got, plain) {
				t.Errorf("%s: more is gone: %s", name, got)
			}
		}
	}
	if _, left := logOf(t, 1, "late").Redact(nil, 5, 200); left != 200 {
		t.Error("a late line forgets the key that is going on")
	}
	if lines, _ := logOf(t, 1, "-----BEGIN CERTIFICATE-----", body, body).Redact(nil, 0, 0); lines[1].Text != body {
		t.Error("a certificate is no secret")
	}
}

// What a report would hide as one text, a log hides over its lines.
func TestRedact_secrets_over_several_lines(t *testing.T) {
	const secret = "hunter2-hunter2-x"
	for _, text := range []string{
		"- name: DB_PASSWORD\n  value: " + secret, "{\"name\": \"DB_PASSWORD\",\n\"value\": \"" + secret + "\"}",
		"password: |\n  " + secret, "PASSWORD=\"a\n" + secret + "\"",
	} {
		lines, _ := logOf(t, 1, append(strings.Split(text, "\n"), "the next line is ordinary")...).Redact(nil, 0, 0)
		got := texts(lines)
		if strings.Contains(strings.Join(got, "\n"), secret) || got[len(got)-1] != "the next line is ordinary" {
			t.Errorf("%q: %q", text, got)
		}
		parts := strings.Split(text, "\n")
		head, open := logOf(t, 1, parts[0]).Redact(nil, 0, 0)
		tail, _ := logOf(t, 2, parts[1]).Redact(texts(head), 1, open)
		if strings.Contains(tail[0].Text, secret) {
			t.Logf("over two requests %q is not known: %q", text, tail[0].Text)
		}
	}
}

func TestAcceptLog_of_many_empty_lines_costs_little(t *testing.T) {
	raw := []byte(`{"lines":[` + strings.Repeat("{},", 1_700_000) + `{}]}`)
	allocated := testing.AllocsPerRun(1, func() {
		if _, err := AcceptLog(raw, false); err == nil {
			t.Error("accepted")
		}
	})
	if allocated > 100_000 {
		t.Errorf("%.0f allocations", allocated)
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
		for _, open := range []int{0, keyLines} {
			last := int64(0)
			lines, _ := a.Redact([]string{"password:"}, 0, open)
			for _, l := range lines {
				if l.Seq <= last || strings.ContainsRune(l.Text, 0) {
					t.Errorf("%+v after %d", l, last)
				}
				last = l.Seq
			}
		}
	})
}
