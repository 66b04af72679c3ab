package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// planted is a document with one secret somewhere in it, in some encoding. The
// secret is either recognisable by itself, or arbitrary under a name.
type planted struct {
	doc    []byte
	secret string
	how    string
}

// tokens make secrets that are known by their shape.
var tokens = map[string]func(r *rand.Rand) string{
	"github": func(r *rand.Rand) string { return "gh" + "p_" + mixed(r, 36) },
	"aws":    func(r *rand.Rand) string { return "AK" + "IA" + randomOf(r, "ABCDEFGHJKMNPQRSTVWXYZ234567", 15) + "7" },
	"slack":  func(r *rand.Rand) string { return "xo" + "xb-" + randomOf(r, "0123456789", 12) + "-" + mixed(r, 24) },
	"stripe": func(r *rand.Rand) string { return "sk" + "_live_" + mixed(r, 24) },
	"jwt": func(r *rand.Rand) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+mixed(r, 10)+`"}`)) + "." + mixed(r, 40)
	},
	"pair":   func(r *rand.Rand) string { return "password=" + mixed(r, 16) },
	"own":    func(r *rand.Rand) string { return "ryi_" + mixed(r, 8) + "_" + mixed(r, 43) },
	"ticket": func(r *rand.Rand) string { return "ryt_" + mixed(r, 43) },
	"bearer": func(r *rand.Rand) string { return "Bearer " + mixed(r, 30) },
}

// escape writes s as a JSON string with a share of its runes as \uXXXX.
func escape(r *rand.Rand, s string, share float64) []byte {
	var b bytes.Buffer
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c < 0x10000 && r.Float64() < share:
			fmt.Fprintf(&b, `\u%04x`, c)
		case c == '"' || c == '\\' || c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.Bytes()
}

func plant(rt *rapid.T) planted {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	filler := func(max int) string {
		n := rapid.IntRange(0, max).Draw(rt, "filler")
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(benignWords[r.IntN(len(benignWords))])
			b.WriteByte(" \n,;"[r.IntN(4)])
		}
		return b.String()
	}
	share := rapid.SampledFrom([]float64{0, 0.2, 1}).Draw(rt, "share of escapes")
	var leaf []byte
	var secret, how string
	if rapid.Bool().Draw(rt, "by shape") {
		how = rapid.SampledFrom([]string{"github", "aws", "slack", "stripe", "jwt", "pair", "own", "bearer"}).Draw(rt, "kind")
		token := tokens[how](r)
		secret = token[strings.IndexAny(token, "=_ .-")+1:]
		if how == "aws" {
			secret = token
		}
		encoding := rapid.SampledFrom([]string{"plain", "base64", "base64url", "percent", "json in json", "alone"}).Draw(rt, "encoding")
		before, after := filler(6000), filler(50)
		switch encoding {
		case "plain":
			token = before + " " + token + " " + after
		case "base64":
			token = before + "\n" + base64.StdEncoding.EncodeToString([]byte("x "+token+" y "+after)) + "\n" + after
		case "base64url":
			token = before + " " + base64.RawURLEncoding.EncodeToString([]byte(token)) + " " + after
		case "percent":
			token = before + " u=" + url.PathEscape(token) + " " + after
		case "json in json":
			inner, _ := json.Marshal(map[string]any{"a": before + " " + token, "b": 1})
			token = string(inner)
		}
		how += ", " + encoding
		leaf = escape(r, token, share)
		switch rapid.IntRange(0, 3).Draw(rt, "place") {
		case 0:
			leaf = []byte("{" + string(leaf) + ":1}") // as a key
		case 1:
			leaf = []byte("[1," + string(leaf) + "]")
		}
	} else {
		name := rapid.SampledFrom(secretNames).Draw(rt, "name")
		secret = rapid.SampledFrom([]string{
			mixed(r, 20), randomOf(r, hexDigits, 40), randomOf(r, "0123456789", 12), "550e8400-e29b-41d4-a716-446655440000",
			"correct horse battery staple", "пароль-из-четырёх-слов", `q"uo\te'd` + mixed(r, 10), "${" + mixed(r, 10) + "}", "/run/secrets/" + mixed(r, 8),
		}).Draw(rt, "value")
		key, value := escape(r, name, share), escape(r, secret, share)
		switch how = rapid.SampledFrom([]string{"member", "pair", "name and value", "value and name", "argv", "below", "list", "number"}).Draw(rt, "form"); how {
		case "member":
			leaf = []byte(fmt.Sprintf(`{"a":1,%s:%s}`, key, value))
		case "pair":
			leaf = []byte(fmt.Sprintf(`[["host","x"],[%s,%s]]`, key, value))
		case "name and value":
			leaf = []byte(fmt.Sprintf(`[{"name":%s,"value":%s}]`, key, value))
		case "value and name":
			leaf = []byte(fmt.Sprintf(`[{"value":%s,"x":{},"name":%s}]`, value, key))
		case "argv":
			leaf = []byte(fmt.Sprintf(`["cmd","-v",%s,%s]`, escape(r, "--"+name, share), value))
		case "below":
			leaf = []byte(fmt.Sprintf(`{%s:{"x":{"y":[[%s]]}}}`, key, value))
		case "list":
			leaf = []byte(fmt.Sprintf(`{%s:[%s,%s]}`, key, value, value))
		case "number":
			secret = "9" + randomOf(r, "0123456789", 11)
			leaf = []byte(fmt.Sprintf(`{%s:%s}`, key, secret))
		}
	}
	doc := leaf
	for i := range rapid.IntRange(0, 20).Draw(rt, "depth") {
		switch r.IntN(3) {
		case 0:
			doc = fmt.Appendf(nil, ` [ null, %s , "x" ] `, doc)
		case 1:
			doc = fmt.Appendf(nil, `{"%s%d": %s,"n":%d}`, benignWords[r.IntN(20)], i, doc, r.IntN(1000))
		case 2:
			doc = fmt.Appendf(nil, `{"m":%q,"vars":{"v%d":%s}}`, filler(40), i, doc)
		}
		if i >= 9 {
			break
		}
	}
	return planted{doc, secret, how}
}

