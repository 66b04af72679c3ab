package fingerprint

import (
	"bufio"
	"encoding/json"
	"os"
	"sort"
	"testing"
)

// labelled is a line of a corpus: a message and the family it belongs to.
type labelled struct {
	Family  string `json:"f"`
	Message string `json:"m"`
}

func corpus(t testing.TB, path string) []labelled {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []labelled
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var l labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// result is how a grouping compares with the families, over pairs of messages.
type result struct {
	families, groups  int
	f1                float64
	together, missing int // pairs of one family in one group, in two groups
	merged            int // pairs of two families in one group
}

// compare scores the grouping by key, and says what went wrong.
func compare(t testing.TB, all []labelled, key func(string) string) result {
	t.Helper()
	families := map[string]map[string]int{}
	groups := map[string]map[string]int{}
	for _, l := range all {
		k := key(l.Message)
		if families[l.Family] == nil {
			families[l.Family] = map[string]int{}
		}
		if groups[k] == nil {
			groups[k] = map[string]int{}
		}
		families[l.Family][k]++
		groups[k][l.Family]++
	}
	r := result{families: len(families), groups: len(groups)}
	for family, keys := range families {
		size := 0
		for _, n := range keys {
			size += n
			r.together += n * (n - 1) / 2
		}
		r.missing += size * (size - 1) / 2
		if len(keys) > 1 {
			t.Logf("family %s is in %d groups:", family, len(keys))
			for _, k := range sorted(keys) {
				t.Logf("  %3d × %s", keys[k], k)
			}
		}
	}
	r.missing -= r.together
	for k, in := range groups {
		if len(in) == 1 {
			continue
		}
		t.Logf("families %v share the group %q", in, k)
		size, same := 0, 0
		for _, n := range in {
			size += n
			same += n * (n - 1) / 2
		}
		r.merged += size*(size-1)/2 - same
	}
	r.f1 = 2 * float64(r.together) / float64(2*r.together+r.missing+r.merged)
	return r
}

func sorted(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return m[keys[i]] > m[keys[j]] || m[keys[i]] == m[keys[j]] && keys[i] < keys[j] })
	return keys
}

func TestTemplate_groups_the_families_of_a_corpus(t *testing.T) {
	for path, least := range map[string]float64{
		"testdata/jobs.jsonl":     0.97,
		"testdata/services.jsonl": 0.97,
		"testdata/unseen.jsonl":   0.95,
	} {
		t.Run(path, func(t *testing.T) {
			r := compare(t, corpus(t, path), Template)
			t.Logf("%s: F1 %.4f, %d families in %d groups, %d wrong pairs", path, r.f1, r.families, r.groups, r.merged)
			if r.f1 < least {
				t.Errorf("F1 %.4f, want at least %.2f", r.f1, least)
			}
			if r.merged > 0 {
				t.Errorf("%d pairs of different families share a template", r.merged)
			}
		})
	}
}

func BenchmarkTemplate(b *testing.B) {
	for _, path := range []string{"testdata/jobs.jsonl", "testdata/services.jsonl"} {
		b.Run(path, func(b *testing.B) {
			all := corpus(b, path)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				Template(all[i%len(all)].Message)
				i++
			}
		})
	}
}
