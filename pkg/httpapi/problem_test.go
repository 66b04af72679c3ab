package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

func TestProblemOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
	}{
		{fmt.Errorf("find: %w", journal.ErrNotFound), 404},
		{fmt.Errorf("find: %w", journal.ErrInvalid), 422},
		{fmt.Errorf("find: %w", journal.ErrConflict), 409},
		{fmt.Errorf("find: %w", journal.ErrTooLarge), 413},
		{fmt.Errorf("find: %w", journal.ErrUnavailable), 503},
		{fmt.Errorf("find: %w", context.DeadlineExceeded), 503},
		{fmt.Errorf("find: %w", auth.ErrUnauthorized), 401},
		{fmt.Errorf("find: %w", auth.ErrForbidden), 403},
		{fmt.Errorf("find: %w", auth.ErrUnavailable), 503},
		{fmt.Errorf("find: %w", &auth.LimitedError{After: time.Second}), 429},
		{&journal.FieldError{Field: "links[2].url", Reason: "is wrong", Kind: journal.ErrInvalid}, 422},
		{&journal.FieldError{Field: "body", Reason: "is wide", Kind: journal.ErrTooLarge}, 413},
		{newProblem(418, "tea"), 418},
		{errors.New("who knows"), 500},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			p := problemOf(c.err)
			if p.Status != c.status || p.Title == "" || strings.Contains(p.Detail, "find") || strings.Contains(p.Detail, "who knows") {
				t.Errorf("%+v", p)
			}
			if (c.status == 503 || c.status == 429) && p.headers.Get("Retry-After") == "" {
				t.Error("does not say when to come back")
			}
			if c.status >= 500 && p.cause == nil {
				t.Error("the log would not know the cause")
			}
		})
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	reporter := auth.Identity{Kind: auth.IngestToken, ID: "who", Scopes: []auth.Scope{auth.Report}}
	plane := auth.Identity{Kind: auth.IngestToken, ID: "who", Scopes: []auth.Scope{auth.Control}}
	local := auth.Identity{Kind: auth.Local, ID: "who"}
	person := auth.Identity{Kind: auth.Session, ID: "who"}
	for _, c := range []struct {
		name   string
		who    auth.Identity
		need   auth.Need
		detail []string
		never  string
	}{
		{"a token without report is told of that scope", plane, auth.ToReport, []string{"scope report", "rynda token create -project SLUG -scopes report"}, "dev.json"},
		{"a token without control is told of that scope", reporter, auth.ToControl, []string{"scope control", "-scopes control"}, "dev.json"},
		{"a person is told of a token", person, auth.ToReport, []string{"ingest token", "scope report"}, "dev.json"},
		{"development tells where its token is", local, auth.ToReport, []string{"scope report", ".rynda/dev.json", "ingest_token"}, "ryi_"},
		{"an ingest token is told of staff", reporter, auth.ToBeStaff, []string{"staff", "log in"}, "scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := problemOf(fmt.Errorf("run: %w", c.who.Check(c.need)))
			if p.Status != 403 || strings.Contains(p.Detail, c.never) || strings.Contains(p.Detail, "who") {
				t.Errorf("%+v", p)
			}
			for _, part := range c.detail {
				if !strings.Contains(p.Detail, part) {
					t.Errorf("%q is not in %q", part, p.Detail)
				}
			}
		})
	}
}

func TestSafeLocation(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"body":                       "body",
		"body.through":               "body.through",
		"query.severity[12]":         "query.severity[12]",
		"links[2].url":               "links[2].url",
		"header.Idempotency-Key":     "header.Idempotency-Key",
		"body.hunter2":               "body",
		"hunter2":                    "",
		"body.tags.hunter2":          "body.tags",
		"body.severity[hunter2]":     "body.severity",
		"body.severity[1]hunter2":    "body.severity[1]",
		"body.severity[1":            "body.severity",
		"body.severity[1][2].q":      "body.severity[1][2].q",
		"body..q":                    "body",
		"":                           "",
		".":                          "",
		"body.q hunter2":             "body",
		"body.severity[1].hunter2.q": "body.severity[1]",
	} {
		if got := safeLocation(in); got != want {
			t.Errorf("safeLocation(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSafeReason(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		validation.MsgExpectedInteger:                                 "expected integer",
		validation.MsgUnexpectedProperty:                              "unexpected property",
		fmt.Sprintf(validation.MsgExpectedMinLength, 3):               "expected length >= 3",
		fmt.Sprintf(validation.MsgExpectedRFC5322Email, "hunter2"):    "expected string to be RFC 5322 email",
		fmt.Sprintf(validation.MsgExpectedRFC3986URI, "hunter2: x"):   "expected string to be RFC 3986 uri",
		fmt.Sprintf(validation.MsgExpectedDuration, "time: hunter2"):  "expected duration",
		"required query parameter is missing":                         "required query parameter is missing",
		"invalid value: hunter2":                                      "is not valid",
		`invalid character 'h' looking for beginning of value`:        "is not valid",
		`json: unknown field "hunter2"`:                               "is not valid",
		`parsing time "hunter2" as "2006": cannot parse "hunter2"`:    "is not valid",
		"unknown content type: hunter2":                               "is not valid",
		`json: cannot unmarshal hunter2 into Go value of type string`: "is not valid",
	} {
		if got := safeReason(in); got != want {
			t.Errorf("safeReason(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHumaSaysNothingOfItsOwn(t *testing.T) {
	t.Parallel()
	detail := &huma.ErrorDetail{Message: "hunter2", Location: "body.hunter2", Value: "hunter2"}
	for status := 400; status < 600; status++ {
		err := huma.NewErrorWithContext(nil, status, "hunter2", detail, errors.New("hunter2"))
		p, ok := err.(*Problem)
		if !ok || strings.Contains(fmt.Sprintf("%s %s %v", p.Title, p.Detail, p.Errors), "hunter2") {
			t.Fatalf("%d: %v", status, err)
		}
	}
}
