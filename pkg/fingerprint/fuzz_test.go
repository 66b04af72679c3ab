package fingerprint

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func FuzzTemplate(f *testing.F) {
	for _, l := range append(corpus(f, "testdata/jobs.jsonl"), corpus(f, "testdata/services.jsonl")...) {
		f.Add(l.Message)
	}
	for _, c := range templateCases {
		f.Add(c.message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got := Template(message)
		switch {
		case len(got) > maxTemplate:
			t.Errorf("the template has %d bytes", len(got))
		case !utf8.ValidString(got):
			t.Errorf("the template %q is not valid UTF-8", got)
		case strings.ContainsAny(got, "\n\r\t\x00\x1b"), strings.Contains(got, "  "), strings.TrimSpace(got) != got:
			t.Errorf("the template %q is not one plain line", got)
		}
		if again := Template(message); again != got {
			t.Errorf("two templates of one message: %q and %q", got, again)
		}
		// A template of a template may still shrink, but never grows for long.
		next := got
		for range 3 {
			next = Template(next)
		}
		if len(next) > 2*len(got)+16 {
			t.Errorf("%q grew into %q", got, next)
		}
	})
}

func FuzzOf(f *testing.F) {
	f.Add("billing", "prod", "KeyError", "user 5", "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/a/b.go:1", "{{ default }}", "a")
	f.Add("a", "bc", "", "", "Traceback (most recent call last):\n  File \"x.py\", line 1, in f", "{{", "}}")
	f.Add("ab", "c", "*fmt.wrapError", "x", "Error\n    at f (/a/b.js:1:2)", "", "")
	f.Fuzz(func(t *testing.T, project, environment, kind, message, stack, first, second string) {
		in := Input{
			Project: project, Environment: environment, Types: []string{kind},
			Message: message, Stack: stack, Client: []string{first, second},
			Tags: map[string]string{first: second},
		}
		key, why := Of(in)
		if len(key) != 35 || !strings.HasPrefix(key, "v1:") || strings.Trim(key[3:], "0123456789abcdef") != "" {
			t.Fatalf("key %q", key)
		}
		for _, p := range why.Parts {
			if !utf8.ValidString(p.Value) || len(p.Value) > 3*maxExpanded {
				t.Errorf("part %s is %d bytes: %q", p.Name, len(p.Value), p.Value)
			}
		}
		// Moving the border between two parts is another key, unless what the
		// parts say is the same after all.
		moved := in
		if len(project) > 0 {
			moved.Project, moved.Environment = project[:len(project)-1], project[len(project)-1:]+environment
		} else {
			moved.Project, moved.Environment = environment, project
		}
		movedKey, movedWhy := Of(moved)
		if same := cmp.Equal(why.Parts, movedWhy.Parts); same != (key == movedKey) && same {
			t.Errorf("the same parts have two keys: %+v", why.Parts)
		} else if !same && key == movedKey {
			t.Errorf("two lists of parts have one key: %+v and %+v", why.Parts, movedWhy.Parts)
		}
		if repeat, _ := Of(in); repeat != key {
			t.Errorf("two keys for one input: %s and %s", key, repeat)
		}
	})
}
