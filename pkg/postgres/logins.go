package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
)

const insertLogin = `
insert into logins (login_sha256, state_sha256, nonce, verifier, next, redirect, created_at, expires_at)
values (@sha256, @state, @nonce, @verifier, @next, @redirect, @created, @expires)`

// SaveLogin implements auth.LoginStore.
func (s *Store) SaveLogin(ctx context.Context, row auth.LoginRow) error {
	_, err := s.pool.Exec(ctx, insertLogin, pgx.NamedArgs{
		"sha256": row.SHA256[:], "state": row.StateSHA256[:], "nonce": row.Nonce, "verifier": row.Verifier, "next": row.Next,
		"redirect": row.Redirect, "created": row.CreatedAt, "expires": row.ExpiresAt,
	})
	return unavailable(err)
}

const takeLogin = `
delete from logins where login_sha256 = @sha256
returning state_sha256, nonce, verifier, next, redirect, created_at, expires_at`

// TakeLogin implements auth.LoginStore.
func (s *Store) TakeLogin(ctx context.Context, sha256 [32]byte) (auth.LoginRow, error) {
	row := auth.LoginRow{SHA256: sha256}
	var state []byte
	err := s.pool.QueryRow(ctx, takeLogin, pgx.NamedArgs{"sha256": sha256[:]}).
		Scan(&state, &row.Nonce, &row.Verifier, &row.Next, &row.Redirect, &row.CreatedAt, &row.ExpiresAt)
	copy(row.StateSHA256[:], state)
	return row, looked(err)
}

const insertTicket = `
insert into tickets (ticket_sha256, kind, user_id, name, proof_sha256, projects, rights_until, created_at, expires_at)
values (@sha256, @kind, @user, @name, @proof, @projects, @until, @created, @expires)`

// SaveTicket implements auth.TicketStore.
func (s *Store) SaveTicket(ctx context.Context, row auth.TicketRow) error {
	var proof []byte
	if row.Basis.SHA256 != ([32]byte{}) {
		proof = row.Basis.SHA256[:]
	}
	_, err := s.pool.Exec(ctx, insertTicket, pgx.NamedArgs{
		"sha256": row.SHA256[:], "kind": row.Basis.Kind, "user": row.Basis.ID, "name": row.Basis.Name, "proof": proof,
		"projects": row.Basis.Slugs, "until": some(row.Basis.Expires), "created": row.CreatedAt, "expires": row.ExpiresAt,
	})
	return unavailable(err)
}

const takeTicket = `
delete from tickets where ticket_sha256 = @sha256
returning kind, user_id, name, proof_sha256, projects, rights_until, created_at, expires_at`

// TakeTicket implements auth.TicketStore.
func (s *Store) TakeTicket(ctx context.Context, sha256 [32]byte) (auth.TicketRow, error) {
	row := auth.TicketRow{SHA256: sha256}
	var proof []byte
	var until *time.Time
	err := s.pool.QueryRow(ctx, takeTicket, pgx.NamedArgs{"sha256": sha256[:]}).
		Scan(&row.Basis.Kind, &row.Basis.ID, &row.Basis.Name, &proof, &row.Basis.Slugs, &until, &row.CreatedAt, &row.ExpiresAt)
	copy(row.Basis.SHA256[:], proof)
	row.Basis.Expires = or(until)
	return row, looked(err)
}
