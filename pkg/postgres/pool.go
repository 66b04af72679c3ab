package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// TuneForWriting prepares a pool for a Recorder and a Folder. Their few
// statements are long and meet many partitions, so that planning them costs
// more than running them; they are planned once per connection. Behind a
// transaction pooler, where the session is not ours, it does nothing.
func TuneForWriting(config *pgxpool.Config) {
	if config.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set plan_cache_mode = force_generic_plan; set jit = off")
		return err
	}
}
