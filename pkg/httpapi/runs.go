package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Works keeps runs, deploys and their logs. What is not in the scope is
// journal.ErrNotFound, an id that several projects of it have is
// journal.ErrConflict.
type Works interface {
	PutRun(ctx context.Context, project auth.Project, id string, u journal.Update) (journal.Run, error)
	PutDeploy(ctx context.Context, project auth.Project, id string, u journal.Update) (journal.Deploy, error)
	Runs(ctx context.Context, scope []auth.Project, q journal.WorkQuery) (journal.RunPage, error)
	Deploys(ctx context.Context, scope []auth.Project, q journal.WorkQuery) (journal.DeployPage, error)
	RunDetail(ctx context.Context, scope []auth.Project, id string) (journal.RunDetail, error)
	DeployDetail(ctx context.Context, scope []auth.Project, id string) (journal.DeployDetail, error)
	AppendLog(ctx context.Context, project auth.Project, work journal.Work, id string, a journal.LogAppend) (journal.LogAppended, error)
	// Log returns at most limit lines behind the seq after, only markers if asked.
	Log(ctx context.Context, scope []auth.Project, work journal.Work, id string, after int64, limit int, markers bool) (journal.LogPage, error)
}

// workInput takes the request as it is: the body is read by us, after the
// caller is known.
type workInput struct {
	ID string `path:"id" maxLength:"200" doc:"Yours; at most 200 bytes of text without commas and control characters."`

	r *http.Request
}

// Resolve implements huma.Resolver.
func (in *workInput) Resolve(ctx huma.Context) []error {
	in.r, _ = humago.Unwrap(ctx)
	return nil
}

type runOutput struct{ Body RunTold }

// RunTold is the answer to an update of a run. It is no more than its sender
// has to know: tokens that write read nothing.
type RunTold struct {
	RunID string `json:"run_id"`
	Told
}

// Told is what answers to updates of runs and deploys have in common.
type Told struct {
	Project   string         `json:"project"`
	Version   int64          `json:"version" doc:"Raised by every change."`
	Status    journal.Status `json:"status" doc:"As it is now, with this update and those before it."`
	Attempt   int            `json:"attempt"`
	UpdatedAt time.Time      `json:"updated_at" doc:"Of the newest update."`
}

func toldOf(p journal.Progress) Told {
	return Told{Project: p.Project, Version: p.Version, Status: p.Status, Attempt: p.Attempt, UpdatedAt: p.UpdatedAt}
}

type runsInput struct {
	Project  []string  `query:"project" maxItems:"100" doc:"Only these projects; missing means all in reach."`
	Status   []string  `query:"status" enum:"queued,running,succeeded,failed,canceled" doc:"Any of these."`
	Name     string    `query:"name" maxLength:"200"`
	Actor    string    `query:"actor" maxLength:"200"`
	DeployID string    `query:"deploy_id" maxLength:"200"`
	Q        string    `query:"q" maxLength:"200" doc:"Text in the id or the name, upper or lower case."`
	Since    time.Time `query:"since" doc:"Started, or first heard of, at or after."`
	Until    time.Time `query:"until" doc:"Started, or first heard of, before."`
	Limit    int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Page     string    `query:"page" maxLength:"1000" doc:"next_page of the page before, with the same filter."`
}

type runsOutput struct{ Body journal.RunPage }

// OneWork names a run or deploy. It is exported because huma passes over embedded
// types that are not.
type OneWork struct {
	ID      string `path:"id" maxLength:"200"`
	Project string `query:"project" maxLength:"100" doc:"Needed where several projects in reach have this id."`
}

type runDetailOutput struct{ Body journal.RunDetail }

