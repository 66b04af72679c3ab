package redact

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRemoved(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	pw, github := mixed(r, 14), "gh"+"o_"+mixed(r, 36)

	t.Run("names the path and the kind, never the value", func(t *testing.T) {
		red := New(0)
		red.Text("message", "password="+pw+" then password="+pw)
		red.Field("tags.api_key", "api_key", pw)
		red.Field("tags.host", "host", "db1")
		if _, err := red.JSON("payload", []byte(`{"headers":{"authorization":"x `+pw+`"},"list":[1,{"note":"`+github+`"}],"`+github+`":"password=`+pw+`"}`)); err != nil {
			t.Fatal(err)
		}
		want := []Removal{
			{"message", "password", 2},
			{"payload", "github-token", 1},
			{"payload.[redacted:github-token]", "password", 1},
			{"payload.headers.authorization", "authorization", 1},
			{"payload.list[1].note", "github-token", 1},
			{"tags.api_key", "api-key", 1},
		}
		if diff := cmp.Diff(want, red.Removed()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("redacts a path that holds a secret", func(t *testing.T) {
		red := New(0)
		red.Text("tags."+github, "password="+pw)
		for _, got := range red.Removed() {
			if leaks(got.Path, github) != "" {
				t.Errorf("path %q", got.Path)
			}
		}
	})
	t.Run("is bounded", func(t *testing.T) {
		red := New(0)
		for i := range 500 {
			red.Text("frames"+indexSegment(i)+".function", "password="+pw)
		}
		list := red.Removed()
		if len(list) != maxRemovals+1 || list[maxRemovals] != (Removal{"", "more", 300}) {
			t.Errorf("%d entries, last %v", len(list), list[len(list)-1])
		}
	})
}

func TestBudget(t *testing.T) {
	red := New(20)
	if got := red.Text("a", "ten bytes."); got != "ten bytes." {
		t.Errorf("got %q", got)
	}
	if got := red.Text("b", "eleven bytes and more"); got != Mark(kindBudget) {
		t.Errorf("what does not fit became %q", got)
	}
	if got := red.Field("c", "host", "x"); got != Mark(kindBudget) {
		t.Errorf("what follows became %q", got)
	}
	out, err := red.JSON("d", []byte(`{"a":"b","c":[1,true,null,"x"],"e":2}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outline(t, out), "{sssbnssss}"; len(got) == len(want) && !json.Valid(out) {
		t.Errorf("shape %s", got)
	}
	if strings.Contains(string(out), `"b"`) || strings.Contains(string(out), `1`) {
		t.Errorf("got %s", out)
	}
	want := []Removal{{"b", "budget", 1}, {"c", "budget", 1}}
	if diff := cmp.Diff(want, red.Removed()[:2]); diff != "" {
		t.Error(diff)
	}
}

func TestJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	pw, github := mixed(r, 16), "gh"+"p_"+mixed(r, 36)
	split := "gh" + `\u0070_` + github[4:20] + `\u00` + "6" + "1" + github[20:]
	for name, c := range map[string]struct{ in, want string }{
		"keeps what is no secret":     {` { "b" : [ 1 , 2.50e+3 , true , null ] , "a" : "x\u0041\/" } `, `{"b":[1,2.50e+3,true,null],"a":"x\u0041\/"}`},
		"under a name":                {`{"password":"` + pw + `"}`, `{"password":"[redacted:password]"}`},
		"under an escaped name":       {`{"pass\u0077ord":"` + pw + `"}`, `{"pass\u0077ord":"[redacted:password]"}`},
		"an identifier under a name":  {`{"secret":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`, `{"secret":"[redacted:secret]"}`},
		"a number under a name":       {`{"password":12345,"n":12345}`, `{"password":"[redacted:password]","n":12345}`},
		"literals under a name":       {`{"password":null,"secret":true,"token":""}`, `{"password":null,"secret":true,"token":""}`},
		"everything below a name":     {`{"credentials":{"user":"a","list":["b",3]}}`, `{"credentials":{"user":"[redacted:credential]","list":["[redacted:credential]","[redacted:credential]"]}}`},
		"a card's number":             {`[4111111111111111,4111111111111112]`, `["[redacted:card]",4111111111111112]`},
		"a header pair":               {`[["authorization","abc"],["host","abc"]]`, `[["authorization","[redacted:authorization]"],["host","abc"]]`},
		"an argv":                     {`["run","--password","abc","--host","x","-u","a:b"]`, `["run","--password","[redacted:password]","--host","x","-u","[redacted:credential]"]`},
		"name before value":           {`[{"name":"DB_PASSWORD","value":"abc"},{"name":"HOST","value":"abc"}]`, `[{"name":"DB_PASSWORD","value":"[redacted:password]"},{"name":"HOST","value":"abc"}]`},
		"value before name":           {`[{"value":"abc","name":"DB_PASSWORD"},{"value":7,"key":"token"},{"value":"abc","name":"HOST"}]`, `[{"value":"[redacted:password]","name":"DB_PASSWORD"},{"value":"[redacted:token]","key":"token"},{"value":"abc","name":"HOST"}]`},
		"a header's list":             {`{"Authorization":["abc","def"]}`, `{"Authorization":["[redacted:authorization]","[redacted:authorization]"]}`},
		"a token split by escapes":    {`{"note":"x ` + split + `"}`, `{"note":"x [redacted:github-token]"}`},
		"a key":                       {`{"` + github + `":1,"` + github + `":2}`, `{"[redacted:github-token]":1,"[redacted:github-token] (2)":2}`},
		"duplicate keys":              {`{"password":"` + pw + `","password":"` + pw + `"}`, `{"password":"[redacted:password]","password":"[redacted:password]"}`},
		"JSON in a string":            {`{"body":"{\"password\":\"` + pw + `\"}"}`, `{"body":"{\"password\":\"[redacted:password]\"}"}`},
		"NUL and lone surrogates":     {`["a\u0000b","\ud800","\ud83d\ude00"]`, `["a` + replacement + `b","` + replacement + `","\ud83d\ude00"]`},
		"invalid UTF-8":               {"[\"a\xffb\"]", `["a` + replacement + `b"]`},
		"a Kubernetes Secret":         {`{"data":{"user":"YWJj"},"kind":"Secret"}`, `{"data":{"user":"[redacted:secret]"},"kind":"Secret"}`},
		"a suspicious name":           {`{"auth":"on","key":"` + pw + "9zQ4wT" + `"}`, `{"auth":"on","key":"[redacted:api-key]"}`},
		"a mark":                      {`{"password":"[redacted:token]"}`, `{"password":"[redacted:token]"}`},
		"a scalar":                    {` "password=` + pw + `" `, `"password=[redacted:password]"`},
		"an empty object":             {`{}`, `{}`},
		"usage of a model is no leak": {`{"total_tokens":812,"max_tokens":4096}`, `{"total_tokens":812,"max_tokens":4096}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New(0).JSON("payload", []byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
			again, err := New(0).JSON("payload", got)
			if err != nil || string(again) != string(got) {
				t.Errorf("again: %s, %v", again, err)
			}
		})
	}
}

func TestJSONIsRefused(t *testing.T) {
	for _, in := range []string{
		"", " ", "{", "[", `"`, `"\`, `"\u12"`, `"\x"`, "\"\n\"", "tru", "nul", "01", "-", "1.", "1e", "+1", ".5", "[1,]", "[,1]", `{"a"}`,
		`{"a":}`, `{"a":1,}`, `{a:1}`, `{1:1}`, "[1] 2", "]", "}", "[1 2]", `{"a":1 "b":2}`, "NaN", "'a'", "\xef\xbb\xbf1",
	} {
		if out, err := New(0).JSON("p", []byte(in)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q became %q, %v", in, out, err)
		}
	}
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := New(0).JSON("p", deep(MaxDepth)); err != nil {
		t.Errorf("%d deep: %v", MaxDepth, err)
	}
	if _, err := New(0).JSON("p", deep(MaxDepth+1)); !errors.Is(err, ErrDepth) {
		t.Errorf("%d deep: %v", MaxDepth+1, err)
	}
	secret := "gh" + "p_" + strings.Repeat("a1", 20)
	if _, err := New(0).JSON("p", []byte(`{"a":`+secret)); err == nil || strings.Contains(err.Error(), "a1a1") {
		t.Errorf("the error repeats the input: %v", err)
	}
}

func TestShorten(t *testing.T) {
	mark := Mark(kindPassword)
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"a longer text", 10, "a longe…"},
		{"пароль", 9, "пар…"},
		{"пароль", 8, "па…"},
		{"x " + mark + " y", 10, "x …"},
		{"x " + mark + " yyyy", 5 + len(mark), "x " + mark + "…"},
		{mark + mark, len(mark) + 3, mark + "…"},
		{mark + mark, len(mark) + 18, mark + "…"},
		{"[not a mark] and more", 8, "[not …"},
		{"abc", 3, "abc"},
		{"abcd", 3, "…"},
		{"abcd", 2, ""},
	} {
		if got := Shorten(c.in, c.max); got != c.want {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestTextIsStorable(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b": "a" + replacement + "b", "a\xff\xfeb": "a" + replacement + "b", "\xed\xa0\x80": replacement, "ok": "ok",
	} {
		if got := Text(in); got != want || !utf8.ValidString(got) {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
