package eventlog

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rynda/pkg/pgtest"
)

// logbook is a log that tests append to as the fold does: ids from the one row,
// and the events with it in one transaction.
type logbook struct {
	*Log
	t    testing.TB
	pool *pgxpool.Pool
}

func newLogbook(t testing.TB) *logbook {
	t.Helper()
	pool := pgtest.Pool(t)
	return &logbook{Log: New(pool), t: t, pool: pool}
}

const appendEvents = `
with head as (update log_head set id = id + @n returning id),
added as (
  insert into events (id, at, kind, project_id, version, topics, data)
  select head.id - @n + i, now(), 'group.changed', @project, i, array['errors/' || @slug::text, 'project/' || @slug::text], '{"a": 1}'
  from head, generate_series(1, @n::int) i)
select id, pg_notify('` + Channel + `', id::text)::text from head`

// add appends n events of a project and returns the id of the last.
func (l *logbook) add(n int, project int64) (last int64) {
	l.t.Helper()
	slug := map[int64]string{1: "acme", 2: "zeta"}[project]
	var none *string
	err := l.pool.QueryRow(l.t.Context(), appendEvents, pgx.NamedArgs{"n": n, "project": project, "slug": slug}).Scan(&last, &none)
	if err != nil {
		l.t.Fatal(err)
	}
	return last
}

func (l *logbook) exec(sql string, arguments ...any) {
	l.t.Helper()
	if _, err := l.pool.Exec(l.t.Context(), sql, arguments...); err != nil {
		l.t.Fatal(err)
	}
}

func (l *logbook) head() Head {
	l.t.Helper()
	head, err := l.Head(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return head
}

func (l *logbook) at(id int64) Position { return Position{Epoch: l.head().Epoch, ID: id} }

func (l *logbook) read(after Position, filter Filter, limit int) Page {
	l.t.Helper()
	page, err := l.Read(l.t.Context(), after, filter, limit)
	if err != nil {
		l.t.Fatal(err)
	}
	return page
}

func idsOf(page Page) []int64 {
	list := []int64{}
	for _, e := range page.Events {
		list = append(list, e.ID)
	}
	return list
}

func TestRead(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	if page := l.read(l.at(0), Filter{}, 10); page.Reset || page.More || len(page.Events) > 0 || page.Next != l.at(0) {
		t.Errorf("a new log: %+v", page)
	}
	l.add(3, 1)
	l.add(4, 2)
	l.add(3, 1)
	for name, c := range map[string]struct {
		after  int64
		filter Filter
		limit  int
		want   []int64
		next   int64
		more   bool
	}{
		"all of it":                         {limit: 100, want: []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, next: 10},
		"a page":                            {limit: 4, want: []int64{1, 2, 3, 4}, next: 4, more: true},
		"the next page":                     {after: 4, limit: 4, want: []int64{5, 6, 7, 8}, next: 8, more: true},
		"exactly the rest":                  {after: 7, limit: 3, want: []int64{8, 9, 10}, next: 10},
		"nothing new":                       {after: 10, limit: 3, want: []int64{}, next: 10},
		"a limit of nothing is one":         {after: 1, limit: 0, want: []int64{2}, next: 2, more: true},
		"of a project":                      {filter: Filter{Projects: []int64{2}}, limit: 100, want: []int64{4, 5, 6, 7}, next: 10},
		"of a topic":                        {filter: Filter{Topics: []string{"errors/acme"}}, limit: 4, want: []int64{1, 2, 3, 8}, next: 8, more: true},
		"of any of several topics":          {filter: Filter{Topics: []string{"nothing", "project/zeta"}}, limit: 2, want: []int64{4, 5}, next: 5, more: true},
		"of a topic of another project":     {filter: Filter{Projects: []int64{1}, Topics: []string{"errors/zeta"}}, limit: 9, want: []int64{}, next: 10},
		"of no project":                     {filter: Filter{Projects: []int64{}}, limit: 9, want: []int64{}, next: 10},
		"of no topic":                       {filter: Filter{Topics: []string{}}, limit: 9, want: []int64{}, next: 10},
		"passed over to the end of the log": {after: 7, filter: Filter{Projects: []int64{2}}, limit: 1, want: []int64{}, next: 10},
	} {
		page := l.read(l.at(c.after), c.filter, c.limit)
		if got := idsOf(page); !slices.Equal(got, c.want) || page.Next != l.at(c.next) || page.More != c.more || page.Reset {
			t.Errorf("%s: %v, next %v, more %t, reset %t", name, got, page.Next, page.More, page.Reset)
		}
	}
	e := l.read(l.at(3), Filter{}, 1).Events[0]
	if e.Kind != "group.changed" || e.Project != 2 || e.Version != 1 || string(e.Data) != `{"a": 1}` || e.At.IsZero() ||
		!slices.Equal(e.Topics, []string{"errors/zeta", "project/zeta"}) {
		t.Errorf("event %+v", e)
	}
}

func TestReadResets(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	l.add(10, 1)
	l.exec(`update log_head set floor = 5`)
	epoch := l.head().Epoch
	for name, c := range map[string]struct {
		after Position
		reset bool
	}{
		"the head":                         {after: Position{epoch, 10}},
		"before the oldest event":          {after: Position{epoch, 4}},
		"before an event that is swept":    {after: Position{epoch, 3}, reset: true},
		"the beginning":                    {after: Position{epoch, 0}, reset: true},
		"ahead of the head":                {after: Position{epoch, 11}, reset: true},
		"of another epoch":                 {after: Position{"ffffffff", 7}, reset: true},
		"no position":                      {reset: true},
		"a negative one":                   {after: Position{epoch, -1}, reset: true},
		"the last one that there can be":   {after: Position{epoch, 1<<63 - 1}, reset: true},
		"the last one, of another epoch":   {after: Position{"ffffffff", 1<<63 - 1}, reset: true},
		"almost the last one there can be": {after: Position{epoch, 1<<63 - 2}, reset: true},
	} {
		page := l.read(c.after, Filter{}, 100)
		if page.Reset != c.reset || page.Reset && (len(page.Events) > 0 || page.Next != l.at(10) || page.More) {
			t.Errorf("%s: %+v", name, page)
		}
	}
}

// A page looks at a bounded stretch of the log, so a quiet reader behind a busy
// one pays for pages and not for the whole; the cursor moves all the same.
func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	l.add(2*scanLimit+10, 1)
	last := l.add(1, 2)
	at, pages := l.at(0), 0
	for more := true; more; pages++ {
		page := l.read(at, Filter{Topics: []string{"errors/zeta"}}, 10)
		if moved := page.Next.ID - at.ID; moved <= 0 || moved > scanLimit {
			t.Fatalf("moved by %d", moved)
		}
		if at, more = page.Next, page.More; !more && !slices.Equal(idsOf(page), []int64{last}) {
			t.Errorf("the last page has %v, want %d", idsOf(page), last)
		}
	}
	if pages != 3 || at.ID != last {
		t.Errorf("%d pages to %v", pages, at)
	}
	if page := l.read(l.at(0), Filter{}, 1<<30); len(page.Events) != scanLimit || !page.More {
		t.Errorf("%d events in one page, more %t", len(page.Events), page.More)
	}
}

