package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// talk is the conversation: the same words to every target.
func (c *conversation) talk() {
	c.giveTokens()
	streams := c.listen() // the first poll waits while the rest is said
	c.service()
	c.reports()
	c.reading()
	c.viewing()
	c.work()
	c.signing()
	c.refusals()
	streams()
	c.sizes() // last: they leave other groups where bodies are refused
}

func (c *conversation) service() {
	for _, op := range []string{"get-health", "get-readiness", "get-openapi", "get-docs"} {
		c.ask("service: "+op, op, call{})
		c.ask("service: HEAD of "+op, op, call{method: "HEAD"})
	}
	c.ask("service: get-metrics", "get-metrics", call{dropBody: true})
	c.ask("the page", "", call{path: "/", dropBody: true})
	c.ask("the page at another address", "", call{path: "/nothing", dropBody: true})
	c.ask("an address of the API that is none", "", call{path: "/v1/nothing"})
}

func gzipped(text string, level int) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, level)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func zstdOf(text string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(text), nil))
}

func (c *conversation) reports() {
	post := func(step, body string, header ...string) {
		c.ask("report: "+step, "post-reports", call{token: c.ingest, body: body, header: header})
		c.folded()
	}
	one := func(name string) string {
		return `{"message":"` + name + ` failed","report_id":"` + name + `","type":"Err` + name + `","source":"job","run_id":"r-1"}`
	}
	post("one", one("Alpha"), "Content-Type", "application/json")
	post("again", one("Alpha"), "Content-Type", "application/json")
	post("as curl sends it", one("Beta"), "Content-Type", "application/x-www-form-urlencoded")
	post("by key", `{"message":"Gamma failed","type":"ErrGamma"}`, "Idempotency-Key", "k-1")
	post("by key again", `{"message":"Gamma failed","type":"ErrGamma"}`, "Idempotency-Key", "k-1")
	post("gzip", gzipped(one("Delta"), gzip.BestSpeed), "Content-Encoding", "gzip")
	post("zstd", zstdOf(one("Epsilon")), "Content-Encoding", "zstd", "Content-Type", "application/json")
	post("lines", one("Zeta")+"\n{broken\n"+one("Eta")+"\n", "Content-Type", "application/x-ndjson")
	post("many", `{"reports":[`+one("Theta")+`,{"level":"error"}]}`)
	post("text of the world", `{"message":"сбой: 漢字 🚨 \u0000 failed","report_id":"world","type":"ErrWorld"}`, "Content-Type", "application/json; charset=utf-8")
	post("what is no text", "\xff\xfe\x00", "Content-Type", "application/json")
	post("what is no gzip", "\x1f\x8b\xff\xff", "Content-Encoding", "gzip")
	post("broken", `{"message":`)
	post("empty", "")
	post("nothing of worth", `{"reports":[{}]}`)
	post("another type", "<a/>", "Content-Type", "application/xml")
	post("another encoding", one("Iota"), "Content-Encoding", "br")

	// Limits are per environment of a function, and a slow machine pays a debt
	// while it asks: the whole batch again, until it meets one that is still owed.
	// Its reports have ids, so that a repeat changes no count.
	var batch strings.Builder
	for i := range 500 {
		fmt.Fprintf(&batch, `{"message":"storm","type":"Storm","report_id":"storm-%d"}`+"\n", i)
	}
	storm := call{token: c.greedy, body: batch.String(), header: []string{"Content-Type", "application/x-ndjson"}, dropBody: true}
	c.ask("too many: a batch passes", "post-reports", storm)
	storm.dropBody, storm.until = false, http.StatusTooManyRequests
	c.ask("too many: the next is limited", "post-reports", storm)
	c.folded()
}

// sizes sends bodies around the limits of the API and of what stands before it.
func (c *conversation) sizes() {
	large := func(reports int) string {
		one := `{"message":"large","type":"Large","payload":{"x":"` + strings.Repeat("lorem ipsum ", 200<<10/12) + `"}}`
		return `{"reports":[` + strings.TrimSuffix(strings.Repeat(one+",", reports), ",") + `]}`
	}
	header := []string{"Content-Type", "application/json"}
	post := func(step, body string, header ...string) {
		c.ask(step, "post-reports", call{token: c.ingest, body: body, header: header, countOnly: true, large: true})
		c.folded()
	}
	post("a body of 2 MiB", large(10), header...)
	post("a body of 5 MiB and a little", large(26), header...)
	post("a body of 7 MiB", large(35), header...)
	post("5 MB that are packed badly", gzipped(large(24), gzip.NoCompression), append(header, "Content-Encoding", "gzip")...)
	post("20 MiB that are packed well", gzipped(strings.Repeat(" ", 20<<20), gzip.BestSpeed), append(header, "Content-Encoding", "gzip")...)
}

