package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rynda/migrations"
	"rynda/pkg/auth"
	"rynda/pkg/postgres"
)

// The tests of the whole system start this test binary again as the program
// itself, so that what is killed is the real thing.
func TestMain(m *testing.M) {
	if os.Getenv("BE_RYNDA") == "1" {
		os.Unsetenv("BE_RYNDA")
		main()
		return
	}
	os.Exit(m.Run())
}

// system is a database that is migrated, with one project and its tokens, and
// the address where a server will listen.
type system struct {
	t       testing.TB
	dsn     string
	url     string
	listen  string
	ingest  string
	staff   string
	project auth.Project
	env     []string
	program string // empty: this binary, as the program
	log     *lockedBuffer
	process *exec.Cmd
	exited  chan struct{}
}

// lockedBuffer takes what processes print.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newSystem(t testing.TB, dsn string) *system {
	t.Helper()
	s := &system{t: t, dsn: dsn, log: &lockedBuffer{}}
	if _, err := migrations.Up(t.Context(), dsn, nil); err != nil {
		t.Fatal(err)
	}
	err := withStoreAt(t.Context(), dsn, func(st *stores) (err error) {
		if s.project, err = st.CreateProject(t.Context(), "acme", "Acme"); err != nil {
			return err
		}
		if s.ingest, err = st.MintIngestToken(t.Context(), postgres.NewIngestToken{
			Project: "acme", Scopes: []auth.Scope{auth.Report, auth.Control}}); err != nil {
			return err
		}
		s.staff, err = st.MintStaffToken(t.Context(), postgres.NewStaffToken{Name: "ann"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.listen = freeAddress(t)
	s.url = "http://" + s.listen
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs "rynda serve" and waits until it is ready.
func (s *system) start() {
	s.t.Helper()
	s.run(s.t.TempDir(), syscall.SIGKILL, "serve")
}

// run runs a command of the program that serves, in a folder, and waits until it
// is ready. The signal ends it after the test, if nothing has before.
func (s *system) run(dir string, ending syscall.Signal, args ...string) {
	s.t.Helper()
	program := os.Args[0]
	if s.program != "" {
		program = s.program
	}
	s.process = exec.Command(program, args...)
	s.process.Env = append(clean(os.Environ()), append([]string{
		"BE_RYNDA=1", "DATABASE_URL=" + s.dsn, "RYNDA_LISTEN=" + s.listen}, s.env...)...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	s.process.Dir = dir
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	process, exited := s.process, make(chan struct{})
	s.exited = exited
	go func() { defer close(exited); _ = process.Wait() }()
	s.t.Cleanup(func() { s.stop(ending, process, exited) })
	s.await("ready", func() bool {
		answer, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// clean leaves out what belongs to the environment of the test run.
func clean(environ []string) (out []string) {
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "RYNDA_") && !strings.HasPrefix(entry, "DATABASE_URL=") {
			out = append(out, entry)
		}
	}
	return out
}

func (s *system) kill() { s.stop(syscall.SIGKILL, s.process, s.exited) }
func (s *system) ask()  { s.stop(syscall.SIGTERM, s.process, s.exited) }
func (s *system) stop(signal syscall.Signal, process *exec.Cmd, exited chan struct{}) {
	_ = process.Process.Signal(signal)
	<-exited
}

// patience is for machines that much else keeps busy: a test that passes never
// waits for it.
const patience = 3 * time.Minute

// await polls a condition of another process: there is nothing to wait on.
func (s *system) await(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("not %s within %v; the process said:\n%s", what, patience, tailOf(s.log.String()))
		case <-tick.C:
		}
	}
}

func tailOf(s string) string {
	if len(s) > 4000 {
		return "…" + s[len(s)-4000:]
	}
	return s
}

// call sends JSON (or raw text) and reads the answer into out, which may be nil.
func (s *system) call(method, path, token string, body, out any) (int, error) {
	return s.callAgain(method, path, token, "", body, out)
}

// callAgain is a call that can be repeated without harm, by its key.
func (s *system) callAgain(method, path, token, key string, body, out any) (int, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, s.url+path, reader)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	client := &http.Client{Timeout: patience, Transport: systemTransport}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, err
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = text
		return answer.StatusCode, nil
	}
	if out != nil && answer.StatusCode < 300 {
		err = json.Unmarshal(text, out)
	}
	return answer.StatusCode, err
}

var systemTransport = &http.Transport{MaxIdleConnsPerHost: 64}

// must is call for what has to succeed.
func (s *system) must(method, path, token string, body, out any) {
	s.t.Helper()
	var text []byte
	var status int
	var err error
	key := rand.Text()
	s.await("answered by another status than 503: "+method+" "+path, func() bool { // a machine may be busy
		status, err = s.callAgain(method, path, token, key, body, &text)
		return err != nil || status != http.StatusServiceUnavailable
	})
	if err == nil && out != nil && status < 300 {
		err = json.Unmarshal(text, out)
	}
	if err != nil || status >= 300 {
		s.t.Fatalf("%s %s: %d, %v: %s", method, path, status, err, tailOf(string(text)))
	}
}

func (s *system) query(sql string, out any, args ...any) {
	s.t.Helper()
	err := withStoreAt(s.t.Context(), s.dsn, func(st *stores) error {
		return st.QueryRow(s.t.Context(), sql, args...).Scan(out)
	})
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func (s *system) number(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.query(sql, &n, args...)
	return n
}

func (s *system) folded() {
	s.t.Helper()
	s.await("folded", func() bool { return s.number(`select count(*) from inbox`) == 0 })
}

func TestDevFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dev.json")
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, []byte(`{"url":"x"}`)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"sing"}, `there is no command "sing"`},
		{[]string{"log"}, "usage: rynda log new-epoch"},
		{[]string{"serve", "now"}, "takes no arguments"},
	} {
		err := run(t.Context(), test.args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test.args, err)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"help", "config"}, &out); err != nil || !strings.Contains(out.String(), "RYNDA_RATE_LIMIT is how many reports a second") {
		t.Errorf("help config: %v\n%s", err, out.String())
	}
}

// A server says at once what is wrong with its environment, all of it, and
// never shows a value.
func TestFaultyEnvironmentIsNamedWithoutValues(t *testing.T) {
	t.Parallel()
	command := exec.Command(os.Args[0], "serve")
	command.Env = append(clean(os.Environ()), "BE_RYNDA=1", "DATABASE_URL=postgres://u:sesame@127.0.0.1:1/x",
		"RYNDA_CONNECTIONS=sesame", "RYNDA_RATE_LIMIT=sesame", "RYNDA_LISTN=sesame", "RYNDA_COMMITTERS=")
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("it started: %v", err)
	}
	for _, want := range []string{"RYNDA_CONNECTIONS", "RYNDA_RATE_LIMIT", "RYNDA_LISTN"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not named in %s", want, out)
		}
	}
	if strings.Contains(string(out), "sesame") || strings.Contains(string(out), "RYNDA_COMMITTERS") {
		t.Errorf("said too much: %s", out)
	}
}

func reportJSON(message, id string) string {
	text, _ := json.Marshal(map[string]string{"message": message, "report_id": id, "source": "job"})
	return string(text)
}
