package httpapi

import (
	"context"
	"net/http"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Viewer marks groups viewed and takes that back.
type Viewer interface {
	// View marks a group viewed when through is at least its raised_version, and
	// returns the group as it then is.
	View(ctx context.Context, scope []auth.Project, groupID, through int64, actor string) (journal.Group, error)
	// Undo makes a viewed group active again.
	Undo(ctx context.Context, scope []auth.Project, groupID, version int64, actor string) (journal.Group, error)
	ViewMany(ctx context.Context, scope []auth.Project, q journal.ViewQuery, actor string) (journal.ViewMany, error)
	UndoMany(ctx context.Context, scope []auth.Project, viewID, actor string) (journal.ViewMany, error)
}

type viewInput struct {
	ID   string `path:"id" maxLength:"40" doc:"group_id"`
	Body ViewCommand
}

// ViewCommand says which state of a group the person has seen.
type ViewCommand struct {
	Through int64 `json:"through" minimum:"1" doc:"The version of the group that the person saw. If it was raised again since, nothing changes."`
}

type undoInput struct {
	ID      string `path:"id" maxLength:"40" doc:"group_id"`
	Version int64  `query:"version" minimum:"1" doc:"As in the body, for callers that cannot send one with DELETE."`
	Body    *UndoCommand
}

// UndoCommand says which view is taken back.
type UndoCommand struct {
	Version int64 `json:"version" minimum:"1" doc:"The version of the group that the view gave it, or any later one."`
}

type groupOutput struct {
	Body journal.Group
}

type viewManyInput struct {
	Body ViewManyCommand
}

// ViewManyCommand selects active groups by the filter of history.
type ViewManyCommand struct {
	ThroughCursor string `json:"through_cursor" minLength:"1" maxLength:"100" doc:"The cursor of what the person saw: groups raised after it are left alone."`
	ViewedFilter
}

type undoManyInput struct {
	ViewID string `path:"view_id" maxLength:"100" doc:"From the answer of the command."`
}

type viewManyOutput struct {
	Body journal.ViewMany
}

func (s *server) viewedOperations() {
	group := map[int]string{
		http.StatusNotFound:              "No such group, or out of reach.",
		http.StatusBadRequest:            "The body is not JSON.",
		http.StatusRequestTimeout:        "The body took too long to arrive.",
		http.StatusRequestEntityTooLarge: "The body is over 1 MiB.",
		http.StatusUnsupportedMediaType:  "The body is not JSON.",
		http.StatusUnprocessableEntity:   "A field is missing or not valid.",
	}
	register(s, spec{
		Operation: Operation{ID: "view-group", Method: http.MethodPost, Path: "/v1/groups/{id}/viewed", Need: auth.ToBeStaff},
		tag:       "Alerts",
		summary:   "Dismiss an alert for everyone",
		description: "Marks the group viewed if it was not raised again after `through`, and answers with the group as it is. " +
			"Repeating it changes nothing: the first viewer is kept.",
		problems: group,
	}, s.viewGroup)
	register(s, spec{
		Operation:   Operation{ID: "undo-view-group", Method: http.MethodDelete, Path: "/v1/groups/{id}/viewed", Need: auth.ToBeStaff},
		tag:         "Alerts",
		summary:     "Take a dismissal back",
		description: "Makes the group active again where it stood, at any time. A group that is active stays as it is.",
		problems:    group,
	}, s.undoGroup)
	register(s, spec{
		Operation: Operation{ID: "view-groups", Method: http.MethodPost, Path: bulk, Need: auth.ToBeStaff},
		tag:       "Alerts",
		summary:   "Dismiss many alerts",
		description: "Marks the active groups viewed that match the filter and were raised at or before `through_cursor`: " +
			"at most 1,000, oldest raise first. Repeat it until `viewed` is 0 for more. `view_id` undoes it.",
		problems: map[int]string{
			http.StatusNotFound:              "No such project, or out of reach.",
			http.StatusBadRequest:            "The body is not JSON.",
			http.StatusRequestTimeout:        "The body took too long to arrive.",
			http.StatusRequestEntityTooLarge: "The body is over 1 MiB.",
			http.StatusUnsupportedMediaType:  "The body is not JSON.",
			http.StatusUnprocessableEntity:   "A field is missing, unknown or not valid, or the cursor is not one of this log any more.",
		},
	}, s.viewGroups)
	register(s, spec{
		Operation:   Operation{ID: "undo-view-groups", Method: http.MethodDelete, Path: bulk + "/{view_id}", Need: auth.ToBeStaff},
		tag:         "Alerts",
		summary:     "Take the dismissal of many back",
		description: "Makes those groups active again that this command marked viewed and nothing has changed since.",
		problems: map[int]string{
			http.StatusNotFound:            "No such command, or all of it out of reach.",
			http.StatusUnprocessableEntity: "The view_id is too long.",
		},
	}, s.undoGroups)
}

func (s *server) viewGroup(ctx context.Context, in *viewInput) (*groupOutput, error) {
	id, err := groupID(in.ID)
	if err != nil {
		return nil, err
	}
	who := auth.From(ctx)
	group, err := s.Store.View(ctx, who.Projects, id, in.Body.Through, who.Name)
	if err != nil {
		return nil, err
	}
	return &groupOutput{Body: groupAsAnswered(group)}, nil
}

func (s *server) undoGroup(ctx context.Context, in *undoInput) (*groupOutput, error) {
	id, err := groupID(in.ID)
	if err != nil {
		return nil, err
	}
	version := in.Version
	if in.Body != nil {
		version = in.Body.Version
	}
	if version == 0 {
		return nil, &journal.FieldError{Field: "version", Reason: "is required", Kind: journal.ErrInvalid}
	}
	who := auth.From(ctx)
	group, err := s.Store.Undo(ctx, who.Projects, id, version, who.Name)
	if err != nil {
		return nil, err
	}
	return &groupOutput{Body: groupAsAnswered(group)}, nil
}

func (s *server) viewGroups(ctx context.Context, in *viewManyInput) (*viewManyOutput, error) {
	b := in.Body
	projects, err := scope(ctx, b.Project)
	if err != nil {
		return nil, err
	}
	filter := GroupFilter{
		Severity: b.Severity, State: b.State, Source: b.Source, Environment: b.Environment, Release: b.Release, RunID: b.RunID,
		DeployID: b.DeployID, TaskID: b.TaskID, Namespace: b.Namespace, Job: b.Job, CorrelationID: b.CorrelationID,
		Fingerprint: b.Fingerprint, Q: b.Q, Since: b.Since, Until: b.Until,
	}
	query, err := filter.query()
	if err != nil {
		return nil, err
	}
	many, err := s.Store.ViewMany(ctx, projects, journal.ViewQuery{ThroughCursor: b.ThroughCursor, GroupQuery: query}, auth.From(ctx).Name)
	if err != nil {
		return nil, err
	}
	return &viewManyOutput{Body: many}, nil
}

func (s *server) undoGroups(ctx context.Context, in *undoManyInput) (*viewManyOutput, error) {
	who := auth.From(ctx)
	many, err := s.Store.UndoMany(ctx, who.Projects, in.ViewID, who.Name)
	if err != nil {
		return nil, err
	}
	return &viewManyOutput{Body: many}, nil
}
