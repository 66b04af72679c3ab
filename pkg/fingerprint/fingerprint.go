package fingerprint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Version is the version of the rules. It is part of every key: a change of the
// rules that moves messages between groups raises it.
const Version = 1

// The rules that can decide a key, as Reason.Rule tells them.
const (
	ruleDefault = "default"
	ruleClient  = "client"
)

// The names of the parts of a key.
const (
	partProject     = "project"
	partEnvironment = "environment"
	partType        = "type"
	partTemplate    = "template"
	partCulprit     = "culprit"
	partClient      = "client"
)

// Frame is one call of a stack. Line is not used for grouping.
type Frame struct {
	Function string // run, (*T).Run.func12, Object.<anonymous>
	Module   string // package, module or class; may be empty
	File     string
	Line     int
	InApp    bool // the reporter's own code, as the client says
}

// Input is what a fingerprint is made from, redacted already.
type Input struct {
	Project     string
	Environment string   // empty when missing: an environment of its own
	Types       []string // outermost first; usually one; may be empty
	Message     string
	Level       string            // as reported; used only by {{ level }}
	Frames      []Frame           // innermost last; empty unless ThrowSite
	Stack       string            // text; used for the culprit when Frames is empty
	Client      []string          // the client's fingerprint, at most 10 parts of 256 bytes
	Tags        map[string]string // used only by {{ tags.x }}
}

// Part is one ingredient of a key.
type Part struct {
	Name  string `json:"name"` // project, environment, type, template, culprit, client
	Value string `json:"value"`
}

// Reason says why an occurrence was grouped where it is: the parts in the order
// in which they were hashed. Template, Culprit and Type are filled even when
// the client's fingerprint decided.
type Reason struct {
	Version  int    `json:"version"`
	Rule     string `json:"rule"` // client or default
	Template string `json:"template"`
	Culprit  string `json:"culprit"` // empty when no throw site is known
	Type     string `json:"type"`    // "error" when no specific type is known
	Parts    []Part `json:"parts"`
}

// Of returns the fingerprint of in, "v1:" and 32 lower-case hexadecimal digits,
// and the reason. Equal inputs give equal keys in every process and for ever
// within a Version. It never fails: strings that are too long are cut, invalid
// UTF-8 is replaced. Any number of goroutines may call it.
func Of(in Input) (key string, why Reason) {
	why = Reason{
		Version:  Version,
		Rule:     ruleDefault,
		Template: Template(in.Message),
		Culprit:  culprit(in.Frames, in.Stack),
		Type:     specificType(in.Types),
	}
	scope := []Part{
		{partProject, clean(in.Project, maxPart)},
		{partEnvironment, clean(strings.TrimSpace(in.Environment), maxPart)},
	}
	why.Parts = append(scope[:2:2],
		Part{partType, why.Type},
		Part{partTemplate, why.Template},
		Part{partCulprit, why.Culprit},
	)
	key = sum(why.Parts)
	if parts := expand(in, why, key); len(parts) > 0 {
		why.Rule = ruleClient
		why.Parts = append(scope[:2:2], parts...)
		key = sum(why.Parts)
	}
	return key, why
}

// sum hashes the version and the parts, each name and value after its length,
// so that no two lists of parts become the same bytes.
func sum(parts []Part) string {
	var buf [1024]byte
	b := binary.BigEndian.AppendUint32(buf[:0], Version)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.Name)))
		b = append(b, p.Name...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.Value)))
		b = append(b, p.Value...)
	}
	digest := sha256.Sum256(b)
	key := [3 + 32]byte{'v', '0' + Version, ':'}
	hex.Encode(key[3:], digest[:16])
	return string(key[:])
}

// clean makes s valid UTF-8 and cuts it to n bytes between two characters.
func clean(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
