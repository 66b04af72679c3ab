package httpapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
)

const goodTicket = "ryt_of-a-person"

// booth makes and takes one ticket.
type booth struct {
	err      error
	redeemed []string
}

func (b *booth) Issue(*http.Request) (string, time.Time, error) {
	return goodTicket, noon.Add(30 * time.Second).In(time.FixedZone("", 3600)), b.err
}

func (b *booth) Redeem(_ *http.Request, text string) (auth.Identity, error) {
	b.redeemed = append(b.redeemed, text)
	if b.err != nil || text != goodTicket {
		return auth.Identity{}, errors.Join(b.err, auth.ErrUnauthorized)
	}
	return auth.Identity{Kind: auth.Session, ID: "ada", Basis: &auth.Basis{Kind: auth.Session}}, nil
}

func TestTickets(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (*fixture, *booth, *auth.Identity) {
		b, who := &booth{}, &auth.Identity{}
		f := newFixture(t, func(f *fixture) {
			f.deps.Tickets = b
			f.deps.Stream = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { *who = auth.From(r.Context()) })
		})
		return f, b, who
	}
	t.Run("are given to staff, and kept by nobody on the way", func(t *testing.T) {
		t.Parallel()
		f, _, _ := setUp(t)
		got := f.do("POST", "/v1/stream-tickets", staffToken, "")
		if got.status != 201 || got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.body, `{"ticket":"ryt_of-a-person","expires_at":"2026-11-20T12:00:30Z"}`) {
			t.Error(got.status, got.header, got.body)
		}
		for token, status := range map[string]int{"": 401, "wrong": 401, ingestToken: 403, controlToken: 403} {
			if got := f.do("POST", "/v1/stream-tickets", token, ""); got.status != status || strings.Contains(got.body, "ryt_") {
				t.Errorf("%q: %d %s", token, got.status, got.body)
			}
		}
	})
	t.Run("open a stream, with the rights behind them", func(t *testing.T) {
		t.Parallel()
		f, _, who := setUp(t)
		if got := f.get("/v1/events/stream?topics=errors&ticket="+goodTicket, ""); got.status != 200 || who.ID != "ada" || who.Basis == nil {
			t.Error(got.status, got.body, who)
		}
		if got := f.get("/v1/events/stream?ticket=wrong", ""); got.status != 401 || strings.Contains(got.body, "wrong") {
			t.Error(got.status, got.body)
		}
	})
	t.Run("open nothing else, and are not even looked at", func(t *testing.T) {
		t.Parallel()
		f, b, _ := setUp(t)
		for _, op := range httpapi.Operations() {
			if op.Need == auth.Nobody || op.ID == "stream-events" {
				continue
			}
			path := strings.NewReplacer("{id}", "1", "{view_id}", "v1").Replace(op.Path) + "?ticket=" + goodTicket
			if got := f.do(op.Method, path, "", ""); got.status != 401 {
				t.Errorf("%s: %d %s", op.ID, got.status, got.body)
			}
		}
		f.do("HEAD", "/v1/events/stream?ticket="+goodTicket, "", "")
		f.get("/v1/events/stream?ticket="+goodTicket, staffToken)
		f.get("/v1/events/stream?ticket="+goodTicket, "wrong")
		f.get("/v1/events/stream", "", "Cookie", "ticket="+goodTicket)
		if len(b.redeemed) != 0 {
			t.Errorf("spent %q", b.redeemed)
		}
	})
	t.Run("stand in no line of the log, used or refused", func(t *testing.T) {
		t.Parallel()
		f, b, _ := setUp(t)
		for _, err := range []error{nil, auth.ErrUnavailable, errors.New("a fault")} {
			b.err = err
			f.do("POST", "/v1/stream-tickets", staffToken, "")
			f.get("/v1/events/stream?ticket="+goodTicket, "")
			f.get("/v1/events/stream?ticket=ryt_wrong", "", "Origin", "https://app.test")
			f.get("/v1/feed?ticket="+goodTicket, "")
			f.get("/v1/nothing?ticket="+goodTicket, "")
		}
		if log := f.lines.String(); strings.Contains(log, "ryt_") || strings.Contains(log, "?") || !strings.Contains(log, `"operation":"stream-events"`) {
			t.Error(log)
		}
	})
	t.Run("are not there where the server has none", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		if got := f.do("POST", "/v1/stream-tickets", staffToken, ""); got.status != 404 {
			t.Error(got.status)
		}
		if got := f.get("/v1/events/stream?ticket="+goodTicket, ""); got.status != 401 {
			t.Error(got.status)
		}
	})
}