func (c *conversation) reading() {
	staff := func(step, op string, k call) exchange {
		k.token = c.staff
		return c.ask("read: "+step, op, k)
	}
	staff("me", "get-me", call{})
	staff("feed", "get-feed", call{})
	staff("feed by severity", "get-feed", call{query: "project=acme&order=severity"})
	staff("HEAD of the feed", "get-feed", call{method: "HEAD"})
	staff("history", "list-groups", call{query: "limit=3&sort=first_seen"})
	staff("a filter with blanks and more", "list-groups", call{query: "q=" + url.QueryEscape("Alpha failed") + "&state=active&severity=error&severity=critical"})
	staff("a repeated parameter", "list-groups", call{query: "source=job&source=other%2Fone&limit=1"})
	staff("a parameter that is none", "list-groups", call{query: "limit=1000"})
	staff("a query that is no text", "list-groups", call{query: "q=%ff"})
	staff("group", "get-group", call{id: c.group("Alpha failed")})
	staff("no such group", "get-group", call{id: "999999"})
	staff("an id with a slash in it", "get-group", call{id: "a%2Fb"})
	staff("occurrences", "list-occurrences", call{id: c.group("Alpha failed")})
	staff("histogram", "get-histogram", call{id: c.group("Alpha failed"), dropBody: true})

	first := staff("events", "poll-events", call{query: "after=" + c.beginning() + "&limit=1"})
	if !strings.Contains(first.Body, "group.changed") {
		c.t.Errorf("the first event: %s", first.Body)
	}
	quiet := "after=" + c.head() + "&topics=run%2Facme%2Fquiet"
	staff("events, nothing new", "poll-events", call{query: quiet})
	staff("events, nothing new since", "poll-events", call{query: quiet, header: []string{"If-None-Match", c.tag}})
	staff("events, nothing new, HEAD", "poll-events", call{query: quiet, method: "HEAD"})
	staff("events after nonsense", "poll-events", call{query: "after=nonsense"})
}

func (c *conversation) viewing() {
	id := c.group("Beta failed")
	view := func(step, op string, k call) exchange {
		k.token, k.id = c.staff, id
		e := c.ask("view: "+step, op, k)
		c.folded()
		return e
	}
	view("one", "view-group", call{body: `{"through":1}`})
	view("again", "view-group", call{body: `{"through":1}`})
	view("undo", "undo-view-group", call{body: `{"version":9}`})
	view("undo without a body", "undo-view-group", call{query: "version=9"})
	view("without a body", "view-group", call{})
	view("no JSON", "view-group", call{body: `{`})
	e := c.ask("view: many", "view-groups", call{token: c.staff, body: `{"through_cursor":"` + c.head() + `","project":["acme"],"source":"job"}`})
	var many struct {
		ViewID string `json:"view_id"`
	}
	if json.Unmarshal([]byte(c.raw), &many) != nil || many.ViewID == "" {
		c.t.Fatalf("no view_id: %s", e.Body)
	}
	c.ask("view: many, undone", "undo-view-groups", call{token: c.staff, id: many.ViewID})
	c.ask("view: many, undone, of nothing", "undo-view-groups", call{token: c.staff, id: "nothing"})
	c.folded()
}

