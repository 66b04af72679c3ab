package postgres

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// found are the ids of a page of runs, newest first.
func (w *world) found(scope []auth.Project, q journal.WorkQuery) (ids []string) {
	w.t.Helper()
	page, err := w.store.Runs(w.t.Context(), scope, q)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range page.Runs {
		ids = append(ids, r.Project+"/"+r.RunID)
	}
	return ids
}

func TestSearch_of_runs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := auth.Project{Slug: "wharf"}
	if err := w.pool.QueryRow(t.Context(), `insert into projects (slug, name) values ('wharf', 'Wharf') returning project_id`).Scan(&other.ID); err != nil {
		t.Fatal(err)
	}
	own := w.project
	w.putRun("Load-7", `{"name":"Импорт Заказов"}`)
	w.putRun("nightly", `{"name":"100%_sure"}`)
	w.putDeploy("load-8", `{"name":"not a run"}`)
	w.project, w.at = other, w.at.Add(time.Second)
	w.putRun("Load-7", `{"name":"export"}`)
	w.project = own
	mine, both := []auth.Project{own}, []auth.Project{own, other}

	expect := func(name string, scope []auth.Project, text string, want ...string) {
		t.Helper()
		if got := w.found(scope, journal.WorkQuery{Q: text}); !slices.Equal(got, want) {
			t.Errorf("%s: %q finds %v, want %v", name, text, got, want)
		}
	}
	expect("of an id", mine, "load-", "acme/Load-7")
	expect("of a name in any case", mine, "иМПОРТ зАКАЗ", "acme/Load-7")
	expect("of an id that matches in one project by its name", both, "export", "wharf/Load-7")
	expect("of an id in two", both, "LOAD-7", "wharf/Load-7", "acme/Load-7")
	expect("of a project of others", mine, "export")
	expect("of what a pattern would mean", mine, "%_", "acme/nightly")
	expect("of two letters", mine, "ly", "acme/nightly")
	expect("of nothing", mine, "no such run")
	w.putRun("turk", `{"name":"İSTANBUL"}`)
	expect("of letters that are longer in lower case", mine, "İstan", "acme/turk")

	w.putRun("Load-7", `{"name":"Отгрузка"}`)
	expect("of a name that it had", mine, "импорт")
	expect("of the name that it has", mine, "отгрузка", "acme/Load-7")

	t.Run("that many match is read newest first", func(t *testing.T) {
		if _, err := w.pool.Exec(t.Context(), `
insert into runs select project_id, 'bulk-' || n, 1, now() - n * interval '1 minute', now(), now(), 'failed', 'bulk', '', '',
  json_build_object('run_id', 'bulk-' || n, 'project', 'acme', 'name', 'bulk', 'status', 'failed', 'created_at', now()), '{}'
from projects, generate_series(1, $2::int) n where project_id = $1`, own.ID, fewWorks+100); err != nil {
			t.Fatal(err)
		}
		if got := w.found(mine, journal.WorkQuery{Q: "Bulk", Limit: 2}); !slices.Equal(got, []string{"acme/bulk-1", "acme/bulk-2"}) {
			t.Errorf("got %v", got)
		}
		if got := w.found(mine, journal.WorkQuery{Q: "bulk-2099"}); !slices.Equal(got, []string{"acme/bulk-2099"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("is walked when the index takes too long", func(t *testing.T) {
		tx, err := w.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.Background())
		if _, err := tx.Exec(t.Context(), `lock table work_words in access exclusive mode`); err != nil {
			t.Fatal(err)
		}
		if got := w.found(both, journal.WorkQuery{Q: "отгрузка"}); !slices.Equal(got, []string{"acme/Load-7"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("keeps to the caller's projects", func(t *testing.T) {
		err := w.store.scoped(t.Context(), []auth.Project{other}, func(tx pgx.Tx) error {
			var ids []string
			err := tx.QueryRow(t.Context(), `select array_agg(work_id) from search_works('run', '%', 10)`).Scan(&ids)
			if !slices.Equal(ids, []string{"Load-7"}) {
				t.Errorf("got %v", ids)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Pages go through rows of the same id and time in several projects.
func TestRuns_pages_through_equal_ids(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scope := w.scope()
	for _, slug := range []string{"pier", "quay", "wharf"} {
		p := auth.Project{Slug: slug}
		if err := w.pool.QueryRow(t.Context(), `insert into projects (slug, name) values ($1, $1) returning project_id`, slug).Scan(&p.ID); err != nil {
			t.Fatal(err)
		}
		scope = append(scope, p)
	}
	for _, p := range scope {
		w.project = p
		w.putRun("a", `{"name":"nightly"}`)
		w.putRun("b", `{"name":"nightly"}`)
	}
	want := []string{"wharf/b", "quay/b", "pier/b", "acme/b", "wharf/a", "quay/a", "pier/a", "acme/a"}
	for _, text := range []string{"", "ni", "night"} {
		for limit := 1; limit <= 3; limit++ {
			var got []string
			q := journal.WorkQuery{Q: text, Limit: limit}
			for {
				page, err := w.store.Runs(t.Context(), scope, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Runs {
					got = append(got, r.Project+"/"+r.RunID)
				}
				if q.Page = page.NextPage; q.Page == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q by %d: %v", text, limit, got)
			}
		}
	}
}