// RunUpdate is the body of an update, for the document: journal.AcceptUpdate
// reads it.
type RunUpdate struct {
	Name       string         `json:"name,omitempty" example:"nightly-import"`
	Status     journal.Status `json:"status,omitempty" enum:"queued,running,succeeded,failed,canceled"`
	Attempt    int            `json:"attempt,omitempty" minimum:"1" maximum:"1000000" doc:"A repeat under the same id has the next number: status, times and steps begin anew with it. Missing means the attempt that was current at updated_at."`
	Trigger    string         `json:"trigger,omitempty" example:"schedule"`
	Actor      string         `json:"actor,omitempty"`
	Ref        string         `json:"ref,omitempty" example:"main"`
	Commit     string         `json:"commit,omitempty"`
	DeployID   string         `json:"deploy_id,omitempty" doc:"The deploy that it belongs to."`
	StartedAt  *time.Time     `json:"started_at,omitempty"`
	FinishedAt *time.Time     `json:"finished_at,omitempty"`
	Steps      []StepUpdate   `json:"steps,omitempty" doc:"All of them; at most 50."`
	URL        string         `json:"url,omitempty" doc:"http or https."`
	Links      []journal.Ref  `json:"links,omitempty"`
	UpdatedAt  *time.Time     `json:"updated_at,omitempty" doc:"When the control plane knew it: of each field the newest update counts. Missing means now."`
}

// StepUpdate is a step or stage in an update.
type StepUpdate struct {
	Name       string         `json:"name,omitempty"`
	Status     journal.Status `json:"status,omitempty" enum:"queued,running,succeeded,failed,canceled"`
	StartedAt  *time.Time     `json:"started_at,omitempty"`
	FinishedAt *time.Time     `json:"finished_at,omitempty"`
}

const putDescription = "Send what has changed; fields that are missing stay, and null takes a field back (`status`, `attempt` and `updated_at` cannot be: 422). Updates may come out of order and more than once: of each field " +
	"the one with the newest `updated_at` counts, of two at the same time the one that ends it. " +
	"A failure raises an error group, or joins the one that it has reported to. " +
	"200 means stored; repeat the same request after any other answer, or none."

var putProblems = map[int]string{
	http.StatusBadRequest:            "The body is not JSON, not what its encoding says, or ended before its end.",
	http.StatusRequestTimeout:        "The body took too long to arrive.",
	http.StatusRequestEntityTooLarge: "The body is over 256 KiB.",
	http.StatusUnsupportedMediaType:  "The body is declared to be something else than JSON, or encoded in another way.",
	http.StatusUnprocessableEntity:   "A field is unknown or not valid, or updated_at is more than five minutes ahead.",
	http.StatusTooManyRequests:       "The token sent more updates a second than it may. Repeat after `Retry-After` seconds.",
	http.StatusServiceUnavailable:    "It cannot be stored now. Repeat the same request after `Retry-After` seconds.",
}

func listProblems() map[int]string {
	return map[int]string{
		http.StatusNotFound:            "No such project, or out of reach.",
		http.StatusUnprocessableEntity: "A parameter is not valid, or the page is of another query.",
	}
}

func oneProblems() map[int]string {
	return map[int]string{
		http.StatusNotFound:            "There is none, or it is out of reach.",
		http.StatusConflict:            "Several projects in reach have this id: say which by project.",
		http.StatusUnprocessableEntity: "A parameter is not valid.",
	}
}

func (s *server) runOperations() {
	register(s, spec{
		Operation:   Operation{ID: "put-run", Method: http.MethodPut, Path: "/v1/runs/{id}", Need: auth.ToControl},
		tag:         "Runs",
		summary:     "Tell of a run",
		description: putDescription,
		problems:    putProblems,
	}, s.putRun)
	describeBody[RunUpdate](s, "/v1/runs/{id}", map[string]any{"name": "nightly-import", "status": "running", "trigger": "schedule"})
	register(s, spec{
		Operation:   Operation{ID: "list-runs", Method: http.MethodGet, Path: "/v1/runs", Need: auth.ToBeStaff},
		tag:         "Runs",
		summary:     "Runs, newest first",
		description: "By when they started, or were first heard of. Filters are joined by and.",
		problems:    listProblems(),
	}, s.listRuns)
	register(s, spec{
		Operation:   Operation{ID: "get-run", Method: http.MethodGet, Path: "/v1/runs/{id}", Need: auth.ToBeStaff},
		tag:         "Runs",
		summary:     "One run",
		description: "The run, the groups that it reported to, and how far its log goes.",
		problems:    oneProblems(),
	}, s.getRun)
}

// describeBody adds a body that we read ourselves to the document.
func describeBody[T any](s *server, path string, example map[string]any) {
	schema := schemaOf[T](s)
	op := s.api.OpenAPI().Paths[path].Put
	if op == nil {
		op = s.api.OpenAPI().Paths[path].Post
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: schema, Example: example},
	}}
}

