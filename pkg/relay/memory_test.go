package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const epochA, epochB = "aaaaaaaa", "bbbbbbbb"

// memory is a log in memory that keeps the promises of eventlog.Log: gapless
// ids, pages true at one moment, resets. The hook runs before each filtered
// read, that is one of a replay, without the lock.
type memory struct {
	mu     sync.Mutex
	head   eventlog.Head
	events []eventlog.Event // events[i] has id i+1
	grown  chan struct{}
	err    error // of every method while it is set
	hole   int64 // an id that reads leave out
	hook   func(after eventlog.Position)
	reads  int // filtered ones
}

func newMemory() *memory {
	return &memory{head: eventlog.Head{Epoch: epochA, Floor: 1}, grown: make(chan struct{})}
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.grown)
	m.grown = make(chan struct{})
}

// add appends an event with the topics, whose data is its id.
func (m *memory) add(topics ...string) int64 {
	return m.addData(nil, topics...)
}

func (m *memory) addData(data json.RawMessage, topics ...string) (id int64) {
	m.change(func() {
		id = m.head.ID + 1
		if data == nil {
			data = json.RawMessage(fmt.Sprint(id))
		}
		m.events = append(m.events, eventlog.Event{ID: id, Kind: "group.changed", Project: 1, Topics: topics, Version: id, Data: data})
		m.head.ID = id
	})
	return id
}

// renew makes it another log, with n events that say nothing.
func (m *memory) renew(epoch string, n int64) {
	m.change(func() {
		m.events = nil
		for id := int64(1); id <= n; id++ {
			m.events = append(m.events, eventlog.Event{ID: id, Kind: "group.changed", Topics: []string{"errors/shop"}})
		}
		m.head = eventlog.Head{Epoch: epoch, ID: n, Floor: 1}
	})
}

func (m *memory) fail(err error) { m.change(func() { m.err = err }) }

func (m *memory) position(id int64) eventlog.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return eventlog.Position{Epoch: m.head.Epoch, ID: id}
}

func (m *memory) Head(context.Context) (eventlog.Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.err
}

func (m *memory) Read(ctx context.Context, after eventlog.Position, filter eventlog.Filter, limit int) (eventlog.Page, error) {
	if filter.Topics != nil {
		m.mu.Lock()
		hook := m.hook
		m.reads++
		m.mu.Unlock()
		if hook != nil {
			hook(after)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return eventlog.Page{}, m.err
	}
	page := eventlog.Page{Head: m.head}
	if !m.head.Holds(after) {
		page.Reset, page.Next = true, m.head.Position()
		return page, nil
	}
	page.Next = m.head.Position()
	for _, ev := range m.events[after.ID:] {
		if ev.ID == m.hole || filter.Topics != nil && !slices.ContainsFunc(ev.Topics, func(t string) bool { return slices.Contains(filter.Topics, t) }) {
			continue
		}
		page.Events = append(page.Events, ev)
		if len(page.Events) == limit {
			page.Next.ID = ev.ID
			break
		}
	}
	page.More = page.Next.ID < m.head.ID
	return page, ctx.Err()
}

func (m *memory) Wait(ctx context.Context, p eventlog.Position) error {
	for {
		m.mu.Lock()
		head, grown := m.head, m.grown
		m.mu.Unlock()
		if head.ID > p.ID || !head.Holds(p) {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var staff = auth.Identity{Kind: auth.Session, ID: "7", Name: "Anna", Projects: []auth.Project{{ID: 1, Slug: "shop"}, {ID: 2, Slug: "site"}}}

// run keeps r going until the test ends.
func run(t testing.TB, r *Relay) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("Run returned %v, want its context's error", err)
		}
	})
	t.Cleanup(stop)
	return stop
}
