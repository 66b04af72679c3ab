package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// GroupReader reads history. What is not in the scope is journal.ErrNotFound;
// a page that is not of this query is journal.ErrInvalid.
type GroupReader interface {
	Groups(ctx context.Context, scope []auth.Project, q journal.GroupQuery) (journal.GroupPage, error)
	Detail(ctx context.Context, scope []auth.Project, groupID int64) (journal.Detail, error)
	// Occurrences returns at most limit, newest first; page is empty for the
	// first page.
	Occurrences(ctx context.Context, scope []auth.Project, groupID int64, limit int, page string) (journal.OccurrencePage, error)
	// Histogram counts from from, which is a multiple of step, to before to, with
	// every bucket in between.
	Histogram(ctx context.Context, scope []auth.Project, groupID int64, from, to time.Time, step time.Duration) ([]journal.Bucket, error)
}

type groupsInput struct {
	GroupFilter
	Sort  string `query:"sort" enum:"last_seen,first_seen,count,raised" default:"last_seen" doc:"The newest, or the most, first."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Page  string `query:"page" maxLength:"1000" doc:"next_page of the page before, with the same filter and order."`
}

type groupsOutput struct {
	Body journal.GroupPage
}

type groupInput struct {
	ID string `path:"id" maxLength:"40" doc:"group_id"`
}

// GroupDetail is one group with what a page about it shows first.
type GroupDetail struct {
	Group      journal.Group          `json:"group"`
	Occurrence newest                 `json:"occurrence" doc:"The newest one; null where only counts are left."`
	Grouping   grouping               `json:"grouping" doc:"Why these occurrences are one group."`
	History    []journal.HistoryEntry `json:"history" doc:"When it was raised, viewed and undone, and by whom; newest first."`
	Deploy     *journal.DeployRef     `json:"deploy" doc:"The newest deploy to its environment that had started when it was first seen; null for none."`
	Cursor     string                 `json:"cursor" doc:"Read before the rows: the events after it bring the answer up to date."`
}

type groupDetailOutput struct {
	Body GroupDetail
}

type occurrencesInput struct {
	ID    string `path:"id" maxLength:"40" doc:"group_id"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Page  string `query:"page" maxLength:"1000" doc:"next_page of the page before."`
}

// Occurrences is a page of the occurrences of a group, newest first.
type Occurrences struct {
	Occurrences []occurrence `json:"occurrences"`
	NextPage    string       `json:"next_page" doc:"Empty on the last page."`
}

type occurrencesOutput struct {
	Body Occurrences
}

type histogramInput struct {
	ID   string    `path:"id" maxLength:"40" doc:"group_id"`
	From time.Time `query:"from" doc:"Moved back to the beginning of its step; missing means 24 hours before to."`
	To   time.Time `query:"to" doc:"Missing means now."`
	Step string    `query:"step" enum:"minute,hour,day" default:"hour" doc:"Minutes are kept for the last 24 hours."`
}

// Histogram counts the occurrences of a group over time.
type Histogram struct {
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to"`
	Step    string           `json:"step" enum:"minute,hour,day"`
	Buckets []journal.Bucket `json:"buckets" doc:"Every step from from to to, those without occurrences too; at most 2,400."`
}

type histogramOutput struct {
	Body Histogram
}

// grouping is a Grouping as it is stored.
type grouping json.RawMessage

// Grouping says why occurrences are one group.
type Grouping struct {
	Version  int            `json:"version" doc:"Of the rules."`
	Rule     string         `json:"rule" enum:"client,default" doc:"Whether the reporter's own fingerprint decided."`
	Template string         `json:"template" doc:"The message with everything that changes taken out."`
	Culprit  string         `json:"culprit" doc:"The frame that failed; empty where none is known."`
	Type     string         `json:"type"`
	Parts    []GroupingPart `json:"parts" doc:"What went into the fingerprint, in that order."`
}

// GroupingPart is one thing that went into a fingerprint.
type GroupingPart struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MarshalJSON implements json.Marshaler.
func (g grouping) MarshalJSON() ([]byte, error) {
	if len(g) == 0 {
		return []byte("{}"), nil
	}
	return g, nil
}

// Schema implements huma.SchemaProvider.
func (grouping) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[Grouping](), true, "Grouping")
}

// occurrence is journal.OccurrenceBody as it is stored.
type occurrence json.RawMessage

// MarshalJSON implements json.Marshaler.
func (o occurrence) MarshalJSON() ([]byte, error) { return o, nil }

// Schema implements huma.SchemaProvider.
func (occurrence) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[journal.OccurrenceBody](), true, "Occurrence")
}

// newest is an occurrence, or nothing.
type newest json.RawMessage

// MarshalJSON implements json.Marshaler.
func (n newest) MarshalJSON() ([]byte, error) {
	if len(n) == 0 {
		return []byte("null"), nil
	}
	return n, nil
}

// Schema implements huma.SchemaProvider.
func (newest) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{occurrence{}.Schema(r), {Type: "null"}}}
}

