package host_test

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rynda/pkg/localpg"
	"rynda/pkg/pgtest"
)

// systemctl stands for the supervisor: the test has none. It starts the service
// with the settings and stops it, as the unit says.
const systemctl = `#!/bin/sh
set -eu
[ "$2" = rynda ] || exit 1
case $1 in
stop) kill -TERM "$(cat "$STATE/pid")" || exit 0; while kill -0 "$(cat "$STATE/pid")" 2>/dev/null; do sleep 0.05; done ;;
start) set -a; . "$SETTINGS"; set +a
  rynda migrate >>"$STATE/log"; rynda serve >>"$STATE/log" 2>&1 </dev/null & echo $! >"$STATE/pid" ;;
*) exit 1 ;;
esac
`

// section returns the commands of a section of the README, as they are written.
func section(t *testing.T, title string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, "README.md"), "\n## "+title+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(rest, -1)
	if !found || len(blocks) != 1 {
		t.Fatalf("%q has %d blocks of commands", title, len(blocks))
	}
	return blocks[0][1]
}

// house is a host: programs on the path, settings, a folder of dumps.
type house struct {
	t   *testing.T
	env map[string]string
}

func (h house) run(script string) {
	h.t.Helper()
	cmd := exec.Command("bash", "-eu", "-o", "pipefail", "-c", script)
	cmd.Env = os.Environ()
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(h.env["STATE"] + "/log")
		h.t.Fatalf("%v\n%s\n%s\n%s", err, script, out, log)
	}
}

// empty takes away what pgtest has made: a new cluster has no database and no
// role of ours.
func empty(t *testing.T, server *localpg.Server) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	made, err := pgx.ParseConfig(server.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"drop database " + pgx.Identifier{made.Database}.Sanitize(), "drop role rynda_app"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// The runbook is walked through: a dump in the night, reports after it, another
// cluster, and the same journal again. What was accepted before the dump is
// there, counted or not; old positions are reset; repeats are known.
func TestRunbook(t *testing.T) {
	t.Parallel()
	rynda, err := program()
	if err != nil {
		t.Fatal(err)
	}
	from, to := pgtest.Server(t), pgtest.Server(t)
	empty(t, to)
	dir := t.TempDir()
	for _, name := range []string{"bin", "dumps", "state"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("bin/systemctl", systemctl, 0o755)
	put("bin/rynda-backup", read(t, "rynda-backup"), 0o755)
	if err := os.Symlink(rynda, filepath.Join(dir, "bin/rynda")); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	old := from.URL("")
	settings := put("rynda.env", "DATABASE_URL='"+old+"'\nRYNDA_LISTEN=127.0.0.1:"+port+"\nRYNDA_RELAY_FOLD_EVERY=250ms\n", 0o600)
	fresh, err := url.Parse(to.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	fresh.Path = "/rynda"
	if fresh.User != nil {
		fresh.User = url.User("rynda")
	}
	query := fresh.Query()
	query.Set("user", "rynda")
	fresh.RawQuery = query.Encode()
	h := house{t, map[string]string{
		"PATH": filepath.Join(dir, "bin") + ":" + from.BinDir() + ":" + os.Getenv("PATH"), "STATE": filepath.Join(dir, "state"), "SETTINGS": settings,
		"BACKUPS": filepath.Join(dir, "dumps"), "DATABASE_URL": old, "NEW_ADMIN_URL": to.URL("postgres"), "NEW_URL": fresh.String(),
	}}

	h.run("systemctl start rynda")
	t.Cleanup(func() { h.run("systemctl stop rynda") })
	c := caller{t: t, client: http.DefaultClient, url: local(port)}
	await(t, "the server", c.ready)
	c.tokens([]string{"DATABASE_URL=" + old})
	for range 3 {
		c.report("disk is full", "")
	}
	c.report("queue is stuck", "r-1")
	var counts map[string]int
	var cursor string
	want := map[string]int{"disk is full": 3, "queue is stuck": 1}
	await(t, "the groups", func() bool { counts, cursor = c.counts(); return maps.Equal(counts, want) })

	h.run(section(t, "Back up"))
	dumps, err := filepath.Glob(filepath.Join(dir, "dumps", "*.dump"))
	if err != nil || len(dumps) != 1 {
		t.Fatalf("dumps: %v %v", dumps, err)
	}
	h.env["DUMP"] = dumps[0]
	c.report("queue is stuck", "r-2") // after the dump: its client will repeat it

	h.run(section(t, "Restore"))
	await(t, "the server on the new cluster", c.ready)
	if got, _ := c.counts(); !cmp.Equal(got, want) {
		t.Errorf("after the restore: %v, want %v", got, want)
	}
	var page struct{ Reset bool }
	if status := c.do("GET", "/v1/events?after="+cursor, c.staff, nil, &page); status != http.StatusOK || !page.Reset {
		t.Errorf("an old position: %d, reset %v", status, page.Reset)
	}
	if !c.report("queue is stuck", "r-1") || c.report("queue is stuck", "r-2") {
		t.Error("a repeat is not known, or what the dump does not have is")
	}
	want["queue is stuck"] = 2
	await(t, "the repeated report", func() bool { counts, _ = c.counts(); return maps.Equal(counts, want) })
	if text := read(t, settings); strings.Contains(text, old) {
		t.Errorf("the settings still lead to the old cluster: %s", text)
	}
}

// Dumps that are old go, one that was cut off is never taken for a dump.
func TestBackupKeepsTheNewest(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	dir := t.TempDir()
	for _, day := range []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16"} {
		if err := os.WriteFile(filepath.Join(dir, "rynda-202601"+day+"T023000Z.dump"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := filepath.Abs("rynda-backup")
	if err != nil {
		t.Fatal(err)
	}
	h := house{t, map[string]string{"PATH": server.BinDir() + ":" + os.Getenv("PATH"), "DATABASE_URL": server.URL(""), "STATE": dir}}
	h.run(path + " " + dir)
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 14 || strings.Contains(left[0], "20260103") || strings.Contains(strings.Join(left, " "), ".part") {
		t.Errorf("left: %v", left)
	}
	h.env["DATABASE_URL"] = server.URL("missing")
	cmd := exec.Command(path, dir)
	cmd.Env = append(os.Environ(), "PATH="+h.env["PATH"], "DATABASE_URL="+h.env["DATABASE_URL"])
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("a dump of nothing: %s", out)
	}
	if after, _ := filepath.Glob(filepath.Join(dir, "*.dump")); len(after) != 14 {
		t.Errorf("after a dump that failed: %v", after)
	}
}
