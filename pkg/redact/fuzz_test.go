package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzText(f *testing.F) {
	for i, v := range openVectors(f) {
		if i%40 == 0 {
			f.Add(v.Text)
		}
	}
	for _, s := range []string{
		"", "password=", "password='", `{"a":"\u0000"}`, "[redacted:password]", "password=[redacted:password]x",
		"-----BEGIN RSA PRIVATE KEY-----", "a\x00b\xff", "%41%42%zz", "eyJ.eyJ.", "://@:@/", "token: token: token:",
		"<token><token></token>", `\"password\":\"x\\\"y\"`, "Cookie: a=b; c", "4111 1111 1111 1111",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Text(s)
		if !utf8.ValidString(out) || strings.IndexByte(out, 0) >= 0 {
			t.Fatalf("not text: %q", out)
		}
		if again := Text(out); again != out {
			t.Fatalf("redacted twice differs:\n in   %q\n once %q\n twice %q", s, out, again)
		}
		if got := New(0).Field("p", "password", s); got != "" && !vacant(got) && !onlyMark(got) {
			t.Fatalf("a value under a secret's name stays: %q", got)
		}
		for _, limit := range []int{0, 2, 3, 10, 40} {
			if short := Shorten(out, limit); len(short) > limit || !utf8.ValidString(short) {
				t.Fatalf("Shorten(%q, %d) = %q", out, limit, short)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"password":"x","a":[1,2.5e3,true,null,"b"]}`, `["authorization","Bearer abc"]`, `{"value":"x","name":"token"}`,
		`"\ud83d\ude00\ud800"`, `{"a":{"b":{"c":[[[{}]]]}}}`, `[4111111111111111]`, ` {"k" : [ ] } `, `{"a":1,"a":2}`,
		`{"password":{"a":["x",1]}}`, `["--token","x","-u","a:b"]`, `{"` + strings.Join([]string{"gh", "p_"}, "") + strings.Repeat("a1", 18) + `":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := New(0).JSON("payload", raw)
		if err != nil {
			if json.Valid(raw) && !errors.Is(err, ErrDepth) {
				t.Fatalf("refused valid JSON %q: %v", raw, err)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("accepted %q", raw)
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q", raw, out)
		}
		if in, after := outline(t, raw), outline(t, out); in != after {
			t.Fatalf("shape changed:\n %q %s\n %q %s", raw, in, out, after)
		}
		again, err := New(0).JSON("payload", out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("redacted twice differs (%v):\n in   %q\n once %q\n twice %q", err, raw, out, again)
		}
	})
}

// outline is a document's shape: brackets, and one letter for a scalar. Numbers
// and strings share theirs, for a number may become a mark.
func outline(t *testing.T, raw []byte) string {
	var b strings.Builder
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case json.Delim:
			b.WriteRune(rune(tok))
		case bool:
			b.WriteByte('b')
		case nil:
			b.WriteByte('n')
		default:
			b.WriteByte('s')
		}
	}
}
