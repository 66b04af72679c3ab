package httpapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/journal"
)

const introduction = `Rynda is a journal of runtime errors, a live alert centre, and the bus behind both.

**Jobs** report errors with an ingest token and read nothing. **People** read and dismiss, with the cookie of a session; their
scripts do with a staff token. Both tokens go into ` + "`Authorization: Bearer …`" + `.

**Failures** are problems (RFC 9457) with a ` + "`request_id`" + ` that the server's log has too. They name the place and the reason and
never repeat what was sent. What is out of reach looks like what does not exist.

**Positions** (` + "`cursor`" + `, event ids, ` + "`after`" + `, ` + "`Last-Event-ID`" + `) are opaque. Every list and detail carries a ` + "`cursor`" + ` that was
read before its rows: apply the events after it, keep the higher ` + "`version`" + ` of each thing, and the picture is complete however
stream, poll and answers interleave. A position that is not of this log any more is answered with ` + "`reset`" + `: take a snapshot and go
on from the new cursor.

**Times** are RFC 3339 in UTC. **Ids** are strings.`

// document is the part of the API's document that no operation writes.
func document() *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[journal.Severity](), reflect.TypeFor[severityWord]())
	registry.RegisterTypeAlias(reflect.TypeFor[journal.Reason](), reflect.TypeFor[reasonWord]())
	registry.RegisterTypeAlias(reflect.TypeFor[journal.BySeverity](), reflect.TypeFor[bySeverity]())
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Rynda", Version: "1", Description: introduction,
			License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Tags: []*huma.Tag{
			{Name: "Reports", Description: "What jobs send."},
			{Name: "Alerts", Description: "What people see at once, and dismiss."},
			{Name: "History", Description: "All that was ever reported and is still kept."},
			{Name: "Runs", Description: "What control planes tell of runs, and what people see of them."},
			{Name: "Deploys", Description: "What control planes tell of deploys, and what people see of them."},
			{Name: "Events", Description: "What changes, as it changes."},
			{Name: "Service", Description: "About the server itself."},
		},
		Components: &huma.Components{
			Schemas: registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"ingest_token": {Type: "http", Scheme: "bearer", BearerFormat: "ryi_…", Description: "Of a job or control plane: one project, " +
					"scope report or control, no reading. At most two live at a time, so that they can be changed without a gap."},
				"staff_token": {Type: "http", Scheme: "bearer", BearerFormat: "rys_… or JWT", Description: "Of a script of a person; or, where " +
					"the server is set up for it, a JWT of a provider that names the projects in reach."},
				"session": {Type: "apiKey", In: "cookie", Name: "__Host-rynda", Description: "Of a person in a browser. " +
					"Requests that another origin started are refused."},
			},
		},
	}
}

func schemaName(t reflect.Type, hint string) string {
	switch t {
	case reflect.TypeFor[journal.OccurrenceBody]():
		return "Occurrence"
	case reflect.TypeFor[bySeverity]():
		return "BySeverity"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// severityWord is what a severity is in JSON.
type severityWord string

// Schema implements huma.SchemaProvider.
func (severityWord) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{"critical", "error", "warning", "info"}}
}

// bySeverity is what counts of each severity are in JSON.
type bySeverity struct {
	Critical int64 `json:"critical"`
	Error    int64 `json:"error"`
	Warning  int64 `json:"warning"`
	Info     int64 `json:"info"`
}

// reasonWord is why a group was raised; groups that never were have none.
type reasonWord string

// Schema implements huma.SchemaProvider.
func (reasonWord) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true, Enum: []any{
		string(journal.New), string(journal.Recurred), string(journal.Escalated), string(journal.Regressed), string(journal.Surged), nil,
	}}
}

// levelSent is a level as it is sent; pkg/journal reads both.
type levelSent string

// Schema implements huma.SchemaProvider.
func (levelSent) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "How bad, in a word (fatal, error, warn, info …) or a number, as a number or as text: 0 to 7 are syslog's " +
			"(0 emergency … 7 debug), 8 to 24 OpenTelemetry's severity numbers. Anything else, or none, is an error.",
		OneOf:    []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}},
		Examples: []any{"error", 3},
	}
}

