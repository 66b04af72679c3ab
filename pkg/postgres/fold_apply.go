package postgres

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
)

// foldWork is one fold between taking the rows and writing the result. What it
// decides is decided by package journal; here it is only kept together.
type foldWork struct {
	folder *Folder
	policy journal.Policy
	now    time.Time
	rows   []inboxRow

	head      eventlog.Head
	system    string
	timeline  int32
	moved     bool // the cluster is not the one that the epoch was made on
	firstSeen bool // no cluster was written down yet
	renewed   bool // the epoch is a new one

	commands map[int64]*commandBody // by seq
	projects map[int64]*projectWork
	things   map[int64]*thing
	order    []*thing
	keys     map[groupKey]*thing
	newIDs   map[groupKey]int64

	works     map[workID]*workNews
	workOrder []*workNews
	logs      map[workID]*logNews
	logOrder  []*logNews

	newKeys     []keyRow
	events      []eventlog.Event
	dead        []deadRow
	heldUntil   time.Time // when the earliest event that stays held is due; zero for none
	moreHeld    bool      // more events are due than this fold has read
	overflowed  int64
	hours       map[bucketKey]int64
	minutes     map[bucketKey]int64
	refs        map[refKey]refValue
	occurrences []failedOccurrence
}

type groupKey struct {
	project     int64
	fingerprint string
}

type bucketKey struct {
	group   int64
	project int64
	unix    int64 // start of the bucket, seconds
}

type refKey struct {
	group int64
	kind  string
	value string
}

type refValue struct {
	project int64
	url     string
	at      time.Time
}

type keyRow struct {
	groupKey
	group       int64
	mappedUntil *time.Time
}

type deadRow struct {
	row    inboxRow
	reason string
}

type projectWork struct {
	id         int64
	slug       string
	totals     journal.Totals
	totalsWere journal.Totals
	tokens     float64 // of the budget of new groups; -1 before there was a row
	filledAt   time.Time
	overflowID int64
	made       bool // groups were made, so the budget is written
}

// thing is a group in this fold.
type thing struct {
	journal.Standing
	project        *projectWork
	rates          journal.Rates
	before         journal.State // "" for a new group
	severityBefore journal.Severity
	versionBefore  int64
	viewed         bool
	raised         bool
	remove         bool
}

func newFoldWork(f *Folder, now time.Time, rows []inboxRow) *foldWork {
	slices.SortFunc(rows, func(a, b inboxRow) int { return cmp.Compare(a.Seq, b.Seq) })
	w := &foldWork{
		folder: f, policy: f.policy, now: now, rows: rows,
		commands: map[int64]*commandBody{}, projects: map[int64]*projectWork{}, things: map[int64]*thing{},
		keys: map[groupKey]*thing{}, newIDs: map[groupKey]int64{},
		hours: map[bucketKey]int64{}, minutes: map[bucketKey]int64{}, refs: map[refKey]refValue{},
	}
	for i := range rows {
		switch rows[i].Kind {
		case "view", "undo", "remove":
		default:
			continue
		}
		var body commandBody
		if err := json.Unmarshal([]byte(rows[i].Body), &body); err != nil {
			w.dead = append(w.dead, deadRow{rows[i], "the command cannot be read"})
			continue
		}
		w.commands[rows[i].Seq] = &body
	}
	w.takeWork()
	return w
}

// asks lists what readFold shall look up.
func (w *foldWork) asks() (projects []int64, fingerprints []string, ids []int64) {
	seen := map[groupKey]bool{}
	ask := func(key groupKey) {
		if !seen[key] {
			seen[key] = true
			projects, fingerprints = append(projects, key.project), append(fingerprints, key.fingerprint)
		}
	}
	for i := range w.rows {
		if r := &w.rows[i]; r.Kind == "report" {
			ask(groupKey{r.ProjectID, r.Fingerprint})
		}
	}
	for _, n := range w.workOrder {
		if n.failure != nil {
			ask(groupKey{n.project, n.failure.Fingerprint})
		}
	}
	for _, c := range w.commands {
		for _, v := range c.Views {
			ids = appendID(ids, v.GroupID)
		}
		for _, u := range c.Undos {
			ids = appendID(ids, u.GroupID)
		}
		for _, id := range c.Remove {
			ids = appendID(ids, id)
		}
	}
	slices.Sort(ids)
	return projects, fingerprints, slices.Compact(ids)
}

func appendID(ids []int64, text string) []int64 {
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return append(ids, id)
	}
	return ids
}

// decide is apply, with a panic over a row turned into a fault of the rows: a
// row must never stop the log.
func (w *foldWork) decide() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &rowFault{cause}
		}
	}()
	w.apply()
	return nil
}

// apply decides everything, in the order of the inbox; removals come last, so
// that a group which is seen again in the same fold stays.
func (w *foldWork) apply() {
	for _, p := range w.projects {
		p.totalsWere = p.totals
	}
	if w.moved {
		w.renewed = !w.firstSeen
		if w.renewed {
			w.head.Epoch = newEpoch(w.head.Epoch)
		}
	}
	for i := range w.rows {
		r := &w.rows[i]
		switch r.Kind {
		case "report":
			w.report(r)
		case "view":
			w.view(w.commands[r.Seq])
		case "undo":
			w.undo(w.commands[r.Seq])
		}
	}
	w.fail()
	for _, c := range w.commands {
		for _, id := range c.Remove {
			if t := w.thing(id); t != nil && t.LastSeenAt.Before(c.Before) {
				t.remove = true
			}
		}
	}
	w.letGo()
	w.count()
	w.publish()
	w.publishWork()
	w.publishLogs()
}

