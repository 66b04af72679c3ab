package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	alnum   = lower + upper + digits
	base64s = alnum + "+/"
)

// garden makes secrets and knows them again by any eight bytes of their bodies;
// of a number by any twelve, since ids and times are full of digits.
type garden struct {
	t        testing.TB
	chance   *rand.Rand
	secrets  []string // kind and place, never the value
	windows  map[string]int
	maybe    []uint64 // one bit per hash of a window, so that looking is fast
	seen     map[string]bool
	hits     int
	looked   int
	requests int
	complain func(format string, args ...any)
}

func newGarden(t testing.TB) *garden {
	return &garden{t: t, chance: rand.New(rand.NewPCG(3, 1415)), windows: map[string]int{}, maybe: make([]uint64, 1<<16), seen: map[string]bool{}, complain: t.Errorf}
}

func (g *garden) letters(n int, of string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[g.chance.IntN(len(of))]
	}
	return string(b)
}

// secretKind makes a secret: the text to plant, and what of it nobody may see
// again. Prefixes, names and hosts around that are public. The texts are put
// together here, so that this file holds nothing that looks like one.
type secretKind struct {
	name string
	make func(g *garden) (text string, bodies []string)
	// encoded says that the text is encoded already.
	encoded bool
}

// shaped is a prefix and a body.
func shaped(name, before string, n int, of, after string) secretKind {
	return secretKind{name: name, make: func(g *garden) (string, []string) {
		body := g.letters(n, of)
		return before + body + after, []string{body}
	}}
}

var secretKinds = []secretKind{
	shaped("AWS access key id", "AK"+"IA", 16, upper+"234567", ""),
	shaped("AWS secret key", "aws_secret_access"+"_key=", 40, base64s, ""),
	shaped("GitHub token", "gh"+"p_", 36, alnum, ""),
	shaped("GitLab token", "gl"+"pat-", 20, alnum, ""),
	shaped("Slack token", "xo"+"xb-123456789012-123456789012-", 24, alnum, ""),
	shaped("Slack webhook", "https://hooks."+"slack.com/services/T0123ABCD/B0123ABCD/", 24, alnum, ""),
	shaped("Stripe key", "sk"+"_live_", 32, alnum, ""),
	shaped("Google key", "AI"+"zaSy", 33, alnum, ""),
	shaped("npm token", "np"+"m_", 36, alnum, ""),
	shaped("ingest token", "ry"+"i_abcdefgh_", 43, alnum, ""),
	shaped("staff token", "ry"+"s_abcdefgh_", 43, alnum, ""),
	shaped("Postgres URL", "postgres"+"://app:", 20, alnum, "@db.example.com:5432/shop"),
	shaped("Redis URL", "redis"+"://:", 24, alnum, "@cache.example.com:6379/0"),
	shaped("URL with a user", "https"+"://deploy:", 20, alnum, "@git.example.com/x.git"),
	shaped("signed URL", "https://files.example.com/x?part=2&X-Amz-"+"Signature=", 43, alnum+"-_", "&y=1"),
	shaped("password", "pass"+"word=", 16, alnum, ""),
	shaped("quoted password", "pass"+`word: "`, 18, alnum, `"`),
	shaped("connection string", "Server=db;Database=shop;User Id=sa;Pass"+"word=", 20, alnum, ";Encrypt=true"),
	shaped("storage key", "AccountName=shop;Account"+"Key=", 86, base64s, "==;EndpointSuffix=core.windows.net"),
	shaped("bearer", "Authorization: Bear"+"er ", 40, alnum, ""),
	shaped("cookie", "Cookie: theme=dark; session"+"id=", 32, alnum, ""),
	shaped("private key without an end", "-----BEGIN RSA PRIV"+"ATE KEY-----\n", 200, base64s, ""),
	{name: "private key", make: func(g *garden) (string, []string) {
		lines := []string{g.letters(64, base64s), g.letters(64, base64s), g.letters(64, base64s), g.letters(32, base64s)}
		head := "PRIV" + "ATE KEY-----\n"
		return "-----BEGIN " + head + strings.Join(lines, "\n") + "\n-----END " + head, lines
	}},
	{name: "JSON web token", make: func(g *garden) (string, []string) {
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"` + g.letters(30, alnum) + `"}`))
		signature := g.letters(43, alnum+"-_")
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + claims + "." + signature,
			[]string{claims[12:], signature}
	}},
	{name: "basic", make: func(g *garden) (string, []string) {
		body := g.letters(24, alnum)
		encoded := base64.StdEncoding.EncodeToString([]byte("svc:" + body))
		return "Authorization: Bas" + "ic " + encoded, []string{body, encoded[8:]}
	}},
	{name: "card", make: func(g *garden) (string, []string) {
		number := g.card()
		return "card " + number, []string{number}
	}},
	{name: "card in groups", make: func(g *garden) (string, []string) {
		n := g.card()
		grouped := n[:4] + " " + n[4:8] + " " + n[8:12] + " " + n[12:]
		return "card " + grouped, []string{n, grouped}
	}},
	{name: "password in base64", encoded: true, make: func(g *garden) (string, []string) {
		body := g.letters(24, alnum)
		before := `{"user":"svc","pass` + `word":"`
		encoded := base64.StdEncoding.EncodeToString([]byte(before + body + `"}`))
		return encoded, []string{body, encoded[len(before)/3*4+4:]}
	}},
	{name: "percent-encoded URL", encoded: true, make: func(g *garden) (string, []string) {
		body := g.letters(24, alnum)
		return urlText("postgres" + "://app:" + body + "@db.example.com/shop"), []string{body}
	}},
}