// Schema implements huma.SchemaProvider.
func (eventData) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "The whole state that a list or a card needs, never a stack or a payload. With group.removed only what is left to say; with run.logged and deploy.logged which lines are new.",
		AnyOf: []*huma.Schema{ // a removal is a small group as well: kind tells them apart
			r.Schema(reflect.TypeFor[journal.GroupEvent](), true, ""),
			r.Schema(reflect.TypeFor[journal.GroupRemoved](), true, ""),
			r.Schema(reflect.TypeFor[journal.Run](), true, ""),
			r.Schema(reflect.TypeFor[journal.Deploy](), true, ""),
			r.Schema(reflect.TypeFor[journal.RunLogged](), true, ""),
			r.Schema(reflect.TypeFor[journal.DeployLogged](), true, ""),
		},
	}
}

func schemaOf[T any](s *server) *huma.Schema {
	t := reflect.TypeFor[T]()
	return s.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// describeText adds an operation that huma does not run and that answers with
// something else than JSON.
func (s *server) describeText(sp spec, mediaType string) {
	s.describe(sp, http.StatusOK, &huma.Response{
		Description: "OK",
		Content:     map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	})
}

func (s *server) describe(sp spec, status int, done *huma.Response, parameters ...*huma.Param) {
	op := sp.huma()
	op.Responses = map[string]*huma.Response{strconv.Itoa(status): done}
	op.Parameters = parameters
	for status := range sp.allProblems() {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Content: map[string]*huma.MediaType{problemType: {Schema: schemaOf[Problem](s)}}}
	}
	s.specs = append(s.specs, sp)
	s.api.OpenAPI().AddOperation(&op)
}

// Hello is the first frame of a stream.
type Hello struct {
	From        string   `json:"from" doc:"Where this stream goes on."`
	Head        string   `json:"head" doc:"Where the log ends now."`
	HeartbeatMS int64    `json:"heartbeat_ms" doc:"How often a ping comes."`
	Granted     []string `json:"granted" doc:"Topics that this stream carries."`
	Denied      []string `json:"denied" doc:"Topics that it does not: out of reach, missing or misspelt."`
}

// Reset is the frame that asks to take a snapshot.
type Reset struct {
	Head string `json:"head" doc:"Where this stream goes on."`
}

// Bye is the last frame of a connection that the server ends.
type Bye struct {
	AfterMS int64 `json:"after_ms" doc:"When to open the next one."`
}

// describeStream adds the stream. Its media type has no schema of its own in
// OpenAPI 3.1, so the frames are named by an extension and stand among the
// schemas.
func (s *server) describeStream(sp spec) {
	frames := map[string]any{
		"hello": schemaOf[Hello](s), "ping": &huma.Schema{Type: huma.TypeObject}, "reset": schemaOf[Reset](s), "bye": schemaOf[Bye](s),
		"group.changed": schemaOf[Event](s), "group.viewed": schemaOf[Event](s), "group.removed": schemaOf[Event](s),
		"run.changed": schemaOf[Event](s), "run.logged": schemaOf[Event](s), "deploy.changed": schemaOf[Event](s), "deploy.logged": schemaOf[Event](s),
	}
	text := func(name, in, doc string) *huma.Param {
		return &huma.Param{Name: name, In: in, Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	s.describe(sp, http.StatusOK, &huma.Response{
		Description: "A stream of frames, each with event, id and one line of data.",
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema:     &huma.Schema{Type: huma.TypeString},
			Extensions: map[string]any{"x-frames": frames},
		}},
	},
		text("after", "query", "A cursor; missing means from now. One that is not of this log any more is answered with a reset frame."),
		text("topics", "query", "Names of topics with commas between; missing means errors, runs and deploys of all projects in reach."),
		text("ticket", "query", "Of POST /v1/stream-tickets, in place of a token or cookie."),
		text("Last-Event-ID", "header", "As a browser's EventSource sends it; a valid one wins over after."),
	)
}

// finishDocument adds what is true of all operations.
func (s *server) finishDocument() {
	doc := s.api.OpenAPI()
	requestID := &huma.Header{Description: "Names this request in the server's log.", Schema: &huma.Schema{Type: huma.TypeString}}
	retryAfter := &huma.Header{Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(1.0)}}
	for _, sp := range s.specs {
		op := operationOf(doc.Paths[sp.Path], sp.Method)
		responses := op.Responses
		for _, param := range op.Parameters {
			if param.Schema.Description == param.Description {
				param.Schema.Description = ""
			}
		}
		for status, when := range sp.allProblems() {
			responses[strconv.Itoa(status)].Description = when
		}
		for status, response := range responses {
			if response.Headers == nil {
				response.Headers = map[string]*huma.Header{}
			}
			delete(response.Headers, "Content-Type") // said by the content
			response.Headers["X-Request-Id"] = requestID
			if status == "429" || status == "503" {
				response.Headers["Retry-After"] = retryAfter
			}
		}
	}
	nullPointers(doc.Components.Schemas)
	for _, schema := range doc.Components.Schemas.Map() {
		for member, property := range schema.Properties {
			if meaning, ok := meanings[member]; ok && property.Description == "" && property.Ref == "" {
				explained := *property // the schema may be shared
				explained.Description = meaning
				schema.Properties[member] = &explained
			}
		}
	}
	// Commands refuse what they do not know; answers may grow.
	for name, schema := range doc.Components.Schemas.Map() {
		switch name {
		case "ViewCommand", "UndoCommand", "ViewManyCommand":
		default:
			if schema.AdditionalProperties == false {
				schema.AdditionalProperties = nil
			}
		}
	}
}

