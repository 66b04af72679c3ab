package postgres

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

const (
	defaultPage = 50
	largestPage = 100
	latestMicro = 253_402_300_800_000_000 // the year 10000, in microseconds since 1970
)

// A page of history: in each project a walk down the index that has the order,
// ended by its share of the page, and the walks merged. $key and $where are
// filled in by historyBy; every order has its index, see groups_last_seen and
// the others.
const selectHistory = `
select /* history */ ` + groupColumns + `, g.raised_event_id
from unnest(@walk_projects::bigint[]) as w(project_id) cross join lateral (
  select * from groups g
  where g.project_id = w.project_id$where
  order by g.$key desc, g.group_id desc limit @share
) g
order by g.$key desc, g.group_id desc limit @limit`

// The same for few severities, with a walk for each of them: a project may have
// a million groups and not one that is critical. See groups_severity.
const selectHistoryBySeverity = `
select /* history by severity */ ` + groupColumns + `, g.raised_event_id
from unnest(@walk_projects::bigint[], @walk_severities::smallint[]) as w(project_id, severity) cross join lateral (
  select * from groups g
  where g.project_id = w.project_id and g.severity = w.severity$where
  order by g.$key desc, g.group_id desc limit @share
) g
order by g.$key desc, g.group_id desc limit @limit`

// The same among few groups that are known by their ids.
const selectHistoryAmong = `
select /* history among few */ ` + groupColumns + `, g.raised_event_id
from groups g
where g.project_id = any (@projects) and g.group_id = any (@found)$where
order by g.$key desc, g.group_id desc limit @limit`

// historyOrder is one way to sort the history, the highest key first.
type historyOrder struct {
	name   string
	column string
	timed  bool // the column is a time and the key its microseconds since 1970
	walked bool // there is an index with the severity before the column
	where  string
	key    func(g listedGroup) int64
}

var historyOrders = []historyOrder{
	{name: "last_seen", column: "last_seen_at", timed: true, walked: true, key: func(g listedGroup) int64 { return g.LastSeenAt.UnixMicro() }},
	{name: "first_seen", column: "first_seen_at", timed: true, key: func(g listedGroup) int64 { return g.FirstSeenAt.UnixMicro() }},
	{name: "count", column: "count", key: func(g listedGroup) int64 { return g.Count }},
	{name: "raised", column: "raised_event_id", where: whereRaised, key: func(g listedGroup) int64 { return g.raised }},
}

// listedGroup is a group with what only the order needs of it.
type listedGroup struct {
	journal.Group
	project    auth.Project
	id, raised int64
}

func (o historyOrder) after() string { return "(g." + o.column + ", g.group_id) < (@after, @after_id)" }

// Groups returns a page of the history of scope. Sorted by "raised" it holds
// only groups that were raised at least once. Faults of the query are
// *journal.FieldError: an unknown sort, a limit over 100, a page that is not
// from NextPage of the same sort, and a search too broad to finish in two
// seconds.
func (s *Store) Groups(ctx context.Context, scope []auth.Project, q journal.GroupQuery) (journal.GroupPage, error) {
	order, err := orderOf(q.Sort)
	if err != nil {
		return journal.GroupPage{}, err
	}
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return journal.GroupPage{}, err
	}
	filter, err := filterOf(scope, q)
	if err != nil {
		return journal.GroupPage{}, err
	}
	if order.where != "" {
		filter.clauses = append(filter.clauses, order.where)
	}
	if q.Page != "" {
		after, err := parsePage(q.Page, order)
		if err != nil {
			return journal.GroupPage{}, err
		}
		filter.and(order.after(), "after", after.value)
		filter.args["after_id"] = after.id
	}
	page := journal.GroupPage{Groups: []journal.Group{}}
	var rows []listedGroup
	err = s.scoped(ctx, scope, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(selectCursor).QueryRow(scanCursor(&page.Cursor))
		filter.probe(batch)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return filter.tooBroad(err)
		}
		// One more than the page shows whether there is a next one.
		rows, err = filter.history(ctx, tx, scope, order, limit+1)
		return filter.tooBroad(err)
	})
	if err != nil {
		return journal.GroupPage{}, fmt.Errorf("read a page of history: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextPage = formatPage(order, rows[limit-1])
	}
	for _, row := range rows {
		page.Groups = append(page.Groups, row.Group)
	}
	return page, nil
}

// walk is a part of the history that an index has in order: a project, or a
// severity of it.
type walk struct {
	project  auth.Project
	severity journal.Severity // 0: all of them
}

