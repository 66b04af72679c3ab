package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/auth/oidctest"
	"rynda/pkg/pgtest"
)

// The scenarios in web/e2e play in a real browser against the real program.
// Each gets a stage of its own: a database, a development server in its own
// process, and switches (browser_proxy_test.go) behind an address to which the
// scenario posts. Node's test runner says what happened; the scenario's name is
// the subtest's.
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
			if signsIn[name] {
				provider := oidctest.New(t)
				provider.Claims["rynda_projects"] = "*"
				s := newStage(t, built, chromium, append(loginEnv(provider), "RYNDA_RELAY_RECHECK=1s")...)
				s.provider = provider
				s.play(file)
				return
			}
			env, told := settings[name], []string{}
			if name == "other-origin" {
				host := freeAddress(t)
				env, told = []string{"RYNDA_ALLOWED_ORIGINS=http://" + host}, []string{"RYNDA_ELSEWHERE=" + host}
			}
			newStage(t, built, chromium, env...).play(file, told...)
		})
	}
}

// signsIn are the scenarios whose people sign in; in the others the local user
// of a development start is there already.
var signsIn = map[string]bool{"sign-in": true, "refused": true, "two-people": true}

// settings are those that a scenario needs to be different.
var settings = map[string][]string{
	// Only the clock can tell that it slept: the next ping is not due before the test is over.
	"frozen": {"RYNDA_RELAY_HEARTBEAT=1h"},
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
	dir      string   // data folder of the front
	command  []string // that starts the front
	chromium string
	dev      devFile
	second   *system
	provider *oidctest.Provider // of the people who sign in, if they do
	lines    []*faultyLine
	mu       sync.Mutex // the switches are turned one at a time
}

func newStage(t *testing.T, built, chromium string, env ...string) *stage {
	t.Helper()
	s := prepareStage(t, built, chromium, env...)
	s.startFront()
	s.dev = s.readDev(s.dir)
	return s
}

// prepareStage is a stage whose front is not started yet.
func prepareStage(t *testing.T, built, chromium string, env ...string) *stage {
	t.Helper()
	dsn := pgtest.New(t)
	s := &stage{
		system: &system{t: t, dsn: dsn, log: &lockedBuffer{}, listen: freeAddress(t)}, dir: t.TempDir(), chromium: chromium, command: []string{"dev"},
	}
	s.env = append([]string{"RYNDA_DATA_DIR=" + s.dir}, env...)
	s.url = "http://" + s.listen
	if err := os.Symlink(built, filepath.Join(s.dir, "web")); err != nil {
		t.Fatal(err)
	}
	return s
}

// readDev takes the tokens of a development start from its data folder.
func (s *system) readDev(dir string) (dev devFile) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err == nil {
		err = json.Unmarshal(text, &dev)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.ingest, s.staff = dev.IngestToken, dev.StaffToken
	return dev
}

// startFront runs the development start with this stage's data.
func (s *stage) startFront() {
	s.t.Helper()
	s.run(".", syscall.SIGKILL, s.command...)
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
