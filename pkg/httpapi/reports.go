package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Recorder makes occurrences durable.
type Recorder interface {
	// Record stores the occurrences and returns, in the same order, what became
	// of each. It returns after the commit, or with journal.ErrUnavailable.
	Record(ctx context.Context, occurrences []journal.Occurrence) ([]journal.Recorded, error)
}

// reportsInput takes the request as it is: the body is read by us, under caps,
// after the caller is known.
type reportsInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"Makes a repeat of the whole request harmless: a report without report_id is then known by this key and its index in the request."`

	r *http.Request
}

// Resolve implements huma.Resolver.
func (in *reportsInput) Resolve(ctx huma.Context) []error {
	in.r, _ = humago.Unwrap(ctx)
	return nil
}

// Accepted is the answer to a body of reports of which at least one is stored.
type Accepted struct {
	Accepted    int                  `json:"accepted" doc:"how many were stored now"`
	Duplicates  int                  `json:"duplicates" doc:"how many had been stored before; they count once"`
	Rejected    []Rejected           `json:"rejected" doc:"those that were refused, each with its reason"`
	Occurrences []AcceptedOccurrence `json:"occurrences" doc:"those that are stored, duplicates included"`
}

// AcceptedOccurrence names the occurrence that a report became.
type AcceptedOccurrence struct {
	Index        int    `json:"index" doc:"of the report in the request, from 0"`
	OccurrenceID string `json:"occurrence_id" format:"uuid"`
	Fingerprint  string `json:"fingerprint"`
}

type reportsOutput struct {
	Body Accepted
}

func (s *server) reportOperations() {
	register(s, spec{
		Operation: Operation{ID: "post-reports", Method: http.MethodPost, Path: "/v1/reports", Need: auth.ToReport},
		tag:       "Reports",
		summary:   "Report errors",
		description: "Send one report, `{\"reports\": [...]}` with up to 500, or one report per line (`application/x-ndjson`). " +
			"JSON is assumed where the content type says nothing useful, so `curl -d` works as it is. " +
			"The body may be encoded with gzip or zstd; decoded it may hold 5 MiB, and each report 1 MiB, 32 levels and 10,000 values.\n\n" +
			"**202 means stored.** Each report has its own result: one that is refused does not hold up the others. " +
			"After any other answer, or none, repeat the same request: with a `report_id` in each report, or an `Idempotency-Key`, " +
			"what was stored already is counted once and answered with its first `occurrence_id`.\n\n" +
			"Secrets are removed before anything is stored, longer strings are shortened, unknown members go into `payload`.",
		problems: map[int]string{
			http.StatusBadRequest:            "The body is not JSON, or not what its encoding says. Of one report per line, each line has its own result instead.",
			http.StatusRequestTimeout:        "The body took too long to arrive.",
			http.StatusRequestEntityTooLarge: "More than 5 MiB decoded, more than 500 reports, or a single report over its caps.",
			http.StatusUnsupportedMediaType:  "The body is declared to be something else than JSON, or encoded in another way.",
			http.StatusUnprocessableEntity:   "No report could be accepted; `rejected` says why, report by report.",
			http.StatusTooManyRequests:       "The token sent more reports a second than it may. Repeat after `Retry-After` seconds.",
			http.StatusServiceUnavailable:    "It cannot be stored now. Repeat the same request after `Retry-After` seconds.",
		},
	}, s.postReports, func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted })
	s.describeReports()
}

func (s *server) postReports(ctx context.Context, in *reportsInput) (*reportsOutput, error) {
	who := auth.From(ctx)
	if wait := s.rates.Wait(who.ID, s.Now()); wait > 0 {
		return nil, &auth.LimitedError{After: wait}
	}
	accepted, rejected, err := s.readReports(ctx, who, in)
	if err != nil {
		return nil, err
	}
	if len(accepted.occurrences) == 0 {
		s.observe(0, 0, len(rejected))
		return nil, nothingAccepted(accepted.single, rejected)
	}

	// A caller who leaves does not stop what is under way: others may wait for the
	// same transaction.
	recordCtx, cancel := within(context.WithoutCancel(ctx), s.config.StoreTimeout)
	defer cancel()
	recorded, err := s.Store.Record(recordCtx, accepted.occurrences)
	if err != nil {
		return nil, fmt.Errorf("record %d reports: %w", len(accepted.occurrences), err)
	}
	if len(recorded) != len(accepted.occurrences) {
		return nil, fmt.Errorf("record %d reports: %d results", len(accepted.occurrences), len(recorded))
	}
	out := Accepted{Rejected: rejected, Occurrences: make([]AcceptedOccurrence, len(recorded))}
	for i, one := range recorded {
		if one.Duplicate {
			out.Duplicates++
		} else {
			out.Accepted++
		}
		out.Occurrences[i] = AcceptedOccurrence{accepted.indices[i], one.OccurrenceID, one.Fingerprint}
	}
	s.observe(out.Accepted, out.Duplicates, len(rejected))
	return &reportsOutput{Body: out}, nil
}