func (c *conversation) work() {
	for _, of := range []string{"run", "deploy"} {
		control := func(step, op string, k call) {
			k.token = c.ingest
			c.ask(of+": "+step, op, k)
			c.folded()
		}
		read := func(step, op string, k call) {
			k.token = c.staff
			c.ask(of+": "+step, op, k)
		}
		update := `{"name":"nightly","status":"running","updated_at":"2026-01-02T03:04:05Z","started_at":"2026-01-02T03:04:05Z"}`
		control("put", "put-"+of, call{id: "w-1", body: update})
		control("put again", "put-"+of, call{id: "w-1", body: update})
		control("an id with a slash", "put-"+of, call{id: "a%2Fb%20c", body: update})
		control("lines", "append-"+of+"-log", call{id: "w-1", body: `{"lines":[{"seq":1,"text":"one"},{"seq":2,"text":"две"}]}`})
		control("lines, packed", "append-"+of+"-log", call{id: "w-1", body: gzipped("{\"seq\":2,\"text\":\"two\"}\n{\"seq\":3,\"text\":\"three\",\"marker\":true}\n", gzip.BestSpeed),
			header: []string{"Content-Type", "application/x-ndjson", "Content-Encoding", "gzip"}})
		control("nonsense", "put-"+of, call{id: "w-1", body: `{"status":"singing"}`})
		read("list", "list-"+of+"s", call{query: "project=acme"})
		read("one", "get-"+of, call{id: "w-1"})
		read("by its id with a slash", "get-"+of, call{id: "a%2Fb%20c"})
		read("none", "get-"+of, call{id: "none"})
		read("log", "get-"+of+"-log", call{id: "w-1", query: "after_seq=1&limit=1"})
		c.ask(of+": by one who may only read", "put-"+of, call{token: c.staff, id: "w-1", body: update})
	}
}

// signing goes through a login, as a browser does, with cookies by hand: they
// are marked for https, and what is asked here is not.
func (c *conversation) signing() {
	page := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	c.ask("login: not as a page", "begin-login", call{header: []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}})
	c.ask("login: HEAD", "begin-login", call{method: "HEAD"})
	c.ask("login: begins", "begin-login", call{query: "next=%2Ferrors%3Fproject%3Dacme", header: page})
	provider, err := c.client().Get(c.location)
	if err != nil {
		c.t.Fatal(err)
	}
	provider.Body.Close()
	back, found := strings.CutPrefix(provider.Header.Get("Location"), publicURL)
	if !found {
		c.t.Fatalf("the provider sends to %s", provider.Header.Get("Location"))
	}
	_, query, _ := strings.Cut(back, "?")
	c.ask("login: comes back to another browser", "finish-login", call{query: query, header: page})
	c.ask("login: comes back", "finish-login", call{query: query, header: append(page, "Cookie", "theme=dark; "+c.cookie)})
	session := []string{"Cookie", "theme=dark; " + c.cookie + "; other=1", "Sec-Fetch-Site", "same-origin"}
	c.ask("login: who it is", "get-me", call{header: session})
	c.ask("login: from another site", "get-me", call{header: []string{"Cookie", c.cookie, "Sec-Fetch-Site", "cross-site"}})
	c.ask("login: out", "end-session", call{header: session})
	c.ask("login: who it was", "get-me", call{header: session, until: http.StatusUnauthorized}) // others have it in mind for some seconds
}

func (c *conversation) refusals() {
	c.ask("no: without a token", "get-feed", call{})
	c.ask("no: with a wrong one", "get-feed", call{token: "rys_wrongone_" + strings.Repeat("x", 43)})
	c.ask("no: with one of another kind", "get-feed", call{token: c.ingest})
	c.ask("no: a report by staff", "post-reports", call{token: c.staff, body: `{"message":"x"}`})
	c.ask("no: another method", "get-feed", call{token: c.staff, method: "PATCH"})
	c.ask("no: another method of the reports", "post-reports", call{token: c.ingest, method: "GET"})
	c.ask("no: another method of the stream", "stream-events", call{token: c.staff, method: "POST"})
	c.ask("no: what is there", "get-feed", call{method: "OPTIONS"})
	c.ask("no: preflight", "create-stream-ticket", call{method: "OPTIONS", header: []string{"Origin", embedOrigin, "Access-Control-Request-Method", "POST"}})
	for _, path := range []string{"/v1", "/v1/", "/v1/feed/", "/v1/../v1/feed", "/v1//feed", "/auth/nothing", "/v1/groups/viewed/a/b", "/v1/%66eed", "/v1/groups/1%00"} {
		c.ask(fmt.Sprint("no: address ", path), "", call{path: path, token: c.staff})
	}
	c.ask("no: a method that is none", "", call{method: "SING", path: "/v1/feed", token: c.staff})
}
