package relay

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"rynda/pkg/eventlog"
)

// AppendFrame appends the event as one frame of the stream:
//
//	event: <kind>
//	id: <epoch>-<n>
//	data: <the event as one line of JSON>
//
// and an empty line. Whatever kind and data hold, the result is exactly one
// frame: line ends and NUL become spaces in data and vanish from kind.
func AppendFrame(dst []byte, epoch string, ev eventlog.Event) []byte {
	dst = append(dst, "event: "...)
	for i := range len(ev.Kind) {
		if c := ev.Kind[i]; c > ' ' && c < 0x7f {
			dst = append(dst, c)
		}
	}
	dst = append(dst, "\nid: "...)
	dst = append(dst, epoch...)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, ev.ID, 10)
	dst = append(dst, "\ndata: "...)
	start := len(dst)
	dst = ev.AppendJSON(dst, epoch)
	for i, c := range dst[start:] {
		if c == '\n' || c == '\r' || c == 0 {
			dst[start+i] = ' '
		}
	}
	return append(dst, "\n\n"...)
}

// appendControl appends a frame that is not an event. Data is one line.
func appendControl(dst []byte, name string, at eventlog.Position, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, "\nid: "...)
	dst = append(dst, at.String()...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, data...)
	return append(dst, "\n\n"...)
}

// hello is the data of the first frame.
type hello struct {
	From        eventlog.Position `json:"from"` // where this stream goes on
	Head        eventlog.Position `json:"head"` // where the log ends
	HeartbeatMS int64             `json:"heartbeat_ms"`
	Granted     []string          `json:"granted"`
	Denied      []string          `json:"denied"`
}

func appendHello(dst []byte, h hello) []byte {
	if h.Granted == nil {
		h.Granted = []string{}
	}
	if h.Denied == nil {
		h.Denied = []string{}
	}
	data, _ := json.Marshal(h) // positions and strings cannot fail
	return appendControl(dst, "hello", h.From, data)
}

func appendPing(dst []byte, at eventlog.Position) []byte {
	return appendControl(dst, "ping", at, []byte("{}"))
}

func appendReset(dst []byte, head eventlog.Position) []byte {
	return appendControl(dst, "reset", head, []byte(`{"head":"`+head.String()+`"}`))
}

// appendBye says the delay twice: in retry for browsers that reconnect by
// themselves, and in the data for pages that do it.
func appendBye(dst []byte, at eventlog.Position, after time.Duration) []byte {
	ms := strconv.FormatInt(after.Milliseconds(), 10)
	dst = append(dst, "retry: "+ms+"\n"...)
	return appendControl(dst, "bye", at, []byte(`{"after_ms":`+ms+`}`))
}

func appendRetry(dst []byte, after time.Duration) []byte {
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, after.Milliseconds(), 10)
	return append(dst, "\n\n"...)
}

// spread returns a random time between a half and one and a half of d.
func spread(d time.Duration) time.Duration {
	return d/2 + rand.N(max(d, 1))
}
