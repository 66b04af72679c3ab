package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func (w *world) update(work journal.Work, text string) journal.Update {
	w.t.Helper()
	u, err := journal.AcceptUpdate(work, []byte(text), w.at)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) putRun(id, text string) journal.Run {
	w.t.Helper()
	if _, err := w.store.PutRun(w.t.Context(), w.project, id, w.update(journal.RunWork, text)); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	runs, err := w.store.findRuns(w.t.Context(), []auth.Project{w.project}, id)
	if err != nil || len(runs) != 1 {
		w.t.Fatalf("%d runs, %v", len(runs), err)
	}
	return runs[0]
}

func (w *world) putDeploy(id, text string) journal.Deploy {
	w.t.Helper()
	if _, err := w.store.PutDeploy(w.t.Context(), w.project, id, w.update(journal.DeployWork, text)); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	deploys, err := w.store.findDeploys(w.t.Context(), []auth.Project{w.project}, id)
	if err != nil || len(deploys) != 1 {
		w.t.Fatalf("%d deploys, %v", len(deploys), err)
	}
	return deploys[0]
}

// settle folds what an update told when that took longer than the store waits;
// a store without a fold leaves it.
func (w *world) settle() {
	w.t.Helper()
	for w.store.Fold != nil && w.count(`select count(*) from inbox`) > 0 {
		w.fold()
	}
}

// told are the events of one kind, the data read into T.
func told[T any](w *world, kind string) (all []T) {
	w.t.Helper()
	for _, e := range w.events() {
		if e.Kind != kind {
			continue
		}
		var data T
		if err := json.Unmarshal(e.Data, &data); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

func TestPutRun(t *testing.T) {
	t.Parallel()
	t.Run("is told with its whole state on the topics of its project and its own", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.putRun("a b/1", `{"name":"import","status":"queued"}`)
		w.at = w.at.Add(time.Second)
		run := w.putRun("a b/1", `{"status":"running","started_at":"2026-11-20T12:00:00Z"}`)
		if run.Version != 2000 || run.Status != journal.Running || run.Name != "import" || run.Project != "acme" {
			t.Errorf("%+v", run)
		}
		events := w.events()
		last := events[len(events)-1]
		if len(events) != 2 || last.Kind != "run.changed" || last.Version != 2000 ||
			!slices.Equal(last.Topics, []string{"runs/acme", "project/acme", "run/acme/a b/1"}) {
			t.Errorf("%d events, the last %+v", len(events), last)
		}
		if diff := cmp.Diff(run, told[journal.Run](w, "run.changed")[1]); diff != "" {
			t.Errorf("the event is not the answer: %s", diff)
		}
	})
	t.Run("an update that changes nothing tells nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for range 3 {
			w.putRun("1", `{"name":"import","updated_at":"2026-11-20T12:00:00Z"}`)
			w.putRun("1", `{"name":"older","updated_at":"2026-11-20T11:00:00Z"}`)
		}
		if n := len(w.events()); n != 1 {
			t.Errorf("%d events", n)
		}
	})
	t.Run("updates at once, in any order, end alike and skip no version", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var updates []journal.Update
		for i := range 24 {
			status := journal.Statuses[i%len(journal.Statuses)]
			updates = append(updates, w.update(journal.RunWork, fmt.Sprintf(`{"status":%q,"attempt":%d,"actor":"p%d","updated_at":%q}`,
				status, 1+i/8, i, w.at.Add(time.Duration(i/2)*time.Second).Format(time.RFC3339Nano))))
		}
		var runs []journal.Run
		for n, id := range []string{"one", "two"} {
			rand.New(rand.NewPCG(uint64(n), 1)).Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
			var all sync.WaitGroup
			for _, u := range updates {
				all.Go(func() {
					if _, err := w.store.PutRun(t.Context(), w.project, id, u); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			found, err := w.store.findRuns(t.Context(), w.scope(), id)
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			run := found[0]
			run.RunID, run.Version, run.GroupID = "", 0, ""
			runs = append(runs, run)
		}
		if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
			t.Error(diff)
		}
		w.fold()
		newest := map[string]journal.Run{}
		for _, run := range told[journal.Run](w, "run.changed") {
			if run.Version <= newest[run.RunID].Version {
				t.Errorf("version %d after %d", run.Version, newest[run.RunID].Version)
			}
			newest[run.RunID] = run
		}
		found, _ := w.store.findRuns(t.Context(), w.scope(), "one")
		if diff := cmp.Diff(found[0], newest["one"]); diff != "" {
			t.Errorf("the newest event is not the row: %s", diff)
		}
	})
}

