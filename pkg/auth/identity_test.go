package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rynda/pkg/auth"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	reporter := auth.Identity{Kind: auth.IngestToken, Scopes: []auth.Scope{auth.Report}}
	plane := auth.Identity{Kind: auth.IngestToken, Scopes: []auth.Scope{auth.Control}}
	person := auth.Identity{Kind: auth.Session, Scopes: []auth.Scope{auth.Report, auth.Control}}
	for _, c := range []struct {
		name    string
		who     auth.Identity
		need    auth.Need
		allowed bool
	}{
		{"a reporter reports", reporter, auth.ToReport, true},
		{"a reporter controls nothing", reporter, auth.ToControl, false},
		{"a reporter reads nothing", reporter, auth.ToBeStaff, false},
		{"a control plane controls", plane, auth.ToControl, true},
		{"a control plane reports only with that scope", plane, auth.ToReport, false},
		{"a person reads", person, auth.ToBeStaff, true},
		{"a person writes no reports, whatever scopes stand there", person, auth.ToReport, false},
		{"nobody is no staff", auth.Identity{}, auth.ToBeStaff, false},
		{"nobody may what is open to all", auth.Identity{}, auth.Nobody, true},
		{"a need that is not known is not met", person, auth.Need("x"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.who.Check(c.need); (err == nil) != c.allowed || err != nil && !errors.Is(err, auth.ErrForbidden) {
				t.Error(err)
			}
		})
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	if who := auth.From(context.Background()); who.Staff() || len(who.ProjectIDs()) != 0 || who.ProjectIDs() == nil {
		t.Errorf("nobody is %+v", who)
	}
	if who := auth.From(auth.With(context.Background(), auth.Identity{ID: "x"})); who.ID != "x" {
		t.Error(who)
	}
}

func TestGrant(t *testing.T) {
	t.Parallel()
	who := auth.Identity{Kind: auth.Session, Projects: []auth.Project{alpha, beta}}
	for _, c := range []struct {
		name                        string
		who                         auth.Identity
		asked, granted, denied, log []string
	}{
		{"nothing asked is everything", who, nil, []string{"errors", "runs", "deploys"}, nil,
			[]string{"errors/alpha", "errors/beta", "runs/alpha", "runs/beta", "deploys/alpha", "deploys/beta"}},
		{"a union stands for the projects in reach", who, []string{"errors"}, []string{"errors"}, nil, []string{"errors/alpha", "errors/beta"}},
		{"one of a project", who, []string{"errors/beta", "run/alpha/r1", "project/alpha"},
			[]string{"errors/beta", "run/alpha/r1", "project/alpha"}, nil, []string{"errors/beta", "run/alpha/r1", "project/alpha"}},
		{"foreign, missing and malformed look alike", who,
			[]string{"errors/gamma", "errors/", "errors/alpha/x", "run/alpha", "run/alpha/", "x/alpha", "", "errors/alpha\x00", "project"},
			nil, []string{"errors/gamma", "errors/", "errors/alpha/x", "run/alpha", "run/alpha/", "x/alpha", "", "errors/alpha\x00", "project"}, nil},
		{"repeats count once", who, []string{"errors", "errors", "errors/alpha"}, []string{"errors", "errors/alpha"}, nil,
			[]string{"errors/alpha", "errors/beta"}},
		{"ingest tokens get nothing", auth.Identity{Kind: auth.IngestToken, Projects: []auth.Project{alpha}}, []string{"errors", "errors/alpha"},
			nil, []string{"errors", "errors/alpha"}, nil},
		{"an id may have slashes and is bounded", who, []string{"run/alpha/a/b", "run/alpha/" + strings.Repeat("x", 201)},
			[]string{"run/alpha/a/b"}, []string{"run/alpha/" + strings.Repeat("x", 201)}, []string{"run/alpha/a/b"}},
		{"an id is text without control characters and commas", who,
			[]string{"deploy/alpha/7\nerrors/beta", "run/alpha/\x00", "run/alpha/\xff", "run/alpha/a,b", "run/alpha/\u0085", "run/alpha/сборка 7"},
			[]string{"run/alpha/сборка 7"}, []string{"deploy/alpha/7\nerrors/beta", "run/alpha/\x00", "run/alpha/\xff", "run/alpha/a,b", "run/alpha/\u0085"},
			[]string{"run/alpha/сборка 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			granted, denied, log := c.who.Grant(c.asked)
			if diff := cmp.Diff([][]string{c.granted, c.denied, c.log}, [][]string{granted, denied, log}); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("no more than 64 topics are granted", func(t *testing.T) {
		var asked []string
		for range 100 {
			asked = append(asked, "run/alpha/"+strings.Repeat("r", len(asked)+1))
		}
		if granted, denied, _ := who.Grant(asked); len(granted) != auth.MaxTopics || len(denied) != 100-auth.MaxTopics {
			t.Error(len(granted), len(denied))
		}
	})
}
