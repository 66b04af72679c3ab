package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/semaphore"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// server is what the handlers share.
type server struct {
	Deps
	config    Config
	api       huma.API
	specs     []spec
	rates     *auth.Limiter // reports by ingest token
	bodies    *room         // as sent
	decoding  *semaphore.Weighted
	waiting   *semaphore.Weighted // polls
	lastTick  atomic.Int64        // of a poll that waited, in milliseconds
	published func() published    // the document and its page
}

// New returns the handler of everything: API, stream, document, health and the
// files of the page. It sets the deadlines of bodies and answers itself
// (recorder.go), so the http.Server around it needs a ReadHeaderTimeout and an
// IdleTimeout and must not have a ReadTimeout, which would end polls that wait.
func New(deps Deps, config Config) http.Handler {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	s, routes := build(deps, config)
	return &front{
		next: routes, headers: frontHeaders(config.FrameAncestors), logger: deps.Logger, observer: deps.Observer,
		body: s.config.BodyTimeout, pace: s.config.WriteTimeout,
	}
}

func build(deps Deps, config Config) (*server, *router) {
	config = config.withDefaults()
	s := &server{
		Deps: deps, config: config,
		rates:    auth.NewLimiter(config.RateLimit, int(config.RateLimit), 10_000),
		bodies:   newRoom(config.BodyBytes),
		decoding: semaphore.NewWeighted(config.DecodeBytes),
		waiting:  semaphore.NewWeighted(config.PollWaiters),
	}
	routes := newRouter(deps.Static, config.AllowedOrigins)
	format := huma.Format{Marshal: marshal, Unmarshal: json.Unmarshal}
	s.api = huma.NewAPI(huma.Config{
		OpenAPI:       document(),
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{sign},
	}, routes)
	s.reportOperations()
	s.feedOperations()
	s.viewedOperations()
	s.groupOperations()
	s.runOperations()
	s.deployOperations()
	s.logOperations()
	s.eventOperations(routes)
	s.meOperations()
	s.ticketOperations()
	s.loginOperations(routes)
	s.serviceOperations(routes)
	s.finishDocument()
	s.published = sync.OnceValue(func() published { return publish(s.api.OpenAPI(), s.specs) })
	return s, routes
}

// marshal writes v in one piece. A caller who has left is no error.
func marshal(w io.Writer, v any) error {
	text, err := journal.Marshal(v)
	if err != nil {
		return err
	}
	w.Write(append(text, '\n'))
	return nil
}

// sign puts the request's id into a problem that huma is about to write, and
// remembers it for the log.
func sign(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok {
		c := callOf(ctx.Context())
		p.RequestID, c.problem = c.id, p
	}
	return v, nil
}

// documented is the API without anything behind it: what it says of itself.
var documented = sync.OnceValue(func() *server {
	s, _ := build(Deps{}, Config{})
	return s
})

// OpenAPI returns the document of the API (OpenAPI 3.1, YAML), as
// openapi/openapi.yaml has it.
func OpenAPI() []byte {
	text, err := documented().api.OpenAPI().YAML()
	if err != nil {
		panic(err) // of our own making: the same on every run
	}
	return text
}

// Operations lists all operations, by path and method, with what each needs of
// its caller.
func Operations() []Operation {
	var all []Operation
	for _, sp := range documented().specs {
		all = append(all, sp.Operation)
	}
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// within bounds ctx by d.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}
