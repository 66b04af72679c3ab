package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
)

// ask is one request about a thing; shows says that its answer holds text of it.
type ask struct {
	path, body string
	shows      bool
}

// tenancyRows says of every operation how it is asked about a thing of a
// project: of acme, of wharf, of nowhere, and of no project in particular ("").
// An operation that is about no thing answers everybody who may call it alike.
var tenancyRows = map[string]func(w *tenants, of string) []ask{
	"post-reports": func(w *tenants, of string) []ask {
		if of == "" {
			return []ask{{body: `{"message":"one report"}`}}
		}
		return []ask{{body: fmt.Sprintf(`{"message":"one report","project":%q,"project_id":1}`, of)},
			{path: "?project=" + of, body: `{"reports":[{"message":"one report"}]}`}}
	},
	"get-feed": func(w *tenants, of string) []ask {
		return []ask{{path: query("project", of), shows: true}, {path: query("order", "severity", "project", of), shows: true}}
	},
	"list-groups": func(w *tenants, of string) (asks []ask) {
		for _, sort := range []string{"last_seen", "first_seen", "count", "raised"} {
			asks = append(asks, ask{path: query("sort", sort, "project", of), shows: true})
		}
		return append(asks, ask{path: query("run_id", "r-1", "project", of), shows: true}, ask{path: query("q", "fails", "project", of), shows: true},
			ask{path: query("state", "active", "severity", "error", "project", of), shows: true})
	},
	"get-group":        func(w *tenants, of string) []ask { return w.byGroup(of, ask{shows: true}) },
	"list-occurrences": func(w *tenants, of string) []ask { return w.byGroup(of, ask{shows: true}) },
	"get-histogram": func(w *tenants, of string) []ask {
		return slices.Concat(w.byGroup(of, ask{}), w.byGroup(of, ask{path: "?step=day"}))
	},
	"view-group": func(w *tenants, of string) []ask { return w.byGroup(of, ask{body: `{"through":1000000}`, shows: true}) },
	"undo-view-group": func(w *tenants, of string) []ask {
		return slices.Concat(w.byGroup(of, ask{body: `{"version":1000000}`, shows: true}), w.byGroup(of, ask{path: "?version=1000000", shows: true}))
	},
	"view-groups": func(w *tenants, of string) []ask {
		if of == "" {
			return []ask{{body: fmt.Sprintf(`{"through_cursor":%q}`, w.cursor())}}
		}
		return []ask{{body: fmt.Sprintf(`{"through_cursor":%q,"project":[%q]}`, w.cursor(), of)},
			{body: fmt.Sprintf(`{"through_cursor":%q,"project":%q,"run_id":"r-1"}`, w.cursor(), of)}}
	},
	"undo-view-groups": func(w *tenants, of string) []ask {
		if of == "" {
			return nil
		}
		return []ask{{path: "/" + w.views[of]}}
	},
	"put-run":           func(w *tenants, of string) []ask { return writesOf(of, `{"status":"running","project":"x"}`) },
	"put-deploy":        func(w *tenants, of string) []ask { return writesOf(of, `{"status":"running"}`) },
	"append-run-log":    func(w *tenants, of string) []ask { return writesOf(of, `{"lines":[{"seq":9,"text":"a"}]}`) },
	"append-deploy-log": func(w *tenants, of string) []ask { return writesOf(of, `{"lines":[{"seq":9,"text":"a"}]}`) },
	"list-runs": func(w *tenants, of string) []ask {
		return []ask{{path: query("project", of), shows: true}, {path: query("project", of, "q", "work"), shows: true}}
	},
	"list-deploys": func(w *tenants, of string) []ask {
		return []ask{{path: query("project", of), shows: true}, {path: query("project", of, "status", "failed"), shows: true}}
	},
	"get-run":        func(w *tenants, of string) []ask { return byWork(of, true) },
	"get-deploy":     func(w *tenants, of string) []ask { return byWork(of, true) },
	"get-run-log":    func(w *tenants, of string) []ask { return byWork(of, true) },
	"get-deploy-log": func(w *tenants, of string) []ask { return byWork(of, true) },
	"poll-events":    (*tenants).byTopic,
	"stream-events":  (*tenants).byTopic,
	"get-me":         nil,
	"get-health":     nil,
	"get-readiness":  nil,
	"get-metrics":    nil,
	"get-openapi":    nil,
	"get-docs":       nil,
	// A ticket is about no project, and carries what its owner may see: the callers with one.
	"create-stream-ticket": nil,
	// These lead a browser elsewhere, and know of no project: login_test.go.
	"begin-login":  aboutNothing,
	"finish-login": aboutNothing,
	"end-session":  aboutNothing,
}

