package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

const selectProjects = `select /* projects */ project_id, slug, name, link_templates from projects order by slug`

// Projects implements auth.Lookup: all projects, by slug.
func (s *Store) Projects(ctx context.Context) ([]auth.ProjectRow, error) {
	rows, err := s.pool.Query(ctx, selectProjects)
	if err != nil {
		return nil, unavailable(err)
	}
	projects, err := pgx.CollectRows(rows, pgx.RowToStructByPos[auth.ProjectRow])
	return projects, unavailable(err)
}

const insertProject = `insert into projects (slug, name) values (@slug, @name) returning project_id`

// CreateProject makes a project. The slug is lower-case letters, digits and
// dashes, at most 63. ErrConflict: it is there already. ErrInvalid: slug or
// name has another form.
func (s *Store) CreateProject(ctx context.Context, slug, name string) (auth.Project, error) {
	project := auth.Project{Slug: slug}
	err := s.pool.QueryRow(ctx, insertProject, pgx.NamedArgs{"slug": slug, "name": name}).Scan(&project.ID)
	switch {
	case isUnique(err):
		err = journal.ErrConflict
	case isCheck(err):
		err = &journal.FieldError{Field: "slug", Reason: "must be lower-case letters, digits and dashes, at most 63; the name 1 to 200 characters", Kind: journal.ErrInvalid}
	}
	if err != nil {
		return auth.Project{}, fmt.Errorf("make a project: %w", unavailable(err))
	}
	return project, nil
}

var linkable = map[string]bool{"run": true, "deploy": true, "task": true, "namespace": true, "job": true}

const updateLinkTemplates = `update projects set link_templates = @templates where slug = @slug`

// SetLinkTemplates sets how links to runs, deploys, tasks, namespaces and jobs
// of a project are made: kind to URL with {id} in place of the id. A template
// is http, https or begins with a slash. ErrNotFound, ErrInvalid.
func (s *Store) SetLinkTemplates(ctx context.Context, slug string, templates map[string]string) error {
	for kind, template := range templates {
		if !linkable[kind] || !strings.Contains(template, "{id}") ||
			!strings.HasPrefix(template, "https://") && !strings.HasPrefix(template, "http://") &&
				(!strings.HasPrefix(template, "/") || strings.HasPrefix(template, "//")) {
			return &journal.FieldError{Field: "link_templates", Kind: journal.ErrInvalid,
				Reason: "must be of run, deploy, task, namespace or job, hold {id}, and begin with https://, http:// or a slash"}
		}
	}
	if templates == nil {
		templates = map[string]string{}
	}
	tag, err := s.pool.Exec(ctx, updateLinkTemplates, pgx.NamedArgs{"slug": slug, "templates": templates})
	if err == nil && tag.RowsAffected() == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set link templates: %w", unavailable(err))
	}
	return nil
}

func isCheck(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23514"
}
