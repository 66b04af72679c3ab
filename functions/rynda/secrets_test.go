package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/pgtest"
)

// harmless stands in every report and must be found wherever secrets must not:
// otherwise nobody has looked.
const harmless = "lighthouse"

// place is one string of a report.
type place struct {
	name string
	put  func(report map[string]any, text string)
	// encodes says that the text stands there percent-encoded.
	encodes bool
}

func places() (all []place) {
	add := func(name string, put func(map[string]any, string)) {
		all = append(all, place{name, put, name == "links.url" || name == "payload percent-encoded"})
	}
	for _, field := range []string{"message", "report_id", "level", "type", "source", "environment", "release", "correlation_id", "trace_id",
		"run_id", "deploy_id", "task_id", "namespace", "job", "stack", "unknown_member"} {
		add(field, func(r map[string]any, s string) { r[field] = s })
	}
	for _, member := range []string{"kind", "id"} {
		add("links."+member, func(r map[string]any, s string) {
			r["links"] = []any{map[string]any{"kind": "trace", "id": "t", "url": "https://ci.example.com/", member: s}}
		})
	}
	add("links.url", func(r map[string]any, s string) {
		r["links"] = []any{map[string]any{"kind": "trace", "id": "t", "url": "https://ci.example.com/?note=" + urlText(s)}}
	})
	for _, member := range []string{"function", "module", "file"} {
		add("frames."+member, func(r map[string]any, s string) {
			r["frames"] = []any{map[string]any{"function": "main", "in_app": true}, map[string]any{"function": "f", "line": 3, "in_app": true, member: s}}
		})
	}
	add("tags value", func(r map[string]any, s string) { r["tags"] = map[string]any{"region": s} })
	add("tags key", func(r map[string]any, s string) { r["tags"] = map[string]any{s: "region"} })
	add("tags key and value", func(r map[string]any, s string) { r["tags"] = map[string]any{s: s} })
	add("unknown key", func(r map[string]any, s string) { r[s] = "x" })
	for name, put := range map[string]func(s string) any{
		"value":         func(s string) any { return map[string]any{"note": s} },
		"string":        func(s string) any { return s },
		"key":           func(s string) any { return map[string]any{s: 1} },
		"key and value": func(s string) any { return map[string]any{s: map[string]any{s: []any{s}}} },
		"list":          func(s string) any { return []any{1, []any{s, true}, s} },
		"deep": func(s string) any {
			return map[string]any{"a": map[string]any{"b": []any{map[string]any{"c": []any{map[string]any{"d": s}}}}}}
		},
		"JSON in a string": func(s string) any {
			text, _ := json.Marshal(map[string]string{"note": s})
			return map[string]any{"response": string(text)}
		},
		"percent-encoded": func(s string) any { return map[string]any{"note": urlText(s)} },
		"header pairs": func(s string) any {
			return map[string]any{"headers": []any{[]any{"X-Note", s}, []any{"Accept", "*/*"}}}
		},
		"argv": func(s string) any { return map[string]any{"argv": []any{"tool", "--note", s, "--quiet"}} },
	} {
		add("payload "+name, func(r map[string]any, s string) { r["payload"] = put(s) })
	}
	add("fingerprint", func(r map[string]any, s string) { r["fingerprint"] = []any{"{{ default }}", s} })
	slices.SortFunc(all, func(a, b place) int { return strings.Compare(a.name, b.name) })
	return all
}

// contexts are what stands around a secret: nothing, a sentence, or so much
// before it that the field's bound cuts it in two.
var contexts = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return "cannot go on with " + s + " after 3 tries" },
	func(s string) string { return strings.Repeat("the quick brown fox jumps ", 7) + s },
	func(s string) string { return "first line\n  " + s + "\nlast line" },
}

// plant makes reports with every kind of secret in every place, and secrets in
// the places that only a name gives away.
func (g *garden) plant() (reports []map[string]any) {
	report := func(n int) map[string]any {
		return map[string]any{"message": fmt.Sprintf("valve %s sticks", strings.Repeat("i", n%40)), "job": harmless, "source": harmless}
	}
	for p, place := range places() {
		for k, kind := range secretKinds {
			if kind.encoded && place.encodes {
				continue // what is encoded twice is not looked into
			}
			// Two contexts each, so that every kind meets every context and every place too.
			for c := range 2 {
				r := report(len(reports))
				place.put(r, contexts[(p+k+2*c)%len(contexts)](g.grow(kind, place.name)))
				reports = append(reports, r)
			}
		}
	}
	for _, named := range namedPlaces {
		for range 3 {
			body := g.letters(24, alnum)
			if strings.Contains(named, "%d") {
				body = g.letters(15, "123456789")
			}
			g.keep("a value by its name alone", named, body)
			text := strings.NewReplacer("%s", body, "%d", body).Replace(named)
			r := report(len(reports))
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				g.t.Fatalf("%s: %v", named, err)
			}
			reports = append(reports, r)
		}
	}
	return reports
}

