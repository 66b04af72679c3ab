package relay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

// frame is what a browser would dispatch, and the fields that came with it.
type frame struct {
	event, id, data string
	retry           int
}

// errRules is a stream that breaks the rules of event streams or ours.
var errRules = errors.New("bad stream")

// readFrame reads up to an empty line, with none of a browser's leniency. A cut
// inside a frame is io.ErrUnexpectedEOF, one between frames io.EOF.
func readFrame(r *bufio.Reader) (f frame, err error) {
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			if err == io.EOF && (!first || line != "") {
				err = io.ErrUnexpectedEOF
			}
			return f, err
		}
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsAny(line, "\r\x00") {
			return f, fmt.Errorf("%w: CR or NUL in %q", errRules, line)
		}
		if line == "" {
			return f, nil
		}
		field, value, ok := strings.Cut(line, ": ")
		switch {
		case ok && field == "event" && f.event == "":
			f.event = value
		case ok && field == "id" && f.id == "":
			f.id = value
		case ok && field == "data" && f.data == "":
			f.data = value
		case ok && field == "retry" && f.retry == 0:
			if f.retry, err = strconv.Atoi(value); err != nil {
				return f, fmt.Errorf("%w: %v", errRules, err)
			}
		default:
			return f, fmt.Errorf("%w: line %q", errRules, line)
		}
	}
}

// stream is a subscriber of a test.
type stream struct {
	t        testing.TB
	response *http.Response
	r        *bufio.Reader
	cancel   context.CancelFunc
}

// ask is how a test asks for a stream.
type ask struct {
	lastEventID string
	after       string
	topics      string
}

func (a ask) request(ctx context.Context, base string) *http.Request {
	query := url.Values{}
	if a.after != "" {
		query.Set("after", a.after)
	}
	if a.topics != "" {
		query.Set("topics", a.topics)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/events/stream?"+query.Encode(), nil)
	if err != nil {
		panic(err)
	}
	if a.lastEventID != "" {
		req.Header["Last-Event-Id"] = []string{a.lastEventID}
	}
	return req
}

// subscribe opens a stream and reads what comes first, up to hello.
func subscribe(t testing.TB, client *http.Client, base string, a ask) (*stream, hello) {
	t.Helper()
	s := connect(t, client, base, a)
	f := s.next()
	if f.event != "hello" {
		t.Fatalf("the first frame is %+v, want hello", f)
	}
	var h hello
	if err := json.Unmarshal([]byte(f.data), &h); err != nil {
		t.Fatalf("hello %q: %v", f.data, err)
	}
	if h.From.String() != f.id {
		t.Fatalf("hello is from %s and has id %s", h.From, f.id)
	}
	return s, h
}

// connect opens a stream and reads its retry.
func connect(t testing.TB, client *http.Client, base string, a ask) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	response, err := client.Do(a.request(ctx, base))
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, response: response, r: bufio.NewReader(response.Body), cancel: cancel}
	t.Cleanup(s.close)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d", response.StatusCode)
	}
	return s
}

func (s *stream) close() {
	s.cancel()
	s.response.Body.Close()
}

// next returns the next frame that a browser would dispatch and that is no
// ping: the first of those comes at any time.
func (s *stream) next() frame {
	s.t.Helper()
	for {
		f, err := s.read()
		if err != nil {
			s.t.Fatalf("read a frame: %v", err)
		}
		if f.event != "ping" {
			return f
		}
	}
}

func (s *stream) read() (frame, error) {
	for {
		f, err := readFrame(s.r)
		if err != nil {
			return f, err
		}
		if f.data == "" && f.event == "" && f.retry > 0 {
			continue // the delay alone
		}
		if _, ok := eventlog.ParsePosition(f.id); !ok || f.event == "" || !json.Valid([]byte(f.data)) {
			return f, fmt.Errorf("%w: %+v", errRules, f)
		}
		return f, nil
	}
}

// wantEvents reads exactly these ids, past pings.
func (s *stream) wantEvents(p eventlog.Position, ids ...int64) {
	s.t.Helper()
	for _, id := range ids {
		f := s.next()
		want := eventlog.Position{Epoch: p.Epoch, ID: id}.String()
		if f.event != "group.changed" || f.id != want {
			s.t.Fatalf("got %s %s, want an event with id %s", f.event, f.id, want)
		}
	}
}

// wantEnd reads to a proper end of the body.
func (s *stream) wantEnd() {
	s.t.Helper()
	if f, err := s.read(); err != io.EOF {
		s.t.Fatalf("got %+v, %v; want the end", f, err)
	}
}

func ids(from, to int64) []int64 {
	var list []int64
	for id := from; id <= to; id++ {
		list = append(list, id)
	}
	return list
}

func anyone(id auth.Identity) func(*http.Request) (auth.Identity, error) {
	return func(*http.Request) (auth.Identity, error) { return id, nil }
}

func plainProblem(w http.ResponseWriter, _ *http.Request, status int) {
	http.Error(w, http.StatusText(status), status)
}

// a way is one of the ways in which a stream reaches a client.
type way struct {
	name  string
	plain bool
	start func(t testing.TB, h http.Handler) (*http.Client, string)
}

var ways = []way{
	{name: "taken over", start: startClear},
	{name: "HTTP/1.1 with net/http", plain: true, start: startClear},
	{name: "wrapped connection", start: startWrapped},
	{name: "TLS HTTP/1.1", start: func(t testing.TB, h http.Handler) (*http.Client, string) { return startTLS(t, h, false) }},
	{name: "HTTP/2", start: func(t testing.TB, h http.Handler) (*http.Client, string) { return startTLS(t, h, true) }},
	{name: "HTTP/2 clear", start: startH2C},
}

func startClear(t testing.TB, h http.Handler) (*http.Client, string) {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return newClient(t, &http.Transport{}), server.URL
}

func startTLS(t testing.TB, h http.Handler, http2 bool) (*http.Client, string) {
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.Client().CloseIdleConnections)
	return server.Client(), server.URL
}

func startH2C(t testing.TB, h http.Handler) (*http.Client, string) {
	server := httptest.NewUnstartedServer(h)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return newClient(t, transport), server.URL
}

// startWrapped has connections that hide their socket.
func startWrapped(t testing.TB, h http.Handler) (*http.Client, string) {
	server := httptest.NewUnstartedServer(h)
	server.Listener = wrappedListener{server.Listener}
	server.Start()
	t.Cleanup(server.Close)
	return newClient(t, &http.Transport{}), server.URL
}

func newClient(t testing.TB, transport *http.Transport) *http.Client {
	transport.MaxIdleConnsPerHost = -1
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
