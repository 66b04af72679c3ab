package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rynda/pkg/auth"
)

type meInput struct {
	r *http.Request
}

// Resolve implements huma.Resolver.
func (in *meInput) Resolve(ctx huma.Context) []error {
	in.r, _ = humago.Unwrap(ctx)
	return nil
}

// Me is who is calling and what they may see.
type Me struct {
	User          MyUser        `json:"user"`
	Kind          auth.Kind     `json:"kind" enum:"local,session,staff_token,bearer"`
	Projects      []MyProject   `json:"projects"`
	Version       string        `json:"version" doc:"Of the server."`
	IngestExample IngestExample `json:"ingest_example"`
	LoginURL      string        `json:"login_url,omitempty" doc:"Where people sign in: open it as a page, with the path to come back to as ?next=. Missing where nobody can."`
	LogoutURL     string        `json:"logout_url,omitempty" doc:"Where to POST a form to sign out. Missing for who has no session to end."`
}

// MyUser names a person, or a script of one.
type MyUser struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"What others see under viewed_by."`
}

// MyProject is a project in reach.
type MyProject struct {
	Project       string            `json:"project"`
	Name          string            `json:"name"`
	LinkTemplates map[string]string `json:"link_templates" doc:"Addresses by kind of ref (run, deploy, task, namespace, job), with {id} in place of the id."`
}

// IngestExample is what a line to try needs.
type IngestExample struct {
	URL   string `json:"url"`
	Token string `json:"token,omitempty" doc:"Only for the local user of a development start."`
}

type meOutput struct {
	Body Me
}

func (s *server) meOperations() {
	register(s, spec{
		Operation:   Operation{ID: "get-me", Method: http.MethodGet, Path: "/v1/me", Need: auth.ToBeStaff},
		tag:         "Service",
		summary:     "Who am I",
		description: "The person behind the session or token, the projects in reach, and where reports go.",
	}, s.getMe)
}

func (s *server) getMe(ctx context.Context, in *meInput) (*meOutput, error) {
	who := auth.From(ctx)
	rows, err := s.Auth.Projects(ctx)
	if err != nil {
		return nil, err
	}
	me := Me{
		User: MyUser{ID: who.ID, Name: who.Name}, Kind: who.Kind, Projects: make([]MyProject, 0, len(who.Projects)),
		Version: s.config.Version, IngestExample: IngestExample{URL: s.publicURL(in.r) + "/v1/reports"},
	}
	if who.Kind == auth.Local {
		me.IngestExample.Token = s.config.ExampleToken
	}
	if s.Login != nil {
		me.LoginURL = loginPath
		if who.Kind == auth.Session {
			me.LogoutURL = logoutPath
		}
	}
	for _, mine := range who.Projects {
		project := MyProject{Project: mine.Slug, Name: mine.Slug, LinkTemplates: map[string]string{}}
		for _, row := range rows {
			if row.ID == mine.ID {
				project.Name = row.Name
				if row.LinkTemplates != nil {
					project.LinkTemplates = row.LinkTemplates
				}
			}
		}
		me.Projects = append(me.Projects, project)
	}
	return &meOutput{Body: me}, nil
}

// publicURL is the address of this server, as configured or as the caller used
// it.
func (s *server) publicURL(r *http.Request) string {
	if s.config.PublicURL != "" {
		return strings.TrimSuffix(s.config.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