func aboutNothing(*tenants, string) []ask { return nil }

func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + values.Encode()
}

func (w *tenants) byGroup(of string, a ask) (asks []ask) {
	if of == "" {
		return nil
	}
	for _, id := range w.groups[of][:2] {
		asks = append(asks, ask{"/" + id + a.path, a.body, a.shows})
	}
	return asks
}

// byWork asks for the run or deploy that a project has under an id of its own,
// and under one that both have: as that of the project.
func byWork(of string, shows bool) []ask {
	if of == "" {
		return nil
	}
	return []ask{{path: "/work-of-" + of, shows: shows}, {path: "/shared" + query("project", of), shows: shows}}
}

// writesOf writes to the ids of a project, which for a token of another are ids
// of its own.
func writesOf(of, body string) []ask {
	if of == "" {
		return []ask{{path: "/anew", body: strings.Replace(body, `,"project":"x"`, "", 1)}}
	}
	return []ask{{path: "/written-of-" + of, body: strings.Replace(body, `,"project":"x"`, "", 1)}}
}

func (w *tenants) byTopic(of string) []ask {
	start := strings.Split(w.cursor(), "-")[0] + "-0"
	if of == "" {
		return []ask{{path: query("after", start), shows: true}}
	}
	return []ask{{path: query("after", start, "topics", "errors/"+of), shows: true},
		{path: query("after", start, "topics", "project/"+of+",run/"+of+"/r-1"), shows: true}}
}

// at puts the end of an ask behind the path of the operation.
func at(op httpapi.Operation, a ask) string {
	path, rest, by := strings.Cut(op.Path, "/{")
	if !by {
		return op.Path + a.path
	}
	_, rest, _ = strings.Cut(rest, "}")
	id, question, asked := strings.Cut(a.path, "?")
	if asked {
		question = "?" + question
	}
	return path + id + rest + question
}

var (
	requestID   = regexp.MustCompile(`"request_id":"[^"]*",?`)
	pingFrame   = regexp.MustCompile(`(?s)event: ping\n.*`)
	retryFrame  = regexp.MustCompile(`retry: \d+\n`)
	methodLine  = regexp.MustCompile(`^    (get|put|post|delete|patch|head|options|trace):$`)
	refusedBody = regexp.MustCompile(`"status":(401|403)`)
)

// plainly is an answer without what differs from one request to the next, and
// without the name that the caller asked for.
func plainly(got answer, of string) answer {
	body := requestID.ReplaceAllString(got.body, "")
	body = retryFrame.ReplaceAllString(pingFrame.ReplaceAllString(body, ""), "")
	if of != "" {
		body = strings.ReplaceAll(body, "/"+of, "/«project»")
	}
	return answer{got.status, body}
}

// Every operation, asked by every kind of identity about a thing of one's own,
// of another and of nobody: what is foreign looks as if it did not exist, in
// every byte; who may not read is shown nothing; who may not write changes
// nothing.
func TestTenancy(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	operations := httpapi.Operations()
	checkDocumented(t, operations)
	cells, own, foreign := 0, 0, 0
	for _, op := range operations {
		row, known := tenancyRows[op.ID]
		if !known {
			t.Errorf("%s %s has no row in this test: say how it is asked about a thing of a project", op.Method, op.Path)
			continue
		}
		if row == nil {
			row = func(_ *tenants, of string) []ask {
				if of != "" {
					return nil
				}
				return []ask{{}}
			}
		}
		for _, c := range w.callers {
			if c.ticket && op.ID != "stream-events" {
				continue // it opens nothing else: login_test.go
			}
			missing := row(w, "nowhere")
			for _, of := range []string{"", "acme", "wharf", "nowhere"} {
				for i := range row(w, of) {
					a := row(w, of)[i] // anew: the state it names may have been put back
					cells++
					got := w.cell(op, c, of, a)
					if mayUse(op.Need, c) && op.Need == auth.ToBeStaff && of != "" && !slices.Contains(c.reach, of) {
						foreign++
						none := w.cell(op, c, "nowhere", missing[i])
						if plainly(got, of) != plainly(none, "nowhere") {
							w.leaks++
							t.Errorf("%s: %s of %s is not as if it were missing:\n%d %s\n%d %s", c.name, op.ID, of, got.status, got.body, none.status, none.body)
						}
					} else if mayUse(op.Need, c) {
						own++
					}
				}
			}
		}
	}
	t.Logf("%d operations, %d identities: %d cells (%d allowed, %d foreign or missing, %d refused), leaks = %d",
		len(operations), len(w.callers), cells, own, foreign, cells-own-foreign, w.leaks)
	if w.leaks > 0 {
		t.Errorf("%d leaks", w.leaks)
	}
}

