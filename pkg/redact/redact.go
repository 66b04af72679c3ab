package redact

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// DefaultBudget is the number of bytes that a Redactor made with a budget of 0
// looks at: twice the largest report.
const DefaultBudget = 2 << 20

// maxRemovals bounds the distinct findings that a Redactor remembers.
const maxRemovals = 200

// maxPath bounds the length of a finding's path, in bytes.
const maxPath = 256

// maxPasses bounds the passes over one string. The second pass finds that the
// first was enough; a string that still changes in the last one is dropped whole.
const maxPasses = 4

// Redactor holds the budget and the findings of one report. It is not safe for
// concurrent use.
type Redactor struct {
	left  int // bytes of input that it will still look at
	found map[place]int
	more  int // findings beyond maxRemovals places
	scan  scanner
}

type place struct{ path, kind string }

// Removal says that Count secrets of a kind were removed at a path of the report,
// such as "payload.headers.authorization" or "frames[3].function". It never holds
// the value, and a path that held a secret itself is redacted as well.
type Removal struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// New returns a Redactor that looks at budget bytes of input in total; 0 means
// DefaultBudget. A string that no longer fits, and every string after it, becomes
// "[redacted:budget]".
func New(budget int) *Redactor {
	if budget <= 0 {
		budget = DefaultBudget
	}
	return &Redactor{left: budget}
}

// Text redacts free text. The path says where it stands, for Removed. The result
// is valid UTF-8 without NUL, and redacting it again changes nothing.
func (r *Redactor) Text(path, s string) string {
	return r.text(s, func() string { return path })
}

// Field redacts the string s that stands under a key: a tag, a header, a member of
// a payload. Under the name of a secret all of it goes, whatever it looks like;
// under any other it is free text.
func (r *Redactor) Field(path, key, s string) string {
	return r.field(key, s, func() string { return path })
}

// Key redacts the key of a map, which may be a secret itself.
func (r *Redactor) Key(path, s string) string { return r.Text(path, s) }

// Removed lists what was removed and where, sorted by path and kind: at most 200
// entries, then one of kind "more" without a path that counts the rest.
func (r *Redactor) Removed() []Removal {
	list := make([]Removal, 0, len(r.found)+1)
	for p, n := range r.found {
		list = append(list, Removal{Path: p.path, Kind: p.kind, Count: n})
	}
	slices.SortFunc(list, func(a, b Removal) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Kind, b.Kind))
	})
	if r.more > 0 {
		list = append(list, Removal{Kind: "more", Count: r.more})
	}
	return list
}

var pool = sync.Pool{New: func() any { return new(scanner) }}

// Text redacts one string without a budget and without a record of what was
// removed, as log handlers need it. It is safe for concurrent use.
func Text(s string) string {
	z := pool.Get().(*scanner)
	z.found = z.found[:0]
	out := z.settle(clean(s))
	if z.forget() {
		pool.Put(z)
	}
	return out
}

// spend takes n bytes from the budget, or all of it and returns false.
func (r *Redactor) spend(n int) bool {
	if n > r.left {
		r.left = 0
		return false
	}
	r.left -= n
	return true
}

func (r *Redactor) text(s string, path func() string) string {
	if s == "" || onlyMark(s) {
		return s
	}
	if !r.spend(len(s)) {
		r.record(path, kindBudget, 1)
		return Mark(kindBudget)
	}
	r.scan.found = r.scan.found[:0]
	out := r.scan.settle(clean(s))
	for _, f := range r.scan.found {
		r.record(path, f.kind, f.n)
	}
	return out
}

func (r *Redactor) field(key, s string, path func() string) string {
	kind, t := nameKind(key)
	if t == innocent || s == "" || onlyMark(s) {
		return r.text(s, path)
	}
	if !r.spend(len(s)) {
		r.record(path, kindBudget, 1)
		return Mark(kindBudget)
	}
	if t == condemned && !vacant(s) || t == suspicious && len(s) <= maxLook && suspect(key, kind, s) {
		r.record(path, kind, 1)
		return Mark(kind)
	}
	r.left += len(s)
	return r.text(s, path)
}

// settle scans s until a pass changes nothing. The marks of one pass may stand
// where the next sees something else; after the last the text is given up.
func (z *scanner) settle(s string) string {
	for range maxPasses {
		was := z.hits
		s = z.scan(s)
		if z.hits == was {
			return s
		}
	}
	z.note(kindText)
	return Mark(kindText)
}

// record counts findings. The path is only built here, and redacted.
func (r *Redactor) record(path func() string, kind string, times int) {
	p := place{tidyPath(path()), kind}
	if n, ok := r.found[p]; ok {
		r.found[p] = n + times
		return
	}
	if len(r.found) >= maxRemovals {
		r.more += times
		return
	}
	if r.found == nil {
		r.found = make(map[place]int)
	}
	r.found[p] = times
}

func tidyPath(path string) string {
	return Shorten(Text(path), maxPath)
}

func indexSegment(i int) string { return "[" + strconv.Itoa(i) + "]" }
