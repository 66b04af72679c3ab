package relay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

func TestGarbageForAPlaceIsAResetAndNeverAnError(t *testing.T) {
	t.Parallel()
	log := newMemory()
	log.add("errors/shop")
	r := New(log, Config{})
	run(t, r)
	waitHead(t, r, 1)
	for _, garbage := range []string{
		"0", "-1", "42", "aaaaaaaa", "aaaaaaaa-", "-1-1", "aaaaaaaa--1", "aaaaaaaa-+1", "aaaaaaaa-1.0", "aaaaaaaa-01",
		"AAAAAAAA-1", "aaaaaaa-1", "aaaaaaaaa-1", "aaaaaaaa-9223372036854775808", "aaaaaaaa-99999999999999999999999",
		"aaaaaaaa-1\x00", "aaaaaaaa-1 ", " ", "aaaaaaaa-1\r\nevent: x", "\u0661", "\xff\xfe", "null", "*",
		strings.Repeat("a", 4096), "aaaaaaaa-" + strings.Repeat("1", 4096), strings.Repeat("9", 1<<20),
	} {
		w := newRecorder()
		ctx, cancel := context.WithCancel(t.Context())
		req := ask{lastEventID: garbage}.request(ctx, "http://x")
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Handler(anyone(staff), plainProblem).ServeHTTP(w, req)
		}()
		eventually(t, func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return strings.Contains(w.bytes.String(), "event: reset\nid: aaaaaaaa-1\n")
		})
		cancel()
		<-done
		w.eventIDs(t) // every frame can be read
	}
}

func TestNoEventCanBreakAFrame(t *testing.T) {
	t.Parallel()
	big := `"` + strings.Repeat("x", 1<<20) + `"`
	for name, ev := range map[string]eventlog.Event{
		"empty":                  {},
		"line ends in data":      {Kind: "group.changed", Data: json.RawMessage("{\n\"a\":\r\n1,\r\"b\":2\n\n}\n")},
		"NUL in data":            {Kind: "group.changed", Data: json.RawMessage("\"a\x00b\"")},
		"line end in a string":   {Kind: "group.changed", Data: json.RawMessage("\"a\n\nevent: x\nid: 9\n\n\"")},
		"line ends in kind":      {Kind: "a\nevent: b\r\n\nid: 7\x00", Data: json.RawMessage("1")},
		"line ends in a topic":   {Kind: "group.changed", Topics: []string{"run/shop/a\nid: 7\n\nb\r\x00"}, Data: json.RawMessage("1")},
		"a megabyte":             {Kind: "group.changed", Data: json.RawMessage(big)},
		"a line separator":       {Kind: "group.changed", Data: json.RawMessage("\"\u2028\u2029\u0085\"")},
		"bytes that are no text": {Kind: "group.changed", Data: json.RawMessage("\"\xff\xfe\"")},
	} {
		ev.ID = 5
		in := bufio.NewReader(bytes.NewReader(AppendFrame(nil, epochA, ev)))
		f, err := readFrame(in)
		if err != nil || f.id != "aaaaaaaa-5" || f.data == "" || in.Buffered() > 0 {
			t.Errorf("%s: %+v, %v, %d bytes behind it", name, f, err, in.Buffered())
		}
	}
}

func TestHostileEventsReachReadersWhole(t *testing.T) {
	t.Parallel()
	each(t, Config{}, func(t *testing.T, r *Relay, log *memory, client *http.Client, base string) {
		live, h := subscribe(t, client, base, ask{after: "aaaaaaaa-0"})
		big := json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
		for range 3 {
			log.addData(json.RawMessage{}, "errors/shop")
			log.addData(json.RawMessage("{\r\n\n}"), "errors/shop")
			log.addData(big, "errors/shop")
			log.add("errors/shop")
		}
		live.wantEvents(h.From, ids(1, 12)...)
		again, _ := subscribe(t, client, base, ask{after: "aaaaaaaa-0"})
		again.wantEvents(h.From, ids(1, 12)...)
	})
}

