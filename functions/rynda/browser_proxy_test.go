package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/postgres"
)

// switches is what a scenario turns by posting to it.
//
//	/front/kill, /front/start      the development server
//	/second/start                  another server on the same database; answers its address
//	/views/age                     every quiet window is over
//	/log/new-epoch                 what an operator does after a restore
//	/lines?does=FAULT              lays a line to the front; answers its id and address
//	/lines/ID/FAULT                what the line does from now on
//	/lines/ID/counts               what went over it
//	/projects/SLUG                 makes a project; answers a token for its reports
//	/person?sub=&name=&projects=   who signs in next
//	/sessions/revoke?sub=          ends every session of a person
func (s *stage) switches() http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, do func(*http.Request) (any, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			said, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			_ = json.NewEncoder(w).Encode(said)
		})
	}
	handle("/front/kill", func(*http.Request) (any, error) { s.kill(); return nil, nil })
	handle("/front/start", func(*http.Request) (any, error) { s.startFront(); return nil, nil })
	handle("/second/start", func(*http.Request) (any, error) {
		if s.second == nil {
			s.second = &system{t: s.t, dsn: s.dsn, log: s.log, listen: freeAddress(s.t)}
			s.second.url = "http://" + s.second.listen
			s.second.start()
		}
		return s.second.url, nil
	})
	handle("/views/age", func(*http.Request) (any, error) { s.ageViews(); return nil, nil })
	handle("/log/new-epoch", func(r *http.Request) (any, error) {
		return nil, withStoreAt(r.Context(), s.dsn, func(st *stores) error {
			_, err := st.NewEpoch(r.Context())
			return err
		})
	})
	handle("/lines", func(r *http.Request) (any, error) {
		l, err := s.lay(r.FormValue("does"))
		if err != nil {
			return nil, err
		}
		s.lines = append(s.lines, l)
		return map[string]any{"id": len(s.lines) - 1, "url": l.url}, nil
	})
	handle("/lines/{id}/{does}", func(r *http.Request) (any, error) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 0 || id >= len(s.lines) {
			return nil, http.ErrNoLocation
		}
		if does := r.PathValue("does"); does != "counts" {
			s.lines[id].turn(does)
		}
		return s.lines[id].counted(), nil
	})
	handle("/projects/{slug}", func(r *http.Request) (token any, err error) {
		slug := r.PathValue("slug")
		err = withStoreAt(r.Context(), s.dsn, func(st *stores) error {
			if _, err := st.CreateProject(r.Context(), slug, slug); err != nil {
				return err
			}
			token, err = st.MintIngestToken(r.Context(), postgres.NewIngestToken{Project: slug, Scopes: []auth.Scope{auth.Report}})
			return err
		})
		return token, err
	})
	handle("/person", func(r *http.Request) (any, error) {
		s.provider.Lock()
		defer s.provider.Unlock()
		s.provider.Claims = map[string]any{
			"sub": r.FormValue("sub"), "name": r.FormValue("name"), "rynda_projects": strings.Split(r.FormValue("projects"), ","),
		}
		return nil, nil
	})
	handle("/sessions/revoke", func(r *http.Request) (any, error) {
		return nil, withStoreAt(r.Context(), s.dsn, func(st *stores) error {
			return revokeSessions(r.Context(), st, []string{"-user", r.FormValue("sub")}, io.Discard)
		})
	})
	return mux
}

// faultyLine leads to the front and does to what comes over it what lines and proxies
// do. A turn ends the streams that are open, but for the one to silence.
//
//	passes   nothing but pass it on
//	hangs    takes the request for the stream and never answers
//	refuses  answers it with 502
//	buffers  passes it on and keeps what comes back for itself
//	strips   passes the stream on as plain text
//	cuts     passes the stream on and cuts it after 700 ms
//	limits   answers streams and polls with 429 and asks for 2 s of patience
//	away     nobody is there, whatever is asked for
//	silence  streams that are open stay open and say nothing any more; then passes
type faultyLine struct {
	url     string
	front   *url.URL
	forward *httputil.ReverseProxy

	mu      sync.Mutex
	does    string
	turned  chan struct{} // closed by the next turn that ends streams
	open    map[*atomic.Bool]bool
	counts  counts
	refused time.Time // when the last poll was asked for patience
}

