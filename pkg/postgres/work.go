package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// workRow is a run or deploy as its row has it.
type workRow struct {
	version   int64
	createdAt time.Time
	merged    journal.Merged
}

// workBody is the body of an inbox row that tells the fold to look at a run or
// deploy: what it is then stands in its row.
type workBody struct {
	ID      string       `json:"id"`
	Failure *workFailure `json:"failure,omitempty"` // of one that has failed
}

// workFailure is the occurrence of a failure, to be raised unless the run or
// deploy has a group at error or worse.
type workFailure struct {
	Attempt      int                 `json:"attempt"`
	Since        time.Time           `json:"since"` // of the attempt; zero for the first
	Fingerprint  string              `json:"fingerprint"`
	Severity     journal.Severity    `json:"severity"`
	OccurrenceID string              `json:"occurrence_id"`
	Day          time.Time           `json:"day"`
	OccurredAt   time.Time           `json:"occurred_at"`
	ReceivedAt   time.Time           `json:"received_at"`
	Look         journal.InboxReport `json:"look"`
	Body         json.RawMessage     `json:"body"`
}

// One update is a transaction of its own that locks one row, and the limits end
// it when its process is frozen in the middle.
const enterUpdate = `select /* update: enter */ set_config('lock_timeout', '2s', true), set_config('statement_timeout', '3s', true),
  set_config('idle_in_transaction_session_timeout', '2s', true)`

const (
	selectRunForUpdate = `
select /* run for update */ version, created_at, merge::text from runs
where project_id = @project and run_id = @id for update`
	selectDeployForUpdate = `
select /* deploy for update */ version, created_at, merge::text from deploys
where project_id = @project and deploy_id = @id for update`

	// A row that another transaction has made meanwhile makes no row here: look again.
	insertRun = `
insert /* run */ into runs (project_id, run_id, version, at, created_at, changed_at, status, name, actor, deploy_id, body, merge)
values (@project, @id, @version, @at, @created_at, @now, @status, @name, @actor, @deploy_id, @body::json, @merge::json)
on conflict do nothing`
	insertDeploy = `
insert /* deploy */ into deploys (project_id, deploy_id, version, at, created_at, changed_at, status, name, actor, environment,
  namespace, service, body, merge)
values (@project, @id, @version, @at, @created_at, @now, @status, @name, @actor, @environment, @namespace, @service,
  @body::json, @merge::json)
on conflict do nothing`
	updateRun = `
update /* run */ runs set version = @version, at = @at, changed_at = @now, status = @status, name = @name, actor = @actor,
  deploy_id = @deploy_id, body = @body::json, merge = @merge::json
where project_id = @project and run_id = @id`
	updateDeploy = `
update /* deploy */ deploys set version = @version, at = @at, changed_at = @now, status = @status, name = @name, actor = @actor,
  environment = @environment, namespace = @namespace, service = @service, body = @body::json, merge = @merge::json
where project_id = @project and deploy_id = @id`

	insertWorkNews = `
insert /* work news */ into inbox (kind, project_id, body) values (@kind, @project, @inbox::json) returning seq, ctid`
)

// PutRun merges an update into a run, makes the run when there is none, and
// returns it as it then is, with its events told where that took no longer than
// 250 ms. An update that changes nothing tells nothing. journal.ErrUnavailable:
// nothing is known to be stored, and repeating is harmless.
func (s *Store) PutRun(ctx context.Context, project auth.Project, id string, u journal.Update) (journal.Run, error) {
	if err := s.putWork(ctx, project, journal.RunWork, id, u); err != nil {
		return journal.Run{}, fmt.Errorf("update a run: %w", err)
	}
	runs, err := s.findRuns(ctx, []auth.Project{project}, id)
	if err == nil && len(runs) == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return journal.Run{}, fmt.Errorf("read a run: %w", err)
	}
	return runs[0], nil
}

// PutDeploy is PutRun for a deploy.
func (s *Store) PutDeploy(ctx context.Context, project auth.Project, id string, u journal.Update) (journal.Deploy, error) {
	if err := s.putWork(ctx, project, journal.DeployWork, id, u); err != nil {
		return journal.Deploy{}, fmt.Errorf("update a deploy: %w", err)
	}
	deploys, err := s.findDeploys(ctx, []auth.Project{project}, id)
	if err == nil && len(deploys) == 0 {
		err = journal.ErrNotFound
	}
	if err != nil {
		return journal.Deploy{}, fmt.Errorf("read a deploy: %w", err)
	}
	return deploys[0], nil
}

func (s *Store) putWork(ctx context.Context, project auth.Project, work journal.Work, id string, u journal.Update) error {
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for range 3 {
		told, made, err := s.mergeWork(within, project, work, id, u)
		switch {
		case err != nil:
			return unavailable(err)
		case !made:
			continue // another has made it meanwhile
		case told != nil:
			// It is durable. The fold tells of it now, or soon.
			short, cancel := context.WithTimeout(ctx, foldPatience)
			defer cancel()
			_ = s.awaitFold(short, foldPatience, told)
		}
		return nil
	}
	return fmt.Errorf("somebody else makes and removes it: %w", journal.ErrUnavailable)
}

