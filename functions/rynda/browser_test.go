package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/auth/oidctest"
	"rynda/pkg/pgtest"
)

// The scenarios in web/e2e play in a real browser against the real program.
// Each gets a stage of its own: a database, a development server in its own
// process, and a few switches behind an address to which the scenario posts.
// Node's test runner says what happened; the scenario's name is the subtest's.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := needBrowser(t)
	built := builtWeb(t)
	folder := filepath.Join(builtFrom(built), "web", "e2e")
	files, err := filepath.Glob(filepath.Join(folder, "*.scenario.mjs"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".scenario.mjs")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var env []string
			if name == "sign-in" {
				provider := oidctest.New(t)
				provider.Claims["rynda_projects"] = "*"
				env = loginEnv(provider)
			}
			newStage(t, built, chromium, env...).play(file)
		})
	}
}

// needBrowser finds Chromium, by RYNDA_CHROMIUM or where programs are.
func needBrowser(t testing.TB) (chromium string) {
	t.Helper()
	needWeb(t)
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if chosen := os.Getenv("RYNDA_CHROMIUM"); chosen != "" {
		names = []string{chosen}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "the browser tests are skipped: there is no Chromium on this machine (RYNDA_CHROMIUM says where one is)")
	return ""
}

// stage is where a scenario plays. The front is the development server; the
// second server works on the same database and lives through the first one's
// deaths.
type stage struct {
	*system
	dir      string // data folder of the front
	chromium string
	dev      devFile
	second   *system
	mu       sync.Mutex // the switches are turned one at a time
}

func newStage(t *testing.T, built, chromium string, env ...string) *stage {
	t.Helper()
	dsn := pgtest.New(t)
	s := &stage{system: &system{t: t, dsn: dsn, log: &lockedBuffer{}, listen: freeAddress(t), env: env}, dir: t.TempDir(), chromium: chromium}
	s.url = "http://" + s.listen
	if err := os.Symlink(built, filepath.Join(s.dir, "web")); err != nil {
		t.Fatal(err)
	}
	s.startFront()
	text, err := os.ReadFile(filepath.Join(s.dir, "dev.json"))
	if err == nil {
		err = json.Unmarshal(text, &s.dev)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.ingest, s.staff = s.dev.IngestToken, s.dev.StaffToken
	return s
}

// startFront runs the development start with this stage's data.
func (s *stage) startFront() {
	s.t.Helper()
	s.process = exec.Command(os.Args[0], "dev")
	s.process.Env = append(clean(os.Environ()), append([]string{
		"BE_RYNDA=1", "DATABASE_URL=" + s.dsn, "RYNDA_LISTEN=" + s.listen, "RYNDA_DATA_DIR=" + s.dir}, s.env...)...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	process, exited := s.process, make(chan struct{})
	s.exited = exited
	go func() { defer close(exited); _ = process.Wait() }()
	s.t.Cleanup(func() { s.stop(syscall.SIGKILL, process, exited) })
	s.await("ready", func() bool {
		answer, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// play runs one scenario and tells what it measured, and what failed.
func (s *stage) play(file string, env ...string) {
	t := s.t
	t.Helper()
	switches := httptest.NewServer(s.switches())
	t.Cleanup(switches.Close)
	about, err := json.Marshal(map[string]any{
		"url": s.url, "ingest_token": s.ingest, "staff_token": s.staff, "chromium": s.chromium,
		"switches": switches.URL,
		"proxies": map[string]string{
			"hangs": s.proxy("hangs"), "refuses": s.proxy("refuses"), "buffers": s.proxy("buffers"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	command := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", file)
	command.Dir = filepath.Dir(file)
	command.Env = append(append(clean(os.Environ()), "RYNDA_STAGE="+string(about)), env...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "measured") {
			t.Log(strings.TrimSpace(strings.TrimLeft(line, "ℹ# ")))
		}
	}
	if err != nil {
		t.Errorf("%v\n%s\nThe server said:\n%s", err, out.String(), tailOf(s.log.String()))
	}
}

// switches is what a scenario turns by posting to it.
func (s *stage) switches() http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, do func(*http.Request)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			do(r)
		})
	}
	handle("/front/kill", func(*http.Request) { s.kill() })
	handle("/front/start", func(*http.Request) { s.startFront() })
	handle("/views/age", func(*http.Request) { s.ageViews() })
	mux.HandleFunc("POST /second/start", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.second == nil {
			s.second = &system{t: s.t, dsn: s.dsn, log: s.log, listen: freeAddress(s.t)}
			s.second.url = "http://" + s.second.listen
			s.second.start()
		}
		_ = json.NewEncoder(w).Encode(s.second.url)
	})
	return mux
}

// proxy stands before the front and does to its stream what proxies do, until
// POST /proxy/open is sent to it.
//
//	hangs    takes the request for the stream and never answers
//	refuses  answers it with 502
//	buffers  passes it on and keeps what comes back for itself
func (s *stage) proxy(does string) string {
	target, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // a page that goes away is no news
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
	}
	var open atomic.Bool
	ending, end := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/proxy/open":
			open.Store(true)
		case r.URL.Path != "/v1/events/stream" || open.Load():
			forward.ServeHTTP(w, r)
		case does == "refuses":
			http.Error(w, "no", http.StatusBadGateway)
		default:
			if does == "buffers" {
				w.Header().Set("Content-Type", "text/event-stream")
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
				kept := &http.Response{Body: http.NoBody}
				if asked, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.url+r.URL.RequestURI(), nil); err == nil {
					asked.Header = r.Header.Clone()
					if answer, err := http.DefaultClient.Do(asked); err == nil {
						kept = answer
					}
				}
				defer kept.Body.Close()
			}
			select {
			case <-r.Context().Done():
			case <-ending.Done():
			}
		}
	}))
	s.t.Cleanup(func() { end(); server.CloseClientConnections(); server.Close() })
	return server.URL
}