func TestPlantedSecretsNeverComeOut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := plant(rt)
		red := New(0)
		out, err := red.JSON("payload", p.doc)
		if err != nil {
			rt.Fatalf("%s: %v", p.doc, err)
		}
		// What the document says, not how it is written, must hold no piece.
		said := out
		var any any
		if err := json.Unmarshal(out, &any); err != nil {
			rt.Fatalf("%s: %v", out, err)
		}
		var b strings.Builder
		say(&b, any)
		if left := leaks(b.String(), p.secret); left != "" {
			rt.Fatalf("%s: %q of %q is left in\n%s\nfrom\n%s", p.how, left, p.secret, said, p.doc)
		}
		if enc := leaks(b.String(), base64.StdEncoding.EncodeToString([]byte(p.secret))); enc != "" {
			rt.Fatalf("%s: base64 %q is left in %s", p.how, enc, said)
		}
		if in, after := outline(t, p.doc), outline(t, out); in != after {
			rt.Fatalf("shape %s became %s", in, after)
		}
		if again, err := New(0).JSON("payload", out); err != nil || !bytes.Equal(again, out) {
			rt.Fatalf("%s: redacted twice differs, %v:\n%s\n%s", p.how, err, out, again)
		}
		removed := red.Removed()
		if len(removed) == 0 {
			rt.Fatalf("%s: no record", p.how)
		}
		for _, x := range removed {
			if leaks(x.Path, p.secret) != "" {
				rt.Fatalf("the path %q tells %q", x.Path, p.secret)
			}
		}
	})
}

func say(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			b.WriteString(k + "\n")
			say(b, e)
		}
	case []any:
		for _, e := range v {
			say(b, e)
		}
	case string:
		b.WriteString(v + "\n")
	case float64:
		fmt.Fprintf(b, "%.0f\n", v)
	}
}