// namedPlaces are members of a report in which a bare value is a secret.
var namedPlaces = []string{
	`{"password":"%s"}`, `{"auth":{"api_key":"%s"}}`, `{"tags":{"client_secret":"%s"}}`, `{"tags":{"DB_PASSWORD":"%s"}}`,
	`{"payload":{"db":{"user":"app","password":"%s"}}}`, `{"payload":{"headers":{"Authorization":["Bearer %s"]}}}`,
	`{"payload":{"headers":[{"name":"X-Api-Key","value":"%s"}]}}`, `{"payload":{"headers":[["Authorization","Bearer %s"]]}}`,
	`{"payload":{"headers":["Cookie: sid=%s; theme=dark"]}}`, `{"payload":{"env":[{"name":"DB_PASSWORD","value":"%s"}]}}`,
	`{"payload":{"env":["HOME=/root","DB_PASSWORD=%s"]}}`, `{"payload":{"argv":["psql","--password","%s"]}}`,
	`{"payload":{"argv":["curl","--password=%s"]}}`, `{"payload":{"cmd":"mysql -u app --password='%s' shop"}}`,
	`{"payload":{"request":"{\"user\":\"a\",\"password\":\"%s\"}"}}`, `{"payload":{"pin":{"password":%d}}}`,
	`{"payload":{"a":[[{"b":{"access_token":"%s"}}]]}}`, `{"message":"login failed: password=%s"}`, `{"stack":"at f()\n  env DB_PASSWORD=%s\n  at g()"}`,
	`{"links":[{"kind":"trace","url":"https://x.example.com/?access_token=%s"}]}`, `{"links":[{"kind":"trace","url":"https://u:%s@x.example.com/"}]}`,
}

// Whatever secret is put wherever in a report: nothing of it comes to rest or
// comes back. Not eight bytes of it in any row of any table, in what the process
// says, in what a stream carries, in what any operation answers.
func TestNoSecretComesToRest(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	s.env = []string{"RYNDA_LOG_LEVEL=debug", "RYNDA_BODY_RATE=-1", "RYNDA_NEW_GROUPS=-1"}
	s.start()
	g := newGarden(t)
	stream := s.subscribe(s.staff, "?topics=errors,project/acme")
	reports := g.plant()
	for batch := range slices.Chunk(reports, 100) {
		g.look("answer to reports", s.text("POST", "/v1/reports", s.ingest, map[string]any{"reports": batch}), false)
	}
	works := s.plantInWorks(g)
	s.plantInRequests(g)
	s.provokeOwnError()
	s.must("POST", "/v1/reports", s.ingest, `{"message":"the newest error","source":"lighthouse"}`, nil)
	s.folded()
	s.await("published", func() bool { return s.number(`select count(*) from groups where version > published_version`) == 0 })

	// What may be in the last frame of the stream may be in any.
	head := fmt.Sprint(s.number(`select max(id) from events join projects using (project_id) where slug = 'acme'`))
	stream.until("the newest event", func(f frame) bool { return strings.HasSuffix(f.id, "-"+head) })
	stream.close()
	g.look("the stream", stream.raw.String(), true)
	read := 0
	ask := func(path string, out any) {
		text := s.text("GET", path, s.staff, nil)
		read++
		where, _, _ := strings.Cut(path, "?")
		g.look(where, text, strings.HasPrefix(path, "/v1/feed") || strings.HasPrefix(path, "/v1/groups"))
		if out != nil {
			if err := json.Unmarshal([]byte(text), out); err != nil {
				t.Fatal(err)
			}
		}
	}
	for p := (page{Cursor: s.beginning(), HasMore: true}); p.HasMore; {
		ask("/v1/events?limit=500&topics=errors/acme,runs/acme,deploys/acme&after="+p.Cursor, &p)
	}
	ask("/v1/feed?project=acme", nil)
	ask("/v1/feed?project=acme&order=severity", nil)
	ask("/v1/me", nil)
	ask("/metrics", nil)
	var list struct {
		Groups []struct {
			GroupID string `json:"group_id"`
		}
		NextPage string `json:"next_page"`
	}
	for path := "/v1/groups?limit=100&project=acme"; ; path = "/v1/groups?limit=100&project=acme&page=" + urlText(list.NextPage) {
		ask(path, &list)
		for _, group := range list.Groups {
			g.look("detail", s.text("GET", "/v1/groups/"+group.GroupID, s.staff, nil), false)
			g.look("occurrences", s.text("GET", "/v1/groups/"+group.GroupID+"/occurrences?limit=100", s.staff, nil), false)
			read += 2
		}
		if list.NextPage == "" {
			break
		}
	}
	rows, tables := g.database(s)
	s.ask()
	g.look("the log of the process", s.log.String(), false)
	if !strings.Contains(s.log.String(), `"operation":"post-reports"`) {
		t.Error("the process logged nothing")
	}
	t.Logf("%d secrets of %d kinds in %d reports, %d runs and deploys and %d requests; %d rows of %d tables, %d answers, %d MB looked at: %d hits",
		len(g.secrets), len(secretKinds), len(reports), works, g.requests, rows, tables, read, g.looked>>20, g.hits)
	if g.hits > 0 {
		t.Errorf("%d hits", g.hits)
	}
}