// Pages of any size, read on from any event, add up to the log.
func TestPagesAddUp(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	want := map[int64][]int64{}
	for range 60 {
		project := 1 + rnd.Int64N(2)
		n := 1 + rnd.IntN(5)
		last := l.add(n, project)
		for id := last - int64(n) + 1; id <= last; id++ {
			want[project] = append(want[project], id)
		}
	}
	for project, ids := range want {
		var got []int64
		for at, more := l.at(0), true; more; {
			page := l.read(at, Filter{Projects: []int64{project}}, 1+rnd.IntN(50))
			at, more = page.Next, page.More
			events := page.Events
			if len(events) > 0 && rnd.IntN(2) == 0 { // the later part is forgotten
				events = events[:1+rnd.IntN(len(events))]
				at.ID, more = events[len(events)-1].ID, true
			}
			for _, e := range events {
				got = append(got, e.ID)
			}
		}
		if !slices.Equal(got, ids) {
			t.Errorf("project %d: got %d events, want %d", project, len(got), len(ids))
		}
	}
}

// The head and the page are of one moment: whoever reads while others append
// never gets an event beyond the head that he is told.
func TestReadIsOfOneMoment(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			l.add(3, 1)
		}
	}()
	for at := l.at(0); at.ID < 600; {
		page := l.read(at, Filter{}, 20)
		for i, e := range page.Events {
			if e.ID != at.ID+int64(i)+1 || e.ID > page.Head.ID {
				t.Fatalf("event %d after %v with the head at %d", e.ID, at, page.Head.ID)
			}
		}
		if want := at.ID + int64(len(page.Events)); page.Next.ID != want || page.More != (want < page.Head.ID) {
			t.Fatalf("%d events after %v, next %v, more %t, head %d", len(page.Events), at, page.Next, page.More, page.Head.ID)
		}
		at = page.Next
	}
	<-done
}

func TestReadWithoutAHeadFails(t *testing.T) {
	t.Parallel()
	l := newLogbook(t)
	l.exec(`delete from log_head`)
	if page, err := l.Read(t.Context(), Position{Epoch: "0a1b2c3d"}, Filter{}, 1); err == nil {
		t.Errorf("got %+v", page)
	}
	if _, err := l.Head(t.Context()); err == nil {
		t.Error("there is no head and no error")
	}
}
