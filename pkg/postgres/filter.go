package postgres

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

const (
	// fewGroups is up to how many groups a filter may leave to be read as a set.
	// A filter that leaves more is checked while walking down the history: it is
	// so common that a page fills soon.
	fewGroups = 2000
	// longestFilter bounds the texts that a query may ask for, in bytes.
	longestFilter = 1000
)

// What a filter adds to the where clause. The scalar subqueries are meant: an
// exists would be turned into a join, and the planner, which cannot know that a
// ref is on a third of all groups, would fetch and sort those.
const (
	whereSeverity = `g.severity = any (@severities)` // where the walk is not by severity
	whereState    = `g.state = any (@states)`
	whereSince    = `g.last_seen_at >= @since`
	whereUntil    = `g.last_seen_at < @until`
	whereRaised   = `g.raised_event_id > 0`
	whereRef      = `(select true from group_refs r where r.group_id = g.group_id
    and r.project_id = g.project_id and r.kind = '$kind' and r.value = @$kind)`
	whereWords = `(select w.words ilike @pattern from group_words w where w.group_id = g.group_id
    and w.project_id = g.project_id)`
)

// Probes fetch the ids that a filter leaves, if they are few.
const (
	selectByRef = `
select /* probe ref */ coalesce(array_agg(group_id), '{}') from (
  select group_id from group_refs
  where project_id = any (@projects) and kind = @kind and value = @value limit @most) f`
	selectByFingerprint = `
select /* probe fingerprint */ coalesce(array_agg(group_id), '{}') from group_keys
where project_id = any (@projects) and fingerprint = @value`
	// The trigram index cannot serve a query under row-level security, because
	// ilike is not leakproof. The function looks into it on the caller's behalf
	// and keeps to the caller's projects.
	selectByWords = `
select /* probe words */ coalesce(array_agg(group_id), '{}') from search_groups(@value, @most) as f(group_id)`
)

// Each page is planned for its own filters: a plan for any value of a filter is
// right for a rare one or for a common one, never for both.
const planForValues = `
select /* settings of a read */ set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
  set_config('statement_timeout', '2s', true)`

// groupFilter is what a GroupQuery selects, without order and page: clauses
// that are checked while walking, and probes whose answer may make a clause
// needless. It serves one query.
type groupFilter struct {
	severities []journal.Severity // worst first, none twice; empty for all
	clauses    []string
	args       pgx.NamedArgs
	probes     []probe
	few        bool    // found is all that the probed filters leave
	found      []int64 // ascending
}

type probe struct {
	query, value, kind string
	clause             string // checks the same, when the answer is too long
}

// filterOf turns the filters of q into SQL. Faults are *journal.FieldError.
func filterOf(scope []auth.Project, q journal.GroupQuery) (*groupFilter, error) {
	f := &groupFilter{args: pgx.NamedArgs{"projects": projectIDs(scope)}}
	var numbers []int16
	for _, s := range journal.Severities {
		if slices.Contains(q.Severities, s) {
			f.severities, numbers = append(f.severities, s), append(numbers, int16(s))
		}
	}
	f.args["severities"] = numbers
	if len(q.States) > 0 {
		words := make([]string, len(q.States))
		for i, s := range q.States {
			words[i] = string(s)
		}
		f.and(whereState, "states", words)
	}
	if !q.Since.IsZero() {
		f.and(whereSince, "since", q.Since)
	}
	if !q.Until.IsZero() {
		f.and(whereUntil, "until", q.Until)
	}
	for _, ref := range []struct{ field, kind, value string }{
		{"run_id", "run", q.RunID}, {"deploy_id", "deploy", q.DeployID}, {"task_id", "task", q.TaskID},
		{"namespace", "namespace", q.Namespace}, {"job", "job", q.Job}, {"correlation_id", "correlation", q.CorrelationID},
		{"source", "source", q.Source}, {"environment", "environment", q.Environment}, {"release", "release", q.Release},
	} {
		if err := f.probeFor(ref.field, ref.value, probe{query: selectByRef, kind: ref.kind, value: ref.value,
			clause: strings.ReplaceAll(whereRef, "$kind", ref.kind)}); err != nil {
			return nil, err
		}
		f.args[ref.kind] = ref.value
	}
	if err := f.probeFor("fingerprint", q.Fingerprint, probe{query: selectByFingerprint, value: q.Fingerprint}); err != nil {
		return nil, err
	}
	pattern := likePattern(q.Q)
	if err := f.probeFor("q", q.Q, probe{query: selectByWords, value: pattern, clause: whereWords}); err != nil {
		return nil, err
	}
	f.args["pattern"] = pattern
	return f, nil
}

func (f *groupFilter) and(clause, name string, value any) {
	f.clauses = append(f.clauses, clause)
	f.args[name] = value
}

// probeFor adds the probe unless its text, of the named field, is empty.
// Postgres refuses NUL and broken UTF-8 in a parameter, so such a text cannot
// be in the journal either.
func (f *groupFilter) probeFor(field, text string, p probe) error {
	if text == "" {
		return nil
	}
	if len(text) > longestFilter || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return invalid(field, "is too long or not valid text")
	}
	f.probes = append(f.probes, p)
	return nil
}

// likePattern matches the text anywhere. Lower case is ours to make: what ilike
// folds depends on the locale of the database, and words are kept in lower case.
func likePattern(text string) string { return "%" + escapeLike(strings.ToLower(text)) + "%" }

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// probe queues the settings of the read and the probes. The filter is complete
// when the batch was sent.
func (f *groupFilter) probe(batch *pgx.Batch) {
	batch.Queue(planForValues)
	for _, p := range f.probes {
		batch.Queue(p.query, pgx.NamedArgs{
			"projects": f.args["projects"], "kind": p.kind, "value": p.value, "most": fewGroups + 1,
		}).QueryRow(func(row pgx.Row) error {
			var ids []int64
			if err := row.Scan(&ids); err != nil {
				return err
			}
			f.answer(p, ids)
			return nil
		})
	}
}

func (f *groupFilter) answer(p probe, ids []int64) {
	if len(ids) > fewGroups && p.clause != "" {
		f.clauses = append(f.clauses, p.clause)
		return
	}
	slices.Sort(ids)
	if f.few {
		ids = slices.DeleteFunc(ids, func(id int64) bool {
			_, both := slices.BinarySearch(f.found, id)
			return !both
		})
	}
	f.few, f.found = true, ids
	f.args["found"] = ids
}

// where is the rest of a where clause, beginning with "and" unless empty.
func (f *groupFilter) where() string {
	var b strings.Builder
	for _, c := range f.clauses {
		b.WriteString("\n    and ")
		b.WriteString(c)
	}
	return b.String()
}

// tooBroad turns a statement timeout of a narrowed read into advice: a repeat
// would end alike.
func (f *groupFilter) tooBroad(err error) error {
	if len(f.clauses)+len(f.probes) == 0 || !timedOut(err) {
		return err
	}
	for _, p := range f.probes {
		if p.query == selectByWords {
			return invalid("q", "matches too much to be looked through in time: make it longer, or narrow the time with since")
		}
	}
	return invalid("since", "the other filters match too rarely to be looked through in time: narrow the time")
}
