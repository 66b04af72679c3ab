package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/functions/internal/wiring"
	"rynda/pkg/auth"
	"rynda/pkg/journal"
	"rynda/pkg/postgres"
)

// stores is the store for a command that runs once.
type stores struct {
	*postgres.Store
	*pgxpool.Pool
}

func withStore(ctx context.Context, do func(*stores) error) error {
	config, err := wiring.Load()
	if err != nil {
		return err
	}
	url := string(config.DatabaseURL)
	if url == "" {
		dev, err := readDevFile()
		if err != nil {
			return errors.New("DATABASE_URL is not set, and no development start is found here")
		}
		url = dev.DatabaseURL
	}
	return withStoreAt(ctx, url, do)
}

func withStoreAt(ctx context.Context, url string, do func(*stores) error) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return errors.New("the database URL cannot be used")
	}
	defer pool.Close()
	return do(&stores{postgres.NewStore(pool, nil), pool})
}

// works reports whether the text is a live token.
func (s *stores) works(ctx context.Context, text string) bool {
	if text == "" {
		return false
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/", nil)
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+text)
	_, err = auth.New(s.Store, auth.Config{}, nil).Authenticate(r)
	return err == nil
}

func isConflict(err error) bool { return errors.Is(err, journal.ErrConflict) }
