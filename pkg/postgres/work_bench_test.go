package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rynda/pkg/journal"
)

// BenchmarkPutRun is one update with its fold: an event told.
func BenchmarkPutRun(b *testing.B) {
	w := newWorld(b)
	w.store.now, w.folder.now = time.Now, time.Now
	for n := 0; b.Loop(); n++ {
		u, err := journal.AcceptUpdate(journal.RunWork, fmt.Appendf(nil, `{"name":"import","status":"running","actor":"p%d"}`, n), time.Now())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.store.PutRun(b.Context(), w.project, fmt.Sprint("r-", n%100), u); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendLog is a request of 1,000 lines of 100 bytes, accepted,
// redacted and stored; the figure is bytes of text.
func BenchmarkAppendLog(b *testing.B) {
	w := newWorld(b)
	w.store.now, w.folder.now = time.Now, time.Now
	text := strings.Repeat("loading rows of the table ", 4)[:100]
	b.SetBytes(1000 * 100)
	for n := 0; b.Loop(); n++ {
		var body strings.Builder
		body.WriteString(`{"lines":[`)
		for i := range 1000 {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"seq":%d,"text":"%s"}`, n*1000+i+1, text)
		}
		body.WriteString(`]}`)
		a, err := journal.AcceptLog([]byte(body.String()), false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.store.AppendLog(b.Context(), w.project, journal.RunWork, "r", a); err != nil {
			b.Fatal(err)
		}
	}
}
