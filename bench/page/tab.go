package page

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"time"
)

//go:embed watch.js
var watch string

// tab is one tab with the app in it.
type tab struct {
	*target
	id string
}

// open opens an address in a tab of its own and waits until the page is live,
// or polls, with rows in it and the alert stack beside them.
func (b *browser) open(ctx context.Context, url, word string) (*tab, error) {
	var made struct{ TargetID string }
	if err := b.call(ctx, "", "Target.createTarget", object{"url": "about:blank"}, &made); err != nil {
		return nil, err
	}
	t, err := b.attach(ctx, made.TargetID)
	if err != nil {
		return nil, err
	}
	opened := &tab{t, made.TargetID}
	for _, step := range []struct {
		method string
		params object
	}{
		{"Page.enable", nil}, {"Runtime.enable", nil},
		{"Emulation.setDeviceMetricsOverride", object{"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": false}},
		{"Performance.enable", object{"timeDomain": "timeTicks"}},
		{"Page.addScriptToEvaluateOnNewDocument", object{"source": watch}},
		{"Page.navigate", object{"url": url}},
	} {
		if err := t.call(ctx, step.method, step.params, nil); err != nil {
			return nil, err
		}
	}
	return opened, opened.await(ctx, "a page with rows and alerts that says "+word, `location.href !== 'about:blank' &&
		document.querySelector('.connection .word')?.textContent.trim() === `+fmt.Sprintf("%q", word)+` &&
		document.querySelector('[id^=row-]') && document.querySelector('rynda-alerts')?.shadowRoot.querySelector('.card')`)
}

func (t *tab) close(ctx context.Context) error {
	return t.browser.call(ctx, "", "Target.closeTarget", object{"targetId": t.id}, nil)
}

// used is what the tab has used so far.
type used struct {
	at    time.Time
	tasks float64 // seconds of tasks on the main thread, waits for a core included
	cpu   float64 // seconds of the main thread on a core
}

func (t *tab) used(ctx context.Context) (u used, err error) {
	var said struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	err = t.call(ctx, "Performance.getMetrics", nil, &said)
	for _, m := range said.Metrics {
		switch m.Name {
		case "TaskDuration":
			u.tasks = m.Value
		case "ThreadTime":
			u.cpu = m.Value
		}
	}
	u.at = time.Now()
	return u, err
}

// memory is what is left after garbage was collected.
type memory struct {
	heap      float64 // MB of JavaScript
	nodes     int     // of all kinds, in the document or held by somebody
	listeners int
}

func (t *target) memory(ctx context.Context) (m memory, err error) {
	// What the first round frees may hold on to more, by finalizers or by the page's own hand.
	for range 3 {
		if err := t.call(ctx, "HeapProfiler.collectGarbage", nil, nil); err != nil {
			return m, err
		}
	}
	var heap struct{ UsedSize float64 }
	if err := t.call(ctx, "Runtime.getHeapUsage", nil, &heap); err != nil {
		return m, err
	}
	m.heap = heap.UsedSize / (1 << 20)
	return m, nil
}

func (t *tab) memory(ctx context.Context) (memory, error) {
	m, err := t.target.memory(ctx)
	if err != nil {
		return m, err
	}
	var counters struct{ Nodes, JsEventListeners int }
	err = t.call(ctx, "Memory.getDOMCounters", nil, &counters)
	m.nodes, m.listeners = counters.Nodes, counters.JsEventListeners
	return m, err
}

// observed is what a stretch of time did to the page.
type observed struct {
	seconds      float64
	p75, worst   float64 // ms, of interactions
	interactions int
	longTasks    int
	longest      float64 // ms; 0 when none was over 50
	busiest      float64 // ms on a core, of one task
	share, cpu   float64 // of the main thread, 0 to 1
	events       int     // that reached the tab
}

// observe runs do and tells what happened meanwhile. A file, if one is named,
// gets the whole trace.
func (t *tab) observe(ctx context.Context, file string, do func() error) (o observed, err error) {
	if err := t.value(ctx, "ryndaWatch.begin()", nil); err != nil {
		return o, err
	}
	before, err := t.used(ctx)
	if err != nil {
		return o, err
	}
	var after used
	var said struct {
		Interactions [][3]any
		Tasks        []float64
		Events       int
		Count        int
	}
	tasks, err := t.traced(ctx, file, func() (err error) {
		if err := do(); err != nil {
			return err
		}
		if after, err = t.used(ctx); err != nil {
			return err
		}
		// Entries are handed to observers when the page has a moment: two frames and an idle one.
		return t.value(ctx, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(done))))
			.then(() => ryndaWatch.result())`, &said)
	})
	if err != nil {
		return o, err
	}
	o.seconds = after.at.Sub(before.at).Seconds()
	o.share, o.cpu = (after.tasks-before.tasks)/o.seconds, (after.cpu-before.cpu)/o.seconds
	o.events = said.Events
	for _, ms := range tasks {
		o.busiest = max(o.busiest, ms)
	}
	o.longTasks = len(said.Tasks)
	for _, ms := range said.Tasks {
		o.longest = max(o.longest, ms)
	}
	worst := map[any]float64{}
	for _, each := range said.Interactions {
		ms, _ := each[1].(float64)
		worst[each[0]] = max(worst[each[0]], ms)
	}
	var all []float64
	for _, ms := range worst {
		all = append(all, ms)
	}
	for len(all) < said.Count {
		all = append(all, 16) // was faster than is written down
	}
	if len(all) == 0 {
		return o, fmt.Errorf("the page saw no interaction")
	}
	o.interactions = len(all)
	o.p75, o.worst = quantile(all, 0.75), slices.Max(all)
	return o, nil
}

// quantile sorts v. It is the nearest rank, so that a few values give no less than they should.
func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	return v[max(0, int(math.Ceil(q*float64(len(v))))-1)]
}
