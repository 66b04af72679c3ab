package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// npmPackage returns the programs of the npm package of this platform in the
// repository's web/node_modules, which nobody installs anew until the test ends.
func npmPackage(t *testing.T) (nodeModules string, pkg string) {
	t.Helper()
	nodeModules = filepath.Join("..", "..", "web", "node_modules")
	holdInstallation(t, nodeModules+".lock")
	pkg = npmCandidates([]string{nodeModules})[0].npm
	if _, err := os.Stat(filepath.Join(pkg, "native", "bin", "postgres")); err != nil {
		message := "the npm binaries are not installed (npm ci in web): " + err.Error()
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	return nodeModules, pkg
}

// packageWithoutLinks copies the package as npm installs it when it may not
// run scripts, and returns its node_modules.
func packageWithoutLinks(t *testing.T) (nodeModules, pkg string) {
	t.Helper()
	_, from := npmPackage(t)
	nodeModules = t.TempDir()
	pkg = npmCandidates([]string{nodeModules})[0].npm
	if err := os.MkdirAll(pkg, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(from, pkg); err != nil {
		t.Fatal(err)
	}
	lib := filepath.Join(pkg, "native", "lib")
	entries, err := os.ReadDir(lib)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type()&os.ModeSymlink != 0 {
			if err := os.Remove(filepath.Join(lib, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return nodeModules, pkg
}

// npmOnly finds the npm programs as Start would if the machine had no others.
func npmOnly(t *testing.T, cfg Config) programs {
	t.Helper()
	p, err := inspect(t.Context(), cfg, npmCandidates(cfg.NodeModules)[0])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNpm_binaries_serve_after_their_links_were_made(t *testing.T) {
	t.Parallel()
	nodeModules, _ := packageWithoutLinks(t)
	dir := t.TempDir()
	p := npmOnly(t, Config{DataDir: dir, NodeModules: []string{nodeModules}})
	s := start(t, Config{DataDir: dir, BinDir: p.dir, Settings: quick})
	if got := query[string](t, s.URL(""), "show server_version"); got != s.Version() || !strings.HasPrefix(p.dir, nodeModules) {
		t.Errorf("server %s, programs %s in %s", got, s.Version(), p.dir)
	}
	exec1(t, s.URL(""), "create table kept as select 7 as n")
	if err := s.StopImmediate(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query[int](t, s.URL(""), "select n from kept"); got != 7 {
		t.Errorf("found %d, want 7", got)
	}
}

func TestNpm_binaries_below_a_directory_that_cannot_be_entered_are_copied(t *testing.T) {
	t.Parallel()
	if !privileged() {
		t.Skip("only root has to become somebody else")
	}
	nodeModules, pkg := packageWithoutLinks(t)
	if err := os.Chmod(nodeModules, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(openDir(t), "data")
	if err := os.Mkdir(dir, privateMode()); err != nil {
		t.Fatal(err)
	}
	p := npmOnly(t, Config{DataDir: dir, NodeModules: []string{nodeModules}})
	for _, user := range identities() {
		if user.uid == 0 {
			continue
		}
		at := place{dir: dir, user: user}
		runs, err := at.reach(t.Context(), p)
		if err != nil || strings.HasPrefix(runs.dir, pkg) {
			t.Fatalf("as %s: programs in %s, %v", user.name, runs.dir, err)
		}
	}
}

func TestNpm_a_link_list_that_points_outside_is_refused(t *testing.T) {
	t.Parallel()
	for _, list := range []string{
		`[{"source":"native/lib/a","target":"../../escape"}]`,
		`[{"source":"/etc/passwd","target":"native/lib/a"}]`,
		`{"not":"a list"}`,
	} {
		pkg := t.TempDir()
		if err := os.MkdirAll(filepath.Join(pkg, "native"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(pkg, "native", "pg-symlinks.json"), []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := makeLinks(pkg); err == nil {
			t.Errorf("%s was accepted", list)
		}
	}
}
