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
