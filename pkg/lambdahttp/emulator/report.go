package emulator

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// report prints what Lambda prints when an invocation is over.
func (v *environment) report(inv *invocation) {
	f := v.function
	took := time.Since(inv.began)
	v.mu.Lock()
	first, initTook := !v.began, v.initTook
	v.began = true
	v.mu.Unlock()
	line := fmt.Sprintf("REPORT RequestId: %s Duration: %.2f ms Billed Duration: %.0f ms Memory Size: %d MB Max Memory Used: %d MB",
		inv.id, ms(took), math.Ceil(ms(took)), f.Memory, inv.used>>20)
	if first {
		line += fmt.Sprintf(" Init Duration: %.2f ms", ms(initTook))
	}
	v.print("END RequestId: %s", inv.id)
	v.print("%s", line)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (v *environment) print(format string, values ...any) {
	fmt.Fprintf(v.function.emulator.out.prefixed(v.name()), format+"\n", values...)
}

// lines writes whole lines of many sources to one place.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

// prefixed returns a writer of one source. It keeps what is not a line yet.
func (l *lines) prefixed(prefix string) io.Writer { return &prefixed{lines: l, prefix: prefix} }

type prefixed struct {
	lines  *lines
	prefix string
	mu     sync.Mutex
	rest   []byte
}

// maxLine is where a line without an end is broken.
const maxLine = 64 << 10

func (p *prefixed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, text...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 && len(p.rest) < maxLine {
			return len(text), nil
		}
		if end < 0 {
			end = len(p.rest)
		}
		p.lines.mu.Lock()
		_, err := fmt.Fprintf(p.lines.to, "%s  %s\n", p.prefix, p.rest[:end])
		p.lines.mu.Unlock()
		p.rest = p.rest[min(end+1, len(p.rest)):]
		if err != nil {
			return 0, err
		}
	}
}
