package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// stormReport is one report of a storm.
type stormReport struct {
	Message  string `json:"message"`
	Type     string `json:"type"`
	Source   string `json:"source"`
	ReportID string `json:"report_id"`
}

// word is a word of its own for every n, of letters alone: numbers would be
// taken out of a message.
func word(n int) string {
	w := []byte("Zzzzz")
	for i := len(w) - 1; i > 0; i-- {
		w[i] = byte('a' + n%26)
		n /= 26
	}
	return string(w)
}

// send posts a batch with gzip and repeats it until it is accepted, as a client
// must. It returns how many were stored now and how many had been before: after
// a repeat those are stored as well, by the try that was not answered.
func (s *system) send(batch []stormReport) (accepted, duplicates, repeats int) {
	var body bytes.Buffer
	packed, _ := gzip.NewWriterLevel(&body, gzip.BestSpeed)
	if err := json.NewEncoder(packed).Encode(map[string]any{"reports": batch}); err != nil {
		s.t.Error(err)
		return
	}
	packed.Close()
	for ; repeats < 100; repeats++ {
		r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.url+"/v1/reports", bytes.NewReader(body.Bytes()))
		if err != nil {
			s.t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+s.ingest)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Encoding", "gzip")
		answer, err := systemTransport.RoundTrip(r)
		if err != nil {
			s.t.Error(err)
			return
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		switch {
		case err == nil && answer.StatusCode == http.StatusAccepted:
			var out struct{ Accepted, Duplicates int }
			if err := json.Unmarshal(text, &out); err != nil || out.Accepted+out.Duplicates != len(batch) {
				s.t.Errorf("%d of %d: %v", out.Accepted+out.Duplicates, len(batch), err)
			}
			return out.Accepted, out.Duplicates, repeats
		case err == nil && answer.StatusCode != http.StatusServiceUnavailable:
			s.t.Errorf("status %d: %.300s", answer.StatusCode, text)
			return
		}
		pause(s.t, 100*time.Millisecond)
	}
	s.t.Error("not accepted in 100 tries")
	return
}

// storm sends the batches with six clients at a time, and returns the sums.
func (s *system) storm(batches [][]stormReport) (accepted, duplicates, repeats int64) {
	var next atomic.Int64
	var all, twice, again atomic.Int64
	var clients sync.WaitGroup
	for range 6 {
		clients.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(batches)) && !s.t.Failed(); n = next.Add(1) - 1 {
				a, d, r := s.send(batches[n])
				all.Add(int64(a))
				twice.Add(int64(d))
				again.Add(int64(r))
			}
		})
	}
	clients.Wait()
	return all.Load(), twice.Load(), again.Load()
}

// settled waits until everything is counted and told.
func (s *system) settled() {
	s.t.Helper()
	s.folded()
	s.await("published", func() bool { return s.number(`select count(*) from groups where version > published_version`) == 0 })
}

// How often events of one group follow each other within a second: only what
// people wait for may, a raise or a view.
const tooSoon = `select count(*) from (
  select at - lag(at) over w as gap, (data->>'raised_version') is distinct from lag(data->>'raised_version') over w as raise
  from events where kind = 'group.changed' window w as (partition by data->>'group_id' order by id)) e
where gap < interval '1 second' and not raise`

// Groups whose newest event does not tell their count.
const notTold = `select count(*) from groups g left join (
  select distinct on (data->>'group_id') data->>'group_id' as told_of, data->>'count' as told
  from events order by data->>'group_id', id desc) e on told_of = group_id::text
where count::text is distinct from told`

