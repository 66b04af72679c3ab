package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/pgtest"
)

// The log that one would write first: ids from a sequence, "id > cursor" to
// read. The writers are those of the real log; if it is not seen to miss
// events here, then nothing is proved there.
const makeSequenceLog = `create table sequence_log (id bigint generated always as identity primary key, cause int not null)`

const readSequenceLog = `select id from sequence_log where id > $1 order by id limit $2`

func putSequence(ctx context.Context, tx pgx.Tx, _ string, _ auth.Project, cause, _ int) error {
	_, err := tx.Exec(ctx, `insert into sequence_log (cause) values ($1)`, cause)
	return err
}

type sequenceReading struct{ committed, missed, odd int }

// readSequence has the crowd write to a new log of a sequence and a reader with
// pages of 1 to 50 read it meanwhile, on another server perhaps.
func readSequence(t *testing.T, primary, from *pgxpool.Pool, crowd writing) sequenceReading {
	t.Helper()
	tr := &trial{t: t, pool: primary, projects: []auth.Project{{ID: 1}, {ID: 2}}}
	if _, err := primary.Exec(t.Context(), makeSequenceLog); err != nil {
		t.Fatal(err)
	}
	if from != primary {
		tr.awaitReplica(from)
	}
	var got []int64
	var ended atomic.Bool
	var reading, writing sync.WaitGroup
	reading.Go(func() {
		rnd := rand.New(rand.NewPCG(3, 17))
		for cursor := int64(0); ; {
			last := ended.Load() // what is committed after this is not waited for
			rows, err := from.Query(t.Context(), readSequenceLog, cursor, 1+rnd.IntN(50))
			var ids []int64
			if err == nil {
				ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			}
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			if len(ids) > 0 {
				got, cursor = append(got, ids...), ids[len(ids)-1]
				continue
			}
			if last {
				return
			}
			pause(t.Context(), rnd, 4*time.Millisecond)
		}
	})
	for i := range crowd.writers {
		writing.Go(func() { crowd.write(tr, i, rand.New(rand.NewPCG(uint64(i), 14)), putSequence) })
	}
	writing.Wait()
	if from != primary {
		tr.awaitReplica(from)
	}
	ended.Store(true)
	reading.Wait()
	rows, err := primary.Query(t.Context(), `select id from sequence_log order by id`)
	if err != nil {
		t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(got) {
		t.Error("the reader itself is wrong")
	}
	missed, odd := differ(got, want)
	t.Logf("%d writers: %d of %d committed events missed", crowd.writers, missed, len(want))
	return sequenceReading{len(want), missed, odd}
}

func TestReadersOfASequenceMissEvents(t *testing.T) {
	t.Parallel()
	for _, crowd := range crowds() {
		t.Run(fmt.Sprintf("of %d writers", crowd.writers), func(t *testing.T) {
			t.Parallel()
			var pool *pgxpool.Pool
			if crowd.writers > 8 {
				pool = openPool(t, pgtest.Server(t).URL(""), 64, nil)
			} else {
				pool = pgtest.Pool(t)
			}
			got := readSequence(t, pool, pool, crowd)
			if missed := got.missed > 0; missed != (crowd.writers > 1) || got.odd > 0 {
				t.Errorf("%d of %d missed, %d odd", got.missed, got.committed, got.odd)
			}
		})
	}
}
