// Package migrations holds the schema of Rynda as forward-only SQL files and
// applies them.
//
// A file is named 0001_verb_object.sql and begins with a line that says why.
// A file that has shipped is never edited: old and new binaries run side by
// side during a rollout, so a change expands first, fills, and contracts in a
// later file. schema.sql shows the result of all of them; a test compares it.
//
// Several processes may call Up at once: a session lock lets one of them work
// while the others wait, and those then find nothing left to do. The lock is a
// session lock, so Up wants a direct connection and not a transaction pooler.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// files are all SQL files of this folder.
//
//go:embed *.sql
var files embed.FS

// FS is the set of migration files (without schema.sql, which is a picture of
// the result and not a step towards it).
var FS fs.FS = onlySteps{files}

// Up brings the database behind dsn to the newest version and returns how many
// files it applied; 0 means that there was nothing to do. Each file has its own
// transaction, so an error leaves the files before it applied. Password, if it
// is not nil, fills in what each connection needs to be let in.
func Up(ctx context.Context, dsn string, password func(context.Context, *pgx.ConnConfig) error) (int, error) {
	db, err := open(dsn, password)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return up(ctx, db)
}

func open(dsn string, password func(context.Context, *pgx.ConnConfig) error) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("migrate: the database URL cannot be read")
	}
	// A migration may rebuild what a statement cache remembers.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	var options []stdlib.OptionOpenDB
	if password != nil {
		options = append(options, stdlib.OptionBeforeConnect(password))
	}
	return stdlib.OpenDB(*config, options...), nil
}

func up(ctx context.Context, db *sql.DB) (int, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(7_000_001), lock.WithLockTimeout(1, 120))
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, FS, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return len(applied), fmt.Errorf("migrate: %w", err)
	}
	return len(applied), nil
}

// onlySteps hides schema.sql from whoever lists the files.
type onlySteps struct{ embed.FS }

func (f onlySteps) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.FS.ReadDir(name)
	steps := entries[:0]
	for _, e := range entries {
		if e.Name() != "schema.sql" {
			steps = append(steps, e)
		}
	}
	return steps, err
}

func (f onlySteps) Open(name string) (fs.File, error) {
	if name == "schema.sql" {
		return nil, fs.ErrNotExist
	}
	return f.FS.Open(name)
}
