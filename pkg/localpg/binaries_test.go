package localpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind_says_the_three_ways_out_when_there_is_nothing(t *testing.T) {
	t.Parallel()
	err := noPostgres([]string{"/src/web/node_modules"}, []string{"/opt/pg/bin is version 12"})
	if !errors.Is(err, ErrNoPostgres) {
		t.Errorf("%v is not ErrNoPostgres", err)
	}
	for _, want := range []string{"install Postgres 15", "RYNDA_POSTGRES_BIN", "npm ci   in /src/web", "DATABASE_URL=", "not usable: /opt/pg/bin is version 12"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q:\n%v", want, err)
		}
	}
}

// fake makes a directory of programs that print a version.
func fake(t *testing.T, dir, version string, names ...string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind_in_the_directory_that_was_asked_for(t *testing.T) {
	// Not parallel: a program written while another test forks cannot be run.
	for name, c := range map[string]struct{ dir, want string }{
		"empty":            {t.TempDir(), "no such file"},
		"client packages":  {fake(t, t.TempDir(), "15.3", "pg_config", "postgres"), "initdb: no such file"},
		"too old":          {fake(t, t.TempDir(), "14.9", "initdb", "postgres"), `version "14.9", and 15 is the oldest`},
		"not a Postgres":   {fake(t, t.TempDir(), "?", "initdb", "postgres"), "15 is the oldest"},
		"development snap": {fake(t, t.TempDir(), "19devel", "initdb", "postgres"), ""},
	} {
		found, err := find(t.Context(), Config{BinDir: c.dir})
		switch {
		case c.want == "" && (err != nil || found[0].major != 19):
			t.Errorf("%s: %v, %v", name, found, err)
		case c.want != "" && (!errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
	t.Setenv("RYNDA_POSTGRES_BIN", fake(t, t.TempDir(), "17.1", "initdb", "postgres"))
	found, err := find(t.Context(), Config{})
	if err != nil || len(found) != 1 || found[0].version != "17.1" {
		t.Errorf("RYNDA_POSTGRES_BIN: %v, %v", found, err)
	}
}

func TestFind_follows_links_to_the_real_directory(t *testing.T) {
	real := fake(t, t.TempDir(), "16.2", "initdb", "postgres")
	links := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.Symlink(filepath.Join(real, name), filepath.Join(links, name)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := find(t.Context(), Config{BinDir: links})
	if err != nil || found[0].dir != real {
		t.Errorf("found %v, %v; want %s", found, err, real)
	}
}

func TestGlob_sorts_majors_as_numbers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, dir := range []string{"postgresql/9/bin", "postgresql/15/bin", "postgresql/16/bin", "pgsql-100/bin", "other@15/bin"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, dir := range globNewestFirst([]string{root + "/postgresql/*/bin", root + "/pgsql-*/bin", root + "/other@*/bin"}) {
		rel, _ := filepath.Rel(root, dir)
		got = append(got, rel)
	}
	want := []string{"pgsql-100/bin", "postgresql/16/bin", "postgresql/15/bin", "other@15/bin", "postgresql/9/bin"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFitting_keeps_data_with_the_major_that_made_it(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	newer, older := programs{version: "18.4", major: 18}, programs{version: "15.18", major: 15}
	if p, err := fitting([]programs{newer, older}, dir); err != nil || p != older {
		t.Errorf("chose %v, %v", p, err)
	}
	if p, err := fitting([]programs{newer, older}, t.TempDir()); err != nil || p != newer {
		t.Errorf("without data chose %v, %v", p, err)
	}
	_, err := fitting([]programs{newer}, dir)
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "made by Postgres 15, and only 18.4") {
		t.Errorf("without fitting programs: %v", err)
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n")
	f.Add("postgres (PostgreSQL) 18beta2")
	f.Add("(PostgreSQL) 99999999999999999999999.1")
	f.Fuzz(func(t *testing.T, out string) {
		version, major := parseVersion(out)
		if major < 0 || major > 0 && !strings.Contains(out, "(PostgreSQL) "+version) {
			t.Errorf("%q: version %q, major %d", out, version, major)
		}
	})
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18.4":                             18,
		"postgres (PostgreSQL) 9.6.1":                            9,
		"postgres (EnterpriseDB) 15.1":                           0,
		"":                                                       0,
	} {
		if _, got := parseVersion(out); got != want {
			t.Errorf("%q: major %d, want %d", out, got, want)
		}
	}
}
