package auth

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	claimedProjects = 1000 // of one claim
	longestName     = 200  // bytes, as names are stored
	longestSubject  = 255  // characters, as OpenID Connect has it
)

// claims are what a signed token says, by name, in its exact spelling.
type claims map[string]json.RawMessage

// farFuture is later than any time that is believed: Postgres and JSON can
// still write it.
var farFuture = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// time reads a NumericDate. A claim that is there and is none is as late as can
// be where it must have passed, so nbf that cannot be read never comes; as exp
// it is not there.
func (c claims) time(name string) (at time.Time, ok bool) {
	raw, there := c[name]
	if !there {
		return time.Time{}, false
	}
	var date jwt.NumericDate
	if json.Unmarshal(raw, &date) != nil || date.Time().After(farFuture) {
		return farFuture, false
	}
	return date.Time(), true
}

// isFor reports whether aud, a text or a list of them, names the audience.
func (c claims) isFor(audience string) bool {
	var named jwt.Audience
	return json.Unmarshal(c["aud"], &named) == nil && named.Contains(audience)
}

func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// subject is the stable id of a person, or empty where there is none to go by.
func (c claims) subject() string {
	s := c.text("sub")
	if len(s) > longestSubject || s != legible(s, longestSubject) {
		return ""
	}
	return s
}

// name is what others are shown: the claim of that name, else what the provider
// says otherwise, else the subject.
func (c claims) name(claim string) string {
	for _, one := range []string{claim, "name", "preferred_username", "email", "sub"} {
		if name := legible(c.text(one), longestName); name != "" {
			return name
		}
	}
	return ""
}

// projects reads the slugs in a claim: a list of strings, or one string with
// spaces or commas between. "*" in it, or as the name of the claim, is every
// project. Whatever else it is, and a claim that is missing, is none.
func (c claims) projects(claim string) (slugs []string, all bool) {
	if claim == "*" {
		return nil, true
	}
	if json.Unmarshal(c[claim], &slugs) != nil {
		slugs = strings.FieldsFunc(c.text(claim), func(r rune) bool { return r == ',' || r == ' ' })
	}
	slugs = slugs[:min(len(slugs), claimedProjects)]
	for _, slug := range slugs {
		if slug == "*" {
			return nil, true
		}
	}
	return slugs, false
}

// legible is s as a line that can be stored and shown: at most most bytes of
// valid text, without control and formatting characters, trimmed.
func legible(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, s))
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
