package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// SessionInfo is a session as lists show it. ID is the beginning of the hash of
// the session, which opens nothing.
type SessionInfo struct {
	ID        string
	UserID    string
	Name      string
	Projects  []string // slugs; nil is every project
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

const selectSession = `
select user_id, name, projects, created_at, expires_at, revoked_at from sessions where session_sha256 = @sha256`

// Session implements auth.Lookup.
func (s *Store) Session(ctx context.Context, sha256 [32]byte) (auth.SessionRow, error) {
	row := auth.SessionRow{SHA256: sha256}
	var revoked *time.Time
	err := s.pool.QueryRow(ctx, selectSession, pgx.NamedArgs{"sha256": sha256[:]}).
		Scan(&row.UserID, &row.Name, &row.Projects, &row.CreatedAt, &row.ExpiresAt, &revoked)
	row.RevokedAt = or(revoked)
	return row, looked(err)
}

const insertSession = `
insert into sessions (session_sha256, user_id, name, projects, created_at, expires_at)
values (@sha256, @user, @name, @projects, @created, @expires)`

// SaveSession implements auth.LoginStore.
func (s *Store) SaveSession(ctx context.Context, row auth.SessionRow) error {
	_, err := s.pool.Exec(ctx, insertSession, pgx.NamedArgs{
		"sha256": row.SHA256[:], "user": row.UserID, "name": row.Name, "projects": row.Projects,
		"created": row.CreatedAt, "expires": row.ExpiresAt,
	})
	return unavailable(err)
}

const revokeSession = `
update sessions set revoked_at = coalesce(revoked_at, @now) where session_sha256 = @sha256`

// RevokeSession implements auth.LoginStore. Processes that know the session go
// on believing it for less than a minute.
func (s *Store) RevokeSession(ctx context.Context, sha256 [32]byte) error {
	tag, err := s.pool.Exec(ctx, revokeSession, pgx.NamedArgs{"sha256": sha256[:], "now": s.now()})
	if err == nil && tag.RowsAffected() == 0 {
		return auth.ErrUnknown
	}
	return unavailable(err)
}

const selectSessions = `
select session_sha256, user_id, name,
  case when projects is null then null else coalesce((select array_agg(p.slug order by p.slug) from projects p where p.project_id = any (s.projects)), '{}') end,
  created_at, expires_at, revoked_at
from sessions s where expires_at > @now
order by created_at, session_sha256`

// sessionID is how many bytes of the hash stand in an id.
const sessionID = 6

// ListSessions returns the sessions that have not expired, oldest first, revoked
// ones included.
func (s *Store) ListSessions(ctx context.Context) ([]SessionInfo, error) {
	rows, err := s.pool.Query(ctx, selectSessions, pgx.NamedArgs{"now": s.now()})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", unavailable(err))
	}
	sessions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i SessionInfo, err error) {
		var sum []byte
		var revoked *time.Time
		err = row.Scan(&sum, &i.UserID, &i.Name, &i.Projects, &i.CreatedAt, &i.ExpiresAt, &revoked)
		if err == nil {
			i.ID = hex.EncodeToString(sum[:sessionID])
		}
		i.RevokedAt = or(revoked)
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", unavailable(err))
	}
	return sessions, nil
}

const revokeSessions = `
update sessions set revoked_at = @now where revoked_at is null and (
  @user <> '' and user_id = @user or @id <> '' and encode(substr(session_sha256, 1, @bytes::int), 'hex') = @id)`

// RevokeSessions revokes the session with this id, as lists show it, and every
// session of the person with this user id; either may be empty. It returns how
// many it revoked. ErrNotFound: none of them lives.
func (s *Store) RevokeSessions(ctx context.Context, id, user string) (int, error) {
	tag, err := s.pool.Exec(ctx, revokeSessions, pgx.NamedArgs{"id": id, "user": user, "bytes": sessionID, "now": s.now()})
	if err == nil && tag.RowsAffected() == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("revoke sessions: %w", unavailable(err))
	}
	return int(tag.RowsAffected()), nil
}
