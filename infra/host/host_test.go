// Package host_test tries what is in this folder: units, proxies, and the
// runbook, which is done as it is written.
package host_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the binary, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rynda-host-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "rynda")
	build := exec.Command("go", "build", "-o", path, "./functions/rynda")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// need skips where a program is missing; in CI it must not be.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if path = "/usr/sbin/" + name; exists(path) {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and .ci/run installs it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestSettingsOfTheExampleExist(t *testing.T) {
	t.Parallel()
	rynda, err := program()
	if err != nil {
		t.Fatal(err)
	}
	known, err := exec.Command(rynda, "help", "config").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=`).FindAllStringSubmatch(read(t, "rynda.env.example"), -1) {
		if !regexp.MustCompile(`(?m)^` + m[1] + `  `).Match(known) {
			t.Errorf("%s is no setting", m[1])
		}
	}
}

// The supervisor waits for longer than an orderly end takes.
func TestStopIsWaitedFor(t *testing.T) {
	t.Parallel()
	duration := func(file, pattern, unit string) time.Duration {
		m := regexp.MustCompile(pattern).FindStringSubmatch(read(t, file))
		if m == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		d, err := time.ParseDuration(m[1] + unit)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	stop := duration("rynda.service", `(?m)^TimeoutStopSec=(\d+)$`, "s")
	within := duration("rynda.env.example", `(?m)^RYNDA_SHUTDOWN_WITHIN=(\w+)$`, "")
	if stop < within+2*time.Second+5*time.Second {
		t.Errorf("killed after %s, and an end takes %s and 2 s", stop, within)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"rynda.service", "rynda-backup.service", "rynda-backup.timer"} {
		text := regexp.MustCompile(`/usr/local/bin/\S+`).ReplaceAllString(read(t, name), "/bin/true")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	var out bytes.Buffer
	verify := exec.Command(analyze, append([]string{"verify"}, units...)...)
	verify.Stdout, verify.Stderr = &out, &out
	if err := verify.Run(); err != nil || strings.Contains(out.String(), dir) {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, unit := range units[:1] { // exposure at most 2.0 of 10
		if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
