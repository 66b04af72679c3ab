package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// works answers with what it was asked.
type works struct{ fault error }

func (w works) PutRun(_ context.Context, p auth.Project, id string, u journal.Update) (journal.Run, error) {
	var m journal.Merged
	m.Merge(u)
	run := m.Run(id)
	run.Project = p.Slug
	return run, w.fault
}

func (w works) PutDeploy(_ context.Context, p auth.Project, id string, u journal.Update) (journal.Deploy, error) {
	var m journal.Merged
	m.Merge(u)
	deploy := m.Deploy(id)
	deploy.Project = p.Slug
	return deploy, w.fault
}

func asked(scope []auth.Project, v any) string { return fmt.Sprintf("%v %+v", scope, v) }

func (w works) Runs(_ context.Context, scope []auth.Project, q journal.WorkQuery) (journal.RunPage, error) {
	return journal.RunPage{Runs: []journal.Run{}, Cursor: asked(scope, q)}, w.fault
}

func (w works) Deploys(_ context.Context, scope []auth.Project, q journal.WorkQuery) (journal.DeployPage, error) {
	return journal.DeployPage{Deploys: []journal.Deploy{}, Cursor: asked(scope, q)}, w.fault
}

func (w works) RunDetail(_ context.Context, scope []auth.Project, id string) (journal.RunDetail, error) {
	return journal.RunDetail{Cursor: asked(scope, id)}, w.fault
}

func (w works) DeployDetail(_ context.Context, scope []auth.Project, id string) (journal.DeployDetail, error) {
	return journal.DeployDetail{Cursor: asked(scope, id)}, w.fault
}

func (w works) AppendLog(_ context.Context, p auth.Project, work journal.Work, id string, a journal.LogAppend) (journal.LogAppended, error) {
	return journal.LogAppended{Accepted: a.Len(), Ended: a.Ended()}, w.fault
}

func (w works) Log(_ context.Context, scope []auth.Project, work journal.Work, id string, after int64, limit int, markers bool) (journal.LogPage, error) {
	return journal.LogPage{Lines: []journal.LogLine{{Seq: after, Text: asked(scope, fmt.Sprint(work, " ", id, " ", limit, " ", markers))}}}, w.fault
}

func TestWorks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, token, body string
		status                    int
		says                      string
	}{
		"a run is told of":                {"PUT", "/v1/runs/r-1", controlToken, `{"status":"running"}`, 200, `"run_id":"r-1","project":"alpha"`},
		"a deploy is told of":             {"PUT", "/v1/deploys/d-1", controlToken, `{"environment":"production","status":"queued"}`, 200, `"status":"queued"`},
		"by a token to report":            {"PUT", "/v1/runs/r-1", ingestToken, `{}`, 403, ``},
		"by a person":                     {"PUT", "/v1/runs/r-1", staffToken, `{}`, 403, ``},
		"with a word for the status":      {"PUT", "/v1/runs/r-1", controlToken, `{"status":"done"}`, 422, `status must be queued`},
		"of a field it does not have":     {"PUT", "/v1/runs/r-1", controlToken, `{"` + planted + `":1}`, 422, `is not a field of a run`},
		"far ahead of the clock":          {"PUT", "/v1/runs/r-1", controlToken, `{"updated_at":"2026-11-20T12:06:00Z"}`, 422, `five minutes ahead`},
		"in no JSON":                      {"PUT", "/v1/runs/r-1", controlToken, `{"status`, 400, `not valid JSON`},
		"with nothing":                    {"PUT", "/v1/runs/r-1", controlToken, ``, 400, ``},
		"with too much":                   {"PUT", "/v1/runs/r-1", controlToken, `{"name":"` + strings.Repeat("a", 300<<10) + `"}`, 413, ``},
		"by an id that is a secret":       {"PUT", "/v1/runs/ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8", controlToken, `{}`, 422, `looks like a secret`},
		"by an id that is no topic":       {"PUT", "/v1/runs/a,b", controlToken, `{}`, 422, `without commas`},
		"lines are appended":              {"POST", "/v1/runs/r-1/log", controlToken, `{"lines":[{"seq":1,"text":"a"}],"ended":true}`, 200, `"accepted":1`},
		"lines by a person":               {"POST", "/v1/deploys/d/log", staffToken, `{"lines":[{"seq":1,"text":"a"}]}`, 403, ``},
		"lines in no JSON":                {"POST", "/v1/deploys/d/log", controlToken, `{"lines":[{"text":"` + planted, 400, `not valid JSON`},
		"lines without a place":           {"POST", "/v1/deploys/d/log", controlToken, `{"lines":[{"text":"` + planted + `"}]}`, 422, `lines[0].seq`},
		"runs are listed":                 {"GET", "/v1/runs?status=failed,running&project=beta&q=a&limit=7", staffToken, ``, 200, `[{2 beta}] {Statuses:[failed running]`},
		"runs of no such status":          {"GET", "/v1/runs?status=done", staffToken, ``, 422, ``},
		"runs by a job":                   {"GET", "/v1/runs", controlToken, ``, 403, ``},
		"runs of a project out of reach":  {"GET", "/v1/runs?project=gamma", staffToken, ``, 404, ``},
		"deploys are listed":              {"GET", "/v1/deploys?environment=production", staffToken, ``, 200, `Environment:production`},
		"a run is shown":                  {"GET", "/v1/runs/r-1?project=beta", staffToken, ``, 200, `[{2 beta}] r-1`},
		"a run of no possible id":         {"GET", "/v1/runs/a,b", staffToken, ``, 404, ``},
		"a deploy out of reach":           {"GET", "/v1/deploys/d?project=gamma", staffToken, ``, 404, ``},
		"a log is shown":                  {"GET", "/v1/runs/r-1/log?after_seq=7&markers=true&limit=9", staffToken, ``, 200, `"seq":7`},
		"a log from before its beginning": {"GET", "/v1/runs/r-1/log?after_seq=-1", staffToken, ``, 422, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.do(c.method, c.path, c.token, c.body)
			if got.status != c.status || !strings.Contains(got.body, c.says) || strings.Contains(got.body, planted) {
				t.Errorf("%d %s, want %d with %s", got.status, got.body, c.status, c.says)
			}
		})
	}
	t.Run("lines, one per line and encoded", func(t *testing.T) {
		f := newFixture(t)
		got := f.do("POST", "/v1/runs/r-1/log", controlToken, "{\"seq\":1,\"text\":\"a\"}\n{\"seq\":2,\"text\":\"b\"}\n", "Content-Type", "application/x-ndjson")
		if got.status != 200 || !strings.Contains(got.body, `"accepted":2`) {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	for fault, want := range map[error]int{journal.ErrNotFound: 404, journal.ErrConflict: 409, journal.ErrUnavailable: 503} {
		f := newFixture(t, func(f *fixture) { f.store.works = works{fault} })
		for _, path := range []string{"/v1/runs/r", "/v1/deploys/r", "/v1/runs/r/log", "/v1/deploys/r/log"} {
			if got := f.get(path, staffToken); got.status != want || want == http.StatusConflict && !strings.Contains(got.body, "by project") {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
}
