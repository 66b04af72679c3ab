package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// act is one request that the made-up platform sends.
type act struct {
	method, path string
	body         any
	says         string // for the person who watches
}

// platform is a made-up control plane: it starts runs and deploys, takes them
// from step to step, writes their logs, and lets some of them fail.
type platform struct {
	chance *rand.Rand
	active []*activity
	runs   int
	deploy int // number of the newest
	fails  int // one in so many
}

// activity is a run or deploy under way.
type activity struct {
	work, id, name string
	parts          string // steps or stages
	plan           []string
	at             int // of the plan
	failsAt        int // -1: nowhere
	attempt        int
	seq            int
	fields         map[string]any
	times          []step
}

type step struct {
	Name       string     `json:"name"`
	Status     string     `json:"status"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

var runPlans = []struct {
	name, trigger string
	plan          []string
}{
	{"invoice-close", "schedule", []string{"collect", "charge", "notify"}},
	{"reindex", "schedule", []string{"snapshot", "index", "swap aliases"}},
	{"nightly-report", "schedule", []string{"query", "render", "upload"}},
	{"test shop", "push", []string{"checkout", "unit tests", "browser tests", "publish"}},
}

var deployPlan = []string{"build", "push", "apply", "health"}

// newPlatform begins with the numbers after these, which nobody has used.
func newPlatform(chance *rand.Rand, runs, deploys int) *platform {
	return &platform{chance: chance, runs: runs, deploy: deploys, fails: 8}
}

// step is what the platform does next: it begins something, or takes what is
// under way a step further. A request is an update or the lines of a log.
func (p *platform) step(now time.Time) []act {
	if len(p.active) < 2 || len(p.active) < 6 && p.chance.IntN(6) == 0 {
		a := p.begin()
		p.active = append(p.active, a)
		return a.started(now)
	}
	i := p.chance.IntN(len(p.active))
	a := p.active[i]
	acts := a.further(p, now)
	if a.at >= len(a.plan) || a.at == a.failsAt && a.times[a.at].Status == "failed" {
		if a.at < len(a.plan) && a.attempt == 1 && p.chance.IntN(2) == 0 { // somebody tries again
			a.attempt, a.at, a.failsAt, a.times = 2, 0, -1, nil
			return append(acts, a.started(now)...)
		}
		p.active = append(p.active[:i], p.active[i+1:]...)
	}
	return acts
}

func (p *platform) release() string { return fmt.Sprintf("2026.11.%d", p.deploy%1000) }

func (p *platform) begin() *activity {
	actor := []string{"ann", "bob", "ci", "scheduler"}[p.chance.IntN(4)]
	a := &activity{attempt: 1, failsAt: -1}
	if p.chance.IntN(4) == 0 {
		p.deploy++
		service := []string{"checkout", "catalog", "cart"}[p.chance.IntN(3)]
		a.work, a.id, a.name, a.parts, a.plan = "deploy", fmt.Sprintf("deploy-%d", p.deploy), service, "stages", deployPlan
		a.fields = map[string]any{"environment": []string{"production", "production", "staging"}[p.chance.IntN(3)], "namespace": "shop",
			"service": service, "revision": p.release(), "trigger": "push", "actor": actor,
			"ref": "main", "commit": fmt.Sprintf("%07x", p.chance.Uint32()>>4)}
	} else {
		p.runs++
		plan := runPlans[p.chance.IntN(len(runPlans))]
		a.work, a.id, a.name, a.parts, a.plan = "run", fmt.Sprintf("run-%d", p.runs), plan.name, "steps", plan.plan
		a.fields = map[string]any{"trigger": plan.trigger, "actor": actor, "ref": "main", "commit": fmt.Sprintf("%07x", p.chance.Uint32()>>4),
			"deploy_id": fmt.Sprintf("deploy-%d", p.deploy)}
	}
	a.fields["name"] = a.name
	if p.chance.IntN(p.fails) == 0 {
		a.failsAt = p.chance.IntN(len(a.plan))
	}
	return a
}

func (a *activity) path() string { return "/v1/" + a.work + "s/" + a.id }

func (a *activity) started(now time.Time) []act {
	for _, name := range a.plan {
		a.times = append(a.times, step{Name: name, Status: "queued"})
	}
	a.times[0].Status, a.times[0].StartedAt = "running", &now
	update := map[string]any{"status": "running", "attempt": a.attempt, "started_at": now, "updated_at": now, a.parts: a.times}
	for name, value := range a.fields {
		update[name] = value
	}
	return []act{
		{http.MethodPut, a.path(), update, fmt.Sprintf("%s %s started", a.work, a.name)},
		a.log(now, false, line{Text: fmt.Sprintf("== %s (attempt %d)", a.plan[0], a.attempt), Level: "info", Marker: true}),
	}
}

// further ends the step at hand, well or badly, and begins the next.
func (a *activity) further(p *platform, now time.Time) []act {
	at := &a.times[a.at]
	at.FinishedAt = &now
	update := map[string]any{"attempt": a.attempt, "updated_at": now, a.parts: a.times}
	lines := []line{
		{Text: fmt.Sprintf("%s: %d of %d done", at.Name, 1+p.chance.IntN(400), 400)},
		{Text: fmt.Sprintf("%s: connected to postgres://worker:%s@db.internal/%s", at.Name, fmt.Sprintf("hunter2-%x", p.chance.Uint32()), a.name)},
	}
	if p.chance.IntN(5) == 0 {
		lines = append(lines, line{Text: at.Name + ": slow answer, trying once more", Level: "warning"})
	}
	switch {
	case a.at == a.failsAt:
		at.Status, update["status"], update["finished_at"] = "failed", "failed", now
		lines = append(lines, line{Text: at.Name + ": exit status 1", Level: "error", Marker: true})
	case a.at == len(a.plan)-1:
		at.Status, update["status"], update["finished_at"] = "succeeded", "succeeded", now
		lines = append(lines, line{Text: "done", Level: "info"})
		a.at++
	default:
		at.Status = "succeeded"
		a.at++
		a.times[a.at].Status, a.times[a.at].StartedAt = "running", &now
		lines = append(lines, line{Text: "== " + a.plan[a.at], Level: "info", Marker: true})
	}
	said := fmt.Sprintf("%s %s: %s %s", a.work, a.name, at.Name, at.Status)
	_, ended := update["status"]
	return []act{a.log(now, ended, lines...), {http.MethodPut, a.path(), update, said}}
}

type line struct {
	Seq    int       `json:"seq"`
	At     time.Time `json:"at"`
	Level  string    `json:"level,omitempty"`
	Text   string    `json:"text"`
	Marker bool      `json:"marker,omitempty"`
}

func (a *activity) log(now time.Time, ended bool, lines ...line) act {
	for i := range lines {
		a.seq++
		lines[i].Seq, lines[i].At = a.seq, now
	}
	return act{http.MethodPost, a.path() + "/log", map[string]any{"lines": lines, "ended": ended}, ""}
}
