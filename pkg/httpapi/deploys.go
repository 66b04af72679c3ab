package httpapi

import (
	"context"
	"net/http"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

type deployOutput struct{ Body DeployTold }

// DeployTold is the answer to an update of a deploy.
type DeployTold struct {
	DeployID string `json:"deploy_id"`
	Told
}

type deploysInput struct {
	Project     []string  `query:"project" maxItems:"100" doc:"Only these projects; missing means all in reach."`
	Status      []string  `query:"status" enum:"queued,running,succeeded,failed,canceled" doc:"Any of these."`
	Name        string    `query:"name" maxLength:"200"`
	Environment string    `query:"environment" maxLength:"200"`
	Namespace   string    `query:"namespace" maxLength:"200"`
	Service     string    `query:"service" maxLength:"200"`
	Actor       string    `query:"actor" maxLength:"200"`
	Q           string    `query:"q" maxLength:"200" doc:"Text in the id or the name, upper or lower case."`
	Since       time.Time `query:"since" doc:"Started, or first heard of, at or after."`
	Until       time.Time `query:"until" doc:"Started, or first heard of, before."`
	Limit       int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Page        string    `query:"page" maxLength:"1000" doc:"next_page of the page before, with the same filter."`
}

type deploysOutput struct{ Body journal.DeployPage }

type deployDetailOutput struct{ Body journal.DeployDetail }

// DeployUpdate is the body of an update, for the document.
type DeployUpdate struct {
	Name        string         `json:"name,omitempty" example:"shop"`
	Status      journal.Status `json:"status,omitempty" enum:"queued,running,succeeded,failed,canceled"`
	Attempt     int            `json:"attempt,omitempty" minimum:"1" maximum:"1000000" doc:"A repeat under the same id has the next number: status, times and stages begin anew with it. Missing means the attempt that was current at updated_at."`
	Trigger     string         `json:"trigger,omitempty" example:"push"`
	Actor       string         `json:"actor,omitempty"`
	Ref         string         `json:"ref,omitempty" example:"main"`
	Commit      string         `json:"commit,omitempty"`
	Environment string         `json:"environment,omitempty" example:"production"`
	Namespace   string         `json:"namespace,omitempty"`
	Service     string         `json:"service,omitempty"`
	Revision    string         `json:"revision,omitempty"`
	StartedAt   *time.Time     `json:"started_at,omitempty"`
	FinishedAt  *time.Time     `json:"finished_at,omitempty"`
	Stages      []StepUpdate   `json:"stages,omitempty" doc:"All of them, as build, push, apply, health; at most 50."`
	URL         string         `json:"url,omitempty" doc:"http or https."`
	Links       []journal.Ref  `json:"links,omitempty"`
	UpdatedAt   *time.Time     `json:"updated_at,omitempty" doc:"When the control plane knew it: of each field the newest update counts. Missing means now."`
}

func (s *server) deployOperations() {
	register(s, spec{
		Operation:   Operation{ID: "put-deploy", Method: http.MethodPut, Path: "/v1/deploys/{id}", Need: auth.ToControl},
		tag:         "Deploys",
		summary:     "Tell of a deploy",
		description: putDescription,
		problems:    putProblems,
	}, s.putDeploy)
	describeBody[DeployUpdate](s, "/v1/deploys/{id}", map[string]any{
		"name": "shop", "status": "running", "environment": "production", "revision": "2026.11.3",
		"stages": []any{map[string]any{"name": "build", "status": "succeeded"}, map[string]any{"name": "push", "status": "running"}},
	})
	register(s, spec{
		Operation:   Operation{ID: "list-deploys", Method: http.MethodGet, Path: "/v1/deploys", Need: auth.ToBeStaff},
		tag:         "Deploys",
		summary:     "Deploys, newest first",
		description: "By when they started, or were first heard of, each with how many groups were new after it. Filters are joined by and.",
		problems:    listProblems(),
	}, s.listDeploys)
	register(s, spec{
		Operation:   Operation{ID: "get-deploy", Method: http.MethodGet, Path: "/v1/deploys/{id}", Need: auth.ToBeStaff},
		tag:         "Deploys",
		summary:     "One deploy",
		description: "The deploy, the groups that were reported with it and those that were new after it, its neighbours, and how far its log goes.",
		problems:    oneProblems(),
	}, s.getDeploy)
}

func (s *server) putDeploy(ctx context.Context, in *workInput) (*deployOutput, error) {
	project, u, err := s.update(ctx, in, journal.DeployWork)
	if err != nil {
		return nil, err
	}
	deploy, err := s.Store.PutDeploy(ctx, project, in.ID, u)
	if err != nil {
		return nil, err
	}
	return &deployOutput{Body: DeployTold{DeployID: deploy.DeployID, Told: toldOf(deploy.Progress)}}, nil
}

func (s *server) listDeploys(ctx context.Context, in *deploysInput) (*deploysOutput, error) {
	projects, err := scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := s.Store.Deploys(ctx, projects, journal.WorkQuery{
		Statuses: statusesOf(in.Status), Name: in.Name, Actor: in.Actor, Environment: in.Environment, Namespace: in.Namespace,
		Service: in.Service, Q: in.Q, Since: in.Since.UTC(), Until: in.Until.UTC(), Limit: in.Limit, Page: in.Page,
	})
	if err != nil {
		return nil, err
	}
	return &deploysOutput{Body: page}, nil
}

func (s *server) getDeploy(ctx context.Context, in *OneWork) (*deployDetailOutput, error) {
	projects, err := reachOf(ctx, in)
	if err != nil {
		return nil, err
	}
	detail, err := s.Store.DeployDetail(ctx, projects, in.ID)
	if err != nil {
		return nil, ambiguous(err)
	}
	detail.Groups, detail.NewGroups = asAnswered(detail.Groups), asAnswered(detail.NewGroups)
	return &deployDetailOutput{Body: detail}, nil
}
