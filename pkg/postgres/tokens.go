package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// NewIngestToken describes an ingest token to be made.
type NewIngestToken struct {
	Project string // slug
	Name    string // what it is for
	Scopes  []auth.Scope
	// Replace revokes the oldest live token of this project and name when there
	// are two already; otherwise a third is refused.
	Replace bool
}

// NewStaffToken describes a staff token to be made.
type NewStaffToken struct {
	Name      string    // of the person: what "viewed by" shows
	Projects  []string  // slugs; nil is every project
	ExpiresAt time.Time // zero: until it is revoked
}

// TokenInfo is a token as lists show it: never its text.
type TokenInfo struct {
	Prefix    string
	Kind      string // ingest or staff
	Name      string
	Projects  []string // slugs; nil is every project
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

// liveTokens is how many ingest tokens of one project and name work at a time:
// the old and the new one of a rotation.
const liveTokens = 2

const selectProjectForToken = `select project_id from projects where slug = @slug for no key update`

const selectLiveTokens = `
select token_id from ingest_tokens where project_id = @project and name = @name and revoked_at is null
order by created_at, token_id`

const insertIngestToken = `
insert into ingest_tokens (project_id, prefix, secret_sha256, scopes, name, created_at)
values (@project, @prefix, @sha256, @scopes, @name, @now)`

const revokeTokenID = `update ingest_tokens set revoked_at = @now where token_id = @id`

// MintIngestToken makes a token and returns its text, which is nowhere else.
// ErrNotFound: no such project. ErrConflict: two of this name live already.
// ErrInvalid: no scope, or an unknown one.
func (s *Store) MintIngestToken(ctx context.Context, t NewIngestToken) (string, error) {
	if len(t.Scopes) == 0 || len(t.Name) > 200 {
		return "", &journal.FieldError{Field: "scopes", Reason: "must be report, control or both", Kind: journal.ErrInvalid}
	}
	for _, scope := range t.Scopes {
		if scope != auth.Report && scope != auth.Control {
			return "", &journal.FieldError{Field: "scopes", Reason: "must be report, control or both", Kind: journal.ErrInvalid}
		}
	}
	text, row := auth.NewToken(auth.IngestPrefix)
	now := s.now()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var project int64
		err := tx.QueryRow(ctx, selectProjectForToken, pgx.NamedArgs{"slug": t.Project}).Scan(&project)
		if errors.Is(err, pgx.ErrNoRows) {
			return journal.ErrNotFound
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectLiveTokens, pgx.NamedArgs{"project": project, "name": t.Name})
		if err != nil {
			return err
		}
		live, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for len(live) >= liveTokens {
			if !t.Replace {
				return fmt.Errorf("two tokens of this name live already: %w", journal.ErrConflict)
			}
			if _, err := tx.Exec(ctx, revokeTokenID, pgx.NamedArgs{"id": live[0], "now": now}); err != nil {
				return err
			}
			live = live[1:]
		}
		_, err = tx.Exec(ctx, insertIngestToken, pgx.NamedArgs{
			"project": project, "prefix": row.Prefix, "sha256": row.SHA256[:], "scopes": t.Scopes, "name": t.Name, "now": now,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make an ingest token: %w", unavailable(err))
	}
	return text, nil
}

const insertStaffToken = `
insert into staff_tokens (prefix, secret_sha256, name, projects, created_at, expires_at)
select @prefix, @sha256, @name, case when @slugs::text[] is null then null else
  coalesce((select array_agg(project_id order by project_id) from projects where slug = any (@slugs)), '{}') end, @now, @expires
where @slugs::text[] is null or (select count(*) from projects where slug = any (@slugs)) = cardinality(@slugs)`

// MintStaffToken makes a token for scripts of a person and returns its text,
// which is nowhere else. ErrNotFound: one of the projects is missing.
func (s *Store) MintStaffToken(ctx context.Context, t NewStaffToken) (string, error) {
	if t.Name == "" || len(t.Name) > 200 {
		return "", &journal.FieldError{Field: "name", Reason: "must have 1 to 200 bytes", Kind: journal.ErrInvalid}
	}
	text, row := auth.NewToken(auth.StaffPrefix)
	slugs := slices.Clone(t.Projects)
	slices.Sort(slugs)
	tag, err := s.pool.Exec(ctx, insertStaffToken, pgx.NamedArgs{
		"prefix": row.Prefix, "sha256": row.SHA256[:], "name": t.Name, "slugs": slices.Compact(slugs), "now": s.now(),
		"expires": some(t.ExpiresAt),
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("make a staff token: %w", unavailable(err))
	}
	return text, nil
}

const revokeToken = `
with i as (update ingest_tokens set revoked_at = coalesce(revoked_at, @now) where prefix = @prefix returning 1),
  s as (update staff_tokens set revoked_at = coalesce(revoked_at, @now) where prefix = @prefix returning 1)
select (select count(*) from i) + (select count(*) from s)`

// RevokeToken ends the token with this prefix. Processes that know it go on
// believing it for less than a minute.
func (s *Store) RevokeToken(ctx context.Context, prefix string) error {
	var n int
	err := s.pool.QueryRow(ctx, revokeToken, pgx.NamedArgs{"prefix": prefix, "now": s.now()}).Scan(&n)
	if err == nil && n == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke a token: %w", unavailable(err))
	}
	return nil
}

const selectTokens = `
select t.prefix, 'ingest', t.name, array[p.slug], t.scopes, t.created_at, null::timestamptz, t.revoked_at
from ingest_tokens t join projects p using (project_id)
union all
select t.prefix, 'staff', t.name,
  case when t.projects is null then null else coalesce((select array_agg(p.slug order by p.slug) from projects p where p.project_id = any (t.projects)), '{}') end,
  '{}', t.created_at, t.expires_at, t.revoked_at
from staff_tokens t
order by 6, 1`

// ListTokens returns every token, oldest first, revoked ones included.
func (s *Store) ListTokens(ctx context.Context) ([]TokenInfo, error) {
	rows, err := s.pool.Query(ctx, selectTokens)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", unavailable(err))
	}
	tokens, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t TokenInfo, err error) {
		var expires, revoked *time.Time
		err = row.Scan(&t.Prefix, &t.Kind, &t.Name, &t.Projects, &t.Scopes, &t.CreatedAt, &expires, &revoked)
		t.ExpiresAt, t.RevokedAt = or(expires), or(revoked)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", unavailable(err))
	}
	return tokens, nil
}

