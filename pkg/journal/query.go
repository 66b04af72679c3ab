package journal

import (
	"encoding/json"
	"time"
)

// GroupQuery selects a page of history. Empty fields do not narrow.
type GroupQuery struct {
	Severities    []Severity
	Source        string
	Environment   string
	Release       string
	States        []State
	RunID         string
	DeployID      string
	TaskID        string
	Namespace     string
	Job           string
	CorrelationID string
	Fingerprint   string
	Q             string    // substring of title, type, culprit or source, any case
	Since, Until  time.Time // of last_seen_at; zero is open
	Sort          string    // last_seen (default), first_seen, count, raised: newest or most first
	Limit         int       // 1 to 100; 0 is 50
	Page          string    // opaque, from NextPage; belongs to the same query
}

// GroupPage is a page of history. NextPage is empty on the last page. Cursor
// was read before the rows, so events after it bring the page up to date.
type GroupPage struct {
	Groups   []Group `json:"groups"`
	NextPage string  `json:"next_page"`
	Cursor   string  `json:"cursor"`
}

// OccurrencePage is a page of the occurrences of a group, newest first.
type OccurrencePage struct {
	Occurrences []json.RawMessage `json:"occurrences"`
	NextPage    string            `json:"next_page"`
}

// ViewQuery selects groups to mark viewed at once: those active that were
// raised at or before the cursor, at most 1,000, oldest raise first.
type ViewQuery struct {
	ThroughCursor string
	GroupQuery    // Sort, Limit and Page are not used
}

// ViewMany is the answer to marking many viewed, or to undoing that.
type ViewMany struct {
	ViewID string `json:"view_id"`
	Viewed int    `json:"viewed" doc:"how many groups the command was applied to"`
	Cursor string `json:"cursor" doc:"a position at or after the events of this command"`
}

// WorkQuery selects a page of runs or of deploys, newest first. Empty fields do
// not narrow; those of the other kind of work are not looked at.
type WorkQuery struct {
	Statuses     []Status
	Name, Actor  string
	DeployID     string    // of runs
	Environment  string    // of deploys, as the next two
	Namespace    string    //
	Service      string    //
	Q            string    // substring of the id or the name, any case
	Since, Until time.Time // of when it started, or was first heard of; zero is open
	Limit        int       // 1 to 100; 0 is 50
	Page         string    // opaque, from NextPage; belongs to the same query
}

// RunPage is a page of runs. NextPage is empty on the last page.
type RunPage struct {
	Runs     []Run  `json:"runs"`
	NextPage string `json:"next_page"`
	Cursor   string `json:"cursor"`
}

// DeployPage is a page of deploys.
type DeployPage struct {
	Deploys  []Deploy `json:"deploys"`
	NextPage string   `json:"next_page"`
	Cursor   string   `json:"cursor"`
}

// RunDetail is one run with what a page about it shows first.
type RunDetail struct {
	Run    Run      `json:"run"`
	Groups []Group  `json:"groups" doc:"Groups that it reported to, newest first, at most 20."`
	Log    LogState `json:"log"`
	Cursor string   `json:"cursor"`
}

// DeployDetail is one deploy with what a page about it shows first.
type DeployDetail struct {
	Deploy        Deploy     `json:"deploy"`
	Groups        []Group    `json:"groups" doc:"Groups that were reported with it, newest first, at most 20."`
	NewGroups     []Group    `json:"new_groups" doc:"Groups at error or worse that were first seen in its environment after it and before the next deploy; newest first, at most 20."`
	NewGroupCount int        `json:"new_group_count" doc:"How many of those there are, up to 1,000."`
	Previous      *DeployRef `json:"previous" doc:"The deploy to the same environment before this one."`
	Next          *DeployRef `json:"next" doc:"The deploy to the same environment after this one."`
	Log           LogState   `json:"log"`
	Cursor        string     `json:"cursor"`
}

// DeployRef names a deploy.
type DeployRef struct {
	Project     string    `json:"project"`
	DeployID    string    `json:"deploy_id"`
	Name        string    `json:"name"`
	Status      Status    `json:"status" enum:"queued,running,succeeded,failed,canceled," doc:"empty where nobody has said it"`
	Service     string    `json:"service"`
	Revision    string    `json:"revision"`
	Environment string    `json:"environment"`
	At          time.Time `json:"at" doc:"When it started, or was first heard of."`
}
