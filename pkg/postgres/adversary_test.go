package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// The files adversary_*_test.go attack the promise of the event log: whoever
// goes on after an id has missed nothing, sees nothing twice and nothing out of
// order. Writers hold transactions open, roll them and their savepoints back;
// folders die between and in their statements; backends are terminated and
// killed; readers forget where they were and go on from an earlier place. The
// same writers and the same reader over ids of a sequence must miss events
// (adversary_sequence_test.go), or this proves nothing.

// trial is a database with everything that writes to it and reads from it, on
// the real clock.
type trial struct {
	t        *testing.T
	dsn      string        // of the primary
	pool     *pgxpool.Pool // of the primary
	store    *Store
	recorder *Recorder
	fold     FoldConfig
	projects []auth.Project // alpha and beta
	start    eventlog.Position
	rough    bool // errors of writers and readers are expected: they try again

	// readLog is what readers have: on the primary or on a replica of it.
	readLog *eventlog.Log

	mu   sync.Mutex
	keys []string // of transactions with an inbox row that were acknowledged

	kept atomic.Int64 // reports that were acknowledged
	end  atomic.Int64 // the last event; 0 while there may be more
}

func (tr *trial) acknowledged(key string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.keys = append(tr.keys, key)
}

// truth is written in the same transaction as an inbox row, so that what the
// fold counts can be compared with what was committed, whoever was killed.
const makeTruth = `create table truth (project_id bigint not null, fingerprint text not null, count bigint not null, key text not null)`

func newTrial(t *testing.T, dsn string) *trial {
	t.Helper()
	tr := &trial{t: t, dsn: dsn, pool: openPool(t, dsn, 64, nil)}
	tr.store = NewStore(tr.pool, nil)
	tr.recorder = NewRecorder(tr.store, RecorderConfig{Committers: 2})
	policy := journal.DefaultPolicy
	policy.Hold = 20 * time.Millisecond // so that there are many events, and some are held
	tr.fold = FoldConfig{Batch: 40, Policy: &policy}
	tr.readLog = eventlog.New(tr.pool)
	for _, slug := range []string{"alpha", "beta"} {
		p := auth.Project{Slug: slug}
		err := tr.pool.QueryRow(t.Context(), `insert into projects (slug, name) values ($1, $1) returning project_id`, slug).Scan(&p.ID)
		if err != nil {
			t.Fatal(err)
		}
		tr.projects = append(tr.projects, p)
	}
	if _, err := tr.pool.Exec(t.Context(), makeTruth); err != nil {
		t.Fatal(err)
	}
	if err := tr.store.EnsureOccurrencePartitions(t.Context()); err != nil {
		t.Fatal(err)
	}
	tr.start = tr.head().Position()
	return tr
}

