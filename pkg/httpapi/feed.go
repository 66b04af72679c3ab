package httpapi

import (
	"context"
	"net/http"

	"rynda/pkg/auth"
	"rynda/pkg/journal"
)

// FeedReader reads what the corner of a page shows.
type FeedReader interface {
	// Feed returns at most five active groups of the scope, the newest raised or
	// the worst first as order says ("newest" or "severity"), with the totals.
	Feed(ctx context.Context, scope []auth.Project, order string) (journal.Feed, error)
}

type feedInput struct {
	Project []string `query:"project" maxItems:"100" doc:"Only these projects; missing means all in reach."`
	Order   string   `query:"order" enum:"newest,severity" default:"newest" doc:"Newest raised first, or the worst first."`
}

type feedOutput struct {
	Body journal.Feed
}

func (s *server) feedOperations() {
	register(s, spec{
		Operation: Operation{ID: "get-feed", Method: http.MethodGet, Path: "/v1/feed", Need: auth.ToBeStaff},
		tag:       "Alerts",
		summary:   "Newest active alerts",
		description: "At most five active groups and how many there are in all. `cursor` was read before the rows, " +
			"so the events after it bring the answer up to date.",
		problems: map[int]string{http.StatusNotFound: "No such project, or out of reach."},
	}, s.getFeed)
}

func (s *server) getFeed(ctx context.Context, in *feedInput) (*feedOutput, error) {
	projects, err := scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	feed, err := s.Store.Feed(ctx, projects, in.Order)
	if err != nil {
		return nil, err
	}
	feed.Groups = asAnswered(feed.Groups)
	feed.Totals = orEmpty(feed.Totals)
	if feed.ActiveBySeverity == nil {
		feed.ActiveBySeverity = journal.BySeverity{}
	}
	for _, severity := range journal.Severities {
		feed.ActiveBySeverity[severity.String()] += 0
	}
	return &feedOutput{Body: feed}, nil
}

// asAnswered puts the times of groups into UTC and lists in place of nulls.
func asAnswered(groups []journal.Group) []journal.Group {
	for i := range groups {
		groups[i] = groupAsAnswered(groups[i])
	}
	return orEmpty(groups)
}

func groupAsAnswered(g journal.Group) journal.Group {
	g.FirstSeenAt, g.LastSeenAt = g.FirstSeenAt.UTC(), g.LastSeenAt.UTC()
	if g.RaisedAt != nil {
		g.RaisedAt = new(g.RaisedAt.UTC())
	}
	if g.ViewedAt != nil {
		g.ViewedAt = new(g.ViewedAt.UTC())
	}
	g.Refs = orEmpty(g.Refs)
	return g
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
