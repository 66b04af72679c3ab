package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/localpg"
)

// poolerPort is the number in the name of the pooler's socket.
const poolerPort = 6432

// Pgbouncer puts a pgbouncer in transaction mode before a database and returns
// the URL through it. The pooler lends at most 20 server connections to any
// number of clients, each for the length of a transaction, so nothing that
// belongs to a session may be relied on: prepared statements, LISTEN, SET,
// session locks. The URL has pgx describe statements instead of preparing them
// (default_query_exec_mode), as a deployment behind a pooler must.
//
// Where pgbouncer is not installed the test is skipped, in CI failed.
func Pgbouncer(t testing.TB, dsn string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/pgbouncer")
	}
	if err != nil {
		missing(t, "pgbouncer is not installed (apt-get install pgbouncer)")
	}
	to, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal("the URL of the database cannot be read")
	}
	dir := privateDir(t)
	config, log := filepath.Join(dir, "pgbouncer.ini"), filepath.Join(dir, "log")
	if err := os.WriteFile(config, []byte(poolerConfig(to, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd := exec.Command(program, config)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, output
	pooler, err := localpg.StartProcess(cmd, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pooler.Kill)

	through := (&url.URL{Scheme: "postgres", Path: "/" + to.Database, RawQuery: url.Values{
		"host":                    {dir},
		"port":                    {strconv.Itoa(poolerPort)},
		"user":                    {to.User},
		"sslmode":                 {"disable"},
		"default_query_exec_mode": {"cache_describe"},
	}.Encode()}).String()
	if err := awaitPooler(t.Context(), pooler, through); err != nil {
		said, _ := os.ReadFile(log)
		t.Fatalf("pgbouncer: %v; it said:\n%s", err, said)
	}
	return through
}

// awaitPooler waits until a query goes through.
func awaitPooler(ctx context.Context, pooler *localpg.Process, through string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := selectOne(ctx, through)
		if err == nil {
			return nil
		}
		select {
		case <-pooler.Done():
			return fmt.Errorf("it ended: %v", pooler.Err())
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

func selectOne(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(ctx, "select 1")
	return err
}

// poolerConfig is the ini file. Whoever reaches the socket, which lies in a
// private directory, is let in, becomes the user of the database's URL and
// sees that database, whatever name he gave.
func poolerConfig(to *pgx.ConnConfig, dir string) string {
	server := []string{"host=" + quoteIni(to.Host), "port=" + strconv.Itoa(int(to.Port)), "user=" + quoteIni(to.User)}
	if to.Password != "" {
		server = append(server, "password="+quoteIni(to.Password))
	}
	return fmt.Sprintf(`[databases]
* = dbname=%s %s
[pgbouncer]
listen_addr =
unix_socket_dir = %s
unix_socket_mode = 0700
listen_port = %d
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
logfile =
pidfile =
`, quoteIni(to.Database), strings.Join(server, " "), dir, poolerPort)
}

func quoteIni(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