// text is the answer to what has to succeed, as it was written.
func (s *system) text(method, path, token string, body any) string {
	s.t.Helper()
	var text []byte
	if status, err := s.call(method, path, token, body, &text); err != nil || status >= 300 {
		s.t.Fatalf("%s %s: %d, %v: %s", method, path, status, err, tailOf(string(text)))
	}
	return string(text)
}

// database looks at every row of every table.
func (g *garden) database(s *system) (rows, tables int) {
	g.t.Helper()
	pool, err := pgxpool.New(g.t.Context(), s.dsn)
	if err != nil {
		g.t.Fatal(err)
	}
	defer pool.Close()
	collect := func(sql string) []string {
		found, err := pool.Query(g.t.Context(), sql)
		if err != nil {
			g.t.Fatal(err)
		}
		texts, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			g.t.Fatal(err)
		}
		return texts
	}
	harmlessIn := map[string]bool{}
	for _, table := range collect(`select relname::text from pg_class where relkind in ('r', 'm') and relnamespace = 'public'::regnamespace`) {
		tables++
		for _, row := range collect(`select t::text from ` + pgx.Identifier{table}.Sanitize() + ` t`) {
			rows++
			g.look("table "+table, row, false)
			if strings.Contains(row, harmless) {
				harmlessIn[strings.TrimRight(table, "0123456789_")] = true
			}
		}
	}
	for _, table := range []string{"groups", "group_words", "group_refs", "events_p", "runs", "deploys", "log_lines"} {
		if !harmlessIn[table] {
			g.t.Errorf("nothing was found in %s: %v", table, harmlessIn)
		}
	}
	return rows, tables
}