// acceptance is what of a body can be stored.
type acceptance struct {
	occurrences []journal.Occurrence
	indices     []int // of each occurrence's report in the request
	single      bool
}

// readReports turns the body into occurrences, which hold nothing of it but
// redacted copies.
func (s *server) readReports(ctx context.Context, who auth.Identity, in *reportsInput) (acceptance, []Rejected, error) {
	form, err := formOf(in.r.Header)
	if err != nil {
		return acceptance{}, nil, err
	}
	sent, give, err := s.readBody(who.ID, in.r)
	if err != nil {
		return acceptance{}, nil, err
	}
	defer give()
	size := int64(len(sent))
	if form.encoding != "" {
		size = maxBody
	}
	release, err := s.reserve(ctx, size)
	if err != nil {
		return acceptance{}, nil, err
	}
	defer release()
	body, err := unpack(sent, form.encoding)
	if err != nil {
		return acceptance{}, nil, err
	}
	found, err := split(body, form.lines)
	if err != nil {
		return acceptance{}, nil, err
	}
	s.rates.Spend(who.ID, len(found.items), s.Now())

	project := who.Projects[0]
	accepted := acceptance{single: found.single}
	rejected := []Rejected{}
	for i, raw := range found.items {
		report, err := journal.DecodeReport(raw)
		if err != nil && !json.Valid(raw) && len(raw) <= journal.MaxReport {
			rejected = append(rejected, Rejected{i, *newProblem(http.StatusBadRequest, "It is not valid JSON.")})
			continue
		}
		var occurrence journal.Occurrence
		if err == nil {
			occurrence, err = report.Accept(journal.Options{
				ProjectID: project.ID, Project: project.Slug, IdempotencyKey: in.IdempotencyKey, Index: i,
				Now: s.Now(), Retention: s.config.Retention,
			})
		}
		if err != nil {
			rejected = append(rejected, Rejected{i, *problemOf(err)})
			continue
		}
		accepted.occurrences = append(accepted.occurrences, occurrence)
		accepted.indices = append(accepted.indices, i)
	}
	return accepted, rejected, nil
}

// nothingAccepted answers for a body in which every report was refused, or which
// is a list of none. A single report answers for the request.
func nothingAccepted(single bool, rejected []Rejected) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "No report could be accepted; rejected says why.")
	switch {
	case len(rejected) == 0:
		p.Detail = "There is no report in it."
	case single:
		p = rejected[0].Problem.copy()
	}
	p.Rejected = rejected
	return p
}

func (s *server) observe(accepted, duplicates, rejected int) {
	if s.Observer != nil {
		s.Observer.Reports(accepted, duplicates, rejected)
	}
}

// describeReports adds the body to the document. It is not part of the input
// type, because huma would then read it.
func (s *server) describeReports() {
	doc := s.api.OpenAPI()
	schemas := doc.Components.Schemas
	report := schemas.Schema(reflect.TypeFor[journal.Report](), true, "Report")
	open := schemas.SchemaFromRef(report.Ref)
	open.AdditionalProperties = true
	open.Properties["level"] = levelSent("").Schema(schemas)
	open.Description = "What a job reports. Only `message` is required. Strings longer than is kept are shortened after secrets were removed."
	many := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"reports"}, AdditionalProperties: true,
		Properties: map[string]*huma.Schema{"reports": {Type: huma.TypeArray, Items: report, MaxItems: new(maxReports)}},
	}
	schemas.Map()["Reports"] = many
	doc.Paths["/v1/reports"].Post.RequestBody = &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{
			"application/json": {
				Schema: &huma.Schema{OneOf: []*huma.Schema{report, {Ref: "#/components/schemas/Reports"}}},
				Examples: map[string]*huma.Example{
					"one": {Summary: "One report", Value: exampleReport},
					"many": {Summary: "Several reports", Value: map[string]any{
						"reports": []any{map[string]any{"message": "disk full"}, map[string]any{"message": "retry", "level": "warning"}},
					}},
				},
			},
			"application/x-ndjson": {
				Schema:  &huma.Schema{Type: huma.TypeString, Description: "One report per line."},
				Example: "{\"message\":\"disk full\"}\n{\"message\":\"retry\",\"level\":\"warning\"}\n",
			},
		},
	}
}

var exampleReport = map[string]any{
	"message": "dial tcp 10.0.0.7:5432: connect: connection refused", "type": "ConnectError", "level": "error",
	"source": "billing-worker", "environment": "production", "release": "2026.11.3", "run_id": "run-4711",
}
