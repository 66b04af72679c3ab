package postgres

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/journal"
)

// control has four control planes tell of the same few runs and of their logs:
// at once, out of order, and everything that was not acknowledged again.
func (tr *trial) control(w writing, rnd *rand.Rand) {
	var planes sync.WaitGroup
	start := time.Now().UTC()
	for plane := range 4 {
		seed := rnd.Uint64()
		planes.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 18))
			for n := range w.each {
				id, project := fmt.Sprint("r-", rnd.IntN(3)), tr.projects[rnd.IntN(len(tr.projects))]
				status := journal.Statuses[rnd.IntN(3)] // none that fails: those make occurrences
				update, err := journal.AcceptUpdate(journal.RunWork, fmt.Appendf(nil, `{"status":%q,"actor":"plane %d","attempt":%d,"updated_at":%q}`,
					status, plane, 1+rnd.IntN(3), start.Add(time.Duration(rnd.IntN(1000))*time.Millisecond).Format(time.RFC3339Nano)), start)
				if err != nil {
					tr.t.Error(err)
					return
				}
				from := 1 + rnd.IntN(100)
				var lines []string
				for seq := from; seq < from+10; seq++ {
					lines = append(lines, fmt.Sprintf(`{"seq":%d,"text":"line %d"}`, seq, seq))
				}
				more, err := journal.AcceptLog([]byte(`{"lines":[`+strings.Join(lines, ",")+`]}`), false)
				if err != nil {
					tr.t.Error(err)
					return
				}
				ok := tr.surely(rnd, func() error {
					_, err := tr.store.PutRun(tr.t.Context(), project, id, update)
					return err
				}) && (n%4 > 0 || tr.surely(rnd, func() error {
					_, err := tr.store.AppendLog(tr.t.Context(), project, journal.RunWork, id, more)
					return err
				}))
				if !ok {
					return
				}
				pause(tr.t.Context(), rnd, w.most)
			}
		})
	}
	planes.Wait()
}

// surely repeats a call until it is acknowledged.
func (tr *trial) surely(rnd *rand.Rand, call func() error) bool {
	for {
		err := call()
		switch {
		case err == nil:
			return true
		case tr.t.Context().Err() != nil, !errors.Is(err, journal.ErrUnavailable) && !tr.rough:
			tr.t.Errorf("control: %v", err)
			return false
		}
		pause(tr.t.Context(), rnd, 20*time.Millisecond)
	}
}

// compareRuns holds what a reader of everything was told of runs last against
// their rows, and the news of each log against its lines.
func (tr *trial) compareRuns(r *reader) {
	tr.t.Helper()
	if r.topics != everything {
		return
	}
	rows, err := tr.pool.Query(tr.t.Context(), `select p.slug || '/' || run_id, 1000 * version from runs join projects p using (project_id)`)
	if err != nil {
		tr.t.Fatal(err)
	}
	var key string
	var version int64
	runs := 0
	if _, err := pgx.ForEachRow(rows, []any{&key, &version}, func() error {
		if runs++; r.runs[key] != version {
			tr.t.Errorf("%s was told version %d of run %s, it has %d", r.name, r.runs[key], key, version)
		}
		return nil
	}); err != nil || runs == 0 && len(tr.keys) > 0 {
		tr.t.Errorf("%d runs, %v", runs, err)
	}
	var astray int
	if err := tr.pool.QueryRow(tr.t.Context(), `select count(*) from logs l left join log_news n using (project_id, work, work_id)
		where n.to_seq is distinct from l.to_seq or n.version <> n.published_version
		or l.to_seq <> (select max(seq) from log_lines where project_id = l.project_id and work = l.work and work_id = l.work_id)`).
		Scan(&astray); err != nil || astray > 0 {
		tr.t.Errorf("%d logs whose last news is not their last line, %v", astray, err)
	}
}
