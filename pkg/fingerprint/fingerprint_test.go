package fingerprint

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func base() Input {
	return Input{
		Project: "billing", Environment: "prod", Types: []string{"*pq.Error"},
		Message: "user 5 not found", Level: "Error",
		Frames: []Frame{{Function: "main", Module: "main", InApp: true}, {Function: "(*Store).User", Module: "billing/store", Line: 12, InApp: true}},
		Tags:   map[string]string{"region": "eu"},
	}
}

// TestOf_never_changes_a_key_of_version_1 fails when a change of the rules needs
// a new Version.
func TestOf_never_changes_a_key_of_version_1(t *testing.T) {
	key, _ := Of(base())
	if want := "v1:32155141bc8d30b5aa90e027df2b3c89"; key != want {
		t.Errorf("key %s, want %s", key, want)
	}
}

func TestOf_says_why(t *testing.T) {
	_, why := Of(base())
	want := Reason{
		Version: 1, Rule: "default", Template: "user <n> not found",
		Culprit: "billing/store.(*Store).User", Type: "*pq.Error",
		Parts: []Part{
			{"project", "billing"}, {"environment", "prod"}, {"type", "*pq.Error"},
			{"template", "user <n> not found"}, {"culprit", "billing/store.(*Store).User"},
		},
	}
	if diff := cmp.Diff(want, why); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(why)
	if err != nil || !strings.HasPrefix(string(text), `{"version":1,"rule":"default","template":"user `) ||
		!strings.Contains(string(text), `"parts":[{"name":"project","value":"billing"}`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestOf_default(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Input)
		same   bool
	}{
		{"another number joins", func(in *Input) { in.Message = "user 512345 not found" }, true},
		{"another line joins", func(in *Input) { in.Frames[1].Line = 99 }, true},
		{"another caller joins", func(in *Input) { in.Frames[0].Function = "run" }, true},
		{"another level joins", func(in *Input) { in.Level = "fatal" }, true},
		{"another tag joins", func(in *Input) { in.Tags = nil }, true},
		{"a text stack beside frames does not matter", func(in *Input) { in.Stack = "panic: x" }, true},
		{"a wrapper around the type joins", func(in *Input) { in.Types = []string{"*fmt.wrapError", "*pq.Error"} }, true},
		{"white space around the environment joins", func(in *Input) { in.Environment = " prod\n" }, true},
		{"blank client parts do not count", func(in *Input) { in.Client = []string{"", "  "} }, true},
		{"{{ default }} alone is the default", func(in *Input) { in.Client = []string{"{{default}}"} }, true},
		{"another project splits", func(in *Input) { in.Project = "shop" }, false},
		{"another environment splits", func(in *Input) { in.Environment = "staging" }, false},
		{"no environment is one of its own", func(in *Input) { in.Environment = "" }, false},
		{"another type splits", func(in *Input) { in.Types = []string{"*net.OpError"} }, false},
		{"another message splits", func(in *Input) { in.Message = "user 5 has no role" }, false},
		{"another throw site splits", func(in *Input) { in.Frames[1].Function = "(*Store).Role" }, false},
		{"moving text between parts splits", func(in *Input) { in.Project, in.Environment = "billin", "gprod" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, _ := Of(base())
			in := base()
			c.change(&in)
			got, why := Of(in)
			if (got == want) != c.same {
				t.Errorf("same key is %v, want %v; %+v", got == want, c.same, why)
			}
			if why.Rule != "default" {
				t.Errorf("rule %s", why.Rule)
			}
		})
	}
}

func TestOf_client_fingerprint(t *testing.T) {
	defaultKey, _ := Of(base())
	for _, c := range []struct {
		name   string
		client []string
		want   []string // the client parts
	}{
		{"literal parts", []string{"db", " down "}, []string{"db", "down"}},
		{"numbers stay as sent", []string{"tenant-5"}, []string{"tenant-5"}},
		{"variables", []string{"{{ type }}", "{{message}}", "{{ level }}", "in {{ tags.region }}!"}, []string{"*pq.Error", "user <n> not found", "error", "in eu!"}},
		{"several variables in one part", []string{"{{ level }}/{{ tags.region }}"}, []string{"error/eu"}},
		{"default beside others", []string{"{{ default }}", "eu"}, []string{defaultKey, "eu"}},
		{"an unknown variable is visible", []string{"{{ tpye }}"}, []string{"<unknown:tpye>"}},
		{"a missing tag is visible", []string{"{{ tags.zone }}"}, []string{"<unknown:tags.zone>"}},
		{"an open variable is text", []string{"a {{ type"}, []string{"a {{ type"}},
		{"values are not expanded again", []string{"{{ tags.evil }}"}, []string{"{{ type }}"}},
		{"a long part is cut between characters", []string{"x" + strings.Repeat("ж", 200)}, []string{"x" + strings.Repeat("ж", 127)}},
		{"at most ten parts", strings.Split("abcdefghijklm", ""), strings.Split("abcdefghij", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := base()
			in.Client = c.client
			in.Tags["evil"] = "{{ type }}"
			key, why := Of(in)
			var got []string
			for i, p := range why.Parts {
				if i >= 2 {
					if p.Name != "client" {
						t.Errorf("part %d is a %s", i, p.Name)
					}
					got = append(got, p.Value)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if why.Rule != "client" || key == defaultKey {
				t.Errorf("rule %s, key %s", why.Rule, key)
			}
			if why.Template != "user <n> not found" || why.Type != "*pq.Error" || why.Culprit == "" {
				t.Errorf("what the default would say is missing: %+v", why)
			}
		})
	}
}

func TestOf_client_parts_are_not_joined(t *testing.T) {
	keys := map[string][]string{}
	for _, client := range [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"ab,c"}, {"c", "ab"}} {
		in := base()
		in.Client = client
		key, _ := Of(in)
		if other, taken := keys[key]; taken {
			t.Errorf("%q and %q have one key", client, other)
		}
		keys[key] = client
	}
}

func TestType(t *testing.T) {
	for _, c := range []struct {
		name  string
		types []string
		want  string
	}{
		{"none", nil, "error"},
		{"empty", []string{"", " "}, "error"},
		{"specific", []string{"*net.OpError"}, "*net.OpError"},
		{"wrappers of Go", []string{"*fmt.wrapError", "*errors.withStack", "*errors.joinError", "*fs.PathError", "syscall.Errno"}, "*fs.PathError"},
		{"only wrappers", []string{"*fmt.wrapError", "*errors.errorString"}, "error"},
		{"wrappers of Java", []string{"java.util.concurrent.ExecutionException", "java.sql.SQLException"}, "java.sql.SQLException"},
		{"Node's general type", []string{"Error"}, "error"},
		{"a group is named with its members", []string{"ExceptionGroup", "ValueError", "KeyError", "ValueError"}, "ExceptionGroup(KeyError, ValueError)"},
		{"a group names at most five", []string{"AggregateError", "F", "E", "D", "C", "B", "A"}, "AggregateError(A, B, C, D, E)"},
		{"a group of nothing", []string{"ExceptionGroup"}, "ExceptionGroup"},
		{"a generated class", []string{"com.acme.Worker$$Lambda$550/0x02824776d36f2720"}, "com.acme.Worker$$Lambda"},
		{"an anonymous class", []string{"com.acme.Worker$1"}, "com.acme.Worker"},
		{"a name with digits", []string{"Utf8Error", "X"}, "Utf8Error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := specificType(c.types); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func BenchmarkOf(b *testing.B) {
	in := base()
	b.ReportAllocs()
	for b.Loop() {
		Of(in)
	}
}