func (s *server) groupOperations() {
	missing := map[int]string{
		http.StatusNotFound:            "No such group, or out of reach.",
		http.StatusUnprocessableEntity: "A parameter is not valid.",
	}
	register(s, spec{
		Operation: Operation{ID: "list-groups", Method: http.MethodGet, Path: "/v1/groups", Need: auth.ToBeStaff},
		tag:       "History",
		summary:   "Search the journal",
		description: "All groups, whether raised or not, by filter and order, in pages. Filters are joined by and, " +
			"values within one by or.",
		problems: map[int]string{
			http.StatusNotFound:            "No such project, or out of reach.",
			http.StatusUnprocessableEntity: "A parameter is not valid, or the page is of another query.",
		},
	}, s.listGroups)
	register(s, spec{
		Operation:   Operation{ID: "get-group", Method: http.MethodGet, Path: "/v1/groups/{id}", Need: auth.ToBeStaff},
		tag:         "History",
		summary:     "One group",
		description: "The group, its newest occurrence, why its occurrences are grouped, and who did what with it.",
		problems:    missing,
	}, s.getGroup)
	register(s, spec{
		Operation:   Operation{ID: "list-occurrences", Method: http.MethodGet, Path: "/v1/groups/{id}/occurrences", Need: auth.ToBeStaff},
		tag:         "History",
		summary:     "Occurrences of a group",
		description: "Newest first, in pages, for as long as occurrences are kept (30 days by default).",
		problems:    missing,
	}, s.listOccurrences)
	register(s, spec{
		Operation:   Operation{ID: "get-histogram", Method: http.MethodGet, Path: "/v1/groups/{id}/histogram", Need: auth.ToBeStaff},
		tag:         "History",
		summary:     "Occurrences over time",
		description: "Counts per minute (of the last 24 hours), hour or day, in UTC.",
		problems:    missing,
	}, s.getHistogram)
}

// groupID reads an id. What cannot be one belongs to no group.
func groupID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != text {
		return 0, fmt.Errorf("read a group id: %w", journal.ErrNotFound)
	}
	return id, nil
}

func (s *server) listGroups(ctx context.Context, in *groupsInput) (*groupsOutput, error) {
	projects, err := scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	query, err := in.query()
	if err != nil {
		return nil, err
	}
	query.Sort, query.Limit, query.Page = in.Sort, in.Limit, in.Page
	page, err := s.Store.Groups(ctx, projects, query)
	if err != nil {
		return nil, err
	}
	page.Groups = asAnswered(page.Groups)
	return &groupsOutput{Body: page}, nil
}

func (s *server) getGroup(ctx context.Context, in *groupInput) (*groupDetailOutput, error) {
	id, err := groupID(in.ID)
	if err != nil {
		return nil, err
	}
	detail, err := s.Store.Detail(ctx, auth.From(ctx).Projects, id)
	if err != nil {
		return nil, err
	}
	for i := range detail.History {
		detail.History[i].At = detail.History[i].At.UTC()
	}
	return &groupDetailOutput{Body: GroupDetail{
		Group: groupAsAnswered(detail.Group), Occurrence: newest(detail.Occurrence), Grouping: grouping(detail.Grouping),
		History: orEmpty(detail.History), Deploy: detail.Deploy, Cursor: detail.Cursor,
	}}, nil
}

func (s *server) listOccurrences(ctx context.Context, in *occurrencesInput) (*occurrencesOutput, error) {
	id, err := groupID(in.ID)
	if err != nil {
		return nil, err
	}
	page, err := s.Store.Occurrences(ctx, auth.From(ctx).Projects, id, in.Limit, in.Page)
	if err != nil {
		return nil, err
	}
	out := Occurrences{Occurrences: make([]occurrence, len(page.Occurrences)), NextPage: page.NextPage}
	for i, one := range page.Occurrences {
		out.Occurrences[i] = occurrence(one)
	}
	return &occurrencesOutput{Body: out}, nil
}

const maxBuckets = 2400

var steps = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

func (s *server) getHistogram(ctx context.Context, in *histogramInput) (*histogramOutput, error) {
	id, err := groupID(in.ID)
	if err != nil {
		return nil, err
	}
	step := steps[in.Step]
	to := in.To
	if to.IsZero() {
		to = s.Now()
	}
	from := in.From
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
	}
	from, to = from.UTC().Truncate(step), to.UTC()
	switch {
	case !from.Before(to):
		return nil, &journal.FieldError{Field: "query.from", Reason: "must be before to", Kind: journal.ErrInvalid}
	case to.Sub(from) > maxBuckets*step:
		return nil, &journal.FieldError{Field: "query.step", Reason: "is too small for the time from from to to: at most 2,400 steps", Kind: journal.ErrInvalid}
	}
	buckets, err := s.Store.Histogram(ctx, auth.From(ctx).Projects, id, from, to, step)
	if err != nil {
		return nil, err
	}
	for i := range buckets {
		buckets[i].At = buckets[i].At.UTC()
	}
	return &histogramOutput{Body: Histogram{From: from, To: to, Step: in.Step, Buckets: orEmpty(buckets)}}, nil
}