// nullPointers lets a member that is always there and points at an object be
// null: a nil pointer is. Huma knows that of plain values alone.
func nullPointers(registry huma.Registry) {
	for name, schema := range registry.Map() {
		of := registry.TypeFromRef("#/components/schemas/" + name)
		if of == nil || of.Kind() != reflect.Struct {
			continue
		}
		for _, field := range reflect.VisibleFields(of) {
			member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			property := schema.Properties[member]
			if field.Type.Kind() == reflect.Pointer && property != nil && property.Ref != "" && slices.Contains(schema.Required, member) {
				schema.Properties[member] = &huma.Schema{
					Description: property.Description, OneOf: []*huma.Schema{{Ref: property.Ref}, {Type: "null"}},
				}
			}
		}
	}
}

// meanings of members that mean the same wherever they stand and that their
// types do not explain.
var meanings = map[string]string{
	"project":        "Slug of the project.",
	"fingerprint":    "What the group is found by: v1: and 32 hexadecimal digits.",
	"group_id":       "Of the group.",
	"occurrence_id":  "A UUID of version 7, whose time is that of the occurrence.",
	"severity":       "How bad, as the rules decide from level.",
	"level":          "How bad, as the reporter said.",
	"state":          "active: raised and not yet dismissed. viewed: dismissed by a person. unraised: only in the journal.",
	"type":           "Class of the error.",
	"title":          "First line of the message.",
	"message":        "What went wrong, without secrets.",
	"culprit":        "The place in the code that failed, where known.",
	"source":         "Who reported.",
	"environment":    "Where it ran: production, staging …",
	"release":        "Version of what ran.",
	"correlation_id": "Ties together what belongs to one request or piece of work.",
	"trace_id":       "Of the distributed trace.",
	"run_id":         "Of the run in which it happened.",
	"deploy_id":      "Of the deploy in which it happened, or that it came with.",
	"task_id":        "Of the task in which it happened.",
	"namespace":      "In which it ran.",
	"job":            "Name of the job.",
	"count":          "How many occurrences.",
	"occurred_at":    "When it happened.",
	"received_at":    "When the report came.",
	"first_seen_at":  "Time of the first occurrence.",
	"last_seen_at":   "Time of the last occurrence.",
	"raised_at":      "When it was put into the feed last; null when it never was.",
	"raised_reason":  "Why it was put into the feed last.",
	"viewed_at":      "When it was dismissed last.",
	"viewed_by":      "Who dismissed it.",
	"cursor":         "Read before the rows: the events after it bring the answer up to date.",
	"next_page":      "What page is for the next page; empty on the last one.",
	"active_total":   "How many groups are active in all.",
	"at":             "When.",
	"stack":          "Text of the stack.",
	"file":           "As the language names it.",
	"function":       "Name of the function.",
	"module":         "Package or module of the function.",
	"line":           "From 1.",
	"marker":         "Whether it is a place to jump to.",
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	switch method {
	case "GET":
		return item.Get
	case "POST":
		return item.Post
	case "PUT":
		return item.Put
	case "DELETE":
		return item.Delete
	}
	return nil
}

// knownNames are the names that stand in the document, with the parts of a
// request: the only ones that a problem may say.
var knownNames func() map[string]bool

// Made here, because what registers the operations leads back to these names.
func init() { knownNames = sync.OnceValue(readNames) }

func readNames() map[string]bool {
	known := map[string]bool{"body": true, "query": true, "path": true, "header": true, "cookie": true}
	doc := documented().api.OpenAPI()
	for _, schema := range doc.Components.Schemas.Map() {
		for name := range schema.Properties {
			known[name] = true
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			for _, param := range op.Parameters {
				known[param.Name] = true
			}
		}
	}
	return known
}
