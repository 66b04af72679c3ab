package relay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// fleet is all readers of the process.
type fleet struct {
	healthy int
	want    atomic.Int64 // deliveries of the present run; 0 between runs
	got     atomic.Int64
	wrong   atomic.Int64
	done    chan time.Time

	mu        sync.Mutex
	latencies []int32 // µs
}

// readMain carries out orders until its input ends.
func readMain(in io.Reader, out io.Writer) error {
	f := &fleet{done: make(chan time.Time, 1)}
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var got report
		var err error
		if o.Connect != nil {
			err = f.connect(*o.Connect)
		} else {
			got, err = f.publish(*o.Publish)
		}
		if err != nil {
			got.Error = err.Error()
		}
		if err := answers.Encode(got); err != nil {
			return err
		}
	}
}

const request = "GET /v1/events/stream HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nCookie: __Host-rynda=0123456789abcdef0123456789abcdef\r\n\r\n"

func (f *fleet) connect(c connecting) error {
	for range c.Count {
		conn, err := net.Dial("tcp", c.Address)
		if err != nil {
			return err
		}
		if c.Deaf {
			if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		if c.Deaf {
			keep = append(keep, conn)
			continue
		}
		f.healthy++
		size := 16 << 10
		if c.Count > 5000 {
			size = 1 << 10
		}
		go f.read(conn, make([]byte, size))
	}
	return nil
}

// keep holds connections that nobody reads, or they would be closed when they
// are collected.
var keep []net.Conn

// read follows one stream. Frames may be cut anywhere, and lines of the
// transfer encoding may stand between them.
func (f *fleet) read(conn net.Conn, buf []byte) {
	var last int64
	var latencies []int32
	held, inEvent := 0, false
	for {
		n, err := conn.Read(buf[held:])
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		rest := buf[:held+n]
		var delivered int64
		for {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			line := rest[:i]
			rest = rest[i+1:]
			switch {
			case bytes.HasPrefix(line, []byte("event: ")):
				inEvent = string(line) == "event: group.changed"
			case inEvent && bytes.HasPrefix(line, []byte("id: ")):
				id, _ := strconv.ParseInt(string(line[len("id: ")+len(epoch)+1:]), 10, 64)
				if last > 0 && id != last+1 {
					f.wrong.Add(1)
				}
				last = id
				delivered++
			case inEvent && bytes.HasPrefix(line, []byte("data: ")):
				if i := bytes.Index(line, []byte(`"t":`)); i > 0 && len(line) > i+23 {
					made, _ := strconv.ParseInt(string(line[i+4:i+23]), 10, 64)
					latencies = append(latencies, int32((now-made)/1000))
				}
			}
		}
		held = copy(buf, rest)
		if held == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		if delivered == 0 {
			continue
		}
		f.mu.Lock()
		f.latencies = append(f.latencies, latencies...)
		f.mu.Unlock()
		latencies = latencies[:0]
		if f.got.Add(delivered) == f.want.Load() {
			f.done <- time.Now()
		}
	}
}

// publish publishes and waits until everything has arrived everywhere.
func (f *fleet) publish(p publishing) (report, error) {
	f.got.Store(0)
	f.wrong.Store(0)
	f.latencies = f.latencies[:0]
	f.want.Store(int64(p.Events) * int64(f.healthy))
	url := fmt.Sprintf("http://%s/publish?bytes=%d", p.Control, p.Bytes)
	began := time.Now()
	for n := range p.Events {
		if p.PerSecond > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(p.PerSecond))))
		}
		response, err := http.Post(url, "", nil)
		if err != nil {
			return report{}, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return report{}, fmt.Errorf("publish: status %d", response.StatusCode)
		}
	}
	got := report{}
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case at := <-f.done:
		got.Seconds = at.Sub(began).Seconds()
	case <-timer.C:
		got.Seconds = time.Since(began).Seconds()
	}
	got.Delivered, got.Wrong = f.got.Load(), f.wrong.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.latencies)
	if n := len(f.latencies); n > 0 {
		got.P50, got.P99 = float64(f.latencies[n/2])/1000, float64(f.latencies[n*99/100])/1000
	}
	return got, nil
}