func TestFailure(t *testing.T) {
	t.Parallel()
	const failed = `{"name":"import","status":"failed","steps":[{"name":"load","status":"failed"}]}`
	t.Run("raises a group, linked both ways, with an occurrence", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		run := w.putRun("r-1", failed)
		g := w.only()
		if run.GroupID != g.GroupID || g.State != journal.Active || g.Title != "Run import failed at step load" ||
			!slices.ContainsFunc(g.Refs, func(r journal.Ref) bool { return r.Kind == "run" && r.ID == "r-1" }) {
			t.Errorf("%+v\n%+v", run, g)
		}
		page, err := w.store.Occurrences(t.Context(), w.scope(), idOf(t, g), 0, "")
		if err != nil || len(page.Occurrences) != 1 || !strings.Contains(string(page.Occurrences[0]), `"run_id":"r-1"`) {
			t.Errorf("%s, %v", page.Occurrences, err)
		}
		if events := w.events(); len(events) != 2 || events[0].Kind != "group.changed" || events[1].Kind != "run.changed" {
			t.Errorf("%+v", events)
		}
	})
	t.Run("of an attempt counts once, and the next attempt again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var run journal.Run
		for range 3 {
			w.at = w.at.Add(time.Second)
			run = w.putRun("r-1", failed)
		}
		if g := w.only(); g.Count != 1 || run.Version != 3001 { // three updates, and the group once
			t.Errorf("counted %d times, version %d", g.Count, run.Version)
		}
		w.at = w.at.Add(time.Second)
		if run := w.putRun("r-1", `{"status":"running","attempt":2}`); run.Status != journal.Running || run.GroupID == "" {
			t.Errorf("%+v", run)
		}
		w.at = w.at.Add(time.Second)
		w.putRun("r-1", `{"status":"failed","attempt":2,"steps":[{"name":"load","status":"failed"}]}`)
		w.fold()
		if n := w.count(`select count(*) from occurrences`); n != 2 {
			t.Errorf("%d occurrences of two attempts that failed", n)
		}
		w.at = w.at.Add(time.Second)
		w.putRun("r-1", `{"status":"failed","attempt":3,"steps":[{"name":"sort","status":"failed"}]}`)
		if n := w.count(`select count(*) from groups`); n != 2 {
			t.Errorf("%d groups: the third attempt failed at another step", n)
		}
		if _, err := w.pool.Exec(t.Context(), `delete from groups where title like '%sort'`); err != nil {
			t.Fatal(err)
		}
		w.putRun("r-2", failed)
		if g := w.only(); g.Count != 3 {
			t.Errorf("another run that failed alike: counted %d", g.Count)
		}
	})
	t.Run("joins the group that the run reported to, also in one fold", func(t *testing.T) {
		t.Parallel()
		for _, together := range []bool{false, true} {
			w := newWorld(t)
			report := journal.Report{Message: "cannot load", RunID: "r-1"}
			if together {
				fold := w.store.Fold
				w.store.Fold = nil
				w.record(report)
				w.putRun("r-1", failed)
				w.store.Fold = fold
				w.fold()
			} else {
				w.report(report)
				w.putRun("r-1", failed)
			}
			g := w.only()
			detail, err := w.store.RunDetail(t.Context(), w.scope(), "r-1")
			if err != nil || g.Title != "cannot load" || g.Count != 1 || detail.Run.GroupID != g.GroupID || len(detail.Groups) != 1 {
				t.Errorf("together %v: %+v, %+v, %v", together, g, detail, err)
			}
		}
	})
	t.Run("that has been taken back before it was folded raises nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		fold := w.store.Fold
		w.store.Fold = nil
		w.putRun("r-1", failed)
		w.at = w.at.Add(time.Second)
		w.putRun("r-1", `{"status":"succeeded"}`)
		w.store.Fold = fold
		w.fold()
		if n := w.count(`select count(*) from groups`); n != 0 {
			t.Errorf("%d groups", n)
		}
	})
	t.Run("loses its link with the group, under a version of its own", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		run := w.putRun("r-1", failed)
		w.at = w.at.Add(100 * 24 * time.Hour)
		if _, err := w.store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := w.store.findRuns(t.Context(), w.scope(), "r-1")
		if err != nil || len(found) > 0 && (found[0].GroupID != "" || found[0].Version <= run.Version) {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("does not join a warning", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.report(journal.Report{Message: "slow", Level: "warning", RunID: "r-1"})
		if run := w.putRun("r-1", failed); run.GroupID == "" || w.count(`select count(*) from groups`) != 2 {
			t.Errorf("%+v", run)
		}
	})
	t.Run("of a project that was removed does not stop the log", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.store.Fold = nil
		w.putRun("r-1", failed)
		for _, query := range []string{`delete from runs`, `update inbox set project_id = 999999`} {
			if _, err := w.pool.Exec(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		w.putRun("r-2", `{"status":"running"}`)
		w.fold()
		if dead, events := w.count(`select count(*) from inbox_dead`), len(w.events()); dead != 1 || events != 1 {
			t.Errorf("%d set aside, %d events", dead, events)
		}
	})
}

func TestDeploys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noon := w.at.Add(-time.Hour)
	at := func(minutes int) string {
		return noon.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339Nano)
	}
	deploy := func(id, environment string, minutes int) {
		w.putDeploy(id, fmt.Sprintf(`{"name":"shop","status":"succeeded","environment":%q,"started_at":%q}`, environment, at(minutes)))
	}
	deploy("d-1", "production", 0)
	deploy("d-2", "production", 20)
	deploy("s-1", "staging", 10)
	report := func(message, environment string, minutes int) {
		happened := noon.Add(time.Duration(minutes) * time.Minute)
		w.report(journal.Report{Message: message, Environment: environment, OccurredAt: &happened, Fingerprint: []string{message}})
	}
	report("before all", "production", -5)
	for i := range 3 {
		report(fmt.Sprint("after one ", i), "production", 5+i)
	}
	report("after two", "production", 25)
	report("in staging", "staging", 15)

	page, err := w.store.Deploys(t.Context(), w.scope(), journal.WorkQuery{})
	if err != nil || len(page.Deploys) != 3 {
		t.Fatal(page, err)
	}
	var got []string
	for _, d := range page.Deploys {
		got = append(got, fmt.Sprint(d.DeployID, " ", *d.NewGroupCount))
	}
	if want := []string{"d-2 1", "s-1 1", "d-1 3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	detail, err := w.store.DeployDetail(t.Context(), w.scope(), "d-1")
	if err != nil || detail.NewGroupCount != 3 || len(detail.NewGroups) != 3 || detail.Previous != nil || detail.Next == nil || detail.Next.DeployID != "d-2" {
		t.Errorf("%+v, %v", detail, err)
	}
	groups, err := w.store.Groups(t.Context(), w.scope(), journal.GroupQuery{Q: "after"})
	if err != nil || len(groups.Groups) != 4 {
		t.Fatal(groups, err)
	}
	for _, g := range groups.Groups {
		want := "d-1"
		if g.Title == "after two" {
			want = "d-2"
		}
		if d, err := w.store.Detail(t.Context(), w.scope(), idOf(t, g)); err != nil || d.Deploy == nil || d.Deploy.DeployID != want {
			t.Errorf("%s: %+v, %v", g.Title, d.Deploy, err)
		}
	}
}

