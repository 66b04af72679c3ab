package wiring

import (
	"context"
	"fmt"

	"rynda/migrations"
	"rynda/pkg/postgres"
)

// Migrate brings the database to the newest version, makes the roles of the
// functions where that is asked for, and the partitions that the first report
// needs. It returns how many migrations it applied, and may be called again.
func Migrate(ctx context.Context, config Config) (applied int, err error) {
	database, _, err := config.Direct() // a pooler cannot hold the lock of a session
	if err != nil {
		return 0, err
	}
	if applied, err = migrations.Up(ctx, string(database.URL), database.Password); err != nil {
		return applied, err
	}
	if config.DatabaseRoles {
		if err := migrations.Roles(ctx, string(database.URL), database.Password); err != nil {
			return applied, err
		}
	}
	pool, err := database.Pool(ctx, 2, nil)
	if err != nil {
		return applied, err
	}
	defer pool.Close()
	store := postgres.NewStore(pool, nil)
	store.Retention = config.Retention
	if err := store.EnsureOccurrencePartitions(ctx); err != nil {
		return applied, fmt.Errorf("make partitions: %w", err)
	}
	return applied, nil
}