// plantInRequests sends what is refused, or stored without what is secret. Here
// a secret has no shape that anything could know it by: nothing may be repeated.
func (s *system) plantInRequests(g *garden) {
	s.t.Helper()
	deep := func(b string) string { return strings.Repeat(`{"`+b+`":`, 40) + "1" + strings.Repeat("}", 40) }
	for _, test := range []struct {
		name, method, path, token, body string
		header                          http.Header
		want                            int
	}{
		{"Idempotency-Key", "POST", "/v1/reports", s.ingest, `{"message":"kept once"}`, http.Header{"Idempotency-Key": {"%s"}}, 202},
		{"long Idempotency-Key", "POST", "/v1/reports", s.ingest, `{"message":"kept once"}`, http.Header{"Idempotency-Key": {strings.Repeat("%s", 9)}}, 422},
		{"run of a secret id", "PUT", "/v1/runs/password=%s", s.ingest, `{}`, nil, 422},
		{"run of an unknown field", "PUT", "/v1/runs/r", s.ingest, `{"%s":"%s"}`, nil, 422},
		{"run, broken", "PUT", "/v1/runs/r", s.ingest, `{"name":"%s`, nil, 400},
		{"run of a wrong status", "PUT", "/v1/deploys/d", s.ingest, `{"status":"%s"}`, nil, 422},
		{"run of no such id", "GET", "/v1/runs/%s", s.staff, "", nil, 404},
		{"runs by a filter", "GET", "/v1/runs?name=%s&q=%s", s.staff, "", nil, 200},
		{"lines, broken", "POST", "/v1/runs/r/log", s.ingest, `{"lines":[{"seq":1,"text":"%s`, nil, 400},
		{"lines of a wrong time", "POST", "/v1/runs/r/log", s.ingest, `{"lines":[{"seq":1,"at":"%s"}]}`, nil, 422},
		{"unknown parameter", "POST", "/v1/reports?note=%s&%s=1", s.ingest, `{"message":"parameter"}`, nil, 202},
		{"cookie", "POST", "/v1/reports", s.ingest, `{"message":"cookie"}`, http.Header{"Cookie": {"rynda=%s; %s=%s"}}, 202},
		{"other headers", "POST", "/v1/reports", s.ingest, `{"message":"headers"}`, http.Header{"User-Agent": {"%s"}, "X-Request-Id": {"%s"}, "Traceparent": {"%s"}, "Referer": {"https://%s/"}}, 202},
		{"session cookie of nobody", "GET", "/v1/feed", "", "", http.Header{"Cookie": {"__Host-rynda=%s"}}, 401},
		{"wrong token", "GET", "/v1/feed", "%s", "", nil, 401},
		{"wrong staff token", "GET", "/v1/feed", "rys_" + "abcdefgh" + "_%.43s", "", nil, 401},
		{"wrong ingest token", "POST", "/v1/reports", "ryi_" + "abcdefgh" + "_%.43s", `{"message":"%s"}`, nil, 401},
		{"basic", "GET", "/v1/feed", "", "", http.Header{"Authorization": {"Basic %s"}}, 401},
		{"unknown path", "GET", "/v1/%s", s.staff, "", nil, 404},
		{"unknown page", "DELETE", "/%s", s.staff, "", nil, 404},
		{"path that is not plain", "GET", "//%s/../%s", s.staff, "", nil, 404},
		{"group", "GET", "/v1/groups/%s", s.staff, "", nil, 404},
		{"long group", "GET", "/v1/groups/" + strings.Repeat("%s", 20), s.staff, "", nil, 422},
		{"view", "DELETE", "/v1/groups/viewed/%s", s.staff, "", nil, 404},
		{"project", "GET", "/v1/feed?project=%s", s.staff, "", nil, 404},
		{"unknown parameter of a read", "GET", "/v1/groups?note=%s", s.staff, "", nil, 200},
		{"search", "GET", "/v1/groups?q=%s", s.staff, "", nil, 200},
		{"filter", "GET", "/v1/groups?run_id=%s&source=%s", s.staff, "", nil, 200},
		{"page", "GET", "/v1/groups?page=%s", s.staff, "", nil, 422},
		{"sort", "GET", "/v1/groups?sort=%s", s.staff, "", nil, 422},
		{"limit", "GET", "/v1/groups?limit=%s", s.staff, "", nil, 422},
		{"since", "GET", "/v1/groups?since=%s", s.staff, "", nil, 422},
		{"query that is not text", "GET", "/v1/groups?q=%%00%s", s.staff, "", nil, 422},
		{"method", "PUT", "/v1/groups/%s", s.staff, "", nil, 405},
		{"invented method", "%s", "/v1/feed", s.staff, "", nil, 405},
		{"cursor of a poll", "GET", "/v1/events?after=%s", s.staff, "", http.Header{"Last-Event-Id": {"%s"}}, 200},
		{"topics of a poll", "GET", "/v1/events?topics=%s,errors/%s", s.staff, "", nil, 200},
		{"unknown Last-Event-ID", "GET", "/v1/events/stream?after=%s&note=%s", s.staff, "", http.Header{"Last-Event-Id": {"%s"}, "Cookie": {"a=%s"}}, 200},
		{"stream of a wrong token", "GET", "/v1/events/stream?token=%s", "%s", "", nil, 401},
		{"view, broken", "POST", "/v1/groups/1/viewed", s.staff, `{"through":"%s`, nil, 400},
		{"view, wrong type", "POST", "/v1/groups/1/viewed", s.staff, `{"through":"%s","%s":1}`, nil, 422},
		{"views, wrong cursor", "POST", "/v1/groups/viewed", s.staff, `{"through_cursor":"%s","severity":"%s"}`, nil, 422},
		{"views, project", "POST", "/v1/groups/viewed", s.staff, `{"through_cursor":"x","project":"%s"}`, nil, 404},
		{"broken JSON", "POST", "/v1/reports", s.ingest, `{"message":"%s`, nil, 400},
		{"not JSON", "POST", "/v1/reports", s.ingest, `%s`, nil, 400},
		{"broken line", "POST", "/v1/reports", s.ingest, "{\"message\":\"ok\"}\n{\"message\":%s\n", http.Header{"Content-Type": {"application/x-ndjson"}}, 202},
		{"no report", "POST", "/v1/reports", s.ingest, `"%s"`, nil, 422},
		{"wrong types", "POST", "/v1/reports", s.ingest, `{"message":{"%s":1}}`, nil, 422},
		{"wrong time", "POST", "/v1/reports", s.ingest, `{"message":"a","occurred_at":"%s"}`, nil, 422},
		{"wrong tags", "POST", "/v1/reports", s.ingest, `{"message":"a","tags":{"%s":["%s"]}}`, nil, 422},
		{"wrong links", "POST", "/v1/reports", s.ingest, `{"message":"a","links":[{"url":["%s"]}]}`, nil, 422},
		{"wrong frames", "POST", "/v1/reports", s.ingest, `{"message":"a","frames":[{"line":"%s"}]}`, nil, 422},
		{"wrong fingerprint", "POST", "/v1/reports", s.ingest, `{"message":"a","fingerprint":"%s"}`, nil, 422},
		{"no message", "POST", "/v1/reports", s.ingest, `{"%s":"%s"}`, nil, 422},
		{"key twice", "POST", "/v1/reports", s.ingest, `{"message":"a","%[1]s":1,"%[1]s":2}`, nil, 422},
		{"too deep", "POST", "/v1/reports", s.ingest, `{"message":"a","x":` + deep("%[1]s") + `}`, nil, 413},
		{"one too large of two", "POST", "/v1/reports", s.ingest, `{"reports":[{"message":"ok"},{"message":"` + strings.Repeat("%[1]s ", 40000) + `"}]}`, nil, 202},
		{"too large", "POST", "/v1/reports", s.ingest, `{"message":"` + strings.Repeat("%[1]s ", 200000) + `"}`, nil, 413},
		{"content type", "POST", "/v1/reports", s.ingest, "%s", http.Header{"Content-Type": {"text/%s"}}, 415},
		{"content encoding", "POST", "/v1/reports", s.ingest, "%s", http.Header{"Content-Encoding": {"%s"}}, 415},
		{"not gzip", "POST", "/v1/reports", s.ingest, "%s", http.Header{"Content-Encoding": {"gzip"}}, 400},
	} {
		body := g.letters(36, alnum)
		g.keep("anything", test.name, body)
		fill := strings.NewReplacer("%s", body, "%[1]s", body, "%.43s", (body + body)[:43], "%%", "%").Replace
		method := test.method
		if method == "%s" {
			method = body
		}
		r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+fill(test.path), strings.NewReader(fill(test.body)))
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for name, values := range test.header {
			r.Header.Set(name, fill(values[0]))
		}
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+fill(test.token))
		}
		answer, err := systemTransport.RoundTrip(r)
		if err != nil {
			s.t.Fatalf("%s: %v", test.name, err)
		}
		var text bytes.Buffer
		if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
			_ = framesOf(answer.Body, &text, func(f frame) bool { return f.event == "reset" })
		} else {
			_, _ = io.Copy(&text, answer.Body)
		}
		answer.Body.Close()
		if answer.StatusCode != test.want {
			s.t.Errorf("%s: status %d, want %d: %.500s", test.name, answer.StatusCode, test.want, text.String())
		}
		g.look("answer to "+test.name, fmt.Sprint(answer.Header)+text.String(), false)
		g.requests++
	}
	s.plantInRubbish(g)
}

// plantInRubbish sends what is no HTTP at all.
func (s *system) plantInRubbish(g *garden) {
	s.t.Helper()
	for _, rubbish := range []string{"GET /%s HTTP/9.9\r\n\r\n", "%s\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b%s\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", "POST /v1/reports HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: %s\r\n\r\n"} {
		body := g.letters(36, alnum)
		g.keep("anything", "rubbish", body)
		conn, err := net.Dial("tcp", s.listen)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(conn, rubbish, body)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		answer, err := io.ReadAll(bufio.NewReader(conn))
		conn.Close()
		if len(answer) == 0 {
			s.t.Errorf("no answer to rubbish: %v", err)
		}
		g.look("answer to rubbish", string(answer), false)
		g.requests++
	}
}
