package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	save := func(user string, projects []int64, age time.Duration) auth.SessionRow {
		_, row := auth.NewSession()
		row.UserID, row.Name, row.Projects, row.CreatedAt, row.ExpiresAt = user, "Name of "+user, projects, noon.Add(-age), noon.Add(time.Hour-age)
		if err := s.SaveSession(ctx, row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	ada := save("ada", nil, 3*time.Minute)
	bob := save("bob", []int64{s.beta.ID, 999}, 2*time.Minute)
	again := save("bob", []int64{}, time.Minute)
	save("old", nil, 2*time.Hour)

	t.Run("come back as they were saved", func(t *testing.T) {
		for _, want := range []auth.SessionRow{ada, bob, again} {
			got, err := s.Session(ctx, want.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("are listed without what opens them, and without the expired", func(t *testing.T) {
		list, err := s.ListSessions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range list {
			got = append(got, one.UserID)
			if len(one.ID) != 12 || one.Name != "Name of "+one.UserID {
				t.Errorf("%+v", one)
			}
		}
		if diff := cmp.Diff([]string{"ada", "bob", "bob"}, got); diff != "" {
			t.Fatal(diff)
		}
		if list[0].Projects != nil || len(list[1].Projects) != 1 || list[1].Projects[0] != "beta" || list[2].Projects == nil || len(list[2].Projects) != 0 {
			t.Errorf("reach %v, %v, %v", list[0].Projects, list[1].Projects, list[2].Projects)
		}
	})
	revoked := func(row auth.SessionRow) bool {
		got, err := s.Session(ctx, row.SHA256)
		return err == nil && got.RevokedAt.Equal(noon)
	}
	t.Run("are revoked one by one, by id, and all of a person", func(t *testing.T) {
		if err := s.RevokeSession(ctx, ada.SHA256); err != nil || !revoked(ada) || revoked(bob) {
			t.Error("by hash:", err)
		}
		if err := s.RevokeSession(ctx, [32]byte{}); !errors.Is(err, auth.ErrUnknown) {
			t.Error("a missing one:", err)
		}
		if n, err := s.RevokeSessions(ctx, "", "bob"); n != 2 || err != nil || !revoked(bob) || !revoked(again) {
			t.Error("of a person:", n, err)
		}
		carol := save("carol", nil, 0)
		list, err := s.ListSessions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.RevokeSessions(ctx, list[len(list)-1].ID, ""); n != 1 || err != nil || !revoked(carol) {
			t.Error("by id:", n, err)
		}
		for _, c := range [][2]string{{"", ""}, {"", "nobody"}, {"000000000000", ""}, {"%", ""}} {
			if n, err := s.RevokeSessions(ctx, c[0], c[1]); n != 0 || !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("%q: %d, %v", c, n, err)
			}
		}
	})
}

func TestLoginsAndTickets(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	login := auth.LoginRow{SHA256: sha256.Sum256([]byte("a")), StateSHA256: sha256.Sum256([]byte("b")), Nonce: "n", Verifier: "v", Next: "/errors",
		Redirect: "https://rynda.example.com/auth/callback", CreatedAt: noon, ExpiresAt: noon.Add(time.Minute)}
	bases := []auth.Basis{
		{Kind: auth.Session, ID: "u1", Name: "Ada", SHA256: sha256.Sum256([]byte("c")), Expires: noon.Add(time.Hour)},
		{Kind: auth.StaffToken, ID: "abcdefgh", Name: "nightly", SHA256: sha256.Sum256([]byte("d"))},
		{Kind: auth.Bearer, ID: "u2", Name: "Eve", Slugs: []string{"beta"}, Expires: noon.Add(time.Hour)},
		{Kind: auth.Bearer, ID: "u2", Name: "Eve", Slugs: []string{}, Expires: noon.Add(time.Hour)},
		{Kind: auth.Local, ID: "local", Name: "local"},
	}
	t.Run("come back as they were saved, once", func(t *testing.T) {
		if err := s.SaveLogin(ctx, login); err != nil {
			t.Fatal(err)
		}
		got, err := s.TakeLogin(ctx, login.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(login, got); diff != "" {
			t.Error(diff)
		}
		if _, err := s.TakeLogin(ctx, login.SHA256); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("a second time: %v", err)
		}
		for i, basis := range bases {
			row := auth.TicketRow{SHA256: sha256.Sum256([]byte{byte(i)}), Basis: basis, CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Second)}
			if err := s.SaveTicket(ctx, row); err != nil {
				t.Fatal(err)
			}
			got, err := s.TakeTicket(ctx, row.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row, got); diff != "" {
				t.Error(diff)
			}
			if _, err := s.TakeTicket(ctx, row.SHA256); !errors.Is(err, auth.ErrUnknown) {
				t.Errorf("a second time: %v", err)
			}
		}
	})
	t.Run("are taken by one of many who want them at once", func(t *testing.T) {
		row := auth.TicketRow{SHA256: sha256.Sum256([]byte("one")), Basis: bases[0], CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Second)}
		if err := errors.Join(s.SaveTicket(ctx, row), s.SaveLogin(ctx, login)); err != nil {
			t.Fatal(err)
		}
		var tickets, logins atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if _, err := s.TakeTicket(ctx, row.SHA256); err == nil {
					tickets.Add(1)
				}
				if _, err := s.TakeLogin(ctx, login.SHA256); err == nil {
					logins.Add(1)
				}
			})
		}
		all.Wait()
		if tickets.Load() != 1 || logins.Load() != 1 {
			t.Errorf("%d tickets and %d logins", tickets.Load(), logins.Load())
		}
	})
	t.Run("cannot be kept for longer than 30 seconds, nor without what they rest on", func(t *testing.T) {
		for _, row := range []auth.TicketRow{
			{Basis: bases[0], CreatedAt: noon, ExpiresAt: noon.Add(31 * time.Second)},
			{Basis: auth.Basis{Kind: auth.Session, ID: "u1", Name: "Ada"}, CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Second)},
			{Basis: auth.Basis{Kind: auth.IngestToken, ID: "u1"}, CreatedAt: noon, ExpiresAt: noon.Add(30 * time.Second)},
		} {
			if err := s.SaveTicket(ctx, row); err == nil {
				t.Errorf("kept %+v", row)
			}
		}
	})
}
