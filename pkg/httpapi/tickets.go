package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rynda/pkg/auth"
)

type ticketInput struct {
	r *http.Request
}

// Resolve implements huma.Resolver.
func (in *ticketInput) Resolve(ctx huma.Context) []error {
	in.r, _ = humago.Unwrap(ctx)
	return nil
}

// Ticket opens one stream.
type Ticket struct {
	Ticket    string    `json:"ticket" doc:"For the query of GET /v1/events/stream, once."`
	ExpiresAt time.Time `json:"expires_at" doc:"Until when it opens a stream, at most 30 seconds from now. A stream that is open goes on."`
}

type ticketOutput struct {
	Status int
	Body   Ticket
}

func (s *server) ticketOperations() {
	register(s, spec{
		Operation: Operation{ID: "create-stream-ticket", Method: http.MethodPost, Path: "/v1/stream-tickets", Need: auth.ToBeStaff},
		tag:       "Events",
		summary:   "Get a ticket for a stream",
		description: "For pages on other origins, whose EventSource sends neither a cookie nor a header: the answer goes into " +
			"`?ticket=` of the stream. It works once, within 30 seconds, with the rights of who asked for it; the stream ends " +
			"when these end. Each connection needs a new one.",
		problems: map[int]string{
			http.StatusNotFound:        "This server has no tickets.",
			http.StatusTooManyRequests: "Too many wrong tokens from this address, or too many tickets. Repeat after `Retry-After` seconds.",
		},
	}, s.createTicket, func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated })
}

func (s *server) createTicket(_ context.Context, in *ticketInput) (*ticketOutput, error) {
	if s.Tickets == nil {
		return nil, notFound()
	}
	text, until, err := s.Tickets.Issue(in.r)
	if err != nil {
		return nil, err
	}
	return &ticketOutput{Status: http.StatusCreated, Body: Ticket{Ticket: text, ExpiresAt: until.UTC()}}, nil
}

// opener says who opens a stream: by the ticket in the query where there is one
// and no bearer token, else as of any operation.
func (s *server) opener(r *http.Request) (auth.Identity, error) {
	query := r.URL.Query()
	if s.Tickets == nil || r.Method != http.MethodGet || !query.Has("ticket") || len(r.Header.Values("Authorization")) > 0 {
		return s.caller(r, auth.ToBeStaff)
	}
	who, err := s.Tickets.Redeem(r, query.Get("ticket"))
	return s.known(r, who, err, auth.ToBeStaff)
}