func (w *foldWork) thing(id string) *thing {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return w.things[n]
}

func (w *foldWork) report(r *inboxRow) {
	p := w.projects[r.ProjectID]
	if p == nil {
		w.dead = append(w.dead, deadRow{*r, "the project does not exist"})
		return
	}
	arrival := journal.Arrival{
		Count: int64(r.Count), Severity: journal.Severity(r.Severity), Release: r.Release, FirstAt: *r.FirstAt, LastAt: *r.LastAt,
	}
	if err := json.Unmarshal([]byte(r.Body), &arrival.Look); err != nil {
		w.dead = append(w.dead, deadRow{*r, "the report cannot be read"})
		return
	}
	if len(arrival.Look.Grouping) == 0 {
		arrival.Look.Grouping = json.RawMessage(`{}`)
	}
	w.arrive(p, groupKey{r.ProjectID, r.Fingerprint}, arrival)
}

// arrive counts an arrival into the group of its key, which it opens when there
// is none.
func (w *foldWork) arrive(p *projectWork, key groupKey, arrival journal.Arrival) *thing {
	t := w.keys[key]
	if t == nil {
		t = w.open(p, key)
	}
	if t.ID == p.overflowID && t.Fingerprint == overflowFingerprint {
		w.overflowed += arrival.Count
		arrival.Look = overflowLook
	}
	if arrival.LastAt.After(w.now.Add(-10 * time.Minute)) {
		t.rates.TenMinutes += float64(arrival.Count)
	}
	if t.Arrive(w.policy, arrival, t.rates, w.now) {
		t.raised = true
	}
	at := arrival.LastAt.Unix()
	w.hours[bucketKey{t.ID, p.id, at - at%3600}] += arrival.Count
	if arrival.LastAt.After(w.now.Add(-24 * time.Hour)) {
		w.minutes[bucketKey{t.ID, p.id, at - at%60}] += arrival.Count
	}
	w.refer(t, &arrival)
	return t
}

// overflowFingerprint is that of the group which takes what is beyond the
// budget of new groups. No report has it: fingerprints are hashes.
const overflowFingerprint = "v1:00000000000000000000000000000000"

var overflowLook = journal.InboxReport{
	Type:     "TooManyGroups",
	Title:    "Too many different errors: further new ones are counted here for 24 hours",
	Grouping: json.RawMessage(`{"version":1,"rule":"overflow","template":"","culprit":"","type":"","parts":[]}`),
}

// open makes the group of a fingerprint that has none, or maps it to the
// overflow group when the project has made too many lately.
func (w *foldWork) open(p *projectWork, key groupKey) *thing {
	limit := float64(w.folder.config.NewGroups)
	if limit > 0 {
		if p.tokens < 0 {
			p.tokens, p.filledAt = 10*limit, w.now
		}
		p.tokens = min(10*limit, p.tokens+limit*max(w.now.Sub(p.filledAt).Hours(), 0))
		p.filledAt, p.made = w.now, true
		if p.tokens < 1 {
			return w.overflow(p, key)
		}
		p.tokens--
	}
	return w.make(p, key)
}

func (w *foldWork) make(p *projectWork, key groupKey) *thing {
	t := &thing{project: p, Standing: journal.Standing{
		ID: w.newIDs[key], ProjectID: p.id, Project: p.slug, Fingerprint: key.fingerprint,
	}}
	w.things[t.ID], w.keys[key] = t, t
	w.order = append(w.order, t)
	w.newKeys = append(w.newKeys, keyRow{groupKey: key, group: t.ID})
	return t
}

func (w *foldWork) overflow(p *projectWork, key groupKey) *thing {
	t := w.things[p.overflowID]
	if t == nil {
		own := groupKey{p.id, overflowFingerprint}
		w.newIDs[own] = w.newIDs[key] // this one will not be used for a group of its own
		t = w.make(p, own)
		p.overflowID = t.ID
	}
	until := w.now.Add(24 * time.Hour)
	w.keys[key] = t
	w.newKeys = append(w.newKeys, keyRow{groupKey: key, group: t.ID, mappedUntil: &until})
	return t
}

func (w *foldWork) refer(t *thing, a *journal.Arrival) {
	add := func(kind, value, url string) {
		if value == "" {
			return
		}
		key := refKey{t.ID, kind, value}
		if was, known := w.refs[key]; known && (url == "" || was.url != "") && !a.LastAt.After(was.at) {
			return
		}
		w.refs[key] = refValue{t.project.id, url, a.LastAt}
	}
	for _, ref := range a.Look.Refs {
		switch ref.Kind {
		case "run", "deploy", "task", "namespace", "job":
			add(ref.Kind, ref.ID, ref.URL)
		default:
			add("link", ref.Kind+" "+ref.ID, ref.URL)
		}
	}
	add("correlation", a.Look.Correlation, "")
	add("release", a.Look.Release, "")
	add("source", a.Look.Source, "")
	add("environment", a.Look.Environment, "")
}

// count brings the totals of active groups up to date.
func (w *foldWork) count() {
	for _, t := range w.order {
		active := t.State == journal.Active && !t.remove
		if t.before == journal.Active {
			t.project.totals.Add(t.severityBefore, -1)
		}
		if active {
			t.project.totals.Add(t.Severity, 1)
		}
	}
	for _, p := range w.projects {
		if p.totals != p.totalsWere {
			p.totals.Version++
		}
	}
}
