package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rynda/pkg/eventlog"
	"rynda/pkg/httpapi"
)

func poll(t testing.TB, f *fixture, query string, header ...string) (answer, httpapi.Events) {
	t.Helper()
	got := f.get("/v1/events"+query, staffToken, header...)
	if got.status != http.StatusOK {
		return got, httpapi.Events{}
	}
	return got, decode[httpapi.Events](t, got)
}

func TestPoll(t *testing.T) {
	t.Parallel()
	t.Run("goes through the log in pages without a gap", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, func(f *fixture) { f.log = newTape(23); f.deps.Log, f.deps.Waiter = f.log, f.log })
		after, next := "0a0b0c0d-0", int64(1)
		for range 10 {
			_, page := poll(t, f, "?limit=5&after="+after)
			for _, event := range page.Events {
				if want := fmt.Sprintf("0a0b0c0d-%d", next); event.ID != want {
					t.Fatalf("event %s, want %s", event.ID, want)
				}
				next++
			}
			after = page.Cursor
			if !page.HasMore {
				break
			}
			if page.PollAfterMS != 0 {
				t.Error("there is more, and it asks to pause")
			}
		}
		if next != 24 || after != "0a0b0c0d-23" {
			t.Errorf("ended at %s before event %d", after, next)
		}
	})
	t.Run("without a position begins now, and that is no reset", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, func(f *fixture) { f.log = newTape(7); f.deps.Log, f.deps.Waiter = f.log, f.log })
		_, page := poll(t, f, "")
		if page.Cursor != "0a0b0c0d-7" || page.Reset || len(page.Events) != 0 || page.HasMore || page.PollAfterMS != 2000 {
			t.Errorf("%+v", page)
		}
	})
	for _, after := range []string{"0a0b0c0d-8", "ffffffff-3", "garbage", "%00", "-1", "0a0b0c0d-99999999999999999999", strings.Repeat("9", 4096)} {
		t.Run("a position that is not ours is a reset: "+after[:min(len(after), 30)], func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(f *fixture) { f.log = newTape(7); f.deps.Log, f.deps.Waiter = f.log, f.log })
			got, page := poll(t, f, "?wait=20&after="+after)
			if got.status != 200 || !page.Reset || page.Cursor != "0a0b0c0d-7" {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for _, c := range []struct {
		name, last, query string
		reset             bool
		events            int // the log has 7
	}{
		{"a valid Last-Event-ID wins over after", "0a0b0c0d-6", "?after=0a0b0c0d-1", false, 1},
		{"garbage before a valid after does not count", "rubbish", "?after=0a0b0c0d-1", false, 6},
		{"another epoch before a valid after does not count", "ffffffff-6", "?after=0a0b0c0d-1", false, 6},
		{"a place ahead of the log before a valid after does not count", "0a0b0c0d-8", "?after=0a0b0c0d-1", false, 6},
		{"a valid Last-Event-ID before garbage is enough", "0a0b0c0d-6", "?after=rubbish", false, 1},
		{"two that are not ours are a reset", "ffffffff-6", "?after=0a0b0c0d-8", true, 0},
		{"garbage alone is a reset", "rubbish", "", true, 0},
		{"another epoch alone is a reset", "ffffffff-6", "", true, 0},
	} {
		t.Run(c.name+", in a poll and in the stream", func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(f *fixture) { f.log = newTape(7); f.deps.Log, f.deps.Waiter = f.log, f.log })
			if _, page := poll(t, f, c.query, "Last-Event-ID", c.last); page.Reset != c.reset || len(page.Events) != c.events {
				t.Errorf("the poll: %+v", page)
			}
			synctest.Test(t, func(t *testing.T) {
				conn := overPipes(t, streaming(t, false, 7).handler).dial(t)
				fmt.Fprintf(conn, "GET /v1/events/stream%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nLast-Event-ID: %s\r\n\r\n", c.query, staffToken, c.last)
				conn.SetReadDeadline(time.Now().Add(time.Second))
				got, _ := io.ReadAll(conn)
				if text := string(got); strings.Contains(text, "event: reset") != c.reset || strings.Count(text, "event: group.changed") != c.events {
					t.Errorf("the stream: %s", text)
				}
			})
		})
	}
	t.Run("topics out of reach bring nothing, and the cursor moves on", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, func(f *fixture) { f.log = newTape(120); f.deps.Log, f.deps.Waiter = f.log, f.log })
		for _, topics := range []string{"errors/gamma", "errors/nothing", "runs/alpha"} {
			if _, page := poll(t, f, "?after=0a0b0c0d-0&topics="+topics); len(page.Events) != 0 || page.Cursor != "0a0b0c0d-120" {
				t.Errorf("%s: %+v", topics, page)
			}
		}
	})
	t.Run("a scan of a long log is bounded and says that there is more", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, func(f *fixture) { f.log = newTape(2000); f.deps.Log, f.deps.Waiter = f.log, f.log })
		_, page := poll(t, f, "?after=0a0b0c0d-0&topics=runs/alpha")
		if len(page.Events) != 0 || !page.HasMore || page.Cursor != "0a0b0c0d-500" || f.log.reads > 10 {
			t.Errorf("%+v after %d reads", page, f.log.reads)
		}
	})
	t.Run("quiet is 304 for the tag of the answer before", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, func(f *fixture) { f.log = newTape(3); f.deps.Log, f.deps.Waiter = f.log, f.log })
		first, page := poll(t, f, "?after=0a0b0c0d-3")
		tag := first.header.Get("ETag")
		if tag == "" || len(page.Events) != 0 {
			t.Fatal(first.header, page)
		}
		for _, header := range []string{tag, "W/" + tag, `"x", ` + tag} {
			if again, _ := poll(t, f, "?after=0a0b0c0d-3", "If-None-Match", header); again.status != 304 || again.body != "" {
				t.Errorf("%s: %d %s", header, again.status, again.body)
			}
		}
		if other, _ := poll(t, f, "?after=0a0b0c0d-2", "If-None-Match", tag); other.status != 200 {
			t.Error("304 though there is an event after 2")
		}
		f.log.append("errors/alpha")
		if again, page := poll(t, f, "?after=0a0b0c0d-3", "If-None-Match", tag); again.status != 200 || len(page.Events) != 1 ||
			again.header.Get("ETag") != "" {
			t.Errorf("after an event: %d %s", again.status, again.body)
		}
	})
	t.Run("a log that cannot be read is 503", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.log.err = errors.New("refused")
		if got, _ := poll(t, f, ""); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("every poll ticks", func(t *testing.T) {
		t.Parallel()
		ticks := 0
		f := newFixture(t, func(f *fixture) { f.deps.Tick = func(context.Context) { ticks++ } })
		poll(t, f, "")
		poll(t, f, "?after=0a0b0c0d-0")
		if ticks != 2 {
			t.Error(ticks)
		}
	})
	for _, bad := range []string{"?wait=21", "?wait=-1", "?wait=x", "?limit=0", "?limit=501"} {
		t.Run(bad+" is refused", func(t *testing.T) {
			t.Parallel()
			if got, _ := poll(t, newFixture(t), bad); got.status != 422 {
				t.Error(got.status)
			}
		})
	}
}

