-- Why: people sign in by OpenID Connect, and streams on other origins are opened by tickets that work once.

-- +goose Up

-- Logins that have begun: what the callback has to prove, found by the hash of the cookie of the browser that began.
-- Taking a row deletes it, so a state works once in all processes.
create table logins (
  login_sha256 bytea primary key,
  state_sha256 bytea not null,
  nonce        text not null,
  verifier     text not null,
  next         text not null,
  redirect     text not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  constraint logins_sha256_length check (octet_length(login_sha256) = 32),
  constraint logins_state_length check (octet_length(state_sha256) = 32),
  constraint logins_next_length check (length(next) <= 2000),
  constraint logins_lifetime check (expires_at > created_at)
);
create index logins_expiry on logins (expires_at);

-- Tickets that open one stream. kind and what follows say what the rights rest on, so that they can be read again while
-- the stream is open; projects are the slugs of a bearer token.
create table tickets (
  ticket_sha256 bytea primary key,
  kind          text not null,
  user_id       text not null,
  name          text not null,
  proof_sha256  bytea,
  projects      text[],
  rights_until  timestamptz,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  constraint tickets_sha256_length check (octet_length(ticket_sha256) = 32),
  constraint tickets_proof_length check (octet_length(proof_sha256) = 32),
  constraint tickets_kind_known check (kind in ('session', 'staff_token', 'bearer', 'local')),
  constraint tickets_proved check ((proof_sha256 is not null) = (kind in ('session', 'staff_token'))),
  constraint tickets_lifetime check (expires_at > created_at and expires_at <= created_at + interval '30 seconds')
);
create index tickets_expiry on tickets (expires_at);

-- Sessions of one person are listed and revoked together.
create index sessions_person on sessions (user_id);