const selectIngestToken = `
select t.secret_sha256, t.name, t.scopes, t.revoked_at, p.project_id, p.slug
from ingest_tokens t join projects p using (project_id) where t.prefix = @prefix`

// IngestToken implements auth.Lookup.
func (s *Store) IngestToken(ctx context.Context, prefix string) (auth.TokenRow, error) {
	row := auth.TokenRow{Prefix: prefix}
	var sum []byte
	var revoked *time.Time
	err := s.pool.QueryRow(ctx, selectIngestToken, pgx.NamedArgs{"prefix": prefix}).
		Scan(&sum, &row.Name, &row.Scopes, &revoked, &row.Project.ID, &row.Project.Slug)
	copy(row.SHA256[:], sum)
	row.RevokedAt = or(revoked)
	return row, looked(err)
}

const selectStaffToken = `
select secret_sha256, name, projects, expires_at, revoked_at from staff_tokens where prefix = @prefix`

// StaffToken implements auth.Lookup.
func (s *Store) StaffToken(ctx context.Context, prefix string) (auth.TokenRow, error) {
	row := auth.TokenRow{Prefix: prefix}
	var sum []byte
	var expires, revoked *time.Time
	err := s.pool.QueryRow(ctx, selectStaffToken, pgx.NamedArgs{"prefix": prefix}).
		Scan(&sum, &row.Name, &row.Projects, &expires, &revoked)
	copy(row.SHA256[:], sum)
	row.ExpiresAt, row.RevokedAt = or(expires), or(revoked)
	return row, looked(err)
}

// looked turns "no row" into the answer that auth knows.
func looked(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.ErrUnknown
	}
	return unavailable(err)
}

func isUnique(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}