// A hundred thousand reports of one cause, among a thousand causes with ten
// each, are counted to the last one and make a handful of alerts, a bounded
// number of events and a bounded amount of text. A flood of causes ends in one
// group, and is counted too.
func TestStorm(t *testing.T) {
	hot, causes, each, flood := 100_000, 1000, 10, 5000
	if testing.Short() {
		hot, causes, flood = 10_000, 100, 2500
	}
	s := newSystem(t, pgtest.New(t))
	s.env = []string{"RYNDA_RATE_LIMIT=0"}
	s.start()
	stream := s.subscribe(s.staff, "?topics=errors/acme")

	chance := rand.New(rand.NewPCG(4, 4))
	var batches [][]stormReport
	for n := 0; n < hot; n += 500 {
		var batch []stormReport
		for i := n; i < n+500; i++ {
			batch = append(batch, stormReport{fmt.Sprintf("connection to 10.0.%d.%d:5432 refused after %d ms", i>>8&255, i&255, chance.IntN(5000)),
				"ConnectError", "worker", fmt.Sprintf("hot-%d", i)})
		}
		batches = append(batches, batch)
	}
	for round := range each {
		var batch []stormReport
		for c := range causes {
			batch = append(batch, stormReport{"cannot go on", word(c) + "Error", "worker", fmt.Sprintf("cause-%d-%d", c, round)})
			if len(batch) == 500 || chance.IntN(200) == 0 {
				batches, batch = append(batches, batch), nil
			}
		}
		if len(batch) > 0 {
			batches = append(batches, batch)
		}
	}
	chance.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })

	// Somebody has the page open all the time.
	ctx, stop := context.WithCancel(t.Context())
	var reader sync.WaitGroup
	var looks, most int
	reader.Go(func() {
		for ; ctx.Err() == nil; looks++ {
			var feed struct{ Groups []json.RawMessage }
			if status, err := s.call("GET", "/v1/feed", s.staff, nil, &feed); err != nil || status != http.StatusOK {
				t.Errorf("feed: %d, %v", status, err)
				return
			}
			most = max(most, len(feed.Groups))
			pause(t, 20*time.Millisecond)
		}
	})
	began := time.Now()
	accepted, duplicates, repeats := s.storm(batches)
	sent := time.Since(began)
	s.settled()
	took := time.Since(began)
	stop()
	reader.Wait()
	total := int64(hot + causes*each)
	if accepted+duplicates != total || duplicates > 0 && repeats == 0 {
		t.Fatalf("accepted %d, duplicates %d after %d repeats, sent %d", accepted, duplicates, repeats, total)
	}
	t.Logf("%d reports accepted in %v (%.0f/s), all counted and told after %v; %d looks at the feed", total, sent.Round(time.Millisecond),
		float64(total)/sent.Seconds(), took.Round(time.Millisecond), looks)
	if most > 5 || looks < 2 {
		t.Errorf("the feed showed %d alerts in %d looks", most, looks)
	}

	s.checkCounts(int64(hot), int64(causes), int64(each))
	s.checkEvents(stream, int64(causes+1), took)
	s.checkGrowth(int64(hot), int64(causes*each), took)

	// A repeat finds every report again, with or without its text.
	if a, d, _ := s.storm(batches[:10]); a != 0 || d == 0 {
		t.Errorf("of ten batches sent twice %d were stored again", a)
	}
	s.settled()
	s.checkCounts(int64(hot), int64(causes), int64(each))

	s.checkFlood(flood, int64(causes+1), total)
	if n := s.ownErrors(); n > 0 {
		var title string
		s.query(`select string_agg(distinct title, '; ') from groups join projects using (project_id) where slug = 'system'`, &title)
		t.Logf("%d errors of its own: %s", n, title)
	}
}

