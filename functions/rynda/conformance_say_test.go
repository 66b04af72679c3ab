package main

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rynda/pkg/httpapi"
)

// exchange is one answer, without what differs between any two runs: times,
// ids that are drawn, positions.
type exchange struct {
	Step   string
	Status int
	Header map[string]string
	Body   string
}

func (e exchange) clone() exchange { e.Header = maps.Clone(e.Header); return e }

// only keeps of e what want has an opinion of: what a proxy answers by itself
// has headers and a page of its own.
func (e exchange) only(want exchange) exchange {
	if want.Status >= 400 || want.Body == "" {
		e = e.clone()
		for name := range e.Header {
			if _, asked := want.Header[name]; !asked {
				delete(e.Header, name)
			}
		}
	}
	if want.Body == "" || strings.HasPrefix(want.Body, "<title>") && strings.Contains(e.Body, want.Body) {
		e.Body = want.Body
	}
	return e
}

// call is what is asked of an operation.
type call struct {
	method, path string // empty: the operation's own
	id           string // for {id}, escaped
	query        string
	token        string
	body         string
	header       []string
	dropBody     bool // it is another one each time, or at each target
	countOnly    bool // of an answer to reports only the numbers count
	large        bool // ask before the body is sent, as curl does: who is refused in the middle of it may not hear why
	until        int  // the status that comes in the end: limits and what is remembered are per environment
}

// conversation is what one target was asked and said.
type conversation struct {
	*system
	greedy string
	said   []exchange
	done   map[string]bool // operations, by id
	strict bool            // each answer has to be as openapi.yaml says

	// Of the last answer:
	raw, tag, location, cookie string
}

func (c *conversation) client() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: patience,
		Transport: conformanceTransport,
	}
}

var conformanceTransport = &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}

// telling are the headers by which callers go.
var telling = []string{
	"Allow", "Accept-Encoding", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Cache-Control",
	"Content-Encoding", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy", "Etag", "Location", "Referrer-Policy",
	"Retry-After", "Set-Cookie", "Vary", "Www-Authenticate", "X-Accel-Buffering", "X-Content-Type-Options",
}

// ask makes one step. op is an operation's id, or empty for an address of none.
func (c *conversation) ask(step, op string, k call) exchange {
	c.t.Helper()
	method, path := k.method, k.path
	var known *httpapi.Operation
	if at := slices.IndexFunc(httpapi.Operations(), func(o httpapi.Operation) bool { return o.ID == op }); at >= 0 {
		o := httpapi.Operations()[at]
		path = strings.NewReplacer("{id}", k.id, "{view_id}", k.id).Replace(o.Path)
		if method == "" {
			method = o.Method
			c.done[op] = true
			known = &o
		}
	}
	if method == "" {
		method = http.MethodGet
	}
	if k.query != "" {
		path += "?" + k.query
	}
	var answer *http.Response
	for late := time.Now().Add(patience); ; pause(c.t, 20*time.Millisecond) {
		r, err := http.NewRequestWithContext(c.t.Context(), method, c.url, strings.NewReader(k.body))
		if err != nil {
			c.t.Fatal(err)
		}
		if r.URL, err = url.Parse(c.url + path); err != nil {
			c.t.Fatal(err)
		}
		if k.token != "" {
			r.Header.Set("Authorization", "Bearer "+k.token)
		}
		for i := 0; i < len(k.header); i += 2 {
			r.Header.Set(k.header[i], k.header[i+1])
		}
		client := c.client()
		if k.large {
			r.Header.Set("Expect", "100-continue")
			own := &http.Transport{ExpectContinueTimeout: patience, DisableCompression: true}
			client.Transport = own
			defer own.CloseIdleConnections()
		}
		if answer, err = client.Do(r); err != nil {
			c.t.Errorf("%s: %v", step, err)
			answer = &http.Response{Body: http.NoBody}
		} else if k.until != 0 && k.until != answer.StatusCode && time.Now().Before(late) {
			answer.Body.Close()
			continue
		}
		break
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		c.t.Errorf("%s: %v", step, err)
	}
	c.raw, c.tag, c.location = string(text), answer.Header.Get("Etag"), answer.Header.Get("Location")
	if known != nil && c.strict {
		c.as(step, *known, k, answer, c.raw)
	}
	for _, cookie := range answer.Cookies() {
		if cookie.MaxAge >= 0 && cookie.Value != "" {
			c.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	e := exchange{Step: step, Status: answer.StatusCode, Header: map[string]string{}}
	for _, name := range telling {
		if values := answer.Header.Values(name); len(values) > 0 {
			e.Header[name] = lasting(strings.Join(values, ", "))
			if n, err := strconv.Atoi(e.Header[name]); name == "Retry-After" && err == nil && n > 0 {
				e.Header[name] = "<n>" // each is given another, so that they do not come back together
			}
		}
	}
	if method == "HEAD" && len(text) > 0 {
		c.t.Errorf("%s: a body of %d bytes", step, len(text))
	}
	if !k.dropBody {
		e.Body = c.bodyOf(answer.Header.Get("Content-Type"), text, k.countOnly)
	}
	c.said = append(c.said, e)
	return e
}

func (c *conversation) bodyOf(kind string, text []byte, countOnly bool) string {
	var value any
	if !strings.Contains(kind, "json") || json.Unmarshal(text, &value) != nil {
		return lasting(strings.ReplaceAll(string(text), c.url, "<url>"))
	}
	if object, ok := value.(map[string]any); ok && countOnly {
		delete(object, "occurrences")
	}
	out, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		c.t.Fatal(err)
	}
	return lasting(string(out))
}

// lasting takes out what is drawn or depends on the time.
func lasting(text string) string {
	for _, p := range passing {
		text = p.like.ReplaceAllString(text, p.mark)
	}
	return text
}

var passing = []struct {
	like *regexp.Regexp
	mark string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "<time>"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uuid>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}-\d+\b`), "<position>"},
	{regexp.MustCompile(`(request_id": ?")[A-Z2-7]{26}`), "$1<request>"},
	{regexp.MustCompile(`("(?:view_id|page|next_page|ticket)": ?")[^"]+`), "$1<drawn>"},
	{regexp.MustCompile(`("id": ?")[A-Za-z0-9_-]{8}"`), `$1<token>"`},
	{regexp.MustCompile(`(after_ms"?: ?)\d+`), "$1<ms>"},
	{regexp.MustCompile(`((?:state|nonce|code_challenge|code)=)[^&"]+`), "$1<drawn>"},
	{regexp.MustCompile(`(__Host-[a-z-]+=)[^;]+`), "$1<drawn>"},
	{regexp.MustCompile(`(Expires=)[^;]+`), "$1<time>"},
}

// group is the id of the group with this title.
func (c *conversation) group(title string) string {
	c.t.Helper()
	var id string
	c.query(`select group_id::text from groups where title = $1`, &id, title)
	return id
}

// head is where the log ends.
func (c *conversation) head() string {
	c.t.Helper()
	var at string
	c.query(`select epoch || '-' || id from log_head`, &at)
	return at
}