// openPool opens a pool of at most so many connections, closed with the test.
func openPool(t testing.TB, dsn string, connections int32, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns, config.ConnConfig.Tracer = connections, tracer
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (tr *trial) head() eventlog.Head {
	tr.t.Helper()
	head, err := eventlog.New(tr.pool).Head(tr.t.Context())
	if err != nil {
		tr.t.Fatal(err)
	}
	return head
}

// run lets the writers write, the folders fold and die, and the readers read,
// until all that was committed is in the log and every reader has come to its
// end; then it compares.
func (tr *trial) run(writers writing, mortals *mortals, readers []*reader) {
	tr.t.Helper()
	ctx, stop := context.WithCancel(tr.t.Context())
	defer stop()
	var folding, writing, recording sync.WaitGroup
	awaitReaders := tr.startReaders(readers)
	folders := make([]*Folder, 4)
	for i := range folders {
		pool := openPool(tr.t, tr.dsn, 2, mortals)
		folders[i] = NewFolder(pool, tr.fold, nil)
		rnd := rand.New(rand.NewPCG(uint64(i), 12))
		folding.Go(func() {
			for ctx.Err() == nil {
				_ = folders[i].Fold(ctx) // it dies often; who is left goes on
				pause(ctx, rnd, 8*time.Millisecond)
			}
		})
	}
	recording.Go(func() { tr.recorder.Run(ctx) })
	writing.Go(func() { tr.record(writers, rand.New(rand.NewPCG(1, 13))) })
	writing.Go(func() { tr.control(writers, rand.New(rand.NewPCG(1, 17))) })
	for i := range writers.writers {
		writing.Go(func() { writers.write(tr, i, rand.New(rand.NewPCG(uint64(i), 14)), putInbox) })
	}
	writing.Wait()
	stop()
	folding.Wait()
	recording.Wait()
	tr.settle()
	awaitReaders()
	tr.compare(readers)
	if mortals.total() == 0 {
		tr.t.Error("no folder died")
	}
	tr.t.Logf("%d transactions and %d reports acknowledged, %d events, deaths of folders %v",
		len(tr.keys), tr.kept.Load(), tr.end.Load(), mortals.deaths)
}

// startReaders has the readers read until they have come to the end, for which
// the function that it returns waits; when the test gives up before, they do.
func (tr *trial) startReaders(readers []*reader) (await func()) {
	var reading sync.WaitGroup
	ctx, stop := context.WithCancel(tr.t.Context())
	for i, r := range readers {
		reading.Go(func() { r.read(ctx, tr, rand.New(rand.NewPCG(uint64(i), 11))) })
	}
	tr.t.Cleanup(func() { stop(); reading.Wait() })
	return reading.Wait
}

// settle folds until nothing is left to fold and no event is held, and tells
// the readers where the log ends.
func (tr *trial) settle() {
	tr.t.Helper()
	folder := NewFolder(openPool(tr.t, tr.dsn, 2, nil), tr.fold, nil)
	within, cancel := context.WithTimeout(tr.t.Context(), 3*time.Minute)
	defer cancel()
	for left := 1; left > 0; {
		if err := folder.Fold(within); err != nil && !tr.rough {
			tr.t.Fatal(err)
		}
		err := tr.pool.QueryRow(within, `select (select count(*) from inbox)
			+ (select count(*) from groups where version > published_version)
			+ (select count(*) from log_news where version > published_version)`).Scan(&left)
		if err != nil {
			if !tr.rough || within.Err() != nil {
				tr.t.Fatal(err)
			}
			left = 1
		}
		pause(within, nil, tr.fold.Policy.Hold)
	}
	tr.end.Store(tr.head().ID)
}

// compare holds every reader's record against the log, the log against the
// groups, and the groups against what was committed.
func (tr *trial) compare(readers []*reader) {
	t := tr.t
	t.Helper()
	one := func(what, query string, want int64, args ...any) {
		t.Helper()
		var got int64
		if err := tr.pool.QueryRow(t.Context(), query, args...).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	end := tr.end.Load()
	if end < 20 {
		t.Errorf("only %d events", end)
	}
	one("events", `select count(*) from events`, end)
	one("lowest id", `select min(id) from events`, 1)
	one("highest id", `select max(id) from events`, end)
	one("rows set aside", `select count(*) from inbox_dead`, 0)
	one("acknowledged transactions that are there", `select count(distinct key) from truth where key = any ($1)`,
		int64(len(tr.keys)), tr.keys)
	one("reports stored", `select count(*) from occurrences`, tr.kept.Load())
	one("groups whose count is not what was committed", `
		select count(*) from groups g full join (
			select project_id, fingerprint, sum(count) as count from (
				select project_id, fingerprint, count from truth union all select project_id, fingerprint, 1 from occurrences
			) c group by project_id, fingerprint
		) c using (project_id, fingerprint) where g.count is distinct from c.count`, 0)
	one("groups whose hours do not add up", `select count(*) from groups g
		where g.count <> (select sum(h.count) from group_hours h where h.group_id = g.group_id)`, 0)

	for _, r := range readers {
		var want []int64
		rows, err := tr.pool.Query(t.Context(), `select id from events where topics && $1 order by id`, r.logTopics())
		if err == nil {
			want, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		if err != nil {
			t.Fatal(err)
		}
		missed, odd := differ(r.ids, want)
		if missed > 0 || odd > 0 || r.resets > 0 || r.fault != nil {
			t.Errorf("%s: %d of %d events missed, %d out of order or again, %d resets, %v",
				r.name, missed, len(want), odd, r.resets, r.fault)
		}
		var stored []finally
		rows, err = tr.pool.Query(t.Context(), `select g.group_id::text, g.version, g.count from groups g
			join projects p using (project_id) where 'errors/' || p.slug = any ($1) order by g.group_id`, r.logTopics())
		if err == nil {
			stored, err = pgx.CollectRows(rows, pgx.RowToStructByPos[finally])
		}
		if err != nil {
			t.Fatal(err)
		}
		want2 := map[string]finally{}
		for _, f := range stored {
			want2[f.GroupID] = f
		}
		tr.compareRuns(r)
		if diff := cmp.Diff(want2, r.last); diff != "" {
			t.Errorf("%s ends with another picture than the rows:\n%s", r.name, diff)
		}
	}
}

// differ counts the ids of want that are not in got, and those of got that do
// not grow or are not in want.
func differ(got, want []int64) (missed, odd int) {
	has, last := map[int64]bool{}, int64(0)
	for _, id := range want {
		has[id] = true
	}
	for _, id := range got {
		if id <= last || !has[id] {
			odd++
			continue
		}
		last = id
		delete(has, id)
	}
	return len(has), odd
}

// pause waits a random time up to most, or all of it without rnd.
func pause(ctx context.Context, rnd *rand.Rand, most time.Duration) {
	if rnd != nil {
		most = time.Duration(rnd.Int64N(int64(most) + 1))
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// crowds are few writers and many: with many there is always some older
// transaction that hides a mistake which few bring out.
func crowds() []writing {
	list := []writing{
		{writers: 1, each: 150, most: 6 * time.Millisecond},
		{writers: 3, each: 80, most: 12 * time.Millisecond},
		{writers: 48, each: 14, most: 100 * time.Millisecond},
	}
	if testing.Short() {
		for i := range list {
			list[i].each /= 3
		}
	}
	return list
}

func TestNoReaderMissesAnEvent(t *testing.T) {
	t.Parallel()
	for _, crowd := range crowds() {
		t.Run(fmt.Sprintf("of %d writers", crowd.writers), func(t *testing.T) {
			t.Parallel()
			dsn := ""
			if crowd.writers > 8 { // too many connections for a server that is shared
				dsn = pgtest.Server(t).URL("")
			} else {
				dsn = pgtest.New(t)
			}
			tr := newTrial(t, dsn)
			tr.run(crowd, &mortals{trial: tr, percent: 30, end: tr.terminate}, tr.everyReader(pgtest.Direct(dsn)))
		})
	}
}

func TestNoReaderOfAReplicaMissesAnEvent(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a server and a replica for it")
	}
	primary := pgtest.Server(t)
	replica := openPool(t, pgtest.Replica(t, primary).URL(""), 16, nil)
	tr := newTrial(t, primary.URL(""))
	tr.readLog = eventlog.New(replica)
	tr.awaitReplica(replica)
	crowd := writing{writers: 12, each: 30, most: 40 * time.Millisecond}
	tr.run(crowd, &mortals{trial: tr, percent: 30, end: tr.terminate}, tr.everyReader(""))

	t.Run("and of a sequence it does", func(t *testing.T) {
		got := readSequence(t, tr.pool, replica, crowd)
		if got.missed == 0 {
			t.Errorf("nothing missed of %d: the test does not bite", got.committed)
		}
	})
}

// awaitReplica waits until the replica has what was made before the trial.
func (tr *trial) awaitReplica(replica *pgxpool.Pool) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 3*time.Minute)
	defer cancel()
	var place string
	if err := tr.pool.QueryRow(ctx, `select pg_current_wal_lsn()::text`).Scan(&place); err != nil {
		tr.t.Fatal(err)
	}
	for there := false; !there; pause(ctx, nil, 5*time.Millisecond) {
		if err := replica.QueryRow(ctx, `select pg_last_wal_replay_lsn() >= $1::pg_lsn`, place).Scan(&there); err != nil {
			tr.t.Fatal(err)
		}
	}
}
