package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// besideWork is how many groups a run or deploy shows.
const besideWork = 20

// The deploys to one environment before and after a time. The id decides
// between those of one moment, as in the list.
const (
	selectDeployBefore = `
select /* deploy before */ d.deploy_id, d.status, d.at, d.body::text from deploys d
where d.project_id = @project and d.project_id = any (@projects) and d.environment = @environment and (d.at, d.deploy_id) < (@at, @id)
order by d.at desc, d.deploy_id desc limit 1`
	selectDeployAfter = `
select /* deploy after */ d.deploy_id, d.status, d.at, d.body::text from deploys d
where d.project_id = @project and d.project_id = any (@projects) and d.environment = @environment and (d.at, d.deploy_id) > (@at, @id)
order by d.at, d.deploy_id limit 1`
	// The newest deploy that had started when a group was first seen.
	selectDeployOfGroup = `
select /* deploy of a group */ d.deploy_id, d.status, d.at, d.body::text from deploys d
where d.project_id = @project and d.project_id = any (@projects) and d.environment = @environment and d.at <= @at
order by d.at desc, d.deploy_id desc limit 1`

	selectNewGroups = `
select /* groups since */ ` + groupColumns + ` from groups g
where g.project_id = @project and g.project_id = any (@projects) and g.environment = @environment and g.severity >= 3
  and g.first_seen_at >= @at and g.first_seen_at < @until
order by g.first_seen_at desc, g.group_id desc limit @limit`

	selectLog = `
select /* log */ to_seq, ended, day from logs
where project_id = @project and project_id = any (@projects) and work = @work and work_id = @id`
)

// only chooses the one work that was found: journal.ErrNotFound for none,
// journal.ErrConflict where the id is in several projects.
func only(rows []listedWork) (listedWork, error) {
	switch len(rows) {
	case 0:
		return listedWork{}, journal.ErrNotFound
	case 1:
		return rows[0], nil
	}
	return listedWork{}, fmt.Errorf("several projects have this id: %w", journal.ErrConflict)
}

// RunDetail returns the run of this id in scope with the groups that it
// reported to. The cursor was read before the rows. journal.ErrNotFound: no
// project of scope has it; journal.ErrConflict: several have.
func (s *Store) RunDetail(ctx context.Context, scope []auth.Project, id string) (journal.RunDetail, error) {
	var detail journal.RunDetail
	var one listedWork
	err := s.scoped(ctx, scope, func(tx pgx.Tx) (err error) {
		one, err = s.workIn(ctx, tx, scope, journal.RunWork, id, &detail.Cursor, &detail.Log)
		return err
	})
	if err == nil {
		detail.Run, err = one.run()
	}
	if err == nil {
		detail.Groups, err = s.groupsBeside(ctx, one.project, journal.GroupQuery{RunID: id, Limit: besideWork})
	}
	if err != nil {
		return journal.RunDetail{}, fmt.Errorf("read a run: %w", err)
	}
	return detail, nil
}

// DeployDetail returns the deploy of this id in scope with its neighbours and
// the groups that were new after it. Otherwise as RunDetail.
func (s *Store) DeployDetail(ctx context.Context, scope []auth.Project, id string) (journal.DeployDetail, error) {
	detail := journal.DeployDetail{NewGroups: []journal.Group{}}
	var one listedWork
	err := s.scoped(ctx, scope, func(tx pgx.Tx) (err error) {
		if one, err = s.workIn(ctx, tx, scope, journal.DeployWork, id, &detail.Cursor, &detail.Log); err != nil {
			return err
		}
		if detail.Deploy, err = one.deploy(); err != nil {
			return err
		}
		args := pgx.NamedArgs{
			"project": one.project.ID, "projects": projectIDs(scope), "environment": detail.Deploy.Environment,
			"at": one.at, "id": id, "ids": []string{id}, "limit": besideWork,
		}
		if detail.Previous, err = deployRef(ctx, tx, selectDeployBefore, one.project, args); err != nil {
			return err
		}
		if detail.Next, err = deployRef(ctx, tx, selectDeployAfter, one.project, args); err != nil {
			return err
		}
		args["until"] = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		if detail.Next != nil {
			args["until"] = detail.Next.At
		}
		rows, err := tx.Query(ctx, selectNewGroups, args)
		if err != nil {
			return err
		}
		defer rows.Close()
		return collectGroups(scope, &detail.NewGroups)(rows)
	})
	if err == nil {
		var counts map[string]int
		counts, err = s.newGroups(ctx, []auth.Project{one.project}, []listedWork{one})
		detail.NewGroupCount = counts[workKey(one.project.ID, id)]
		detail.Deploy.NewGroupCount = new(detail.NewGroupCount)
	}
	if err == nil {
		detail.Groups, err = s.groupsBeside(ctx, one.project, journal.GroupQuery{DeployID: id, Limit: besideWork})
	}
	if err != nil {
		return journal.DeployDetail{}, fmt.Errorf("read a deploy: %w", err)
	}
	return detail, nil
}

func (s *Store) groupsBeside(ctx context.Context, project auth.Project, q journal.GroupQuery) ([]journal.Group, error) {
	page, err := s.Groups(ctx, []auth.Project{project}, q)
	return page.Groups, err
}

// workIn reads the one work of this id with the state of its log, and the
// cursor before both.
func (s *Store) workIn(ctx context.Context, tx pgx.Tx, scope []auth.Project, work journal.Work, id string, cursor *string, log *journal.LogState) (listedWork, error) {
	if err := scanCursor(cursor)(tx.QueryRow(ctx, selectCursor)); err != nil {
		return listedWork{}, err
	}
	rows, err := queryWorks(ctx, tx, scope, workTable(work, selectWork), pgx.NamedArgs{"projects": projectIDs(scope), "id": id})
	if err != nil {
		return listedWork{}, err
	}
	one, err := only(rows)
	if err != nil {
		return one, err
	}
	var day time.Time
	err = tx.QueryRow(ctx, selectLog, pgx.NamedArgs{"project": one.project.ID, "projects": projectIDs(scope), "work": string(work), "id": id}).
		Scan(&log.ToSeq, &log.Ended, &day)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return one, err
}

func deployRef(ctx context.Context, tx pgx.Tx, query string, project auth.Project, args pgx.NamedArgs) (*journal.DeployRef, error) {
	var id, status, body string
	var at time.Time
	err := tx.QueryRow(ctx, query, args).Scan(&id, &status, &at, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := listedWork{project: project, body: body}.deploy()
	if err != nil {
		return nil, err
	}
	return &journal.DeployRef{
		Project: project.Slug, DeployID: id, Name: d.Name, Status: journal.Status(status), Service: d.Service,
		Revision: d.Revision, Environment: d.Environment, At: at.UTC(),
	}, nil
}
