package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/journal"
)

// GroupFilter is the filter of history as it stands in a query. It is exported
// because huma passes over embedded types that are not.
type GroupFilter struct {
	Project       []string  `query:"project" maxItems:"100" doc:"Only these projects; missing means all in reach."`
	Severity      []string  `query:"severity" enum:"critical,error,warning,info" doc:"Any of these."`
	State         []string  `query:"state" enum:"active,viewed,unraised" doc:"Any of these; missing means all."`
	Source        string    `query:"source" maxLength:"200"`
	Environment   string    `query:"environment" maxLength:"200"`
	Release       string    `query:"release" maxLength:"200"`
	RunID         string    `query:"run_id" maxLength:"200" doc:"Groups that this run reported to."`
	DeployID      string    `query:"deploy_id" maxLength:"200"`
	TaskID        string    `query:"task_id" maxLength:"200"`
	Namespace     string    `query:"namespace" maxLength:"200"`
	Job           string    `query:"job" maxLength:"200"`
	CorrelationID string    `query:"correlation_id" maxLength:"200"`
	Fingerprint   string    `query:"fingerprint" maxLength:"200"`
	Q             string    `query:"q" maxLength:"200" doc:"Text in the title, type, culprit or source, upper or lower case."`
	Since         time.Time `query:"since" doc:"Last seen at or after."`
	Until         time.Time `query:"until" doc:"Last seen before."`
}

// ViewedFilter is the same filter in the body of a command over many groups.
type ViewedFilter struct {
	Project       words     `json:"project,omitempty"`
	Severity      words     `json:"severity,omitempty"`
	State         words     `json:"state,omitempty"`
	Source        string    `json:"source,omitempty" maxLength:"200"`
	Environment   string    `json:"environment,omitempty" maxLength:"200"`
	Release       string    `json:"release,omitempty" maxLength:"200"`
	RunID         string    `json:"run_id,omitempty" maxLength:"200"`
	DeployID      string    `json:"deploy_id,omitempty" maxLength:"200"`
	TaskID        string    `json:"task_id,omitempty" maxLength:"200"`
	Namespace     string    `json:"namespace,omitempty" maxLength:"200"`
	Job           string    `json:"job,omitempty" maxLength:"200"`
	CorrelationID string    `json:"correlation_id,omitempty" maxLength:"200"`
	Fingerprint   string    `json:"fingerprint,omitempty" maxLength:"200"`
	Q             string    `json:"q,omitempty" maxLength:"200"`
	Since         time.Time `json:"since,omitzero"`
	Until         time.Time `json:"until,omitzero"`
}

// query turns either filter into what the store is asked. Text that Postgres
// cannot hold is refused: no group has it.
func (f GroupFilter) query() (journal.GroupQuery, error) {
	q := journal.GroupQuery{
		Source: f.Source, Environment: f.Environment, Release: f.Release, RunID: f.RunID, DeployID: f.DeployID, TaskID: f.TaskID,
		Namespace: f.Namespace, Job: f.Job, CorrelationID: f.CorrelationID, Fingerprint: f.Fingerprint, Q: f.Q,
		Since: f.Since.UTC(), Until: f.Until.UTC(),
	}
	for _, text := range []string{f.Source, f.Environment, f.Release, f.RunID, f.DeployID, f.TaskID, f.Namespace, f.Job,
		f.CorrelationID, f.Fingerprint, f.Q} {
		if !isText(text) {
			return q, fmt.Errorf("read a filter: %w", journal.ErrInvalid)
		}
	}
	for _, word := range f.Severity {
		severity, err := journal.ParseSeverity(word)
		if err != nil {
			return q, &journal.FieldError{Field: "severity", Reason: "must be critical, error, warning or info", Kind: journal.ErrInvalid}
		}
		q.Severities = append(q.Severities, severity)
	}
	for _, word := range f.State {
		switch state := journal.State(word); state {
		case journal.Active, journal.Viewed, journal.Unraised:
			q.States = append(q.States, state)
		default:
			return q, &journal.FieldError{Field: "state", Reason: "must be active, viewed or unraised", Kind: journal.ErrInvalid}
		}
	}
	return q, nil
}

// words is a list of words, or one string with commas between them, as in a
// query.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*[]string)(w))
	}
	*w = nil
	if text != "" {
		*w = strings.Split(text, ",")
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (words) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "One or more, in a list or with commas between.",
		OneOf: []*huma.Schema{
			{Type: huma.TypeString, MaxLength: new(2000)},
			{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, MaxItems: new(100)},
		},
	}
}