// mergeWork runs the transaction of one update. told names the inbox row, nil
// when nothing has changed; made is false when the row was made by another
// meanwhile.
func (s *Store) mergeWork(ctx context.Context, project auth.Project, work journal.Work, id string, u journal.Update) (told pgx.NamedArgs, made bool, err error) {
	find, insert, update := selectRunForUpdate, insertRun, updateRun
	if work == journal.DeployWork {
		find, insert, update = selectDeployForUpdate, insertDeploy, updateDeploy
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var row workRow
		var mergeText string
		held := true
		key := pgx.NamedArgs{"project": project.ID, "id": id}
		batch := &pgx.Batch{}
		batch.Queue(enterUpdate)
		batch.Queue(find, key).QueryRow(func(r pgx.Row) error {
			err := r.Scan(&row.version, &row.createdAt, &mergeText)
			if errors.Is(err, pgx.ErrNoRows) {
				held = false
				return nil
			}
			return err
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		now := s.now().UTC().Truncate(time.Microsecond)
		if held {
			if err := json.Unmarshal([]byte(mergeText), &row.merged); err != nil {
				return fmt.Errorf("read the sum of the updates: %w", err)
			}
		} else {
			row.createdAt = now
		}
		if changed := row.merged.Merge(u); !changed && held {
			made = true
			return nil
		}
		row.version++
		args, news, err := s.workArgs(project, work, id, &row, now)
		if err != nil {
			return err
		}
		statement := insert
		if held {
			statement = update
		}
		tag, err := tx.Exec(ctx, statement, args)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		made = true
		var seq int64
		var place pgtype.TID
		if err := tx.QueryRow(ctx, insertWorkNews, pgx.NamedArgs{"kind": string(work), "project": project.ID, "inbox": news}).
			Scan(&seq, &place); err != nil {
			return err
		}
		told = pgx.NamedArgs{"ctid": place, "seq": seq}
		return nil
	})
	return told, made, err
}

// workArgs makes the columns of a row and the body of its inbox row.
func (s *Store) workArgs(project auth.Project, work journal.Work, id string, row *workRow, now time.Time) (pgx.NamedArgs, string, error) {
	args := pgx.NamedArgs{"project": project.ID, "id": id, "version": row.version, "created_at": row.createdAt, "now": now}
	var view any
	var p journal.Progress
	if work == journal.RunWork {
		run := row.merged.Run(id)
		run.Project, run.CreatedAt = project.Slug, row.createdAt.UTC()
		p, view = run.Progress, run
		args["deploy_id"] = run.DeployID
	} else {
		deploy := row.merged.Deploy(id)
		deploy.Project, deploy.CreatedAt = project.Slug, row.createdAt.UTC()
		p, view = deploy.Progress, deploy
		args["environment"], args["namespace"], args["service"] = deploy.Environment, deploy.Namespace, deploy.Service
	}
	args["status"], args["name"], args["actor"], args["at"] = string(p.Status), p.Name, p.Actor, p.CreatedAt
	if p.StartedAt != nil {
		args["at"] = *p.StartedAt
	}
	body, err := journal.Marshal(view)
	if err != nil {
		return nil, "", err
	}
	merge, err := journal.Marshal(row.merged)
	if err != nil {
		return nil, "", err
	}
	args["body"], args["merge"] = string(body), string(merge)
	news := workBody{ID: id}
	if report, failed := row.merged.Failure(work, id); failed {
		if news.Failure, err = s.failureOf(report, project, p.Attempt, now); err != nil {
			return nil, "", err
		}
		news.Failure.Since = row.merged.AttemptSince()
	}
	text, err := journal.Marshal(news)
	return args, string(text), err
}

// failureOf accepts the report of a failure as of any job. Its day is at most
// yesterday, whatever the control plane says, so that there is a partition.
func (s *Store) failureOf(report journal.Report, project auth.Project, attempt int, now time.Time) (*workFailure, error) {
	if oldest := now.Add(-24 * time.Hour); report.OccurredAt.Before(oldest) {
		report.OccurredAt = &oldest
	}
	occurrence, err := report.Accept(journal.Options{
		ProjectID: project.ID, Project: project.Slug, Now: now, Retention: s.Retention.occurrences(),
	})
	if err != nil {
		return nil, fmt.Errorf("make the occurrence of a failure: %w", err)
	}
	row, _ := occurrence.Row()
	return &workFailure{
		Attempt: attempt, Fingerprint: row.Fingerprint, Severity: row.Severity, OccurrenceID: row.ID.String(), Day: row.Day,
		OccurredAt: row.OccurredAt, ReceivedAt: row.ReceivedAt, Look: row.Inbox, Body: row.Body,
	}, nil
}

// workTable fills the names of one kind of work into a statement that is the
// same for both: $work, $works for the table, and $id for its key.
func workTable(work journal.Work, statement string) string {
	return strings.NewReplacer("$works", string(work)+"s", "$work", string(work), "$id", string(work)+"_id").Replace(statement)
}
