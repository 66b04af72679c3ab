package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Store answers everything that is not the event log itself. It is safe for
// concurrent use.
type Store struct {
	pool *pgxpool.Pool
	now  func() time.Time
	// Fold is called after a command was put into the inbox; nil leaves the
	// folding to others. It returns when nothing was left to fold, when another
	// process folds, or when ctx ends.
	Fold func(ctx context.Context) error
	// Retention is for how long things are kept; its zero fields are the defaults.
	Retention Retention
}

// NewStore returns a store over pool. A nil now is time.Now.
func NewStore(pool *pgxpool.Pool, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{pool: pool, now: now}
}

// scoped runs fn in a read-only transaction that can see the rows of scope and
// no others, whatever the statements of fn say: it runs as rynda_app, which
// row-level security binds. Every read for staff goes through here.
func (s *Store) scoped(ctx context.Context, scope []auth.Project, fn func(tx pgx.Tx) error) error {
	ids := make([]string, len(scope))
	for i, p := range scope {
		ids[i] = strconv.FormatInt(p.ID, 10)
	}
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	const enter = `select set_config('role', 'rynda_app', true), set_config('rynda.projects', $1, true),
		set_config('statement_timeout', '5s', true), set_config('jit', 'off', true)`
	if _, err := tx.Exec(ctx, enter, strings.Join(ids, ",")); err != nil {
		return unavailable(err)
	}
	if err := fn(tx); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable wraps errors that mean "Postgres is away or busy" in
// journal.ErrUnavailable and leaves the others alone.
func unavailable(err error) error {
	if err == nil || errors.Is(err, journal.ErrUnavailable) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57P"),
			pg.Code == "57014", pg.Code == "55P03", pg.Code == "40001", pg.Code == "40P01", pg.Code == "25006":
			return fmt.Errorf("%w: %w", journal.ErrUnavailable, err)
		}
		return err
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) ||
		pgconn.SafeToRetry(err) || isConnectionLoss(err) {
		return fmt.Errorf("%w: %w", journal.ErrUnavailable, err)
	}
	return err
}

// isConnectionLoss recognises what pgx returns when the server went away in the
// middle of a conversation: an error of the network and not of the server.
func isConnectionLoss(err error) bool {
	text := err.Error()
	for _, s := range []string{"unexpected EOF", "conn closed", "connection reset", "broken pipe", "closed pool",
		"use of closed network connection", "connection refused", "no such file or directory"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
