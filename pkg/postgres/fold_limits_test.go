package postgres

import (
	"testing"
	"time"
)

// fill puts rows of different causes into the inbox, each with so many bytes.
func (w *world) fill(rows, bytes int) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), `insert into inbox (kind, project_id, fingerprint, severity, count, first_at, last_at, body)
		select 'report', $1, 'v1:' || lpad(to_hex(n), 32, '0'), 3, 1, $2, $2, json_build_object('title', 'x', 'unknown', repeat('&', $4))
		from generate_series(1, $3) n`, w.project.ID, w.at, rows, bytes)
	if err != nil {
		w.t.Fatal(err)
	}
}

// However much waits, and whatever it is made of, the log goes on.
func TestFoldLimits(t *testing.T) {
	t.Parallel()
	t.Run("a fold takes no more than some megabytes, and all of it is folded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.fill(600, 20_000)
		again, err := w.folder.once(t.Context(), 5000)
		if left := w.count(`select count(*) from inbox`); err != nil || !again || left < 300 || left > 450 {
			t.Errorf("%d of 600 rows of 20 KB are left after one fold, again %v, %v", left, again, err)
		}
		w.fold()
		if left, counted := w.count(`select count(*) from inbox`), w.count(`select sum(count)::int from groups`); left != 0 || counted != 600 {
			t.Errorf("%d rows are left, %d are counted", left, counted)
		}
	})
	t.Run("a single row is taken whatever its size", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.fill(2, takeBytes+1)
		w.fold()
		if n := w.count(`select count(*) from groups`); n != 2 {
			t.Errorf("%d groups, want 2", n)
		}
	})
	t.Run("a fold that was too much for the server is tried with fewer rows", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.record(reportsOf("", 1000)...)
		_, err := w.pool.Exec(t.Context(), `
			create function too_much() returns trigger language plpgsql as $$ begin
			  if (select count(*) from added) > 50 then raise exception 'canceling statement' using errcode = '57014'; end if;
			  return null;
			end $$;
			create trigger too_much after insert on group_history referencing new table as added
			  for each statement execute function too_much()`)
		if err != nil {
			t.Fatal(err)
		}
		tries := 0
		for ; tries < 10; tries++ {
			if err = w.folder.Fold(t.Context()); err == nil {
				break
			}
		}
		if n := w.count(`select count(*) from groups`); err != nil || n != 1000 {
			t.Errorf("%d of 1000 groups after %d tries: %v", n, tries+1, err)
		}
	})
	t.Run("the row that is set aside is the one that failed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for range 200 { // fill the first pages, which a vacuum frees
			w.record(failure("filler"))
		}
		_, err := w.pool.Exec(t.Context(), `insert into inbox (kind, project_id, fingerprint, severity, count, first_at, last_at, body)
			values ('report', $1, 'v1:00000000000000000000000000000bad', 3, 1, now(), now() - interval '1 hour', '{"title":"bad"}')`, w.project.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{`delete from inbox where fingerprint not like '%bad'`, `vacuum inbox`} {
			if _, err := w.pool.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		_, cause := w.folder.once(t.Context(), 1)
		if !isDataError(cause) {
			t.Fatalf("the bad row fails with %v", cause)
		}
		w.record(failure("innocent")) // lies before it
		if err := w.folder.setAside(t.Context(), cause); err != nil {
			t.Fatal(err)
		}
		if n := w.count(`select count(*) from inbox_dead where fingerprint like '%bad'`); n != 1 {
			t.Errorf("%d bad rows are set aside", n)
		}
		w.fold()
		if g := w.only(); g.Title != "innocent" {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("events go out though the clock was put back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(failure("boom"))
		w.at = w.at.Add(100 * time.Millisecond)
		w.report(failure("boom")) // held
		w.at = w.at.Add(-10 * time.Minute)
		w.fold()
		if n := len(w.events()); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}
