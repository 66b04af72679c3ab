package relay

import (
	"context"
	"strings"
	"sync"
)

// limits counts open streams and refuses those beyond a limit. A limit of 0 is
// none.
type limits struct {
	perUser, perProject, most int

	mu       sync.Mutex
	users    map[string]int
	projects map[string]int
	total    int
	draining bool
	empty    chan struct{} // closed when draining and total is 0
}

func newLimits(cfg Config) *limits {
	return &limits{
		perUser: cfg.PerUser, perProject: cfg.PerProject, most: cfg.Total,
		users: map[string]int{}, projects: map[string]int{}, empty: make(chan struct{}),
	}
}

// acquire counts a stream, or says why not. What it has counted is to be
// released once.
func (l *limits) acquire(user string, projects []string) (refused Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.draining:
		return Drained
	case l.most > 0 && l.total >= l.most:
		return Total
	case l.perUser > 0 && l.users[user] >= l.perUser:
		return PerUser
	}
	if l.perProject > 0 {
		for _, p := range projects {
			if l.projects[p] >= l.perProject {
				return PerProject
			}
		}
	}
	l.total++
	l.users[user]++
	for _, p := range projects {
		l.projects[p]++
	}
	return ""
}

func (l *limits) release(user string, projects []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	less(l.users, user)
	for _, p := range projects {
		less(l.projects, p)
	}
	l.settle()
}

func less(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

func (l *limits) settle() {
	if l.draining && l.total == 0 {
		select {
		case <-l.empty:
		default:
			close(l.empty)
		}
	}
}

// drain refuses everything from now on.
func (l *limits) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	l.settle()
}

func (l *limits) isDraining() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.draining
}

// wait returns when drain was called and every stream has ended.
func (l *limits) wait(ctx context.Context) error {
	select {
	case <-l.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *limits) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// projectsOf lists the projects that topics of the log belong to.
func projectsOf(topics []string) []string {
	var projects []string
	seen := map[string]bool{}
	for _, topic := range topics {
		_, rest, _ := strings.Cut(topic, "/")
		project, _, _ := strings.Cut(rest, "/")
		if !seen[project] {
			seen[project] = true
			projects = append(projects, project)
		}
	}
	return projects
}