// history reads the first limit rows. All of them may be of one walk, but where
// there are many walks a share of each is enough mostly; those that were cut
// short by their share are walked again for all that can be on the page.
func (f *groupFilter) history(ctx context.Context, tx pgx.Tx, scope []auth.Project, order historyOrder, limit int) ([]listedGroup, error) {
	query := selectHistory
	severities := []journal.Severity{0}
	switch {
	case f.few:
		query = selectHistoryAmong
	case order.walked && len(f.severities) > 0:
		query, severities = selectHistoryBySeverity, f.severities
	}
	if len(f.severities) > 0 && severities[0] == 0 {
		f.clauses = append(f.clauses, whereSeverity)
	}
	query = strings.NewReplacer("$key", order.column, "$where", f.where()).Replace(query)
	var walks []walk
	for _, p := range scope {
		for _, s := range severities {
			walks = append(walks, walk{p, s})
		}
	}
	f.args["limit"] = limit
	share := firstShare(limit, len(walks))
	groups, err := f.walk(ctx, tx, scope, query, walks, share)
	if err != nil || f.few || share == limit {
		return groups, err
	}
	taken := map[walk]int{}
	for _, g := range groups {
		w := walk{project: g.project}
		if severities[0] != 0 {
			w.severity = g.Severity
		}
		taken[w]++
	}
	cut := slices.DeleteFunc(walks, func(w walk) bool { return taken[w] < share })
	if len(cut) == 0 {
		return groups, nil
	}
	again, err := f.walk(ctx, tx, scope, query, cut, limit)
	groups = order.merge(groups, again)
	return groups[:min(limit, len(groups))], err
}

// firstShare is at least a third of the page, and twice the even part.
func firstShare(limit, walks int) int {
	return min(limit, max(limit/3, 2*limit/max(walks, 1))+1)
}

func (f *groupFilter) walk(ctx context.Context, tx pgx.Tx, scope []auth.Project, query string, walks []walk, share int) ([]listedGroup, error) {
	projects, severities := make([]int64, len(walks)), make([]int16, len(walks))
	for i, w := range walks {
		projects[i], severities[i] = w.project.ID, int16(w.severity)
	}
	f.args["walk_projects"], f.args["walk_severities"], f.args["share"] = projects, severities, share
	rows, err := tx.Query(ctx, query, f.args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (g listedGroup, err error) {
		g.Group, err = scanGroup(row, scope, &g.raised)
		g.id, _ = strconv.ParseInt(g.GroupID, 10, 64)
		for _, p := range scope {
			if p.Slug == g.Project {
				g.project = p
			}
		}
		return g, err
	})
}

// merge puts both together, in order. A group that is in both, because another
// statement saw it a moment later, is there once, as it was later.
func (o historyOrder) merge(earlier, later []listedGroup) []listedGroup {
	seen := make(map[int64]bool, len(later))
	for _, g := range later {
		seen[g.id] = true
	}
	all := slices.Concat(slices.DeleteFunc(earlier, func(g listedGroup) bool { return seen[g.id] }), later)
	slices.SortFunc(all, func(a, b listedGroup) int {
		return cmp.Or(cmp.Compare(o.key(b), o.key(a)), cmp.Compare(b.id, a.id))
	})
	return all
}

func orderOf(sort string) (historyOrder, error) {
	if sort == "" {
		return historyOrders[0], nil
	}
	for _, o := range historyOrders {
		if o.name == sort {
			return o, nil
		}
	}
	return historyOrder{}, invalid("sort", "must be last_seen, first_seen, count or raised")
}

func pageLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > largestPage:
		return 0, invalid("limit", "must be from 1 to 100")
	}
	return limit, nil
}

// pageStart is the row that a page goes on after.
type pageStart struct {
	value any // time.Time or int64, as the order has it
	id    int64
}

type pageToken struct {
	Sort  string `json:"s"`
	Value string `json:"v"`
	ID    string `json:"i"`
	// Project is that of a run or deploy, whose id is its own only there.
	Project int64 `json:"p,omitempty"`
}

func formatPage(order historyOrder, last listedGroup) string {
	return encodePage(pageToken{Sort: order.name, Value: strconv.FormatInt(order.key(last), 10), ID: last.GroupID})
}

// parsePage reads what formatPage wrote for the same order. Anything else is a
// *journal.FieldError.
func parsePage(page string, order historyOrder) (start pageStart, err error) {
	token, ok := decodePage(page, order.name)
	key, errKey := strconv.ParseInt(token.Value, 10, 64)
	id, errID := strconv.ParseInt(token.ID, 10, 64)
	if !ok || errKey != nil || errID != nil || order.timed && (key < 0 || key > latestMicro) {
		return pageStart{}, invalid("page", "is not the next_page of this query")
	}
	start = pageStart{value: key, id: id}
	if order.timed {
		start.value = time.UnixMicro(key).UTC()
	}
	return start, nil
}

func encodePage(token pageToken) string {
	text, _ := json.Marshal(token) // strings cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodePage(page, sort string) (token pageToken, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(page)
	if err != nil || json.Unmarshal(text, &token) != nil || token.Sort != sort {
		return pageToken{}, false
	}
	return token, true
}
