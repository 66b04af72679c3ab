package redact

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

const benchSize = 256 << 10

func ordinaryText(t testing.TB) string {
	return strings.Join(benignLines(t), "\n")[:1<<20]
}

// worstTexts are inputs made to be slow: each is one rule's trigger, over and over.
func worstTexts() map[string]string {
	rep := func(s string) string { return strings.Repeat(s, benchSize/len(s)+1)[:benchSize] }
	secret := "gh" + "p_" + strings.Repeat("aB3dE6", 6)
	return map[string]string{
		"keywords":           rep("password=x token: y secret "),
		"keywords_no_value":  rep("password token secret key auth "),
		"keywords_colon":     rep("token: token: password: "),
		"keywords_glued":     rep("tokenpasswordsecret"),
		"keys":               rep("key=key="),
		"keys_colon":         rep("key:key:"),
		"keys_quoted":        rep(`"key":"`),
		"keys_comma":         rep(`"token","token",`),
		"short_pairs":        rep("a=b "),
		"equals":             rep("="),
		"colons":             rep(":"),
		"quotes":             rep(`"`),
		"quotes_mixed":       rep(`"'` + "`"),
		"quotes_escaped":     rep(`\"`),
		"quotes_nested":      rep(`token="\"\\\"`),
		"quotes_key":         rep(`token='x' key='y" `),
		"backslashes":        rep(`\`),
		"backslash_keys":     rep(`\ntoken=\n`),
		"unicode_escapes":    rep(`\u0041`),
		"jwt":                rep("eyJ"),
		"jwt_dots":           rep("eyJ."),
		"jwt_words":          rep("eyJabc "),
		"pem":                rep("-----BEGIN"),
		"pem_private":        rep("-----BEGIN PRIVATE KEY-----"),
		"pem_pairs":          rep("-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----\n"),
		"pem_public":         rep("-----BEGIN PUBLIC KEY----- "),
		"dashes":             rep("-"),
		"urls":               rep("://"),
		"urls_user":          rep("a://b:c@d "),
		"urls_port":          rep("a://b:cc/"),
		"digits":             rep("4"),
		"digits_groups":      rep("4111 "),
		"digits_cards":       rep("4111111111111112 "),
		"percent":            rep("%41"),
		"percent_runs":       rep("%41 "),
		"percent_pairs":      rep("a=%41&"),
		"percent_bare":       rep("%"),
		"base64":             rep(base64.StdEncoding.EncodeToString([]byte(rep("ordinary text, nothing in it ")))),
		"base64_words":       rep(base64.StdEncoding.EncodeToString([]byte("ordinary text, nothing in it")) + " "),
		"base64_binary":      rep("q83vEjRWeJq83vEjRWeJ/+"),
		"base64_secrets":     rep(base64.StdEncoding.EncodeToString([]byte("password=hunter2xx")) + " "),
		"at_signs":           rep("@tcp("),
		"at_signs_user":      rep("a:b@tcp("),
		"tildes":             rep("abc1Q~"),
		"bars":               rep("123456789012345|"),
		"telegram":           rep("123456789:A"),
		"xml":                rep("<token>"),
		"xml_value":          rep("<token>x</token>"),
		"flags":              rep("--token "),
		"flags_value":        rep("--token x "),
		"curl":               rep("curl -u a:b "),
		"bearer":             rep("Bearer "),
		"basic":              rep("Basic YTpi "),
		"authorization":      rep("Authorization: "),
		"authorization_list": rep("Authorization: Digest a=b, "),
		"cookies":            rep("Cookie: a\n"),
		"providers":          rep("sk_"),
		"providers_found":    rep(secret + " "),
		"providers_digits":   rep("dapi-"),
		"providers_short":    rep("EAAA-EAAA-EAAA-EAAA-EAAA-EAAA-EAAA-EAAA-EAAA-EAAA "),
		"providers_dots":     rep("pat.sat."),
		"providers_base":     rep("glc_="),
		"key_quotes":         rep(`key="a key='b key=\"c key=\\"d `),
		"key_values":         rep("key: a1B2c3D4e5F6 "),
		"vendor_values":      rep("okta_id: aaaaaaa1 "),
		"digest":             rep("digest: a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6 "),
		"paths":              rep("/usr/local/lib/abc"),
		"providers_joints":   rep("s-s_s."),
		"names":              rep("name: token value: x "),
		"camel":              rep("aBcDeFgHiJkToken="),
		"marks":              rep("[redacted:password]"),
		"marks_almost":       rep("[redacted:passwor"),
		"brackets":           rep("["),
		"yaml":               "kind: Secret\n" + rep("data:\n  a: b\n"),
		"russian":            rep("пароль: токен "),
		"spaces":             rep("token" + strings.Repeat(" ", 500)),
		"letters":            rep("a"),
		"calls":              rep(`setToken("a1b2`),
		"calls_pairs":        rep(`basicAuth("a", "b1", `),
		"calls_nested":       rep(`sign(a, "b"`),
		"columns":            rep("(password, token) VALUES ('a', 'b') "),
		"columns_open":       rep("(a) VALUES ("),
		"commands":           rep("mysql -pabcdef -p "),
		"nouns_of":           rep("password for a: b "),
		"nouns_is":           rep("password of is "),
		"two_words":          rep("api key: cache key: "),
		"cells":              rep("| token | a1 "),
		"leaders":            rep("password.... "),
		"entities":           rep("token=&quot;a&quot;"),
		"entities_element":   rep("&lt;token&gt;a"),
		"wide":               rep("密码："),
		"wide_keys":          rep("token：x"),
		"blocks":             rep("token: |\n  a\n"),
		"blocks_open":        rep("token: >\n"),
		"hooks":              rep("a://b/hooks/"),
		"oracle":             rep("a/b@"),
		"attributes":         rep("<password a"),
		"users":              rep("login a password b "),
		"single_letters":     rep("a "),
		"high_bytes":         rep("я"),
		"invalid":            rep("\xff\x00a"),
	}
}

func BenchmarkOrdinary(b *testing.B) {
	text := ordinaryText(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Text(text)
	}
}

func BenchmarkOrdinaryLines(b *testing.B) {
	lines := benignLines(b)
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			Text(line)
		}
	}
}

