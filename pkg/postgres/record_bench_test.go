package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/journal"
)

// BenchmarkRecord is one report in a transaction of its own, without the fold.
func BenchmarkRecord(b *testing.B) {
	for name, report := range map[string]journal.Report{
		"plain": {Message: "boom"},
		"keyed": {Message: "boom", ReportID: "r"}, // a repeat of one key, looked for on two days
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			config := w.pool.Config()
			TuneForWriting(config)
			pool, err := pgxpool.NewWithConfig(b.Context(), config)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(pool.Close)
			w.recorder.pool = pool
			for b.Loop() {
				if _, err := w.recorder.Record(b.Context(), w.accept(report)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