func TestHostileTopics(t *testing.T) {
	t.Parallel()
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("run/shop/%d", i)
	}
	for name, c := range map[string]struct {
		query   string
		granted int
		denied  int
	}{
		"empty":                   {"topics=", 3, 0},
		"only commas":             {"topics=,,%20,", 3, 0},
		"foreign":                 {"topics=errors/bank", 0, 1},
		"wild":                    {"topics=*,errors/*,%25,errors/shop/..", 0, 4},
		"line ends":               {"topics=errors/shop%0aid:%207%0a%0a,run/shop/a%0d%00,run/shop/b%0aerrors/site", 0, 3},
		"not text":                {"topics=%ff%fe", 0, 1},
		"very long":               {"topics=run/shop/" + strings.Repeat("x", 1<<16), 0, 1},
		"too many":                {"topics=" + strings.Join(many, ","), 64, 192},
		"too many, one parameter": {"topics=" + strings.Join(many, "&topics="), 64, 192},
		"repeated":                {"topics=" + strings.Repeat("errors/shop,", 300), 1, 0},
		"broken query":            {"topics=errors/shop&%zz=1;", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			log := newMemory()
			r := New(log, Config{})
			client, base := startClear(t, r.Handler(anyone(staff), plainProblem))
			run(t, r)
			response, err := client.Get(base + "/v1/events/stream?" + c.query)
			if err != nil {
				t.Fatal(err)
			}
			s := &stream{t: t, response: response, r: bufio.NewReader(response.Body), cancel: func() {}}
			defer s.close()
			f := s.next()
			var h hello
			if err := json.Unmarshal([]byte(f.data), &h); err != nil || f.event != "hello" {
				t.Fatalf("%+v: %v", f, err)
			}
			if len(h.Granted) != c.granted || len(h.Denied) != c.denied {
				t.Errorf("granted %d %.200v, denied %d %.200v", len(h.Granted), h.Granted, len(h.Denied), h.Denied)
			}
		})
	}
}

// A peer that sends on after its request, or half closes, harms only itself.
func TestPeerThatTalks(t *testing.T) {
	t.Parallel()
	log := newMemory()
	r := New(log, Config{})
	server := httptest.NewServer(r.Handler(anyone(staff), plainProblem))
	t.Cleanup(server.Close)
	run(t, r)
	waitHead(t, r, 0)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := "GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n"
	fmt.Fprint(conn, request, request, strings.Repeat("noise ", 20000))
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil || !response.Close || !slices.Equal(response.TransferEncoding, []string{"chunked"}) {
		t.Fatalf("%+v, %v", response, err)
	}
	s := &stream{t: t, response: response, r: bufio.NewReader(response.Body), cancel: func() { conn.Close() }}
	defer s.close()
	if f := s.next(); f.event != "hello" {
		t.Fatalf("%+v", f)
	}
	log.add("errors/shop")
	s.wantEvents(log.position(0), 1)
	conn.(*net.TCPConn).CloseWrite()
	eventually(t, func() bool { return r.Stats().Closed[Gone] == 1 })
}

func FuzzPlaces(f *testing.F) {
	f.Add("aaaaaaaa-1", "aaaaaaaa-0")
	f.Add("", "garbage\r\n")
	f.Add("\x00", strings.Repeat("9", 30))
	f.Fuzz(func(t *testing.T, header, after string) {
		req := ask{lastEventID: header, after: after}.request(t.Context(), "http://x")
		asked := askedPlaces(req)
		if asked.any != (header != "" || after != "") || len(asked.positions) > 2 {
			t.Errorf("%+v", asked)
		}
		for _, p := range asked.positions {
			if s := p.String(); s != header && s != after {
				t.Errorf("%q and %q give %q", header, after, s)
			}
		}
		if p, ok := eventlog.ParsePosition(asked.echo().String()); !ok || p != asked.echo() {
			t.Errorf("echo %v is not well-formed", asked.echo())
		}
	})
}

func FuzzTopics(f *testing.F) {
	f.Add("topics=errors,runs")
	f.Add("topics=run/shop/a%0a%0a&topics=%ff")
	f.Fuzz(func(t *testing.T, query string) {
		req := &http.Request{URL: ask{}.request(t.Context(), "http://x").URL}
		req.URL.RawQuery = query
		topics := askedTopics(req)
		if len(topics) > topicsMost {
			t.Errorf("%d topics", len(topics))
		}
		granted, denied, inLog := staff.Grant(topics)
		if len(granted) > auth.MaxTopics {
			t.Errorf("%d granted", len(granted))
		}
		for _, topic := range inLog {
			if project := projectsOf([]string{topic})[0]; project != "shop" && project != "site" {
				t.Errorf("%q asks for %q of %q", query, topic, project)
			}
		}
		frame := appendHello(nil, hello{From: Nowhere, Head: Nowhere, Granted: granted, Denied: denied})
		in := bufio.NewReader(bytes.NewReader(frame))
		if got, err := readFrame(in); err != nil || in.Buffered() > 0 || got.event != "hello" {
			t.Errorf("%q: %v", frame, err)
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add("group.changed", "errors/shop", []byte(`{"a":1}`))
	f.Add("a\nb", "x\r\n\r\n", []byte("\n\nid: 1\x00"))
	f.Fuzz(func(t *testing.T, kind, topic string, data []byte) {
		frame := AppendFrame(nil, epochA, eventlog.Event{ID: 5, Kind: kind, Topics: []string{topic}, Data: data})
		in := bufio.NewReader(bytes.NewReader(frame))
		got, err := readFrame(in)
		if err != nil || got.id != "aaaaaaaa-5" || got.data == "" || in.Buffered() > 0 {
			t.Errorf("%q: %+v, %v", frame, got, err)
		}
	})
}