func TestPollThatWaits(t *testing.T) {
	t.Parallel()
	t.Run("answers as soon as there is an event", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			start := time.Now()
			go func() {
				<-time.After(5 * time.Second)
				f.log.append("errors/alpha")
			}()
			_, page := poll(t, f, "?wait=20&after=0a0b0c0d-0")
			if took := time.Since(start); len(page.Events) != 1 || took != 5*time.Second || page.PollAfterMS != 200 {
				t.Errorf("%+v after %v", page, took)
			}
		})
	})
	t.Run("passes over events of other topics, and its cursor moves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			start := time.Now()
			go func() {
				for range 3 {
					<-time.After(time.Second)
					f.log.append("errors/beta")
				}
			}()
			_, page := poll(t, f, "?wait=10&after=0a0b0c0d-0&topics=errors/alpha")
			if took := time.Since(start); len(page.Events) != 0 || took != 10*time.Second || page.Cursor != "0a0b0c0d-3" {
				t.Errorf("%+v after %v", page, took)
			}
		})
	})
	t.Run("is 304 when the time is over and nothing came", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			if got, _ := poll(t, f, "?wait=20&after=0a0b0c0d-0", "If-None-Match", `"0a0b0c0d-0"`); got.status != 304 {
				t.Error(got.status, got.body)
			}
		})
	})
	t.Run("ticks about once a second, so that what is due gets folded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ticks := 0
			f := newFixture(t, func(f *fixture) { f.deps.Tick = func(context.Context) { ticks++ } })
			poll(t, f, "?wait=10&after=0a0b0c0d-0")
			if ticks < 5 || ticks > 11 {
				t.Error(ticks)
			}
		})
	})
	t.Run("does not spin when the bell rings before the row can be read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t, func(f *fixture) { f.deps.Waiter = alwaysRinging{} })
			poll(t, f, "?wait=1&after=0a0b0c0d-0")
			if f.log.reads > 60 {
				t.Errorf("%d reads in a second", f.log.reads)
			}
		})
	})
	t.Run("does not spin when the waiter is broken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			broken := &brokenWaiter{}
			f := newFixture(t, func(f *fixture) { f.deps.Waiter = broken })
			poll(t, f, "?wait=1&after=0a0b0c0d-0")
			if broken.calls > 60 {
				t.Errorf("%d calls in a second", broken.calls)
			}
		})
	})
	t.Run("is answered at once when too many wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t, func(f *fixture) { f.config.PollWaiters = 1 })
			done := make(chan struct{})
			go func() { defer close(done); poll(t, f, "?wait=20&after=0a0b0c0d-0") }()
			synctest.Wait()
			start := time.Now()
			if _, page := poll(t, f, "?wait=20&after=0a0b0c0d-0"); time.Since(start) != 0 || page.PollAfterMS != 2000 {
				t.Errorf("%+v after %v", page, time.Since(start))
			}
			<-done
		})
	})
}

type alwaysRinging struct{}

func (alwaysRinging) Wait(context.Context, eventlog.Position) error { return nil }

type brokenWaiter struct{ calls int }

func (b *brokenWaiter) Wait(context.Context, eventlog.Position) error {
	b.calls++
	return errors.New("broken")
}
