package main

import (
	"strings"
	"testing"

	"rynda/pkg/pgtest"
)

// What goes wrong inside is journaled like any other error, in project "system",
// once each time it goes wrong.
func TestOwnErrorsAreTold(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	s.start()
	stream := s.subscribe(s.staff, "?topics=errors/system")
	s.provokeOwnError()
	alert := stream.next("group.changed")
	if data := alert[len(alert)-1].data; !strings.Contains(data, "inbox row set aside") || !strings.Contains(data, `"project":"system"`) {
		t.Errorf("it says %s", data)
	}
	for want := int64(1); want <= 3; want++ {
		s.await("told once", func() bool { return s.ownErrors() == want })
		s.busy(10)
		if n := s.ownErrors(); n != want {
			t.Errorf("told %d times of %d errors", n, want)
		}
		s.poison("acme")
	}
	if n := s.number(`select count(*) from groups join projects using (project_id) where slug = 'system'`); n != 1 {
		t.Errorf("%d groups of one cause", n)
	}
}

// An error of our own that cannot be folded itself is not told again: that would
// go round for ever.
func TestOwnErrorsDoNotLoop(t *testing.T) {
	t.Parallel()
	s := newSystem(t, pgtest.New(t))
	s.start()
	s.exec(`create function damage() returns trigger language plpgsql as $$ begin new.body = '{"title":{}}'; return new; end $$`)
	s.exec(`create trigger damage before insert on inbox for each row
		when (new.project_id = 1) execute function damage()`)
	var slug string
	if s.query(`select slug from projects where project_id = 1`, &slug); slug != "system" {
		t.Fatalf("project 1 is %s", slug)
	}
	s.poison("acme")
	own := func() int64 { return s.number(`select count(*) from inbox_dead where project_id = 1`) }
	s.await("set aside", func() bool { return own() > 0 })
	s.busy(50)
	if n := own(); n != 1 {
		t.Errorf("one error became %d of its own", n)
	}
	if !strings.Contains(s.log.String(), "inbox row set aside") {
		t.Error("the log says nothing")
	}
}

// busy makes the server fold some rounds, in which it could go on with whatever
// it should not.
func (s *system) busy(rounds int) {
	s.t.Helper()
	for range rounds {
		s.must("POST", "/v1/reports", s.ingest, `{"message":"an ordinary error"}`, nil)
		s.folded()
	}
}

func (s *system) exec(sql string) {
	s.t.Helper()
	err := withStoreAt(s.t.Context(), s.dsn, func(st *stores) error {
		_, err := st.Exec(s.t.Context(), sql)
		return err
	})
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// provokeOwnError puts a row into the inbox that cannot be folded, and waits
// until the server has told project "system" of it, once.
func (s *system) provokeOwnError() {
	s.t.Helper()
	before := s.number(`select count(*) from inbox_dead`)
	s.poison("acme")
	s.await("set aside", func() bool { return s.number(`select count(*) from inbox_dead`) == before+1 })
	s.await("told", func() bool { return s.ownErrors() > 0 })
}

// poison adds an inbox row whose body is none.
func (s *system) poison(slug string) {
	s.t.Helper()
	s.number(`with i as (insert into inbox (kind, project_id, fingerprint, severity, count, first_at, last_at, body)
		select 'report', project_id, 'v1:' || md5(random()::text), 3, 1, now(), now(), '{"title":{}}' from projects where slug = $1 returning 1)
		select count(*) from i`, slug)
}

func (s *system) ownErrors() int64 {
	return s.number(`select coalesce(sum(count), 0)::bigint from groups join projects using (project_id) where slug = 'system'`)
}
