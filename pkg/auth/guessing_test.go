package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"rynda/pkg/auth"
)

// guess is a token that nobody has, from an address.
func guess(from string) *http.Request {
	text, _ := auth.NewToken(auth.StaffPrefix)
	r := bearer(text)
	r.RemoteAddr = from
	return r
}

func limited(err error) bool {
	var l *auth.LimitedError
	return errors.As(err, &l) && l.After > 0 && l.After <= time.Minute
}

func TestGuessesDoNotLockOutNeighbours(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]func(*world) *http.Request{
		"an ingest token that was never seen here": func(w *world) *http.Request { return bearer(w.ingest) },
		"a staff token that was never seen here":   func(w *world) *http.Request { return bearer(w.staff) },
		"a session that was never seen here":       func(w *world) *http.Request { return request("Cookie", "__Host-rynda="+w.session) },
	} {
		t.Run(name+" is let in", func(t *testing.T) {
			t.Parallel()
			w := newWorld(auth.Config{})
			for i := range 50 {
				w.Authenticate(guess("127.0.0.1:1"))
				w.Authenticate(request("Cookie", fmt.Sprintf("__Host-rynda=dead%d", i)))
			}
			if _, err := w.Authenticate(who(w)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("the same wrong token is not looked up each time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.staffRow.RevokedAt = w.now
		w.store()
		for range 1000 {
			if _, err := w.Authenticate(bearer(w.staff)); !errors.Is(err, auth.ErrUnauthorized) && !limited(err) {
				t.Fatal(err)
			}
			w.now = w.now.Add(10 * time.Millisecond)
		}
		if w.tables.lookups > 3 {
			t.Errorf("%d lookups in 10 s", w.tables.lookups)
		}
	})
	t.Run("a flood from many addresses costs the process a bounded number of lookups", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for i := range 5000 {
			w.Authenticate(guess(fmt.Sprintf("192.0.2.%d:1", i%10+1)))
		}
		if w.tables.lookups > 10*10+100 {
			t.Errorf("%d lookups for 5,000 guesses of ten addresses at once", w.tables.lookups)
		}
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	t.Run("hears of a revocation that Authenticate does not know yet", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.staff))
		w.staffRow.RevokedAt = w.now
		w.store()
		w.now = w.now.Add(5 * time.Second)
		if _, err := w.Authenticate(bearer(w.staff)); err != nil {
			t.Fatal("the case is not there:", err)
		}
		if _, err := w.Confirm(bearer(w.staff)); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
		if _, err := w.Authenticate(bearer(w.staff)); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error("Authenticate, after that:", err)
		}
	})
	t.Run("neither counts as guessing nor is held up by it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.staff))
		w.staffRow.RevokedAt = w.now
		w.store()
		w.now = w.now.Add(10 * time.Second)
		for range 50 {
			if _, err := w.Confirm(bearer(w.staff)); !errors.Is(err, auth.ErrUnauthorized) {
				t.Fatal(err)
			}
		}
		if _, err := w.Authenticate(guess("127.0.0.1:1")); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error("the first wrong token after it:", err)
		}
		for range 200 {
			w.Authenticate(guess("127.0.0.1:1"))
		}
		if _, err := w.Confirm(bearer(w.ingest)); err != nil {
			t.Error("amid guesses:", err)
		}
		w.now = w.now.Add(10 * time.Second)
		if _, err := w.Confirm(bearer(w.staff)); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error("revoked, amid guesses:", err)
		}
	})
	t.Run("does not go by what is old while the database is away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.staff))
		w.tables.change(func() { w.tables.err = errors.New("refused") })
		w.now = w.now.Add(10 * time.Second)
		if _, err := w.Confirm(bearer(w.staff)); !errors.Is(err, auth.ErrUnavailable) {
			t.Error(err)
		}
	})
	t.Run("of many streams of one token asks once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for range 100 {
			if _, err := w.Confirm(bearer(w.staff)); err != nil {
				t.Fatal(err)
			}
		}
		if w.tables.lookups != 1 {
			t.Error(w.tables.lookups)
		}
	})
}

func TestGuessing(t *testing.T) {
	t.Parallel()
	t.Run("ten in a minute are refused, and more told to wait", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for i := range 100 {
			_, err := w.Authenticate(guess("192.0.2.1:1"))
			if i < 10 && !errors.Is(err, auth.ErrUnauthorized) || i >= 10 && !limited(err) {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		w.now = w.now.Add(time.Minute)
		if _, err := w.Authenticate(guess("192.0.2.1:1")); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error("a minute later:", err)
		}
	})
	t.Run("other addresses are not concerned", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for range 20 {
			w.Authenticate(guess("192.0.2.1:1"))
		}
		if _, err := w.Authenticate(guess("192.0.2.2:1")); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error(err)
		}
	})
	t.Run("an IPv6 caller cannot hop within its network", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for i := range 20 {
			_, err := w.Authenticate(guess(fmt.Sprintf("[2001:db8::%x]:1", i+1)))
			if i >= 10 && !limited(err) {
				t.Fatal(err)
			}
		}
	})
	t.Run("a neighbour who proved itself is still let in, even when it must be looked up again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.ingest))
		for range 20 {
			w.Authenticate(guess("127.0.0.1:1"))
		}
		w.now = w.now.Add(25 * time.Second)
		for range 20 {
			w.Authenticate(guess("127.0.0.1:1"))
		}
		if _, err := w.Authenticate(bearer(w.ingest)); err != nil {
			t.Error(err)
		}
	})
	t.Run("wrong secrets behind a known part count as well", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		w.Authenticate(bearer(w.ingest))
		other := []byte(w.ingest)
		other[len(other)-2] ^= 1
		for i := range 12 {
			if _, err := w.Authenticate(bearer(string(other))); i >= 10 && !limited(err) {
				t.Errorf("guess %d: %v", i, err)
			}
		}
	})
	t.Run("behind a trusted proxy the address that it saw counts", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		from := func(chain string) error {
			r := guess("10.0.0.1:1")
			r.Header.Set("X-Forwarded-For", chain)
			_, err := w.Authenticate(r)
			return err
		}
		for range 20 {
			from("6.6.6.6, 192.0.2.1, 10.0.0.2") // the first is what the caller made up
		}
		if err := from("7.7.7.7, 192.0.2.1"); !limited(err) {
			t.Error("made-up addresses give new tries:", err)
		}
		if err := from("192.0.2.9"); !errors.Is(err, auth.ErrUnauthorized) {
			t.Error("another caller behind the proxy:", err)
		}
	})
	t.Run("a caller cannot name its own address", func(t *testing.T) {
		t.Parallel()
		w := newWorld(auth.Config{})
		for i := range 20 {
			r := guess("192.0.2.1:1")
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("1.1.1.%d", i))
			if _, err := w.Authenticate(r); i >= 10 && !limited(err) {
				t.Fatal(err)
			}
		}
	})
}