func TestRuns_pages_and_filters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 25 {
		w.putRun(fmt.Sprint("r-", i), fmt.Sprintf(`{"name":"job %d","status":%q,"actor":"p%d","deploy_id":"d-%d","started_at":%q}`,
			i%2, journal.Statuses[i%5], i%3, i%4, w.at.Add(-time.Duration(i/3)*time.Second).Format(time.RFC3339Nano)))
	}
	var ids []string
	q := journal.WorkQuery{Limit: 4}
	for {
		page, err := w.store.Runs(t.Context(), w.scope(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			ids = append(ids, r.RunID)
		}
		if q.Page = page.NextPage; q.Page == "" {
			break
		}
	}
	if len(ids) != 25 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 25 || ids[0] != "r-2" || ids[24] != "r-24" {
		t.Errorf("%v", ids)
	}
	for name, c := range map[string]struct {
		query journal.WorkQuery
		want  int
	}{
		"status": {journal.WorkQuery{Statuses: []journal.Status{journal.Failed, journal.Running}}, 10},
		"name":   {journal.WorkQuery{Name: "job 1"}, 12}, "actor": {journal.WorkQuery{Actor: "p0"}, 9},
		"deploy": {journal.WorkQuery{DeployID: "d-3"}, 6}, "text": {journal.WorkQuery{Q: "R-2"}, 6},
		"since": {journal.WorkQuery{Since: w.at.Add(-time.Second)}, 6}, "none": {journal.WorkQuery{Name: "job"}, 0},
	} {
		if page, err := w.store.Runs(t.Context(), w.scope(), c.query); err != nil || len(page.Runs) != c.want {
			t.Errorf("%s: %d runs, %v", name, len(page.Runs), err)
		}
	}
	for _, page := range []string{"rubbish", encodePage(pageToken{Sort: "deploy", Value: "1", ID: "a"}), encodePage(pageToken{Sort: "run", Value: "-1", ID: "a"})} {
		if _, err := w.store.Runs(t.Context(), w.scope(), journal.WorkQuery{Page: page}); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("page %s: %v", page, err)
		}
	}
	other := []auth.Project{{ID: 999, Slug: "other"}}
	if page, err := w.store.Runs(t.Context(), other, journal.WorkQuery{}); err != nil || len(page.Runs) != 0 {
		t.Errorf("another project sees %d, %v", len(page.Runs), err)
	}
	if _, err := w.store.RunDetail(t.Context(), other, "r-1"); !errors.Is(err, journal.ErrNotFound) {
		t.Error(err)
	}
}

// An id may be in several projects of a caller, who then has to choose.
func TestRunDetail_of_an_id_in_two_projects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := auth.Project{Slug: "wharf"}
	if err := w.pool.QueryRow(t.Context(), `insert into projects (slug, name) values ('wharf', 'Wharf') returning project_id`).Scan(&other.ID); err != nil {
		t.Fatal(err)
	}
	w.putRun("r", `{"name":"of acme"}`)
	w.appendLog("r", lines(1, 1))
	own := w.project
	w.project = other
	w.putRun("r", `{"name":"of wharf"}`)
	w.appendLog("r", lines(1, 2))
	both := []auth.Project{own, other}
	if _, err := w.store.RunDetail(t.Context(), both, "r"); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("of both: %v", err)
	}
	if _, err := w.store.Log(t.Context(), both, journal.RunWork, "r", 0, 10, false); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("log of both: %v", err)
	}
	if detail, err := w.store.RunDetail(t.Context(), both[1:], "r"); err != nil || detail.Run.Name != "of wharf" || detail.Log.ToSeq != 2 {
		t.Errorf("of one: %+v, %v", detail, err)
	}
}
