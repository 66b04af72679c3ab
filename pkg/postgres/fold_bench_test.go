package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/journal"
)

// BenchmarkFold is one fold of a hundred inbox rows: of a hundred groups that
// are known, or of one.
func BenchmarkFold(b *testing.B) {
	for _, groups := range []int{1, 100} {
		b.Run(fmt.Sprintf("100 rows of %d groups", groups), func(b *testing.B) {
			w := newWorld(b)
			config := w.pool.Config()
			TuneForWriting(config)
			pool, err := pgxpool.NewWithConfig(b.Context(), config)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(pool.Close)
			w.recorder.pool, w.folder.pool = pool, pool
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				w.at = w.at.Add(10 * time.Millisecond)
				for i := range 100 {
					w.record(journal.Report{Message: "boom", Source: "job", Release: "1", Fingerprint: []string{fmt.Sprint(i % groups)}})
				}
				b.StartTimer()
				w.fold()
			}
		})
	}
}
