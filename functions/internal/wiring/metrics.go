package wiring

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rynda/pkg/journal"
	"rynda/pkg/postgres"
)

// metrics is what /metrics shows. What parts count themselves is read from them
// when it is asked for; the rest is counted here. No label holds text of a
// caller.
type metrics struct {
	app      *App
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	reports  *prometheus.CounterVec
	removed  *prometheus.CounterVec // by retention
	redacted *prometheus.CounterVec

	mu      sync.Mutex
	backlog postgres.Backlog
	readAt  time.Time
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		app: a, registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rynda_http_request_seconds", Help: "Time to answer, by operation and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"operation", "method", "status"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rynda_reports_total", Help: "Reports by what became of them.",
		}, []string{"outcome"}),
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rynda_retention_removed_total", Help: "What retention removed.",
		}, []string{"what"}),
		redacted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rynda_redactions_total", Help: "Values removed from reports before they were stored, by kind.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.reports, m.removed, m.redacted, m,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{"accepted", "duplicate", "rejected"} {
		m.reports.WithLabelValues(outcome)
	}
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request implements httpapi.Observer.
func (m *metrics) Request(operation, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(operation, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// Reports implements httpapi.Observer.
func (m *metrics) Reports(accepted, duplicates, rejected int) {
	m.reports.WithLabelValues("accepted").Add(float64(accepted))
	m.reports.WithLabelValues("duplicate").Add(float64(duplicates))
	m.reports.WithLabelValues("rejected").Add(float64(rejected))
}

func (m *metrics) swept(s postgres.Swept) {
	for what, n := range map[string]int64{
		"partition": int64(s.PartitionsDropped), "group": int64(s.GroupsRemoved), "hour": s.HoursDropped, "minute": s.MinutesDropped,
		"mapped fingerprint": s.KeysUnmapped, "session": s.SessionsEnded, "event below the floor": s.EventsBelowFloor,
		"login": s.LoginsExpired, "ticket": s.TicketsExpired,
	} {
		m.removed.WithLabelValues(what).Add(float64(n))
	}
}

// Describe implements prometheus.Collector; with nothing sent the collector is
// unchecked, as its set follows what the parts count.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	send := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		var names, values []string
		for i := 0; i+1 < len(labels); i += 2 {
			names, values = append(names, labels[i]), append(values, labels[i+1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	fold := m.app.Folder.Stats()
	send(counter, "rynda_fold_total", "Folds that were committed.", float64(fold.Folds))
	send(counter, "rynda_fold_rows_total", "Inbox rows folded.", float64(fold.Rows))
	send(counter, "rynda_fold_events_total", "Events appended to the log.", float64(fold.Events))
	send(counter, "rynda_fold_failures_total", "Folds that failed and were tried again.", float64(fold.Failures))
	send(counter, "rynda_fold_dead_total", "Inbox rows set aside.", float64(fold.Dead))
	send(counter, "rynda_fold_overflowed_total", "Occurrences counted in overflow groups.", float64(fold.Overflowed))
	b := m.readBacklog()
	send(gauge, "rynda_inbox_rows", "Rows accepted and not yet folded.", float64(b.Rows))
	send(gauge, "rynda_inbox_oldest_seconds", "Age of the oldest row not yet folded: the lag of the fold.", b.OldestSeconds)
	send(gauge, "rynda_inbox_dead_rows", "Rows in inbox_dead.", float64(b.Dead))
	send(gauge, "rynda_inbox_dead_tuples", "Dead tuples of the inbox: high while a long snapshot is held.", float64(b.DeadTuples))
	head := m.app.Doorbell.Head()
	send(gauge, "rynda_log_head", "Id of the newest event.", float64(head.ID))
	send(gauge, "rynda_log_floor", "Id of the oldest event kept.", float64(head.Floor))
	m.collectRelay(send)
	for name, pool := range map[string]interface{ AcquiredConns() int32 }{"reads": m.app.Pool.Stat(), "core": m.app.core.Stat()} {
		send(gauge, "rynda_connections_acquired", "Database connections in use.", float64(pool.AcquiredConns()), "pool", name)
	}
}

// readBacklog asks the database at most once a second.
func (m *metrics) readBacklog() postgres.Backlog {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.readAt) < time.Second {
		return m.backlog
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if b, err := m.app.Store.Backlog(ctx); err == nil {
		m.backlog = b
	}
	m.readAt = time.Now()
	return m.backlog
}

func (m *metrics) redactions(occurrences []journal.Occurrence) {
	for _, o := range occurrences {
		row, _ := o.Row()
		for _, r := range row.Removed {
			m.redacted.WithLabelValues(r.Kind).Add(float64(max(r.Count, 1)))
		}
	}
}
