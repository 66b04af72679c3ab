// Package relay measures the relay against the least that the kernel lets
// anybody do: a program that writes the same bytes with one write per socket
// and event, and nothing else.
//
// Server and readers are processes of their own, pinned to a core each where
// the system can do that, so that neither is measured along with the other.
// The readers verify what they get: a delivery counts when its id is the one
// after the last. The publisher is one connection with one request per event.
//
// A program that calls [Run] begins its main with [Child], because it is
// started again as its own server and readers.
package relay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rynda/bench/figure"
)

const (
	subscribers = 1000
	rounds      = 5
	idle        = 10_000
	missed      = 100_000
)

// Run takes all figures. Behind url is an empty, migrated database for the one
// that needs Postgres. Each bounds how long the paced runs take, of which
// there are two per round; 0 is 4 s.
func Run(ctx context.Context, url string, each time.Duration) ([]figure.Figure, error) {
	if each <= 0 {
		each = 4 * time.Second
	}
	var figures []figure.Figure
	for _, measure := range []func(context.Context) ([]figure.Figure, error){
		FlatOut,
		func(ctx context.Context) ([]figure.Figure, error) { return Paced(ctx, each) },
		Idle,
		Stalled,
		func(ctx context.Context) ([]figure.Figure, error) { return CatchUp(ctx, url) },
	} {
		some, err := measure(ctx)
		if err != nil {
			return figures, err
		}
		figures = append(figures, some...)
	}
	return figures, nil
}

// FlatOut publishes as fast as the server takes it.
func FlatOut(ctx context.Context) ([]figure.Figure, error) {
	var rate, cpu [2][]float64
	for range rounds {
		for i, kind := range []string{"raw", "relay"} {
			got, err := once(ctx, kind, publishing{Events: 300})
			if err != nil {
				return nil, fmt.Errorf("flat out, %s: %w", kind, err)
			}
			rate[i] = append(rate[i], float64(got.Delivered)/got.Seconds)
			cpu[i] = append(cpu[i], got.CPU*1e6/float64(got.Delivered))
		}
	}
	return []figure.Figure{
		figure.AtLeast("relay: delivered flat out, 1,000 subscribers x 200 B; limit: raw writer", middle(rate[1]), "deliveries/s", middle(rate[0]), 1.25),
		figure.AtMost("relay: CPU of the server per delivery, flat out; limit: raw writer", middle(cpu[1]), "us", middle(cpu[0]), 0.9),
	}, nil
}

// Paced publishes 50 events a second for about d, several times.
func Paced(ctx context.Context, d time.Duration) ([]figure.Figure, error) {
	var p50, p99 [2][]float64
	for range rounds {
		for i, kind := range []string{"raw", "relay"} {
			got, err := once(ctx, kind, publishing{Events: max(int(50*d.Seconds()), 50), PerSecond: 50})
			if err != nil {
				return nil, fmt.Errorf("50 events/s, %s: %w", kind, err)
			}
			p50[i], p99[i] = append(p50[i], got.P50), append(p99[i], got.P99)
		}
	}
	return []figure.Figure{
		figure.AtMost("relay: p50 from publish to read, 50 events/s x 1,000; limit: raw writer", middle(p50[1]), "ms", middle(p50[0]), 2.5),
		figure.AtMost("relay: p99 from publish to read, 50 events/s x 1,000; limit: raw writer", middle(p99[1]), "ms", middle(p99[0]), 2.5),
	}, nil
}

// once starts a server and its readers, publishes, and counts.
func once(ctx context.Context, kind string, p publishing) (report, error) {
	server, err := startServer(ctx, kind)
	if err != nil {
		return report{}, err
	}
	defer server.stop()
	readers, err := startReaders(ctx)
	if err != nil {
		return report{}, err
	}
	defer readers.stop()
	p.Control = server.Control
	if _, err := readers.ask(order{Connect: &connecting{Address: server.Stream, Count: subscribers}}); err != nil {
		return report{}, err
	}
	if err := server.await(ctx, subscribers); err != nil {
		return report{}, err
	}
	if _, err := readers.ask(order{Publish: &publishing{Control: p.Control, Events: 20}}); err != nil { // warm
		return report{}, err
	}
	before, err := server.usage()
	if err != nil {
		return report{}, err
	}
	got, err := readers.ask(order{Publish: &p})
	if err != nil {
		return report{}, err
	}
	after, err := server.usage()
	if err != nil {
		return report{}, err
	}
	if want := int64(p.Events) * subscribers; got.Delivered != want || got.Wrong > 0 {
		return report{}, fmt.Errorf("%d of %d delivered, %d lost, repeated or out of order", got.Delivered, want, got.Wrong)
	}
	got.CPU = after.CPU - before.CPU
	return got, nil
}

// Idle opens ten thousand streams that have nothing to say.
func Idle(ctx context.Context) ([]figure.Figure, error) {
	var figures []figure.Figure
	for _, c := range []struct {
		kind, name string
	}{
		{"relay", "relay: memory of the server per idle subscriber, 10,000"},
		{"plain", "relay: the same with net/http keeping the connections"},
	} {
		server, err := startServer(ctx, c.kind)
		if err != nil {
			return nil, err
		}
		defer server.stop()
		readers, err := startReaders(ctx)
		if err != nil {
			return nil, err
		}
		defer readers.stop()
		before, err := server.usage()
		if err != nil {
			return nil, err
		}
		if _, err := readers.ask(order{Connect: &connecting{Address: server.Stream, Count: idle}}); err != nil {
			return nil, err
		}
		if err := server.await(ctx, idle); err != nil {
			return nil, err
		}
		after, err := server.usage()
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure.Most(c.name, float64(after.Memory-before.Memory)/1024/idle, "KB", 28))
		readers.stop()
		server.stop()
	}
	return figures, nil
}

// Stalled has one reader of six stop reading under 12 MB.
func Stalled(ctx context.Context) ([]figure.Figure, error) {
	const healthy, events = 5, 6000
	server, err := startServer(ctx, "relay")
	if err != nil {
		return nil, err
	}
	defer server.stop()
	readers, err := startReaders(ctx)
	if err != nil {
		return nil, err
	}
	defer readers.stop()
	if _, err := readers.ask(order{Connect: &connecting{Address: server.Stream, Count: healthy}}); err != nil {
		return nil, err
	}
	if _, err := readers.ask(order{Connect: &connecting{Address: server.Stream, Count: 1, Deaf: true}}); err != nil {
		return nil, err
	}
	if err := server.await(ctx, healthy+1); err != nil {
		return nil, err
	}
	began := time.Now()
	got, err := readers.ask(order{Publish: &publishing{Control: server.Control, Events: events, Bytes: 2000}})
	if err != nil {
		return nil, err
	}
	if err := server.await(ctx, healthy); err != nil {
		return nil, err
	}
	return []figure.Figure{
		figure.Least("relay: events that healthy readers got while one was stalled", 100*float64(got.Delivered-got.Wrong)/(healthy*events), "%", 100),
		figure.Most("relay: until the stalled one was closed, from the first event", time.Since(began).Seconds(), "s", 6),
	}, nil
}

func middle(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
