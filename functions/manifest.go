// Package functions holds what is deployed: a directory for each Lambda function
// with a main that only wires, the binary for operators, and the manifest that
// says which functions there are and which requests are whose.
//
// The manifest is read by three: the functions themselves, the emulator (rynda
// lambda) and Terraform. None of them repeats what is in it.
package functions

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

//go:embed manifest.json
var manifest []byte

// Manifest is the functions of a deployment.
type Manifest struct {
	Default   string              `json:"default"` // answers what is nobody's, with a problem
	Functions map[string]Function `json:"functions"`
}

// Function is what one function needs.
type Function struct {
	About        string   `json:"about"`
	MemoryMB     int      `json:"memory_mb"`
	TimeoutS     int      `json:"timeout_s"`
	Concurrency  int      `json:"concurrency"` // environments at most, each with one connection to the database
	Streaming    bool     `json:"streaming"`   // the mode of its address and of its adapter
	DatabaseRole string   `json:"database_role"`
	Page         bool     `json:"page,omitempty"`       // the web page is in its package
	ScheduleS    int      `json:"schedule_s,omitempty"` // how often it is invoked by the clock; 0 never
	Routes       []string `json:"routes,omitempty"`     // "METHOD /path/{name}", "{name+}" for all the rest
}

// Timeout is how long one invocation may take.
func (f Function) Timeout() time.Duration { return time.Duration(f.TimeoutS) * time.Second }

// Read returns the manifest of this build.
func Read() Manifest {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(manifest))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		panic("functions/manifest.json: " + err.Error()) // a test reads it too
	}
	return m
}

// Owner is the function that answers a request: that of the most specific route
// that matches it, as an HTTP API chooses, where a name that is written out
// beats a parameter, the earlier in the path the more; otherwise the default.
// HEAD is answered by whoever answers GET. The path is as it was sent, with its
// escapes: %2F is a letter of a name and parts nothing.
func (m Manifest) Owner(method, path string) string {
	if method == "HEAD" {
		method = "GET"
	}
	owner, best := m.Default, ""
	for name, f := range m.Functions {
		for _, route := range f.Routes {
			if rank := match(route, method, path); rank > best {
				owner, best = name, rank
			}
		}
	}
	return owner
}

// match says how specific a route is for a request, one letter a segment: c as
// it is written, b a parameter, a all the rest; empty when it does not match.
func match(route, method, path string) string {
	of, pattern, _ := strings.Cut(route, " ")
	if of != method {
		return ""
	}
	var rank strings.Builder
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = plain
		}
	}
	want := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	for i, w := range want {
		switch {
		case strings.HasSuffix(w, "+}"):
			if i >= len(segments) || segments[i] == "" {
				return ""
			}
			return rank.String() + "a"
		case i >= len(segments):
			return ""
		case strings.HasPrefix(w, "{"):
			if segments[i] == "" {
				return ""
			}
			rank.WriteByte('b')
		case w == segments[i]:
			rank.WriteByte('c')
		default:
			return ""
		}
	}
	if len(segments) > len(want) {
		return ""
	}
	return rank.String()
}
