package wiring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/functions/internal/secrets"
)

// Database is how connections to Postgres are made: an address, and a password
// that may have to be asked for before each.
type Database struct {
	URL      Secret
	Password secrets.Password // nil: it is in the address, or there is none
}

// Database is where the journal is kept.
func (c Config) Database() (Database, error) {
	password, err := secrets.ForDatabase(c.DatabaseAuth)
	if err != nil {
		return Database{}, fmt.Errorf("RYNDA_DATABASE_AUTH: %w", err)
	}
	return Database{c.DatabaseURL, password}, nil
}

// Direct is the database without a pooler between, for LISTEN and migrations;
// false where nobody is to listen.
func (c Config) Direct() (Database, bool, error) {
	d, err := c.Database()
	if c.ListenURL != "" && c.ListenURL != "off" {
		d.URL = c.ListenURL
	}
	return d, c.ListenURL != "off", err
}

// Pool makes a pool of at most that many connections. It does not connect yet.
func (d Database) Pool(ctx context.Context, connections int32, tune func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(string(d.URL))
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be read") // the cause holds the URL
	}
	config.MaxConns = connections
	config.ConnConfig.ConnectTimeout = 800 * time.Millisecond
	config.HealthCheckPeriod = 5 * time.Second
	config.MaxConnIdleTime = 5 * time.Minute
	config.BeforeConnect = d.Password
	if tune != nil {
		tune(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be used")
	}
	return pool, nil
}

// listen makes the connection that hears the doorbell.
func (d Database) listen(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	config, err := pgx.ParseConfig(string(d.URL))
	if err != nil {
		return nil, errors.New("the database URL cannot be read")
	}
	if d.Password != nil {
		if err := d.Password(ctx, config); err != nil {
			return nil, err
		}
	}
	return pgx.ConnectConfig(ctx, config)
}