// checkCounts looks at every count there is.
func (s *system) checkCounts(hot, causes, each int64) {
	s.t.Helper()
	for what, check := range map[string]struct {
		got  string
		want int64
	}{
		"occurrences":             {`select count(*) from occurrences where project_id = $1`, hot + causes*each},
		"counted":                 {`select sum(count)::bigint from groups where project_id = $1`, hot + causes*each},
		"counted by hours":        {`select sum(count)::bigint from group_hours where project_id = $1`, hot + causes*each},
		"counted by minutes":      {`select sum(count)::bigint from group_minutes where project_id = $1`, hot + causes*each},
		"groups":                  {`select count(*) from groups where project_id = $1`, causes + 1},
		"groups of one cause":     {`select count(*) from groups where project_id = $1 and count = ` + strconv.FormatInt(hot, 10), 1},
		"groups of another cause": {`select count(*) from groups where project_id = $1 and count = ` + strconv.FormatInt(each, 10), causes},
		"active in the feed":      {`select error from feed_totals where project_id = $1`, causes + 1},
		"left in the inbox":       {`select count(*) from inbox where project_id = $1`, 0},
		"set aside":               {`select count(*) from inbox_dead where project_id = $1`, 0},
		"groups not as their occurrences": {`select count(*) from groups g join
			(select project_id, fingerprint, count(*) from occurrences group by 1, 2) o using (project_id, fingerprint)
			where project_id = $1 and g.count <> o.count`, 0},
	} {
		if got := s.number(check.got, s.project.ID); got != check.want {
			s.t.Errorf("%s: %d, want %d", what, got, check.want)
		}
	}
	var list struct{ Groups []struct{ Count int64 } }
	s.must("GET", "/v1/groups?project=acme&sort=count&limit=2", s.staff, nil, &list)
	if len(list.Groups) != 2 || list.Groups[0].Count != hot || list.Groups[1].Count != each {
		s.t.Errorf("history says %v", list)
	}
}

// checkEvents looks at the log, and at what a subscriber was sent of it.
func (s *system) checkEvents(stream *subscription, groups int64, took time.Duration) {
	s.t.Helper()
	events := s.number(`select count(*) from events where project_id = $1`, s.project.ID)
	if n := s.number(tooSoon); n != 0 {
		s.t.Errorf("%d events within a second of the one before", n)
	}
	if n := s.number(notTold); n != 0 {
		s.t.Errorf("the newest event of %d groups has not the last count", n)
	}
	if other := s.number(`select count(*) from events where kind <> 'group.changed'`); other != 0 {
		s.t.Errorf("%d events of other kinds", other)
	}
	// The first of a group is its raise; nothing here is worse than an error, so
	// there is one raise each, and then at most one event a second.
	bound := groups * (2 + int64(took/time.Second))
	if events > bound {
		s.t.Errorf("%d events, at most %d in %v", events, bound, took)
	}
	hottest := s.number(`select max(n) from (select count(*) as n from events group by data->>'group_id') e`)
	if hottest > 2+int64(took/time.Second) {
		s.t.Errorf("%d events of one group in %v", hottest, took)
	}
	ids := strings.Split(s.ids(), ",")
	last := ids[len(ids)-1]
	frames := stream.until("the newest event", func(f frame) bool { return strings.HasSuffix(f.id, "-"+last) })
	if int64(len(frames)) != events {
		s.t.Errorf("the subscriber was sent %d frames of %d events", len(frames), events)
	}
	for i, f := range frames {
		if i < len(ids) && !strings.HasSuffix(f.id, "-"+ids[i]) {
			s.t.Fatalf("frame %d is %s %s, not %s", i, f.event, f.id, ids[i])
		}
	}
	s.t.Logf("%d events in all, %d of the hottest group; the subscriber was sent each once", events, hottest)
}

// ids of the events of the project, in their order.
func (s *system) ids() (ids string) {
	s.t.Helper()
	s.query(`select string_agg(id::text, ',' order by id) from events where project_id = $1`, &ids, s.project.ID)
	return ids
}

