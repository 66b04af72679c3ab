package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the oldest version the product's SQL is tested on.
const oldestMajor = 15

// ErrNoPostgres is returned by Start when no usable programs were found.
var ErrNoPostgres = errors.New("no usable Postgres found")

// programs is a directory with initdb and postgres of one version.
type programs struct {
	dir     string
	version string // "15.18"
	major   int
	npm     string // the package's directory when they came by npm
}

func (p programs) path(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(p.dir, name)
}

func (p programs) postgres() string { return p.path("postgres") }

// candidate is a directory to look into, and who suggested it.
type candidate struct {
	dir string
	npm string // set for an npm package
}

// find lists the usable programs, best first, at most one for each directory.
// It runs each postgres to learn its version. When there are none, the error
// says what was wrong with places that had something.
func find(ctx context.Context, cfg Config) (found []programs, err error) {
	var candidates []candidate
	explicit := cmp.Or(cfg.BinDir, os.Getenv("RYNDA_POSTGRES_BIN"))
	if explicit != "" {
		candidates = []candidate{{dir: explicit}}
	} else {
		candidates = append(installed(), npmCandidates(cfg.NodeModules)...)
	}
	var faults []string
	seen := map[string]bool{}
	for _, c := range candidates {
		p, err := inspect(ctx, cfg, c)
		switch {
		case err != nil && (explicit != "" || !errors.Is(err, os.ErrNotExist)):
			faults = append(faults, err.Error())
		case err == nil && !seen[p.dir]:
			seen[p.dir] = true
			found = append(found, p)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if explicit != "" {
		return nil, fmt.Errorf("%w in the directory that was asked for: %s", ErrNoPostgres, strings.Join(faults, "; "))
	}
	return nil, noPostgres(cfg.NodeModules, faults)
}

// noPostgres is the one message for whoever has no Postgres at all.
func noPostgres(nodeModules, faults []string) error {
	install := map[string]string{
		"linux":   "apt-get install postgresql   (or your distribution's package)",
		"darwin":  "brew install postgresql@17",
		"windows": "winget install PostgreSQL.PostgreSQL.17",
	}[runtime.GOOS]
	web := "web"
	if len(nodeModules) > 0 {
		web = filepath.Dir(nodeModules[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "any one of these gives it one:\n")
	fmt.Fprintf(&b, "  1. install Postgres %d or newer:  %s\n", oldestMajor, install)
	fmt.Fprintf(&b, "     (unusual place? set RYNDA_POSTGRES_BIN to the directory with initdb and postgres)\n")
	fmt.Fprintf(&b, "  2. let npm bring one:  npm ci   in %s\n", web)
	fmt.Fprintf(&b, "  3. use a server you have:  set DATABASE_URL=postgres://user:password@host:5432/database")
	for _, fault := range faults {
		fmt.Fprintf(&b, "\nnot usable: %s", fault)
	}
	return fmt.Errorf("%w; %s", ErrNoPostgres, b.String())
}

// fitting returns the first programs that can read the cluster in dir, or the
// first of all when there is no cluster yet.
func fitting(found []programs, dir string) (programs, error) {
	made, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return found[0], nil
	}
	var have []string
	for _, p := range found {
		if strconv.Itoa(p.major) == strings.TrimSpace(string(made)) {
			return p, nil
		}
		have = append(have, p.version)
	}
	return programs{}, fmt.Errorf("%w: the data in %s was made by Postgres %s, and only %s was found: install that version, or move the data away to begin anew",
		ErrNoPostgres, dir, strings.TrimSpace(string(made)), strings.Join(have, ", "))
}

// inspect checks that both programs are there (client packages bring pg_config
// without them) and asks for the version.
func inspect(ctx context.Context, cfg Config, c candidate) (programs, error) {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return programs{}, err
	}
	p := programs{dir: dir, npm: c.npm}
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(p.path(name))
		if err != nil {
			return programs{}, fmt.Errorf("%s: %w", dir, err)
		}
		if info.IsDir() {
			return programs{}, fmt.Errorf("%s is a directory", p.path(name))
		}
	}
	// Programs are linked into /usr/local/bin or .bin; what belongs to them
	// lies beside the real ones.
	if real, err := filepath.EvalSymlinks(p.postgres()); err == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(real), filepath.Base(p.path("initdb")))); err == nil {
			p.dir = filepath.Dir(real)
		}
	}
	if p.npm != "" {
		if p, err = linkLibraries(cfg, p); err != nil {
			return programs{}, fmt.Errorf("%s: %w", dir, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.postgres(), "--version")
	cmd.Env = childEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return programs{}, fmt.Errorf("%s --version: %w: %s", p.postgres(), err, strings.TrimSpace(string(out)))
	}
	p.version, p.major = parseVersion(string(out))
	if p.major < oldestMajor {
		return programs{}, fmt.Errorf("%s is version %q, and %d is the oldest that will do", p.postgres(), p.version, oldestMajor)
	}
	return p, nil
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^\s]*)`)

// parseVersion reads what "postgres --version" prints; major is 0 when it
// cannot.
func parseVersion(out string) (version string, major int) {
	m := versionPattern.FindStringSubmatch(out)
	if m == nil {
		return strings.TrimSpace(out), 0
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return m[1], 0
	}
	return m[1], major
}

// installed lists where packages of the operating system put the programs.
func installed() []candidate {
	var patterns []string
	switch runtime.GOOS {
	case "windows":
		for _, root := range []string{os.Getenv("ProgramFiles"), os.Getenv("ProgramW6432")} {
			if root != "" {
				patterns = append(patterns, filepath.Join(root, "PostgreSQL", "*", "bin"))
			}
		}
	case "darwin":
		patterns = []string{
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			"/Library/PostgreSQL/*/bin",
		}
	default:
		patterns = []string{
			"/usr/lib/postgresql/*/bin",
			"/usr/pgsql-*/bin",
			"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		}
	}
	var all []candidate
	for _, dir := range globNewestFirst(patterns) {
		all = append(all, candidate{dir: dir})
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		all = append(all, candidate{dir: strings.TrimSpace(string(out))})
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			all = append(all, candidate{dir: dir})
		}
	}
	return all
}

var digits = regexp.MustCompile(`\d+`)

// globNewestFirst sorts what the patterns match by the version number in the
// last directory but one, as a number: 9 is older than 15. Ties keep the order
// of the patterns.
func globNewestFirst(patterns []string) []string {
	var dirs []string
	for _, p := range patterns {
		matches, _ := filepath.Glob(p)
		dirs = append(dirs, matches...)
	}
	number := func(dir string) int {
		n, _ := strconv.Atoi(digits.FindString(filepath.Base(filepath.Dir(dir))))
		return n
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return number(b) - number(a) })
	return dirs
}

// childEnv is this process's environment without what would change how the
// programs speak, what they connect to, or which zone they live in.
func childEnv() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || name == "LANG" || name == "LANGUAGE" || name == "TZ"
	})
	return append(env, "LC_ALL=C", "TZ=UTC")
}
