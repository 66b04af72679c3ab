package redact

import "strings"

// secretData finds out whether "data:" at position at, in a Kubernetes Secret
// written as YAML, opens a block of secrets, and remembers where that ends: at
// the first line that is not indented deeper.
func (z *scanner) secretData(at, p int) {
	s := z.s
	if z.yaml == 0 {
		z.yaml = -1
		for _, form := range [...]string{"kind: Secret", `kind: "Secret`, "kind: 'Secret"} {
			if strings.Contains(s, form) {
				z.yaml = 1
			}
		}
	}
	if z.yaml < 0 || at < z.dataEnd || p < len(s) && s[p] != '\n' && s[p] != '\r' {
		return
	}
	indent := 0
	for k := at - 1; k >= 0 && s[k] != '\n'; k-- {
		indent++
	}
	for p < len(s) {
		nl := strings.IndexByte(s[p:], '\n')
		if nl < 0 {
			p = len(s)
			break
		}
		p += nl + 1
		if deep := skipBlank(s, p) - p; deep <= indent && p < len(s) && s[p+deep] != '\n' && s[p+deep] != '\r' {
			break
		}
		if p >= len(s) {
			break
		}
	}
	z.dataEnd = p
}

// block takes the lines of a block scalar of YAML, which "|" or ">" at v announces
// under the key at position at: those that are indented deeper than the key.
func (z *scanner) block(at, v, end int, kind string, t trust) int {
	s := z.s
	if end-v > 3 || t != condemned || end >= len(s) || s[end] != '\n' && s[end] != '\r' {
		return 0
	}
	indent := at
	for indent > 0 && s[indent-1] != '\n' && at-indent < maxLook {
		indent--
	}
	indent = at - indent
	from, to := 0, 0
	for p := end; p < len(s); {
		for p < len(s) && (s[p] == '\n' || s[p] == '\r') {
			p++
		}
		deep := skipBlank(s, p)
		if deep-p <= indent || deep >= len(s) {
			break
		}
		if from == 0 {
			from = deep
		}
		for p = deep; p < len(s) && s[p] != '\n' && s[p] != '\r'; p++ {
		}
		to = p
	}
	if from == 0 {
		return 0
	}
	z.emit(from, to, kind)
	return to
}