// checkGrowth looks at what the storm leaves behind.
func (s *system) checkGrowth(hot, rest int64, took time.Duration) {
	s.t.Helper()
	const hottest = `fingerprint = (select fingerprint from groups order by count desc limit 1)`
	texts := s.number(`select count(body) from occurrences where ` + hottest)
	// A burst of 100, then 5 a second.
	if bound := 100 + 5*int64(took/time.Second+1); texts > bound || texts < 100 {
		s.t.Errorf("%d of %d occurrences kept their text, want 100 to %d", texts, hot, bound)
	}
	if n := s.number(`select count(body) from occurrences where project_id = $1 and not `+hottest, s.project.ID); n != rest {
		s.t.Errorf("%d of %d other occurrences kept their text", n, rest)
	}
	size := func(like string) int64 {
		return s.number(`select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class where relkind = 'r' and relname like $1`, like)
	}
	// Per occurrence without text some 300 bytes, indexes included; the tables
	// that are written anew by every fold stay small.
	if n := size("occurrences%"); n > 8<<20+450*hot+2500*rest {
		s.t.Errorf("occurrences have %d MB", n>>20)
	}
	for table, most := range map[string]int64{"inbox": 16 << 20, "groups": 16 << 20, "group_hours": 4 << 20, "group_minutes": 8 << 20, "feed_totals": 4 << 20, "log_head": 4 << 20} {
		if n := size(table); n > most {
			s.t.Errorf("%s has %d KB", table, n>>10)
		}
	}
	s.t.Logf("%d texts of the hottest cause kept; occurrences %d MB, events %d KB, groups %d KB, inbox %d KB", texts,
		size("occurrences%")>>20, size("events%")>>10, size("groups")>>10, size("inbox")>>10)
}

// checkFlood sends causes that nobody has seen before, more than a project may
// make groups of.
func (s *system) checkFlood(flood int, groups, counted int64) {
	s.t.Helper()
	const burst, refill = 2000, 200.0 / 3600
	flooded := func(round int) (batches [][]stormReport) {
		var all []stormReport
		for n := range flood {
			all = append(all, stormReport{"cannot go on", word(100_000+n) + "Error", "worker", fmt.Sprintf("flood-%d-%d", round, n)})
		}
		return slices.Collect(slices.Chunk(all, 400))
	}
	began := time.Now()
	for round := range int64(2) {
		if accepted, duplicates, _ := s.storm(flooded(int(round))); accepted+duplicates != int64(flood) {
			s.t.Fatalf("accepted %d of %d", accepted+duplicates, flood)
		}
		s.settled()
		counted += int64(flood)
		overflow := s.number(`select count(*) from groups where type = 'TooManyGroups'`)
		own := s.number(`select count(*) from groups where type <> 'TooManyGroups' and project_id = $1`, s.project.ID)
		inOverflow := s.number(`select count from groups where type = 'TooManyGroups'`)
		mapped := s.number(`select count(*) from group_keys where mapped_until is not null`)
		if allowed := burst + int64(time.Since(began).Seconds()*refill) + 4; overflow != 1 || own < burst || own > allowed {
			s.t.Errorf("%d groups, want %d to %d, and %d of what is beyond", own, burst, allowed, overflow)
		}
		beyond := int64(flood) - (own - groups)
		if mapped != beyond || inOverflow != beyond*(round+1) {
			s.t.Errorf("%d causes beyond the budget: %d are mapped, %d reports counted", beyond, mapped, inOverflow)
		}
		n := s.number(`select sum(count)::bigint from groups where project_id = $1`, s.project.ID)
		if stored := s.number(`select count(*) from occurrences where project_id = $1`, s.project.ID); n != counted || stored != counted {
			s.t.Errorf("counted %d, stored %d, sent %d", n, stored, counted)
		}
		if n := s.number(tooSoon) + s.number(notTold); n != 0 {
			s.t.Errorf("%d events too soon, or counts not told", n)
		}
		s.t.Logf("round %d of %d further causes: %d groups, %d causes with %d reports in the overflow group", round+1, flood, own, mapped, inOverflow)
	}
	var feed struct {
		Groups      []json.RawMessage
		ActiveTotal int64 `json:"active_total"`
	}
	s.must("GET", "/v1/feed?project=acme", s.staff, nil, &feed)
	if active := s.number(`select count(*) from groups where state = 'active' and project_id = $1`, s.project.ID); len(feed.Groups) != 5 || feed.ActiveTotal != active {
		s.t.Errorf("%d alerts of %d, %d are active", len(feed.Groups), feed.ActiveTotal, active)
	}
}
