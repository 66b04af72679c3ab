package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/migrations"
)

// Databases are named by purpose: test_<made>_<random>, where made is seconds
// in base 36; template_<hash>; plain_<hash>, which Tx uses.
const prefix = "rynda_"

// templateLock is the advisory lock, in the database that the address names,
// under which templates are made and leftovers dropped.
const templateLock = 7_000_002

// sharedServer is a server with a template on it.
type sharedServer struct {
	admin    url.URL // the database to create and drop others from
	template string
	plain    string
}

func (s *sharedServer) url(database string) string {
	u := s.admin
	u.Path = "/" + database
	return u.String()
}

func (s *sharedServer) newName() string {
	return prefix + "test_" + strconv.FormatInt(time.Now().Unix(), 36) + "_" + strings.ToLower(rand.Text()[:12])
}

// clone is the statement that makes a database from the template. Page by page
// through the log took 37 ms, copying the files, which needs a checkpoint, 89.
func (s *sharedServer) clone(name string) string {
	return "create database " + quote(name) + " template " + quote(s.template) + " strategy wal_log"
}

// drop is the statement that drops it, whoever is connected.
func (s *sharedServer) drop(name string) string {
	return "drop database if exists " + quote(name) + " with (force)"
}

// run connects, executes the statements one by one, and disconnects.
func (s *sharedServer) run(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	return execAll(ctx, conn, statements...)
}

func execAll(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// makeTemplate makes the databases that others are cloned from unless another
// process has, and drops what killed ones have left.
func (s *sharedServer) makeTemplate(ctx context.Context) error {
	hash, err := hashFiles(migrations.FS)
	if err != nil {
		return err
	}
	s.template, s.plain = prefix+"template_"+hash, prefix+"plain_"+hash
	conn, err := pgx.Connect(ctx, s.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(context.Background()) // gives the lock up
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return err
	}
	if err := dropLeftovers(ctx, conn, time.Now()); err != nil {
		return fmt.Errorf("drop leftovers: %w", err)
	}
	used := []string{
		fmt.Sprintf("comment on database %s is '%d'", quote(s.template), time.Now().Unix()),
		fmt.Sprintf("comment on database %s is '%d'", quote(s.plain), time.Now().Unix()),
	}
	var whole bool
	err = conn.QueryRow(ctx, "select count(*) = 2 from pg_database where datname in ($1, $2)", s.template, s.plain).Scan(&whole)
	if err != nil {
		return err
	}
	if whole {
		return execAll(ctx, conn, used...)
	}
	fresh := s.template + "_new"
	err = execAll(ctx, conn,
		"drop database if exists "+quote(s.plain)+" with (force)",
		"drop database if exists "+quote(fresh)+" with (force)",
		"create database "+quote(fresh))
	if err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, s.url(fresh), nil); err != nil {
		return err
	}
	// The rename comes last: both are there, or the next one begins anew.
	return execAll(ctx, conn, append([]string{
		"create database " + quote(s.plain) + " template " + quote(fresh),
		"drop database if exists " + quote(s.template),
		"alter database " + quote(fresh) + " rename to " + quote(s.template),
	}, used...)...)
}

// A test's database is a leftover at this age, if nobody is connected: no test
// takes so long. A template is one when no run has used it for the longer time,
// which its comment says.
const (
	staleTest     = time.Hour
	staleTemplate = 7 * 24 * time.Hour
)

// dropLeftovers drops the databases of tests that were killed, and templates
// of migrations that have changed. On the run's own server there are hardly
// any, and they go away with it.
func dropLeftovers(ctx context.Context, conn *pgx.Conn, now time.Time) error {
	rows, err := conn.Query(ctx, `
		select datname, coalesce(shobj_description(oid, 'pg_database'), '') as used
		from pg_database d
		where datname ~ $1
		and not exists (select from pg_stat_activity a where a.datid = d.oid)`, "^"+prefix+"(test|template|plain)_")
	if err != nil {
		return err
	}
	type database struct{ Datname, Used string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[database])
	if err != nil {
		return err
	}
	for _, d := range all {
		made, ok := madeAt(d.Datname)
		age := staleTest
		if !ok {
			seconds, err := strconv.ParseInt(d.Used, 10, 64)
			made, age, ok = time.Unix(seconds, 0), staleTemplate, err == nil
		}
		if !ok || now.Sub(made) < age {
			continue
		}
		// Somebody may have connected by now, or dropped it.
		if err := execAll(ctx, conn, "drop database if exists "+quote(d.Datname)); err != nil && ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// madeAt reads when a test's database was made from its name.
func madeAt(name string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(name, prefix+"test_")
	if !ok {
		return time.Time{}, false
	}
	made, _, ok := strings.Cut(rest, "_")
	seconds, err := strconv.ParseInt(made, 36, 64)
	return time.Unix(seconds, 0), ok && err == nil && seconds > 0
}

// hashFiles is 12 hex digits over the names and contents of the files.
func hashFiles(files fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%q %d\n", path, len(data))
		sum.Write(data)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6]), err
}
