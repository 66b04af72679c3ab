package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// The store answers auth.Lookup; this does not compile otherwise.
var _ auth.Lookup = (*Store)(nil)

func TestMintIngestToken(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	both := []auth.Scope{auth.Report, auth.Control}

	t.Run("makes a text that proves who is calling, and keeps only its hash", func(t *testing.T) {
		text, err := s.MintIngestToken(ctx, NewIngestToken{Project: "alpha", Name: "ci", Scopes: both})
		if err != nil {
			t.Fatal(err)
		}
		row, err := s.IngestToken(ctx, text[4:12])
		if err != nil || row.SHA256 != sha256.Sum256([]byte(text)) || row.Project != s.alpha || row.Name != "ci" || !row.RevokedAt.IsZero() {
			t.Errorf("%+v, %v", row, err)
		}
		if diff := cmp.Diff(both, row.Scopes); diff != "" {
			t.Error(diff)
		}
		var stored bool
		s.row(`select exists (select from ingest_tokens t where position($1 in t::text) > 0)`, []any{text[13:]}, &stored)
		if stored {
			t.Error("the secret is in the table")
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		if who, err := auth.New(s, auth.Config{}, nil).Authenticate(r); err != nil || !who.Can(auth.Control) || who.Projects[0] != s.alpha {
			t.Errorf("%+v, %v", who, err)
		}
	})
	t.Run("lets two of a name live, whoever asks at once", func(t *testing.T) {
		var group sync.WaitGroup
		var made, refused int
		var mu sync.Mutex
		for range 6 {
			group.Go(func() {
				_, err := s.MintIngestToken(ctx, NewIngestToken{Project: "alpha", Name: "worker", Scopes: both})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made++
				case errors.Is(err, journal.ErrConflict):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if made != 2 || refused != 4 {
			t.Errorf("made %d, refused %d", made, refused)
		}
	})
	t.Run("revokes the oldest when asked to", func(t *testing.T) {
		var texts []string
		now := noon
		s.now = func() time.Time { now = now.Add(time.Second); return now }
		for range 3 {
			text, err := s.MintIngestToken(ctx, NewIngestToken{Project: "beta", Name: "worker", Scopes: both, Replace: true})
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		for i, text := range texts {
			row, err := s.IngestToken(ctx, text[4:12])
			if err != nil || row.RevokedAt.IsZero() == (i == 0) {
				t.Errorf("token %d: revoked %v, %v", i, row.RevokedAt, err)
			}
		}
	})
	t.Run("refuses", func(t *testing.T) {
		for name, test := range map[string]struct {
			token NewIngestToken
			want  error
		}{
			"a missing project": {NewIngestToken{Project: "gamma", Scopes: both}, journal.ErrNotFound},
			"no scope":          {NewIngestToken{Project: "alpha"}, journal.ErrInvalid},
			"an unknown scope":  {NewIngestToken{Project: "alpha", Scopes: []auth.Scope{"admin"}}, journal.ErrInvalid},
		} {
			if _, err := s.MintIngestToken(ctx, test.token); !errors.Is(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestStaffToken(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	for name, test := range map[string]struct {
		slugs []string
		want  []int64
	}{
		"every project": {nil, nil},
		"no project":    {[]string{}, []int64{}},
		"two, repeated": {[]string{"beta", "alpha", "beta"}, []int64{s.alpha.ID, s.beta.ID}},
	} {
		text, err := s.MintStaffToken(ctx, NewStaffToken{Name: name, Projects: test.slugs, ExpiresAt: noon})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		row, err := s.StaffToken(ctx, text[4:12])
		if err != nil || row.Name != name || !row.ExpiresAt.Equal(noon) || row.SHA256 != sha256.Sum256([]byte(text)) {
			t.Errorf("%s: %+v, %v", name, row, err)
		}
		if diff := cmp.Diff(test.want, row.Projects); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := s.MintStaffToken(ctx, NewStaffToken{Name: "x", Projects: []string{"alpha", "gamma"}}); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("a missing project: %v", err)
	}
	if _, err := s.MintStaffToken(ctx, NewStaffToken{}); !errors.Is(err, journal.ErrInvalid) {
		t.Errorf("no name: %v", err)
	}
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	staff, err := s.MintStaffToken(ctx, NewStaffToken{Name: "ada", Projects: []string{"beta"}})
	if err != nil {
		t.Fatal(err)
	}
	ingest, err := s.MintIngestToken(ctx, NewIngestToken{Project: "alpha", Name: "ci", Scopes: []auth.Scope{auth.Report}})
	if err != nil {
		t.Fatal(err)
	}
	first := s.now
	for _, text := range []string{staff, ingest, staff} { // the second time changes nothing
		if err := s.RevokeToken(ctx, text[4:12]); err != nil {
			t.Fatal(err)
		}
		s.now = func() time.Time { return noon.Add(time.Hour) }
	}
	s.now = first
	tokens, err := s.ListTokens(ctx)
	if err != nil {
		t.Fatal(err)
	}
	byKind := map[string]TokenInfo{}
	for _, info := range tokens {
		byKind[info.Kind] = info
	}
	if got := byKind["staff"]; !got.RevokedAt.Equal(noon) || got.Prefix != staff[4:12] || got.Projects[0] != "beta" || got.Name != "ada" {
		t.Errorf("%+v", got)
	}
	if got := byKind["ingest"]; got.RevokedAt.IsZero() || got.Projects[0] != "alpha" || got.Scopes[0] != "report" {
		t.Errorf("%+v", got)
	}
	if err := s.RevokeToken(ctx, "missing!"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("a missing token: %v", err)
	}
}

func TestLookup_tells_what_is_missing(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	_, ingest := s.IngestToken(ctx, "missing!")
	_, staff := s.StaffToken(ctx, "missing!")
	_, session := s.Session(ctx, [32]byte{})
	for _, err := range []error{ingest, staff, session} {
		if !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	}
	s.exec(`insert into sessions (session_sha256, user_id, name, projects, expires_at) values ($1, 'u1', 'Ada', $2, now() + interval '1 day')`,
		make([]byte, 32), []int64{s.beta.ID})
	if row, err := s.Session(ctx, [32]byte{}); err != nil || row.UserID != "u1" || row.Projects[0] != s.beta.ID || !row.RevokedAt.IsZero() {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	s := newSeeded(t)
	ctx := context.Background()
	made, err := s.CreateProject(ctx, "gamma-1", "Gamma")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetLinkTemplates(ctx, "gamma-1", map[string]string{"run": "https://ci.example/runs/{id}"}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Projects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var slugs []string
	for _, row := range rows {
		slugs = append(slugs, row.Slug)
		if row.ID == made.ID && row.LinkTemplates["run"] != "https://ci.example/runs/{id}" {
			t.Errorf("%+v", row)
		}
	}
	if diff := cmp.Diff([]string{"alpha", "beta", "gamma-1", "system"}, slugs); diff != "" {
		t.Error(diff)
	}
	if _, err := s.CreateProject(ctx, "alpha", "Again"); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("twice: %v", err)
	}
	for _, slug := range []string{"", "Alpha", "a b", "-a", "a/b"} {
		if _, err := s.CreateProject(ctx, slug, "x"); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("%q: %v", slug, err)
		}
	}
	for template, want := range map[string]error{
		"javascript:alert({id})": journal.ErrInvalid, "//evil.example/{id}": journal.ErrInvalid, "https://x/": journal.ErrInvalid, "/runs/{id}": nil,
	} {
		if err := s.SetLinkTemplates(ctx, "alpha", map[string]string{"run": template}); !errors.Is(err, want) {
			t.Errorf("%s: %v", template, err)
		}
	}
	if err := s.SetLinkTemplates(ctx, "missing", nil); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
}
