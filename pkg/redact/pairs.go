package redact

import (
	"bytes"
	"strings"
)

// neighbour says what an array's string stands under when another string, before,
// stands right before it: the name of a header in a pair, or the flag of an argv.
// became is what before was redacted to.
func neighbour(u under, before, became, s string, pair bool) under {
	if pair {
		return named(u, before, became)
	}
	if len(before) < 2 || before[0] != '-' || s == "" || strings.IndexByte(before, '=') >= 0 {
		return u
	}
	switch before {
	case "-u", "--user", "--proxy-user":
		if strings.IndexByte(s, ':') > 0 && !strings.Contains(s, "://") {
			u.kind = kindCredential
		}
		return u
	}
	if s[0] == '-' && len(s) > 1 && (s[1] == '-' || len(s) < 12) {
		return u
	}
	return named(u, before, became)
}

// named puts a value under a name. The name counts as it was sent and as it was
// redacted, so that redacting again finds no name that was not one before.
func named(u under, name, safe string) under {
	for _, s := range [...]string{name, safe} {
		switch kind, t := nameKind(s); t {
		case condemned:
			u.key, u.kind = s, kind
			return u
		case suspicious:
			u.key = s
		}
	}
	return u
}

const (
	pairNone = iota
	pairKey
	pairValue
)

func pairRole(key string) int {
	switch len(key) {
	case 1, 3, 4, 5, 6:
	default:
		return pairNone
	}
	switch lowerASCII(key) {
	case "name", "key", "header", "k", "n":
		return pairKey
	case "value", "val", "v":
		return pairValue
	}
	return pairNone
}

// piece is a value written to out[from:to] from in[at:end].
type piece struct {
	from, to int
	at, end  int
	key      string
}

// replace patches a value whose name came after it.
func (w *walker) replace(p piece, u under) {
	kind, t := nameKind(u.key)
	if t == innocent {
		return
	}
	in := w.in[p.at:p.end]
	switch in[0] {
	case '"':
		s := plainString(in)
		if vacant(s) || t == suspicious && (len(s) > maxLook || !suspect(u.key, kind, s)) {
			return
		}
		if out := plainString(w.out[p.from:p.to]); onlyMark(out) {
			return
		}
	case 't', 'f', 'n':
		return
	default:
		if t == suspicious || w.out[p.from] == '"' {
			return
		}
	}
	w.steps[len(w.steps)-1].key = p.key
	w.r.record(w.path, kind, 1)
	w.patches = append(w.patches, patch{p.from, p.to, kind})
}

// patched returns out with the patches applied. They do not overlap, but those of
// an inner object may have been added before those of an outer one.
func (w *walker) patched() []byte {
	if len(w.patches) == 0 {
		return w.out
	}
	sortPatches(w.patches)
	out := make([]byte, 0, len(w.out))
	last := 0
	for _, p := range w.patches {
		out = append(out, w.out[last:p.from]...)
		out = appendQuoted(out, Mark(p.kind))
		last = p.to
	}
	return append(out, w.out[last:]...)
}

func (w *walker) isSecret() bool {
	if w.secret == 0 {
		w.secret = -1
		for _, form := range [...]string{`"kind":"Secret"`, `"kind": "Secret"`} {
			if bytes.Contains(w.in, []byte(form)) {
				w.secret = 1
			}
		}
	}
	return w.secret > 0
}
