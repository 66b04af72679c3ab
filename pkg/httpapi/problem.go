package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// Problem is the body of every failure (RFC 9457). Its words are ours: nothing
// in it repeats what the caller sent.
type Problem struct {
	Type      string     `json:"type" example:"about:blank" doc:"always about:blank: the status says what kind of problem it is"`
	Title     string     `json:"title" example:"Unprocessable Entity"`
	Status    int        `json:"status" example:"422"`
	Detail    string     `json:"detail,omitempty" doc:"what is wrong, for people"`
	Errors    []Fault    `json:"errors,omitempty" doc:"the fields at fault; never their values"`
	Rejected  []Rejected `json:"rejected,omitempty" doc:"of POST /v1/reports: every report and why it was refused"`
	LoginURL  string     `json:"login_url,omitempty" doc:"with 401, where people can sign in: open it as a page, with the path to come back to as ?next="`
	RequestID string     `json:"request_id,omitempty" doc:"also in the header X-Request-Id; the server's log has it"`

	headers http.Header
	cause   error
}

// Fault says where a request is at fault and why.
type Fault struct {
	Location string `json:"location" example:"links[2].url"`
	Reason   string `json:"reason" example:"expected integer"`
}

// Rejected is one report of a batch that was refused.
type Rejected struct {
	Index   int     `json:"index" doc:"of the report in the request, from 0"`
	Problem Problem `json:"problem"`
}

func (p *Problem) Error() string                { return p.Title + ": " + p.Detail }
func (p *Problem) Unwrap() error                { return p.cause }
func (p *Problem) GetStatus() int               { return p.Status }
func (p *Problem) GetHeaders() http.Header      { return p.headers }
func (p *Problem) ContentType(ct string) string { return problemType }

const problemType = "application/problem+json"

func newProblem(status int, detail string, faults ...Fault) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: faults}
}

func (p *Problem) with(header, value string) *Problem {
	if p.headers == nil {
		p.headers = http.Header{}
	}
	p.headers.Set(header, value)
	return p
}

// problemOf is the one place where errors become statuses.
func problemOf(err error) *Problem {
	var (
		problem *Problem
		field   *journal.FieldError
		limited *auth.LimitedError
		need    *auth.NeedError
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &field):
		p := newProblem(http.StatusUnprocessableEntity, "", Fault{safeLocation(field.Field), field.Reason})
		if errors.Is(field.Kind, journal.ErrTooLarge) {
			p = newProblem(http.StatusRequestEntityTooLarge, "", p.Errors...)
		}
		p.Detail = p.Errors[0].Location + " " + field.Reason
		return p
	case errors.As(err, &limited):
		return newProblem(http.StatusTooManyRequests, "Wait before you try again.").
			with("Retry-After", seconds(limited.After))
	case errors.Is(err, auth.ErrUnauthorized):
		return newProblem(http.StatusUnauthorized, "Send a valid token as Authorization: Bearer, or log in.").
			with("WWW-Authenticate", `Bearer realm="rynda"`)
	case errors.Is(err, auth.ErrSignIn):
		return newProblem(http.StatusBadRequest, "This did not sign you in. Begin anew at "+loginPath+".")
	case errors.As(err, &need):
		return newProblem(http.StatusForbidden, needed(need))
	case errors.Is(err, auth.ErrForbidden):
		return newProblem(http.StatusForbidden, "Who you are may not do this.")
	case errors.Is(err, journal.ErrInvalid):
		return newProblem(http.StatusUnprocessableEntity, "The request is not valid.")
	case errors.Is(err, journal.ErrNotFound):
		return newProblem(http.StatusNotFound, "It does not exist, or not for you.")
	case errors.Is(err, journal.ErrConflict):
		return newProblem(http.StatusConflict, "It has changed in the meantime.")
	case errors.Is(err, journal.ErrTooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "It is larger than is allowed.")
	case errors.Is(err, journal.ErrUnavailable), errors.Is(err, auth.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unavailable("The server cannot do this now. Nothing is known to be stored; repeat the same request.", err)
	default:
		p := newProblem(http.StatusInternalServerError, "Something went wrong here. The log has the request_id.")
		p.cause = err
		return p
	}
}

