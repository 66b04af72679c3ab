package postgres

import (
	gocmp "cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ago := func(h int) time.Time { return noon.Add(-time.Duration(h) * time.Hour) }
	for _, g := range []seedGroup{
		{title: "disk full on node-1", severity: journal.Critical, count: 7, last: ago(1), first: ago(9), refs: map[string]string{"run": "r1", "environment": "production"}},
		{title: "Disk full on node-2", severity: journal.Error, count: 9, last: ago(2), first: ago(3), state: journal.Viewed, refs: map[string]string{"run": "r2", "deploy": "d1", "environment": "production"}},
		{title: "100% of quota", severity: journal.Warning, count: 2, last: ago(3), first: ago(8), state: journal.Unraised, refs: map[string]string{"task": "t1", "source": "cron"}},
		{title: "100 of quota", severity: journal.Warning, count: 2, last: ago(4), first: ago(4), refs: map[string]string{"namespace": "ns", "job": "nightly", "correlation": "c-1", "release": "2.0"}},
		{title: "under_score", severity: journal.Info, count: 1, last: ago(5), first: ago(5), state: journal.Unraised},
		{title: `back\slash Ошибка`, severity: journal.Error, count: 3, last: ago(6), first: ago(6)},
	} {
		g.project = s.alpha
		s.group(g)
	}
	s.group(seedGroup{title: "disk full of beta", project: s.beta, last: ago(0), refs: map[string]string{"run": "r1"}})
	scope := []auth.Project{s.alpha}
	ctx := context.Background()

	t.Run("selects", func(t *testing.T) {
		for name, test := range map[string]struct {
			q    journal.GroupQuery
			want []string
		}{
			"by severity":             {journal.GroupQuery{Severities: []journal.Severity{journal.Critical, journal.Warning}}, []string{"disk full on node-1", "100% of quota", "100 of quota"}},
			"by state":                {journal.GroupQuery{States: []journal.State{journal.Viewed}}, []string{"Disk full on node-2"}},
			"by run":                  {journal.GroupQuery{RunID: "r1"}, []string{"disk full on node-1"}},
			"by deploy":               {journal.GroupQuery{DeployID: "d1"}, []string{"Disk full on node-2"}},
			"by task":                 {journal.GroupQuery{TaskID: "t1"}, []string{"100% of quota"}},
			"by namespace and job":    {journal.GroupQuery{Namespace: "ns", Job: "nightly"}, []string{"100 of quota"}},
			"by correlation":          {journal.GroupQuery{CorrelationID: "c-1"}, []string{"100 of quota"}},
			"by release":              {journal.GroupQuery{Release: "2.0"}, []string{"100 of quota"}},
			"by source":               {journal.GroupQuery{Source: "cron"}, []string{"100% of quota"}},
			"by environment":          {journal.GroupQuery{Environment: "production"}, []string{"disk full on node-1", "Disk full on node-2"}},
			"by environment and run":  {journal.GroupQuery{Environment: "production", RunID: "r2"}, []string{"Disk full on node-2"}},
			"nothing by two runs":     {journal.GroupQuery{RunID: "r1", DeployID: "d1"}, []string{}},
			"by fingerprint":          {journal.GroupQuery{Fingerprint: fingerprint(3)}, []string{"100% of quota"}},
			"no foreign fingerprint":  {journal.GroupQuery{Fingerprint: fingerprint(7)}, []string{}},
			"by text in any case":     {journal.GroupQuery{Q: "DISK Full"}, []string{"disk full on node-1", "Disk full on node-2"}},
			"by text beyond ASCII":    {journal.GroupQuery{Q: "ОШИБКА"}, []string{`back\slash Ошибка`}},
			"a per cent sign as such": {journal.GroupQuery{Q: "100%"}, []string{"100% of quota"}},
			"an underscore as such":   {journal.GroupQuery{Q: "r_s"}, []string{"under_score"}},
			"a backslash as such":     {journal.GroupQuery{Q: `k\s`}, []string{`back\slash Ошибка`}},
			"by a short text":         {journal.GroupQuery{Q: "r_"}, []string{"under_score"}},
			"by text and environment": {journal.GroupQuery{Q: "node-2", Environment: "production"}, []string{"Disk full on node-2"}},
			"seen since":              {journal.GroupQuery{Since: ago(2)}, []string{"disk full on node-1", "Disk full on node-2"}},
			"seen until, exclusive":   {journal.GroupQuery{Until: ago(5)}, []string{`back\slash Ошибка`}},
			"newest first":            {journal.GroupQuery{Sort: "first_seen", Limit: 2}, []string{"Disk full on node-2", "100 of quota"}},
			"most first":              {journal.GroupQuery{Sort: "count", Limit: 3}, []string{"Disk full on node-2", "disk full on node-1", `back\slash Ошибка`}},
			"raised last, only those": {journal.GroupQuery{Sort: "raised"}, []string{`back\slash Ошибка`, "100 of quota", "Disk full on node-2", "disk full on node-1"}},
		} {
			t.Run(name, func(t *testing.T) {
				page, err := s.Groups(ctx, scope, test.q)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, titles(page.Groups)); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
	t.Run("answers alike when a filter leaves too many to fetch as a set", func(t *testing.T) {
		for _, q := range []journal.GroupQuery{{Q: "disk"}, {Environment: "production"}, {Environment: "production", Q: "disk"}} {
			filter, err := filterOf(scope, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range filter.probes {
				filter.answer(p, make([]int64, fewGroups+1))
			}
			if filter.few {
				t.Fatal("the probes were not too long")
			}
			var got []string
			err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
				rows, err := filter.history(ctx, tx, scope, historyOrders[0], 10)
				for _, g := range rows {
					got = append(got, g.Title)
				}
				return err
			})
			if diff := cmp.Diff([]string{"disk full on node-1", "Disk full on node-2"}, got); diff != "" || err != nil {
				t.Errorf("%+v: %v %s", q, err, diff)
			}
		}
	})
	t.Run("refuses what it does not know", func(t *testing.T) {
		for field, q := range map[string]journal.GroupQuery{
			"sort":        {Sort: "title"},
			"limit":       {Limit: 101},
			"page":        {Page: "???"},
			"q":           {Q: "a\x00b"},
			"run_id":      {RunID: "\xff"},
			"fingerprint": {Fingerprint: strings.Repeat("v", longestFilter+1)},
		} {
			_, err := s.Groups(ctx, scope, q)
			var fault *journal.FieldError
			if !errors.As(err, &fault) || fault.Field != field || !errors.Is(err, journal.ErrInvalid) {
				t.Errorf("%s: got %v", field, err)
			}
		}
	})
	t.Run("refuses the page of another sort", func(t *testing.T) {
		page, err := s.Groups(ctx, scope, journal.GroupQuery{Sort: "count", Limit: 1})
		if err != nil || page.NextPage == "" {
			t.Fatal(page, err)
		}
		if _, err := s.Groups(ctx, scope, journal.GroupQuery{Limit: 1, Page: page.NextPage}); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	})
}

// Groups of two projects with many equal values, read page by page in every
// order: each comes once, in order.
func TestGroups_pages_show_every_group_once(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	for i := range 40 {
		g := seedGroup{project: s.alpha, title: fmt.Sprint(i), count: int64(1 + i%3), last: noon.Add(-time.Duration(i%4) * time.Microsecond)}
		if i%2 == 1 {
			g.project = s.beta
		}
		s.group(g)
	}
	for _, order := range historyOrders {
		for _, limit := range []int{1, 7, 39, 40, 100} {
			var seen []string
			var keys []int64
			q := journal.GroupQuery{Sort: order.name, Limit: limit}
			for range 100 {
				page, err := s.Groups(context.Background(), []auth.Project{s.alpha, s.beta}, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range page.Groups {
					seen = append(seen, g.Title)
					keys = append(keys, order.key(listedGroup{Group: g}))
				}
				if q.Page = page.NextPage; q.Page == "" {
					break
				}
			}
			if order.name != "raised" && !slices.IsSortedFunc(keys, func(a, b int64) int { return gocmp.Compare(b, a) }) {
				t.Errorf("%s by %d: out of order: %v", order.name, limit, keys)
			}
			slices.Sort(seen)
			if len(seen) != 40 || len(slices.Compact(seen)) != 40 {
				t.Errorf("%s by %d: saw %v", order.name, limit, seen)
			}
		}
	}
}

// Whether one project has the whole page, or all have a part of it, the page is
// the same as that of a plain sort.
func TestGroups_a_page_of_many_projects_is_that_of_a_sort(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	scope := []auth.Project{s.alpha, s.beta}
	for i := range 10 {
		p, err := s.CreateProject(context.Background(), fmt.Sprintf("p%d", i), "P")
		if err != nil {
			t.Fatal(err)
		}
		scope = append(scope, p)
	}
	var want []string
	for i := range 120 { // the newest 60 are of two projects, the others of all
		project := scope[i%len(scope)]
		if i < 60 {
			project = scope[i*i%2]
		}
		want = append(want, fmt.Sprint(i))
		s.group(seedGroup{project: project, title: fmt.Sprint(i), last: noon.Add(-time.Duration(i) * time.Second)})
	}
	for _, limit := range []int{1, 5, 30, 50, 100} {
		page, err := s.Groups(context.Background(), scope, journal.GroupQuery{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[:limit], titles(page.Groups)); diff != "" {
			t.Errorf("by %d: %s", limit, diff)
		}
	}
}

// A search that would read for longer than two seconds says so.
func TestGroups_a_search_that_takes_too_long_is_told_to_the_caller(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	s.exec(`create or replace function search_groups(pattern text, most integer) returns setof bigint language plpgsql security definer as
		$$ begin perform pg_sleep(60); end $$`)
	_, err := s.Groups(context.Background(), []auth.Project{s.alpha}, journal.GroupQuery{Q: "x"})
	var fault *journal.FieldError
	if !errors.As(err, &fault) || fault.Field != "q" {
		t.Errorf("got %v", err)
	}
}

func FuzzParsePage(f *testing.F) {
	for _, order := range historyOrders {
		f.Add(formatPage(order, listedGroup{Group: journal.Group{GroupID: "12", LastSeenAt: noon, FirstSeenAt: noon}}))
	}
	f.Add(formatOccurrencePage(noon, [16]byte{1, 2}))
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"s":"count","v":"-9223372036854775808","i":"00"}`)))
	f.Add("")
	f.Fuzz(func(t *testing.T, page string) {
		for _, order := range historyOrders {
			start, err := parsePage(page, order)
			switch {
			case err != nil && !errors.Is(err, journal.ErrInvalid):
				t.Fatalf("%q: %v", page, err)
			case err == nil && order.timed:
				_ = start.value.(time.Time)
			case err == nil:
				_ = start.value.(int64)
			}
		}
		at, id, err := parseOccurrencePage(page)
		if err != nil && !errors.Is(err, journal.ErrInvalid) {
			t.Fatalf("%q: %v", page, err)
		}
		if err == nil && page != "" {
			if a, i, err := parseOccurrencePage(formatOccurrencePage(at, id)); err != nil || !a.Equal(at) || i != id {
				t.Fatalf("%q does not come back: %v", page, err)
			}
		}
	})
}
