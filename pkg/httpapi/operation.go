package httpapi

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Operation is one thing that can be asked, and what it needs of its caller.
type Operation struct {
	ID     string
	Method string
	Path   string
	Need   auth.Need
}

// spec is an operation before it is registered. problems says, by status, when
// it fails; the failures that go with its need are added, but for those that
// problems has with no words, which do not happen.
type spec struct {
	Operation
	tag         string
	summary     string
	description string
	problems    map[int]string
}

func (s spec) allProblems() map[int]string {
	all := map[int]string{
		http.StatusInternalServerError: "A fault of the server. The log has the `request_id`.",
		http.StatusServiceUnavailable:  "The database is away or busy. Repeat after `Retry-After` seconds.",
	}
	if s.Need != auth.Nobody {
		all[http.StatusUnauthorized] = "Nobody is known by this token or cookie, or there is none."
		all[http.StatusForbidden] = "The caller is known and may not do this; `detail` names the scope or right that is missing. Or another site had a browser send this."
		all[http.StatusTooManyRequests] = "Too many wrong tokens from this address. Repeat after `Retry-After` seconds."
	}
	maps.Copy(all, s.problems)
	maps.DeleteFunc(all, func(_ int, when string) bool { return when == "" })
	return all
}

func (s spec) huma() huma.Operation {
	op := huma.Operation{
		OperationID: s.ID, Method: s.Method, Path: s.Path, Summary: s.summary, Description: s.description,
		Tags: []string{s.tag}, Security: security(s.Need),
		MaxBodyBytes: 64 << 10, // of commands; reports are read by us
	}
	for status := range s.allProblems() {
		op.Errors = append(op.Errors, status)
	}
	return op
}

func security(need auth.Need) []map[string][]string {
	switch need {
	case auth.ToReport, auth.ToControl:
		return []map[string][]string{{"ingest_token": {string(need)}}}
	case auth.ToBeStaff:
		return []map[string][]string{{"staff_token": {}}, {"session": {}}}
	}
	return []map[string][]string{} // none
}

// register adds an operation whose failures are problems and whose caller is
// known before anything of the request is read.
func register[I, O any](s *server, sp spec, handler func(context.Context, *I) (*O, error), change ...func(*huma.Operation)) {
	op := sp.huma()
	op.Middlewares = huma.Middlewares{s.identify(sp.Need)}
	for _, c := range change {
		c(&op)
	}
	s.specs = append(s.specs, sp)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

// identify puts the identity of the caller into the context, or answers for the
// operation.
func (s *server) identify(need auth.Need) func(huma.Context, func(huma.Context)) {
	if need == auth.Nobody {
		return func(ctx huma.Context, next func(huma.Context)) { next(ctx) }
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		who, err := s.caller(r, need)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next(huma.WithContext(ctx, auth.With(ctx.Context(), who)))
	}
}

func (s *server) caller(r *http.Request, need auth.Need) (auth.Identity, error) {
	who, err := s.Auth.Authenticate(r)
	return s.known(r, who, err, need)
}

// known notes who is calling for the log, and checks the kind.
func (s *server) known(r *http.Request, who auth.Identity, err error, need auth.Need) (auth.Identity, error) {
	if err != nil {
		return auth.Identity{}, err
	}
	kind := string(who.Kind)
	if who.Kind == auth.Bearer {
		kind = "signed" // what follows "bearer:" the redactor of the log takes for a token
	}
	callOf(r.Context()).who = kind + ":" + who.ID
	return who, who.Check(need)
}

// refuse answers who is not let in, and where people can sign in says so.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status == http.StatusUnauthorized && s.Login != nil {
		p.LoginURL = loginPath
	}
	p.write(w, r)
}

// scope is the projects that the answer may be about: those asked for, or all
// in reach. One that is out of reach and one that does not exist are the same.
func scope(ctx context.Context, asked []string) ([]auth.Project, error) {
	who := auth.From(ctx)
	if len(asked) == 0 {
		return who.Projects, nil
	}
	chosen := make([]auth.Project, 0, len(asked))
	for _, slug := range asked {
		project, ok := who.Project(slug)
		if !ok {
			return nil, fmt.Errorf("choose a project: %w", journal.ErrNotFound)
		}
		chosen = append(chosen, project)
	}
	return chosen, nil
}
