package auth

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTopics bounds how many topics one subscriber may ask for.
const MaxTopics = 64

// EveryTopic is what a subscriber gets who names none.
var EveryTopic = []string{"errors", "runs", "deploys"}

// Grant resolves the topics that a caller asks for. Asked topics that are in
// reach come back in granted, as asked and without repeats; foreign, missing
// and malformed ones look alike and come back in denied. log lists the topics
// of the event log that granted stands for: "errors" is errors/<project> of
// each project in reach. The order of asked is kept; what is beyond MaxTopics
// is denied. With nothing asked the answer is that of EveryTopic.
func (i Identity) Grant(asked []string) (granted, denied, log []string) {
	if len(asked) == 0 {
		asked = EveryTopic
	}
	seen := map[string]bool{}
	for _, topic := range asked {
		if seen[topic] {
			continue
		}
		seen[topic] = true
		stands := i.expand(topic)
		if len(stands) == 0 || len(granted) == MaxTopics {
			denied = append(denied, topic)
			continue
		}
		granted = append(granted, topic)
		for _, t := range stands {
			if !slices.Contains(log, t) {
				log = append(log, t)
			}
		}
	}
	return granted, denied, log
}

func (i Identity) expand(topic string) []string {
	if !i.Staff() {
		return nil
	}
	switch topic {
	case "errors", "runs", "deploys":
		stands := make([]string, 0, len(i.Projects))
		for _, p := range i.Projects {
			stands = append(stands, topic+"/"+p.Slug)
		}
		return stands
	}
	kind, rest, _ := strings.Cut(topic, "/")
	slug, id, hasID := strings.Cut(rest, "/")
	if _, ok := i.Project(slug); !ok {
		return nil
	}
	switch kind {
	case "errors", "runs", "deploys", "project":
		if hasID {
			return nil
		}
	case "run", "deploy":
		if !ValidID(id) {
			return nil
		}
	default:
		return nil
	}
	return []string{topic}
}

// ValidID reports whether id can be that of a run or deploy. One that cannot is
// not asked for either: Postgres takes no NUL, and a line break or comma would
// make one topic look like several.
func ValidID(id string) bool {
	return id != "" && len(id) <= 200 && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return r == ',' || unicode.IsControl(r) })
}
