package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

type logAppendedOutput struct{ Body journal.LogAppended }

type logInput struct {
	OneWork
	AfterSeq int64 `query:"after_seq" minimum:"0" doc:"Lines behind this one; 0 means from the first."`
	Limit    int   `query:"limit" minimum:"1" maximum:"1000" default:"500"`
	Markers  bool  `query:"markers" doc:"Only lines that are markers."`
}

type logPageOutput struct{ Body journal.LogPage }

// LogLines is the body of an append, for the document.
type LogLines struct {
	Lines []LogLineSent `json:"lines,omitempty" maxItems:"10000"`
	Ended bool          `json:"ended,omitempty" doc:"Nothing comes after these lines."`
}

// LogLineSent is a line as it is sent.
type LogLineSent struct {
	Seq    int64     `json:"seq" minimum:"1" doc:"Place in the log: a line that is there already stays as it is."`
	At     string    `json:"at,omitempty" format:"date-time"`
	Level  levelSent `json:"level,omitempty" doc:"A word or number, as in a report."`
	Text   string    `json:"text,omitempty" doc:"At most 16 KiB are kept."`
	Marker bool      `json:"marker,omitempty"`
}

func (s *server) logOperations() {
	for _, w := range []struct {
		work journal.Work
		tag  string
	}{{journal.RunWork, "Runs"}, {journal.DeployWork, "Deploys"}} {
		path := "/v1/" + string(w.work) + "s/{id}/log"
		problems := map[int]string{}
		for status, when := range putProblems {
			problems[status] = when
		}
		problems[http.StatusRequestEntityTooLarge] = "More than 5 MiB decoded, or more than 10,000 lines."
		problems[http.StatusUnprocessableEntity] = "The body or a seq is not valid."
		register(s, spec{
			Operation: Operation{ID: "append-" + string(w.work) + "-log", Method: http.MethodPost, Path: path, Need: auth.ToControl},
			tag:       w.tag,
			summary:   "Append lines to the log of a " + string(w.work),
			description: "By seq, in any order: lines that are there already count as duplicates, so repeating is harmless. " +
				"Send `{\"lines\": [...]}`, or one line per line (`application/x-ndjson`), encoded with gzip or zstd where you like. " +
				"Secrets are removed before anything is stored. 200 means stored.",
			problems: problems,
		}, func(ctx context.Context, in *workInput) (*logAppendedOutput, error) {
			return s.appendLog(ctx, in, w.work)
		})
		describeBody[LogLines](s, path, map[string]any{"lines": []any{map[string]any{"seq": 1, "text": "loading 4,711 rows", "level": "info"}}})
		register(s, spec{
			Operation:   Operation{ID: "get-" + string(w.work) + "-log", Method: http.MethodGet, Path: path, Need: auth.ToBeStaff},
			tag:         w.tag,
			summary:     "The log of a " + string(w.work),
			description: "Lines by seq, in pages of at most 1,000 lines or about 1 MiB. Logs are kept for 7 days by default.",
			problems:    oneProblems(),
		}, func(ctx context.Context, in *logInput) (*logPageOutput, error) { return s.getLog(ctx, in, w.work) })
	}
}

func (s *server) appendLog(ctx context.Context, in *workInput, work journal.Work) (*logAppendedOutput, error) {
	project, body, perLine, done, err := s.readWork(ctx, in)
	if err != nil {
		return nil, err
	}
	defer done()
	lines, err := journal.AcceptLog(body, perLine)
	if err != nil {
		if !perLine && !json.Valid(body) || perLine && !eachValid(body) {
			err = newProblem(http.StatusBadRequest, "The body is not valid JSON.")
		}
		return nil, err
	}
	out, err := s.Store.AppendLog(ctx, project, work, in.ID, lines)
	if err != nil {
		return nil, err
	}
	return &logAppendedOutput{Body: out}, nil
}

func eachValid(body []byte) bool {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !json.Valid(line) {
			return false
		}
	}
	return true
}

func (s *server) getLog(ctx context.Context, in *logInput, work journal.Work) (*logPageOutput, error) {
	projects, err := reachOf(ctx, &in.OneWork)
	if err != nil {
		return nil, err
	}
	page, err := s.Store.Log(ctx, projects, work, in.ID, in.AfterSeq, in.Limit, in.Markers)
	if err != nil {
		return nil, ambiguous(err)
	}
	return &logPageOutput{Body: page}, nil
}
