package eventlog

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Channel is the notification channel that the fold rings. Its payload is the
// id of the head, for people who watch; readers do not trust it.
const Channel = "rynda_log"

// DoorbellConfig sets how a process learns of new events.
type DoorbellConfig struct {
	// Listen opens the connection that listens. It must lead straight to the
	// primary: LISTEN through a transaction pooler fails silently. Nil means no
	// listening, and Poll alone wakes readers.
	Listen func(context.Context) (*pgx.Conn, error)
	// Poll is how often the head is read whether or not the bell rang; 0 means
	// 500 ms with Listen and 20 ms without.
	Poll time.Duration
}

// Doorbell wakes the readers of one process when the log has grown. Run keeps
// it going; Wait may be called by any number of goroutines.
type Doorbell struct {
	log    *Log
	config DoorbellConfig

	mu   sync.Mutex
	head Head
	next chan struct{} // closed and replaced when head changes
}

// NewDoorbell returns a doorbell for log that is silent until Run is called.
func NewDoorbell(log *Log, config DoorbellConfig) *Doorbell {
	if config.Poll <= 0 {
		config.Poll = 500 * time.Millisecond
		if config.Listen == nil {
			config.Poll = 20 * time.Millisecond
		}
	}
	return &Doorbell{log: log, config: config, next: make(chan struct{})}
}

// Run listens and polls until ctx ends. It outlives lost connections: it comes
// back with a growing, jittered pause and polls in the meantime.
func (d *Doorbell) Run(ctx context.Context) {
	rung := make(chan struct{}, 1)
	if d.config.Listen != nil {
		done := make(chan struct{})
		go func() { defer close(done); d.listen(ctx, rung) }()
		defer func() { <-done }()
	}
	ticker := time.NewTicker(d.config.Poll)
	defer ticker.Stop()
	for {
		d.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-rung:
		case <-ticker.C:
		}
	}
}

func (d *Doorbell) listen(ctx context.Context, rung chan<- struct{}) {
	const least, most = 50 * time.Millisecond, 5 * time.Second
	pause := least
	for ctx.Err() == nil {
		if d.listenOnce(ctx, rung) {
			pause = least
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, most)
	}
}

// listenOnce reports whether it came as far as hearing anything. It does
// nothing but listen: a slow listener fills the server's queue for everybody.
func (d *Doorbell) listenOnce(ctx context.Context, rung chan<- struct{}) (heard bool) {
	conn, err := d.config.Listen(ctx)
	if err != nil {
		return false
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+Channel); err != nil {
		return false
	}
	for {
		ring(rung) // also right after LISTEN: what was rung before is not heard
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return heard
		}
		heard = true
	}
}

func ring(rung chan<- struct{}) {
	select {
	case rung <- struct{}{}:
	default:
	}
}

func (d *Doorbell) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if head, err := d.log.Head(ctx); err == nil {
		d.Seen(head)
	}
}

// Seen tells the doorbell of a head that the process learned by other means,
// for example from a fold of its own, and wakes whoever waits for it.
func (d *Doorbell) Seen(head Head) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if head.Epoch == d.head.Epoch && head.ID <= d.head.ID && head.Floor <= d.head.Floor {
		return
	}
	d.head = head
	close(d.next)
	d.next = make(chan struct{})
}

// Head returns the newest head seen; its Epoch is empty before the first look.
func (d *Doorbell) Head() Head {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.head
}

// Wait returns nil as soon as the log may hold something that a reader at p
// has not seen: the head has moved on, or p is no place of the log. It returns
// the error of ctx when that ends first.
func (d *Doorbell) Wait(ctx context.Context, p Position) error {
	for {
		d.mu.Lock()
		head, next := d.head, d.next
		d.mu.Unlock()
		if head.Epoch != "" && (head.ID > p.ID || !head.Holds(p)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}
