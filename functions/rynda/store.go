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
	if config.DatabaseURL == "" {
		dev, err := readDevFile()
		if err != nil {
			return errors.New("DATABASE_URL is not set, and no development start is found here")
		}
		return withStoreAt(ctx, dev.DatabaseURL, do)
	}
	database, err := config.Database()
	if err != nil {
		return err
	}
	return withDatabase(ctx, database, do)
}

func withStoreAt(ctx context.Context, url string, do func(*stores) error) error {
	return withDatabase(ctx, wiring.Database{URL: wiring.Secret(url)}, do)
}

func withDatabase(ctx context.Context, database wiring.Database, do func(*stores) error) error {
	pool, err := database.Pool(ctx, 4, nil)
	if err != nil {
		return err
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
