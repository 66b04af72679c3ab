package wiring

import "github.com/prometheus/client_golang/prometheus"

type sendMetric func(kind prometheus.ValueType, name, help string, value float64, labels ...string)

func (m *metrics) collectRelay(send sendMetric) {
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	s := m.app.Relay.Stats()
	send(gauge, "rynda_relay_subscribers", "Open streams.", float64(s.Subscribers))
	send(gauge, "rynda_relay_position", "Id of the newest event that the relay has read.", float64(s.Head.ID))
	send(gauge, "rynda_relay_tape_bytes", "Bytes of frames held in memory.", float64(s.TapeBytes))
	for _, c := range []struct {
		name, help string
		value      uint64
	}{
		{"rynda_relay_opened_total", "Streams that were opened.", s.Opened},
		{"rynda_relay_resumes_total", "Streams that went on after a position.", s.Resumed},
		{"rynda_relay_replays_total", "Resumes that read from the database.", s.Replays},
		{"rynda_relay_replayed_total", "Events sent from the database.", s.Replayed},
		{"rynda_relay_resets_total", "Reset frames sent.", s.Resets},
		{"rynda_relay_published_total", "Events read from the log.", s.Published},
		{"rynda_relay_delivered_total", "Events sent to subscribers.", s.Delivered},
		{"rynda_relay_writes_total", "Writes that the deliveries took.", s.Writes},
		{"rynda_relay_holes_total", "Ids that did not follow each other: must stay 0.", s.Holes},
		{"rynda_relay_tail_errors_total", "Failed reads of the log.", s.TailErrors},
	} {
		send(counter, c.name, c.help, float64(c.value))
	}
	for reason, n := range s.Closed {
		send(counter, "rynda_relay_closes_total", "Streams that ended, by reason.", float64(n), "reason", string(reason))
	}
	for reason, n := range s.Refused {
		send(counter, "rynda_relay_refusals_total", "Streams that were asked to come back, by reason.", float64(n), "reason", string(reason))
	}
}