func BenchmarkWorst(b *testing.B) {
	for name, text := range worstTexts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Text(text)
			}
		})
	}
}

// BenchmarkWorstRatio measures the slowest of the texts above against ordinary
// text in the same run: "x-slower" is how many times longer a byte of it takes,
// and must stay below 3.
func BenchmarkWorstRatio(b *testing.B) {
	ordinary, worst := ordinaryText(b), worstTexts()
	perByte := func(text string) float64 {
		text = text[:64<<10] // short, and often, so that some run is undisturbed
		best := time.Duration(1 << 62)
		for range 40 {
			start := time.Now()
			Text(text)
			best = min(best, time.Since(start))
		}
		return float64(best) / float64(len(text))
	}
	for b.Loop() {
		base := perByte(ordinary)
		slowest, name := 0.0, ""
		for n, text := range worst {
			if t := perByte(text); t > slowest {
				slowest, name = t, n
			}
		}
		b.ReportMetric(slowest/base, "x-slower")
		b.ReportMetric(1e3/base, "MB/s-ordinary")
		b.ReportMetric(1e3/slowest, "MB/s-worst")
		b.Logf("slowest: %s", name)
	}
}

func BenchmarkJSON(b *testing.B) {
	var doc strings.Builder
	doc.WriteString(`{"events":[`)
	for i, line := range benignLines(b)[:1500] {
		if i > 0 {
			doc.WriteByte(',')
		}
		doc.WriteString(`{"level":"error","count":`)
		doc.WriteString("12")
		doc.WriteString(`,"message":`)
		doc.Write(appendQuoted(nil, clean(line)))
		doc.WriteByte('}')
	}
	doc.WriteString(`]}`)
	raw := []byte(doc.String())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(0).JSON("payload", raw); err != nil {
			b.Fatal(err)
		}
	}
}
