package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
	"rynda/pkg/journal"
)

var alpha, beta = auth.Project{ID: 1, Slug: "alpha"}, auth.Project{ID: 2, Slug: "beta"}

func TestScope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query  string
		status int
		want   []auth.Project
	}{
		{"", 200, []auth.Project{alpha, beta}},
		{"?project=beta", 200, []auth.Project{beta}},
		{"?project=beta,alpha", 200, []auth.Project{beta, alpha}},
		{"?project=gamma", 404, nil},   // exists, is foreign
		{"?project=nothing", 404, nil}, // does not exist
		{"?project=alpha,gamma", 404, nil},
	} {
		for _, path := range []string{"/v1/feed", "/v1/groups"} {
			t.Run(path+c.query, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				got := f.get(path+c.query, staffToken)
				if got.status != c.status {
					t.Fatalf("status %d: %s", got.status, got.body)
				}
				if diff := cmp.Diff(c.want, f.store.scope); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	t.Run("foreign and missing are the same to the byte", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		body := func(slug string) string {
			got := f.get("/v1/feed?project="+slug, staffToken)
			return strings.ReplaceAll(got.body, got.header.Get("X-Request-Id"), "")
		}
		if diff := cmp.Diff(body("gamma"), body("nothing")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFeed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.get("/v1/feed", staffToken)
	t.Run("times are UTC and lists are never null", func(t *testing.T) {
		if strings.Contains(got.body, "+03:00") || !strings.Contains(got.body, `"first_seen_at":"2026-11-20T12:00:00Z"`) ||
			!strings.Contains(got.body, `"raised_at":"2026-11-20T12:00:00Z"`) {
			t.Error(got.body)
		}
		if strings.Contains(got.body, `"refs":null`) || strings.Contains(got.body, `"totals":null`) {
			t.Error(got.body)
		}
	})
	t.Run("every severity has a number", func(t *testing.T) {
		if !strings.Contains(got.body, `"active_by_severity":{"critical":0,"error":0,"info":0,"warning":0}`) {
			t.Error(got.body)
		}
	})
	t.Run("nothing builds on the host or is kept by caches", func(t *testing.T) {
		if strings.Contains(got.body, "$schema") || got.header.Get("Link") != "" || got.header.Get("Cache-Control") != "no-store" {
			t.Error(got.header, got.body)
		}
	})
	t.Run("a caller of before can read it with HEAD", func(t *testing.T) {
		if head := f.do(http.MethodHead, "/v1/feed", staffToken, ""); head.status != 200 {
			t.Error(head.status)
		}
	})
}

func TestGroups(t *testing.T) {
	t.Parallel()
	t.Run("every filter reaches the store", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		got := f.get("/v1/groups?severity=critical,error&state=active,viewed&source=s&environment=e&release=r&run_id=ru&deploy_id=d&"+
			"task_id=t&namespace=n&job=j&correlation_id=c&fingerprint=f&q=x+y&since=2026-11-01T00:00:00.5%2B03:00&until=2026-11-02T00:00:00Z&"+
			"sort=count&limit=7&page=p", staffToken)
		if got.status != 200 {
			t.Fatal(got.body)
		}
		want := journal.GroupQuery{
			Severities: []journal.Severity{journal.Critical, journal.Error}, States: []journal.State{journal.Active, journal.Viewed},
			Source: "s", Environment: "e", Release: "r", RunID: "ru", DeployID: "d", TaskID: "t", Namespace: "n", Job: "j",
			CorrelationID: "c", Fingerprint: "f", Q: "x y", Since: time.Date(2026, 10, 31, 21, 0, 0, 5e8, time.UTC),
			Until: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Sort: "count", Limit: 7, Page: "p",
		}
		if diff := cmp.Diff(want, f.store.query); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing asked for is the newest 50", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.get("/v1/groups", staffToken)
		if diff := cmp.Diff(journal.GroupQuery{Sort: "last_seen", Limit: 50}, f.store.query); diff != "" {
			t.Error(diff)
		}
	})
	for _, bad := range []string{"limit=0", "limit=101", "sort=name", "state=open", "severity=bad", "since=yesterday", "q=%00", "q=%ff", "page=%00", "%ff=1"} {
		t.Run(bad+" is refused", func(t *testing.T) {
			t.Parallel()
			if got := newFixture(t).get("/v1/groups?"+bad, staffToken); got.status != 422 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for _, id := range []string{"0", "-1", "x", "01", "+1", "1.0", "99999999999999999999", "%2e%2e"} {
		t.Run("the id "+id+" is of no group", func(t *testing.T) {
			t.Parallel()
			if got := newFixture(t).get("/v1/groups/"+id, staffToken); got.status != 404 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	t.Run("a detail without an occurrence says null, and no list does", func(t *testing.T) {
		t.Parallel()
		got := newFixture(t).get("/v1/groups/1", staffToken)
		if got.status != 200 || !strings.Contains(got.body, `"occurrence":null,"grouping":{},"history":[]`) {
			t.Error(got.body)
		}
	})
	t.Run("occurrences are passed as they are stored", func(t *testing.T) {
		t.Parallel()
		got := newFixture(t).get("/v1/groups/1/occurrences?page=p2", staffToken)
		if got.body != `{"occurrences":[{"occurrence_id":"x"}],"next_page":"p2"}`+"\n" {
			t.Error(got.body)
		}
	})
	t.Run("what the store does not find is 404", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.store.err = fmt.Errorf("group 1: %w", journal.ErrNotFound)
		for _, path := range []string{"/v1/groups/1", "/v1/groups/1/occurrences", "/v1/groups/1/histogram"} {
			if got := f.get(path, staffToken); got.status != 404 {
				t.Errorf("%s: %d", path, got.status)
			}
		}
	})
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query    string
		status   int
		from, to time.Time
		step     time.Duration
	}{
		{"", 200, noon.Add(-24 * time.Hour), noon, time.Hour},
		{"?step=minute&from=2026-11-20T10:30:20Z", 200, noon.Add(-90 * time.Minute), noon, time.Minute},
		{"?step=day&from=2026-11-01T13:00:00Z&to=2026-11-03T01:00:00Z", 200,
			time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 3, 1, 0, 0, 0, time.UTC), 24 * time.Hour},
		{"?from=2026-11-21T00:00:00Z", 422, time.Time{}, time.Time{}, 0},
		{"?step=minute&from=2026-11-01T00:00:00Z", 422, time.Time{}, time.Time{}, 0},
		{"?step=week", 422, time.Time{}, time.Time{}, 0},
		{"?from=0002-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&step=day", 422, time.Time{}, time.Time{}, 0},
	} {
		t.Run(c.query, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.get("/v1/groups/1/histogram"+c.query, staffToken)
			if got.status != c.status || !f.store.from.Equal(c.from) || !f.store.to.Equal(c.to) || f.store.step != c.step {
				t.Errorf("%d, %v to %v by %v: %s", got.status, f.store.from, f.store.to, f.store.step, got.body)
			}
		})
	}
}

func TestViewed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		number                   int64
	}{
		{"a view names the version that was seen", "POST", "/v1/groups/1/viewed", `{"through":3}`, 200, 3},
		{"a view needs it", "POST", "/v1/groups/1/viewed", `{}`, 422, 0},
		{"a view needs a body", "POST", "/v1/groups/1/viewed", ``, 400, 0},
		{"a view refuses what it does not know", "POST", "/v1/groups/1/viewed", `{"through":3,"all":true}`, 422, 0},
		{"a view of no version is refused", "POST", "/v1/groups/1/viewed", `{"through":0}`, 422, 0},
		{"a view of a group that cannot be", "POST", "/v1/groups/x/viewed", `{"through":3}`, 404, 0},
		{"an undo takes its version from the body", "DELETE", "/v1/groups/1/viewed", `{"version":4}`, 200, 4},
		{"an undo takes its version from the query", "DELETE", "/v1/groups/1/viewed?version=5", ``, 200, 5},
		{"an undo needs a version", "DELETE", "/v1/groups/1/viewed", ``, 422, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.do(c.method, c.path, staffToken, c.body)
			if got.status != c.status || f.store.number != c.number {
				t.Fatalf("%d with %d: %s", got.status, f.store.number, got.body)
			}
			checkProblem(t, got)
			if got.status == 200 && (f.store.actor != "Ada" || decode[journal.Group](t, got).GroupID != "1") {
				t.Errorf("by %q: %s", f.store.actor, got.body)
			}
		})
	}
	t.Run("many are viewed by the filter of history", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		got := f.do("POST", "/v1/groups/viewed", staffToken,
			`{"through_cursor":"0a0b0c0d-7","project":"beta","severity":"critical,error","state":["active"],"q":"x","since":"2026-11-01T00:00:00Z"}`)
		want := journal.ViewQuery{ThroughCursor: "0a0b0c0d-7", GroupQuery: journal.GroupQuery{
			Severities: []journal.Severity{journal.Critical, journal.Error}, States: []journal.State{journal.Active}, Q: "x",
			Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		}}
		if diff := cmp.Diff(want, f.store.view); diff != "" || got.status != 200 {
			t.Errorf("%d %s\n%s", got.status, got.body, diff)
		}
		if diff := cmp.Diff([]auth.Project{beta}, f.store.scope); diff != "" {
			t.Error(diff)
		}
	})
	for name, body := range map[string]string{
		"a filter that is not known, which would view too many": `{"through_cursor":"x","severty":"info"}`,
		"no cursor":           `{}`,
		"an unknown severity": `{"through_cursor":"x","severity":["bad"]}`,
		"an unknown state":    `{"through_cursor":"x","state":"open"}`,
		"text with a NUL":     `{"through_cursor":"x","q":"\u0000"}`,
	} {
		t.Run("many refuses "+name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if got := f.do("POST", "/v1/groups/viewed", staffToken, body); got.status != 422 || f.store.actor != "" {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	t.Run("many are undone by their view_id", func(t *testing.T) {
		t.Parallel()
		got := newFixture(t).do("DELETE", "/v1/groups/viewed/v77", staffToken, "")
		if decode[journal.ViewMany](t, got).ViewID != "v77" {
			t.Error(got.body)
		}
	})
}

func TestMe(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(f *fixture) { f.config.ExampleToken = "ryi_dev" })
	got := f.get("/v1/me", staffToken)
	want := httpapi.Me{
		User: httpapi.MyUser{ID: "ada", Name: "Ada"}, Kind: auth.StaffToken, Version: "test",
		Projects: []httpapi.MyProject{
			{Project: "alpha", Name: "Alpha", LinkTemplates: map[string]string{"run": "https://runs.test/{id}"}},
			{Project: "beta", Name: "Beta", LinkTemplates: map[string]string{}},
		},
		IngestExample: httpapi.IngestExample{URL: "http://rynda.test/v1/reports"},
	}
	if diff := cmp.Diff(want, decode[httpapi.Me](t, got)); diff != "" {
		t.Error("the token is for the local user alone, and gamma is out of reach:", diff)
	}
	f = newFixture(t, func(f *fixture) { f.config.PublicURL = "https://rynda.example.org/" })
	if me := decode[httpapi.Me](t, f.get("/v1/me", staffToken)); me.IngestExample.URL != "https://rynda.example.org/v1/reports" {
		t.Error(me.IngestExample.URL)
	}
}
