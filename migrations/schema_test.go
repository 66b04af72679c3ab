package migrations_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rynda/migrations"
	"rynda/pkg/localpg"
	"rynda/pkg/pgtest"
)

var update = flag.Bool("update", false, "write schema.sql anew")

// schema.sql is what pg_dump of Postgres 15 prints of a migrated database, so
// that a change of the schema is read as a change of the result.
func TestSchemaIsTheResultOfTheMigrations(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	dump := dumpProgram(t, server)
	var out, complaints bytes.Buffer
	command := exec.Command(dump, "--schema-only", "--no-owner", "--exclude-table=goose_db_version*", server.URL(""))
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		t.Fatalf("pg_dump: %v: %s", err, complaints.String())
	}
	got := readable(out.String())
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("schema.sql is not the result of the migrations (go test ./migrations -update):\n%s", diff)
	}
}

// dumpProgram skips where the picture cannot be taken: its form belongs to the
// major version of pg_dump.
func dumpProgram(t *testing.T, server *localpg.Server) string {
	path := filepath.Join(server.BinDir(), "pg_dump")
	if _, err := os.Stat(path); err != nil || !strings.HasPrefix(server.Version(), "15.") {
		t.Skipf("schema.sql is compared with pg_dump of Postgres 15; here is %s", server.Version())
	}
	return path
}

var noise = regexp.MustCompile(`(?m)^(--.*|SET .*|SELECT pg_catalog.set_config.*|\\(un)?restrict .*)\n`)

// readable leaves out what says nothing about the schema.
func readable(dump string) string {
	dump = noise.ReplaceAllString(dump, "")
	dump = regexp.MustCompile(`\n{3,}`).ReplaceAllString(dump, "\n\n")
	return "-- The schema as the migrations leave it. Made by go test ./migrations -update.\n\n" + strings.TrimSpace(dump) + "\n"
}

func TestUpAppliesOnceHoweverManyCallIt(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Direct(pgtest.New(t))
	done := make(chan error, 3)
	for range 3 {
		go func() {
			n, err := migrations.Up(t.Context(), dsn, nil)
			if err == nil && n != 0 {
				t.Errorf("%d applied to a database that is up to date", n)
			}
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestEveryMigrationSaysWhy(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("[0-9]*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- Why: ") {
			t.Errorf("%s does not begin with a line that says why", file)
		}
	}
}