// card is a number that an issuer could have given, right by Luhn.
func (g *garden) card() string {
	number := "4" + g.letters(14, digits)
	sum := 0
	for i := range number {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return number + fmt.Sprint((10-sum%10)%10)
}

// grow makes a secret of the kind and remembers it.
func (g *garden) grow(kind secretKind, where string) string {
	text, bodies := kind.make(g)
	g.keep(kind.name, where, bodies...)
	return text
}

const window, ofNumber = 8, 12

func (g *garden) keep(kind, where string, bodies ...string) {
	g.secrets = append(g.secrets, kind+" in "+where)
	for _, body := range bodies {
		for i := range len(body) - window + 1 {
			piece := body[i : i+window]
			g.windows[piece] = len(g.secrets) - 1
			bit := bitOf(piece)
			g.maybe[bit>>6] |= 1 << (bit & 63)
		}
	}
}

func bitOf(piece string) uint64 {
	return binary.LittleEndian.Uint64([]byte(piece)) * 0x9E3779B97F4A7C15 >> 42
}

// look reports every secret of which a piece stands in the text. Where the
// harmless word is expected its absence is a failure too.
func (g *garden) look(where, text string, expect bool) {
	g.t.Helper()
	g.looked += len(text)
	for i := range len(text) - window + 1 {
		bit := bitOf(text[i : i+window])
		if g.maybe[bit>>6]&(1<<(bit&63)) == 0 {
			continue
		}
		if n, ok := g.windows[text[i:i+window]]; ok && !g.seen[where+g.secrets[n]] && !g.partOfNumber(text, i) {
			g.seen[where+g.secrets[n]] = true
			g.hits++
			from, to := max(0, i-60), min(len(text), i+60)
			g.complain("%s: of %s: …%s…", where, g.secrets[n], text[from:to])
		}
	}
	if expect && !strings.Contains(text, harmless) {
		g.t.Errorf("%s: nothing at all came through: %.200s", where, text)
	}
}

// partOfNumber reports that the window is of digits alone and does not go on as
// the number does.
func (g *garden) partOfNumber(text string, i int) bool {
	if strings.Trim(text[i:i+window], digits+" ") != "" {
		return false
	}
	for k := i; k < i+ofNumber-window+1; k++ {
		if k+window > len(text) || !g.has(text[k:k+window]) {
			return true
		}
	}
	return false
}

func (g *garden) has(piece string) bool {
	_, ok := g.windows[piece]
	return ok
}

// What the garden looks for it finds, wherever it begins, and a whole window is
// enough.
func TestGardenFindsWhatItPlants(t *testing.T) {
	t.Parallel()
	for _, kind := range secretKinds {
		g := newGarden(t)
		text, bodies := kind.make(g)
		g.keep(kind.name, "nowhere", bodies...)
		shown := 0
		for _, body := range bodies {
			if strings.Contains(text, body) {
				shown++
			}
			most := window
			if strings.Trim(body, digits+" ") == "" {
				most = ofNumber
			}
			for i := range len(body) - most + 1 {
				g.complain, g.hits, g.seen = func(string, ...any) {}, 0, map[string]bool{}
				g.look("here", "a 1"+body[i:i+most]+"2 z", false)
				if g.hits == 0 {
					t.Fatalf("%s is not found by its bytes from %d on", kind.name, i)
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s does not stand in its own text", kind.name)
		}
	}
}