// readWork reads the body of a control plane, for the id that the path names.
func (s *server) readWork(ctx context.Context, in *workInput) (project auth.Project, body []byte, perLine bool, done func(), err error) {
	done = func() {}
	who := auth.From(ctx)
	switch {
	case !auth.ValidID(in.ID):
		return project, nil, false, done, &journal.FieldError{Field: "path.id", Kind: journal.ErrInvalid,
			Reason: "must be at most 200 bytes of text without commas and control characters"}
	case journal.HoldsSecret(in.ID):
		return project, nil, false, done, &journal.FieldError{Field: "path.id", Kind: journal.ErrInvalid, Reason: "looks like a secret"}
	}
	if wait := s.rates.Wait(who.ID, s.Now()); wait > 0 {
		return project, nil, false, done, &auth.LimitedError{After: wait}
	}
	s.rates.Spend(who.ID, 1, s.Now())
	form, err := formOf(in.r.Header)
	if err != nil {
		return project, nil, false, done, err
	}
	sent, give, err := s.readBody(who.ID, in.r)
	if err != nil {
		return project, nil, false, done, err
	}
	size := int64(len(sent))
	if form.encoding != "" {
		size = maxBody
	}
	release, err := s.reserve(ctx, size)
	if err != nil {
		give()
		return project, nil, false, done, err
	}
	done = func() { release(); give() }
	if body, err = unpack(sent, form.encoding); err != nil {
		done()
		return project, nil, false, func() {}, err
	}
	return who.Projects[0], body, form.lines, done, nil
}

// update accepts an update of a run or deploy.
func (s *server) update(ctx context.Context, in *workInput, work journal.Work) (project auth.Project, u journal.Update, err error) {
	project, body, _, done, err := s.readWork(ctx, in)
	if err != nil {
		return project, u, err
	}
	defer done()
	u, err = journal.AcceptUpdate(work, body, s.Now())
	if err != nil && !json.Valid(body) && len(body) < journal.MaxReport {
		err = newProblem(http.StatusBadRequest, "The body is not valid JSON.")
	}
	return project, u, err
}

func (s *server) putRun(ctx context.Context, in *workInput) (*runOutput, error) {
	project, u, err := s.update(ctx, in, journal.RunWork)
	if err != nil {
		return nil, err
	}
	run, err := s.Store.PutRun(ctx, project, in.ID, u)
	if err != nil {
		return nil, err
	}
	return &runOutput{Body: RunTold{RunID: run.RunID, Told: toldOf(run.Progress)}}, nil
}

// statusesOf reads the statuses of a filter, which huma has checked.
func statusesOf(words []string) (statuses []journal.Status) {
	for _, w := range words {
		statuses = append(statuses, journal.Status(w))
	}
	return statuses
}

func (s *server) listRuns(ctx context.Context, in *runsInput) (*runsOutput, error) {
	projects, err := scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := s.Store.Runs(ctx, projects, journal.WorkQuery{
		Statuses: statusesOf(in.Status), Name: in.Name, Actor: in.Actor, DeployID: in.DeployID, Q: in.Q,
		Since: in.Since.UTC(), Until: in.Until.UTC(), Limit: in.Limit, Page: in.Page,
	})
	if err != nil {
		return nil, err
	}
	return &runsOutput{Body: page}, nil
}

// reachOf is where a run or deploy is looked for.
func reachOf(ctx context.Context, in *OneWork) ([]auth.Project, error) {
	if !auth.ValidID(in.ID) {
		return nil, fmt.Errorf("read an id: %w", journal.ErrNotFound)
	}
	if in.Project == "" {
		return scope(ctx, nil)
	}
	return scope(ctx, []string{in.Project})
}

// ambiguous says what to do about an id that several projects have.
func ambiguous(err error) error {
	if errors.Is(err, journal.ErrConflict) {
		return newProblem(http.StatusConflict, "Several projects have this id: say which by project.", Fault{"query.project", "is needed"})
	}
	return err
}

func (s *server) getRun(ctx context.Context, in *OneWork) (*runDetailOutput, error) {
	projects, err := reachOf(ctx, in)
	if err != nil {
		return nil, err
	}
	detail, err := s.Store.RunDetail(ctx, projects, in.ID)
	if err != nil {
		return nil, ambiguous(err)
	}
	detail.Groups = asAnswered(detail.Groups)
	return &runDetailOutput{Body: detail}, nil
}
