package redact

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"sort"
	"strings"
	"testing"
)

type vector struct {
	Rule   string   `json:"rule"`
	Text   string   `json:"text"`
	Secret []string `json:"secret"`
}

func openVectors(t testing.TB) []vector {
	f, err := os.Open("testdata/open.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	sc := bufio.NewScanner(gz)
	sc.Buffer(nil, 1<<22)
	for sc.Scan() {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRecall(t *testing.T) {
	spans, caught := 0, 0
	missed := map[string][]string{}
	rules := map[string]bool{}
	for _, v := range openVectors(t) {
		if len(v.Secret) == 0 {
			continue
		}
		rules[v.Rule] = true
		out := Text(v.Text)
		for _, secret := range v.Secret {
			spans++
			if !strings.Contains(out, secret) {
				caught++
				continue
			}
			missed[v.Rule] = append(missed[v.Rule], v.Text+"  =>  "+out)
		}
	}
	recall := float64(caught) / float64(spans)
	t.Logf("recall %.2f %% (%d of %d spans), %d of %d rules without a miss", 100*recall, caught, spans, len(rules)-len(missed), len(rules))
	if recall < 0.97 || testing.Verbose() {
		var names []string
		for rule := range missed {
			names = append(names, rule)
		}
		sort.Strings(names)
		for _, rule := range names {
			t.Logf("%s: %d missed, such as %.300q", rule, len(missed[rule]), missed[rule][0])
		}
	}
	if recall < 0.97 {
		t.Errorf("recall is %.2f %%, want at least 97 %%", 100*recall)
	}
}
