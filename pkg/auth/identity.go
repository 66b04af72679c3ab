package auth

import (
	"slices"
	"time"
)

// Kind says by what a caller was recognised.
type Kind string

const (
	IngestToken Kind = "ingest_token" // a job or control plane; writes only
	StaffToken  Kind = "staff_token"  // a script of a person
	Session     Kind = "session"      // a person in a browser
	Bearer      Kind = "bearer"       // a person by a JWT
	Local       Kind = "local"        // the one person of a development start
)

// Scope is what an ingest token may do.
type Scope string

const (
	Report  Scope = "report"  // POST /v1/reports
	Control Scope = "control" // runs, deploys and their logs
)

// Project is one project as identities and answers name it.
type Project struct {
	ID   int64
	Slug string
}

// Identity is who is calling and what they may see. It is a value: take a new
// one to learn of changed rights.
type Identity struct {
	Kind     Kind
	ID       string    // stable: user id, or the prefix of the token
	Name     string    // for people: what "viewed by" shows
	Projects []Project // the projects in reach, sorted by slug; of an ingest token exactly one
	Scopes   []Scope   // of an ingest token
	Expires  time.Time // zero: not before it is revoked
	// Basis is what the rights rest on where a ticket let the caller in, which
	// cannot be shown again; else nil.
	Basis *Basis
}

// Staff reports whether the identity may read and dismiss.
func (i Identity) Staff() bool { return i.Kind != "" && i.Kind != IngestToken }

// Can reports whether an ingest token has the scope.
func (i Identity) Can(s Scope) bool { return i.Kind == IngestToken && slices.Contains(i.Scopes, s) }

// Project finds a project in reach by its slug.
func (i Identity) Project(slug string) (Project, bool) {
	for _, p := range i.Projects {
		if p.Slug == slug {
			return p, true
		}
	}
	return Project{}, false
}

// ProjectIDs lists the ids of the projects in reach; never nil, so that an
// identity without projects sees nothing rather than everything.
func (i Identity) ProjectIDs() []int64 {
	ids := make([]int64, len(i.Projects))
	for n, p := range i.Projects {
		ids[n] = p.ID
	}
	return ids
}
