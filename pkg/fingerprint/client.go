package fingerprint

import "strings"

const (
	maxClientParts = 10
	maxPart        = 256 // bytes of one part of the client's fingerprint
	maxExpanded    = 1 << 10
)

// expand returns the client's fingerprint with its variables replaced, or nil
// when the default decides: no part sent, only blank ones, or {{ default }}
// alone. The variables are {{ default }} (the default key), {{ type }},
// {{ message }} (its template), {{ level }} and {{ tags.name }}; an unknown one,
// or a tag that is not there, becomes <unknown:name>, which staff can see.
func expand(in Input, why Reason, key string) []Part {
	var parts []Part
	plain := false // something besides {{ default }}
	for _, raw := range in.Client[:min(len(in.Client), maxClientParts)] {
		raw = strings.TrimSpace(clean(raw, maxPart))
		if raw == "" {
			continue
		}
		value := expandPart(raw, in, why, key)
		plain = plain || value != key
		parts = append(parts, Part{partClient, value})
	}
	if len(parts) == 1 && !plain {
		return nil
	}
	return parts
}

func expandPart(raw string, in Input, why Reason, key string) string {
	if !strings.Contains(raw, "{{") {
		return raw
	}
	var b strings.Builder
	for b.Len() < maxExpanded {
		text, rest, found := strings.Cut(raw, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			b.WriteString(raw)
			break
		}
		b.WriteString(text)
		b.WriteString(variable(strings.TrimSpace(name), in, why, key))
		raw = after
	}
	return clean(b.String(), maxExpanded)
}

func variable(name string, in Input, why Reason, key string) string {
	switch name {
	case "default":
		return key
	case "type", "error.type":
		return why.Type
	case "message", "error.value":
		return why.Template
	case "level":
		return strings.ToLower(clean(in.Level, maxPart))
	}
	if tag, ok := strings.CutPrefix(name, "tags."); ok {
		if value, ok := in.Tags[tag]; ok {
			return clean(value, maxPart)
		}
	}
	return "<unknown:" + name + ">"
}
