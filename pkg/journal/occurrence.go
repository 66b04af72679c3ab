package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"rynda/pkg/redact"
)

// Occurrence is an accepted, redacted report. Only Report.Accept makes one, so
// what reaches a store has been redacted; the zero value is none.
type Occurrence struct{ row OccurrenceRow }

// Row gives what a store writes. ok is false for the zero Occurrence.
func (o Occurrence) Row() (row OccurrenceRow, ok bool) { return o.row, o.row.Fingerprint != "" }

// OccurrenceRow is an occurrence as rows hold it.
type OccurrenceRow struct {
	ID ID
	// Day of ID's partition.
	Day time.Time
	// EarlierID and EarlierDay are where a repeat of this report would have been
	// stored had it come yesterday; zero when OccurredAt alone decides.
	EarlierID  ID
	EarlierDay time.Time

	ProjectID   int64
	Fingerprint string
	OccurredAt  time.Time
	ReceivedAt  time.Time
	Severity    Severity
	Body        json.RawMessage // OccurrenceBody

	Release string
	Inbox   InboxReport
	Removed []redact.Removal
}

// InboxReport is what the fold needs to know of a report beyond its count: how
// a new or raised group looks.
type InboxReport struct {
	Type        string          `json:"type,omitempty"`
	Title       string          `json:"title"`
	Culprit     string          `json:"culprit,omitempty"`
	Source      string          `json:"source,omitempty"`
	Environment string          `json:"environment,omitempty"`
	Release     string          `json:"release,omitempty"`
	Correlation string          `json:"correlation,omitempty"`
	Refs        []Ref           `json:"refs,omitempty"`
	Grouping    json.RawMessage `json:"grouping,omitempty"`
}

// OccurrenceBody is the stored text of an occurrence, as the API shows it.
type OccurrenceBody struct {
	OccurrenceID  string            `json:"occurrence_id"`
	Project       string            `json:"project"`
	Fingerprint   string            `json:"fingerprint"`
	OccurredAt    time.Time         `json:"occurred_at"`
	ReceivedAt    time.Time         `json:"received_at"`
	Level         string            `json:"level"`
	Severity      Severity          `json:"severity"`
	Type          string            `json:"type"`
	Message       string            `json:"message"`
	Source        string            `json:"source"`
	Environment   string            `json:"environment"`
	Release       string            `json:"release"`
	ReportID      string            `json:"report_id"`
	CorrelationID string            `json:"correlation_id"`
	TraceID       string            `json:"trace_id"`
	RunID         string            `json:"run_id"`
	DeployID      string            `json:"deploy_id"`
	TaskID        string            `json:"task_id"`
	Namespace     string            `json:"namespace"`
	Job           string            `json:"job"`
	Links         []Ref             `json:"links"`
	Stack         string            `json:"stack"`
	Frames        []Frame           `json:"frames"`
	Tags          map[string]string `json:"tags"`
	Payload       json.RawMessage   `json:"payload"`
	Removed       []redact.Removal  `json:"removed" doc:"what was redacted where, never the value"`
	Shortened     []string          `json:"shortened" doc:"fields that were longer than is kept"`
	Sampled       bool              `json:"sampled" doc:"true where only the count was kept"`
}

// Recorded says what became of one occurrence.
type Recorded struct {
	OccurrenceID string
	Fingerprint  string
	Duplicate    bool // it was there already; OccurrenceID is that of the first
}

// ID is a UUID of version 7.
type ID [16]byte

func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
	return string(b[:])
}

// newID lays out a UUIDv7 (RFC 9562 §5.7) with the milliseconds of at and the
// first 74 bits of entropy: of a hash, so that a repeat makes the same id, or
// of chance.
func newID(at time.Time, entropy [16]byte) ID {
	id := ID(entropy)
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(id[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(ms))
	id[6] = 0x70 | entropy[6]&0x0f
	id[8] = 0x80 | entropy[8]&0x3f
	return id
}

// keyEntropy hashes the key of a report. Every part is preceded by its length
// and the kind of key is one of them, so that a report_id can never meet an
// Idempotency-Key, nor one project another.
func keyEntropy(projectID int64, kind, key string, index int) (e [16]byte) {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(projectID))
	h.Write(n[:])
	binary.BigEndian.PutUint64(n[:], uint64(index))
	h.Write(n[:])
	for _, part := range []string{kind, key} {
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	copy(e[:], h.Sum(nil))
	return e
}