// needed says in words what the operation is for, and how one comes by it. It
// tells nothing of who asked.
func needed(e *auth.NeedError) string {
	if e.Need == auth.ToBeStaff {
		return "This is for staff: log in, or send a staff token. An ingest token reads nothing."
	}
	if e.Need != auth.ToReport && e.Need != auth.ToControl {
		return "Who you are may not do this."
	}
	scope := string(e.Need)
	if e.Local {
		return "This needs an ingest token with the scope " + scope +
			", sent as Authorization: Bearer. The development start keeps one in .rynda/dev.json, as ingest_token."
	}
	return "This needs an ingest token with the scope " + scope +
		", sent as Authorization: Bearer. rynda token create -project SLUG -scopes " + scope + " makes one."
}

// unavailable asks to come back in a little while, not all at the same moment.
func unavailable(detail string, cause error) *Problem {
	p := newProblem(http.StatusServiceUnavailable, detail).with("Retry-After", strconv.Itoa(1+rand.IntN(3)))
	p.cause = cause
	return p
}

// seconds is a Retry-After: whole seconds, at least one, and a jitter of up to a
// tenth so that those who wait do not come back together.
func seconds(d time.Duration) string {
	s := int(math.Ceil(d.Seconds()))
	return strconv.Itoa(max(s, 1) + rand.IntN(s/10+1))
}

// write answers with the problem outside of huma.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	c := callOf(r.Context())
	p.RequestID, c.problem = c.id, p
	header := w.Header()
	for name, values := range p.headers {
		header[name] = values
	}
	header.Set("Content-Type", problemType)
	header.Del("ETag")
	header.Del("Content-Length")
	body, _ := json.Marshal(p) // strings and numbers cannot fail
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n'))
	}
}

// huma builds its own errors through these two variables, before a handler of
// ours is reached. What it says holds the values it refused; what we say does
// not. The variables are the library's documented way and are set once here.
func init() {
	huma.NewError = humaProblem
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaProblem(status, msg, errs...)
	}
	huma.DefaultArrayNullable = false
}

func humaProblem(status int, msg string, errs ...error) huma.StatusError {
	switch status {
	case http.StatusBadRequest:
		if strings.Contains(msg, "required") {
			return newProblem(status, "A body of JSON is required.")
		}
		return newProblem(status, "The body is not valid JSON.")
	case http.StatusRequestTimeout:
		return newProblem(status, "The body took too long to arrive.").with("Connection", "close")
	case http.StatusRequestEntityTooLarge:
		return newProblem(status, "The body is larger than is allowed.")
	case http.StatusUnsupportedMediaType:
		return newProblem(status, "The body must be JSON, with Content-Type: application/json.")
	case http.StatusUnprocessableEntity:
		faults := make([]Fault, 0, len(errs))
		for _, err := range errs {
			faults = append(faults, faultOf(err))
		}
		return newProblem(status, "Parts of the request are not valid; errors names them.", faults...)
	case http.StatusInternalServerError:
		if strings.HasPrefix(msg, "cannot read request body") {
			return newProblem(http.StatusBadRequest, "The body could not be read to its end.")
		}
	}
	p := newProblem(status, "")
	p.cause = errors.Join(errs...)
	return p
}

func faultOf(err error) Fault {
	var detailer huma.ErrorDetailer
	if !errors.As(err, &detailer) {
		return Fault{Location: "body", Reason: "is not valid"}
	}
	detail := detailer.ErrorDetail()
	return Fault{Location: safeLocation(detail.Location), Reason: safeReason(detail.Message)}
}

// safeReason passes the sentences of huma that are made of the schema alone and
// cuts off what some append about the value.
func safeReason(msg string) string {
	for _, known := range []string{"expected ", "required ", "unexpected property", "invalid integer", "invalid boolean",
		"invalid float", "invalid date/time"} {
		if strings.HasPrefix(msg, known) {
			msg, _, _ = strings.Cut(msg, ": ")
			return msg
		}
	}
	return "is not valid"
}

// safeLocation passes a location as far as it is made of names that stand in
// the document of the API, and of indices: the name of a member that is not
// expected is the caller's text.
func safeLocation(location string) string {
	known := knownNames()
	for at := 0; at < len(location); {
		end := at
		for end < len(location) && location[end] != '.' && location[end] != '[' {
			end++
		}
		if !known[location[at:end]] {
			return strings.TrimRight(location[:at], ".")
		}
		for end < len(location) && location[end] == '[' {
			closing := strings.IndexByte(location[end:], ']')
			if closing < 0 || strings.Trim(location[end+1:end+closing], "0123456789") != "" {
				return location[:end]
			}
			end += closing + 1
		}
		if end < len(location) && location[end] != '.' {
			return location[:end]
		}
		at = end + 1
	}
	return location
}