func mayUse(need auth.Need, c caller) bool {
	switch need {
	case auth.Nobody:
		return true
	case auth.ToBeStaff:
		return c.kind == staffCaller
	default:
		return c.kind == ingestCaller && slices.Contains(c.scopes, auth.Scope(need))
	}
}

// cell asks once and looks at the answer by itself, and at what has changed.
func (w *tenants) cell(op httpapi.Operation, c caller, of string, a ask) answer {
	w.t.Helper()
	path := at(op, a)
	what := fmt.Sprintf("%s %s", op.Method, path)
	writes := op.Method != http.MethodGet
	var before string
	if writes {
		before = w.beyond(op, c)
	}
	got := w.send(c, op.Method, path, a.body)
	if writes && before != w.beyond(op, c) {
		w.leaks++
		w.t.Errorf("%s, %s: changes what is not theirs", c.name, what)
	}
	w.leakFree(c, what, got.body)

	inReach := of == "" || slices.Contains(c.reach, of)
	switch {
	case !mayUse(op.Need, c):
		want := http.StatusForbidden
		if c.kind == unknownCaller {
			want = http.StatusUnauthorized
		}
		if got.status != want || !refusedBody.MatchString(got.body) || strings.Contains(got.body, "acme") || strings.Contains(got.body, "wharf") {
			w.leaks++
			w.t.Errorf("%s, %s: %d %s", c.name, what, got.status, got.body)
		}
	case op.Need != auth.ToBeStaff || inReach:
		if got.status < 200 || got.status > 299 {
			w.t.Errorf("%s, %s: %d %s", c.name, what, got.status, got.body)
		}
		for slug, mark := range tenantMarks {
			if a.shows && slices.Contains(c.reach, slug) && (of == "" || of == slug) && !strings.Contains(got.body, mark) {
				w.t.Errorf("%s, %s: does not show %s: %s", c.name, what, slug, got.body)
			}
		}
		if writes && op.Need == auth.ToBeStaff {
			w.arrange()
		} else if writes {
			w.folded() // in its own time, and not while somebody else's cell is looked at
		}
	case got.status != http.StatusNotFound && op.ID != "poll-events" && op.ID != "stream-events":
		w.leaks++
		w.t.Errorf("%s, %s: %d %s", c.name, what, got.status, got.body)
	}
	return got
}

// beyond is the state of all that a caller may not change: what is stored of
// other projects, or, for who may not write, of all.
func (w *tenants) beyond(op httpapi.Operation, c caller) (state string) {
	w.t.Helper()
	var theirs []string
	if mayUse(op.Need, c) {
		theirs = c.reach
		if c.kind == ingestCaller {
			theirs = []string{"acme"}
		}
	}
	err := w.pool.QueryRow(w.t.Context(), `with p as (select project_id from projects where slug <> all ($1))
		select md5(coalesce(string_agg(row, '|' order by row), '')) from (
		  select (to_jsonb(g) - 'published_version' - 'published_at')::text as row from groups g where project_id in (select * from p)
		  union all select o::text from occurrences o where project_id in (select * from p)
		  union all select i::text from inbox i where project_id in (select * from p)
		  union all select h::text from group_history h where project_id in (select * from p)
		  union all select r::text from runs r where project_id in (select * from p)
		  union all select d::text from deploys d where project_id in (select * from p)
		  union all select l::text from log_lines l where project_id in (select * from p)) rows`,
		append([]string{}, theirs...)).Scan(&state)
	if err != nil {
		w.t.Fatal(err)
	}
	return state
}

// checkDocumented compares the list of operations with the document: what is
// served and not documented, or the reverse, would have no row here.
func checkDocumented(t *testing.T, operations []httpapi.Operation) {
	t.Helper()
	var documented, listed []string
	path := ""
	for line := range strings.Lines(string(httpapi.OpenAPI())) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "  /") {
			path = strings.TrimSuffix(strings.TrimSpace(line), ":")
		} else if m := methodLine.FindStringSubmatch(line); m != nil && path != "" {
			documented = append(documented, strings.ToUpper(m[1])+" "+path)
		}
	}
	for _, op := range operations {
		listed = append(listed, op.Method+" "+op.Path)
	}
	slices.Sort(documented)
	slices.Sort(listed)
	if !slices.Equal(documented, listed) {
		t.Fatalf("the document and the operations differ:\n%q\n%q", documented, listed)
	}
	for id := range tenancyRows {
		if !slices.ContainsFunc(operations, func(op httpapi.Operation) bool { return op.ID == id }) {
			t.Errorf("there is no operation %s any more", id)
		}
	}
}
