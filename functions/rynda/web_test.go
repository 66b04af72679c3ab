package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// needWeb skips where the web parts cannot be tested, and fails there in CI.
func needWeb(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("the web parts are not tested with -short")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		missing(t, "the web parts are not tested: Node 20 and its npm are not on this machine")
	}
}

// missing skips a test, but not in CI.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// testWeb is a build of the web parts that is kept between runs of the tests,
// with the stamp of its sources beside it. It is made at most once per run.
var testWeb = sync.OnceValues(func() (built string, err error) {
	root, err := checkout()
	if err != nil {
		return "", err
	}
	sources := filepath.Join(root, "web")
	unlock, err := lockFile(filepath.Join(sources, "node_modules.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	say := func(format string, values ...any) { fmt.Printf(format+"\n", values...) }
	if err := installWeb(context.Background(), sources, say); err != nil {
		return "", err
	}
	built = filepath.Join(root, ".rynda", "tests", "web")
	stamp, err := webStamp(sources)
	if err != nil {
		return "", err
	}
	if was, err := os.ReadFile(filepath.Join(built, "stamp")); err == nil && string(was) == stamp {
		return built, nil
	}
	if err := os.MkdirAll(filepath.Dir(built), 0o755); err != nil {
		return "", err
	}
	return built, buildWeb(context.Background(), sources, built, stamp, say)
})

func builtWeb(t testing.TB) string {
	t.Helper()
	built, err := testWeb()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// builtFrom is the checkout of which built is the build.
func builtFrom(built string) string { return filepath.Join(built, "..", "..", "..") }

// The page that is served has everything a host needs.
func TestWebIsBuilt(t *testing.T) {
	t.Parallel()
	needWeb(t)
	built := builtWeb(t)
	for _, file := range []string{"index.html", "rynda.svg", "embed/rynda-alerts.js", "embed/rynda-alerts.js.gz", "embed/realtime/rynda-realtime.js", "embed/realtime/rynda-worker.js"} {
		if _, err := os.Stat(filepath.Join(built, file)); err != nil {
			t.Errorf("the build left out %s", file)
		}
	}
}

// The unit tests of the web parts run while nobody else installs or builds.
func TestWebUnits(t *testing.T) {
	t.Parallel()
	needWeb(t)
	sources := filepath.Join(builtFrom(builtWeb(t)), "web")
	unlock, err := lockFile(filepath.Join(sources, "node_modules.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := npm(t.Context(), sources, "test"); err != nil {
		t.Fatal(err)
	}
}