// counts is what a scenario may ask about a line.
type counts struct {
	Open    int   `json:"open"`    // streams at this moment
	Streams int   `json:"streams"` // requests for one
	Polls   int   `json:"polls"`
	Limited int   `json:"limited"` // polls answered 429
	Soonest int64 `json:"soonest"` // milliseconds from such a poll to the next, at least; -1 without one
}

func (s *stage) lay(does string) (*faultyLine, error) {
	target, err := url.Parse(s.url)
	if err != nil {
		return nil, err
	}
	l := &faultyLine{front: target, does: does, turned: make(chan struct{}), open: map[*atomic.Bool]bool{}, counts: counts{Soonest: -1}}
	l.forward = &httputil.ReverseProxy{
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // a page that goes away is no news
		// The front that is gone is gone for who comes over the line, too.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(answer *http.Response) error {
			if answer.Request.Context().Value(stripped{}) != nil {
				answer.Header.Set("Content-Type", "text/plain")
			}
			return nil
		},
	}
	server := httptest.NewServer(l)
	l.url = server.URL
	s.t.Cleanup(func() { l.turn("away"); server.CloseClientConnections(); server.Close() })
	return l, nil
}

type stripped struct{}

func (l *faultyLine) turn(does string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if does == "silence" {
		for muted := range l.open {
			muted.Store(true)
		}
		l.does = "passes"
		return
	}
	l.does = does
	close(l.turned)
	l.turned = make(chan struct{})
}

func (l *faultyLine) counted() counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Open = len(l.open)
	return l.counts
}

// came notes a request and tells what happens to it, and until when.
func (l *faultyLine) came(path string) (does string, turned chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	poll, stream := path == "/v1/events", path == "/v1/events/stream"
	if stream {
		l.counts.Streams++
	}
	if poll {
		l.counts.Polls++
		if ms := time.Since(l.refused).Milliseconds(); !l.refused.IsZero() && (l.counts.Soonest < 0 || ms < l.counts.Soonest) {
			l.counts.Soonest = ms
		}
		l.refused = time.Time{}
		if l.does == "limits" {
			l.counts.Limited++
			l.refused = time.Now()
		}
	}
	if stream || l.does == "away" || l.does == "limits" && poll {
		return l.does, l.turned
	}
	return "passes", l.turned
}

// ServeHTTP implements http.Handler.
func (l *faultyLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	does, turned := l.came(r.URL.Path)
	switch does {
	case "away":
		panic(http.ErrAbortHandler)
	case "limits":
		w.Header().Set("Retry-After", "2")
		http.Error(w, "later", http.StatusTooManyRequests)
		return
	}
	if r.URL.Path != "/v1/events/stream" {
		l.forward.ServeHTTP(w, r)
		return
	}

	muted := new(atomic.Bool)
	l.mu.Lock()
	l.open[muted] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, muted)
	}()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		var cut <-chan time.Time
		if does == "cuts" {
			cut = time.After(700 * time.Millisecond)
		}
		select {
		case <-ctx.Done():
		case <-cut:
		case <-turned:
		}
		cancel()
	}()
	switch does {
	case "refuses":
		http.Error(w, "no", http.StatusBadGateway)
		return
	case "strips":
		ctx = context.WithValue(ctx, stripped{}, true)
	case "buffers":
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		muted.Store(true)
	case "hangs":
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	}
	l.forward.ServeHTTP(mouth{w, muted}, r.WithContext(ctx))
}

// mouth is an answer that can fall silent.
type mouth struct {
	http.ResponseWriter
	muted *atomic.Bool
}

func (m mouth) WriteHeader(status int) {
	if !m.muted.Load() {
		m.ResponseWriter.WriteHeader(status)
	}
}

func (m mouth) Write(p []byte) (int, error) {
	if m.muted.Load() {
		return len(p), nil
	}
	return m.ResponseWriter.Write(p)
}

func (m mouth) Unwrap() http.ResponseWriter { return m.ResponseWriter }
