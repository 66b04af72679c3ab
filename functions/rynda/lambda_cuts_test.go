package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// resumer is a reader that keeps what a browser keeps: the id of the last whole
// frame, over any number of connections.
type resumer struct {
	last   string
	heard  []int64
	byes   int // connections that ended with a bye
	cuts   int // connections that ended in the middle
	resets int
}

// listen reads one connection to its end. In an emulator of limited places a
// reader may find none free (429) while its last one is being put to rest.
func (r *resumer) listen(ctx context.Context, s *system) error {
	request, err := http.NewRequestWithContext(ctx, "GET", s.url+"/v1/events/stream?topics=errors", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.staff)
	request.Header.Set("Last-Event-ID", r.last)
	answer, err := systemTransport.RoundTrip(request)
	if err != nil {
		return nil // killed before its first byte: the next try goes on from the same place
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests, http.StatusBadGateway:
		return nil
	default:
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	bye := false
	var raw bytes.Buffer
	_ = framesOf(answer.Body, &raw, func(f frame) bool {
		r.last = f.id
		switch f.event {
		case "bye":
			bye = true
		case "reset":
			r.resets++
		case "group.changed", "group.viewed":
			_, id, _ := strings.Cut(f.id, "-")
			n, _ := strconv.ParseInt(id, 10, 64)
			r.heard = append(r.heard, n)
		}
		return false
	})
	if bye {
		r.byes++
	} else {
		r.cuts++
	}
	return ctx.Err()
}

// sandboxes are the processes that run the package of one function out of this
// folder, by their ids: another emulator's are not among them.
func sandboxes(t testing.TB, dir, function string) (pids []int) {
	t.Helper()
	programs, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	under := filepath.Join(dir, "functions", function+"-")
	for _, link := range programs {
		program, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(program, under) {
			continue // it has ended meanwhile, or is somebody else's
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// The relay as a function ends each stream before its deadline. Ten readers are
// sent away three hundred times while errors come in, and now and then the
// process of a stream is killed in the middle. Each resumes where it was: it
// hears every event once, in order.
func TestLambdaRelayIsCutAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := startLambda(t, "RYNDA_RELAY_SESSION=1300ms", "RYNDA_NEW_GROUPS=-1") // of which the last second is for saying bye
	dir := strings.TrimPrefix(s.env[0], "RYNDA_DATA_DIR=")
	const readers, cuts, kills = 10, 300, 12

	start := s.number(`select id from log_head`)
	var epoch string
	s.query(`select epoch from log_head`, &epoch)
	from := fmt.Sprintf("%s-%d", epoch, start)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var ended atomic.Int64 // connections that said bye, of all readers
	var writers sync.WaitGroup
	writing, stopWriting := context.WithCancel(ctx)
	defer stopWriting()
	for writer := range 2 {
		writers.Go(func() { // until the readers have had enough
			for n := writer; writing.Err() == nil; n += 2 {
				status, err := s.call("POST", "/v1/reports", s.ingest, map[string]any{
					"message": "cut " + word(n), "report_id": fmt.Sprint("cut-", n), "fingerprint": []string{word(n)}, "source": "job"}, nil)
				if err == nil && status == http.StatusServiceUnavailable { // busy: the same again
					n -= 2
					continue
				}
				if err != nil || status != http.StatusAccepted {
					t.Errorf("report %d: %d %v", n, status, err)
					return
				}
			}
		})
	}
	killed := make(chan int)
	go func() {
		n := 0
		for at := int64(cuts / (kills + 1)); n < kills && writing.Err() == nil; {
			if ended.Load() < at {
				pause(t, 5*time.Millisecond)
				continue
			}
			if pids := sandboxes(t, dir, "relay"); len(pids) > 0 {
				if syscall.Kill(pids[n%len(pids)], syscall.SIGKILL) == nil {
					n++
				}
			}
			at += cuts / (kills + 1)
		}
		killed <- n
	}()

	all := make([]*resumer, readers)
	var reading sync.WaitGroup
	for i := range all {
		all[i] = &resumer{last: from}
		reading.Go(func() {
			for ended.Load() < cuts {
				before := all[i].byes
				if err := all[i].listen(ctx, s); err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
				ended.Add(int64(all[i].byes - before))
			}
		})
	}
	reading.Wait()
	stopWriting()
	writers.Wait()
	s.folded()
	head := s.number(`select id from log_head`)
	var want []int64
	for n := range head - start {
		want = append(want, start+1+n)
	}
	if gaps := s.number(`select count(*) from events where id > $1 and kind not like 'group.%'`, start); gaps != 0 {
		t.Fatalf("%d events of the log are not of the topic", gaps)
	}
	byes, cut, kill := 0, 0, <-killed
	for i, r := range all {
		for tries := 0; tries < 20 && (len(r.heard) == 0 || r.heard[len(r.heard)-1] < head); tries++ {
			if err := r.listen(ctx, s); err != nil {
				t.Fatalf("reader %d has not come to %d: %v", i, head, err)
			}
		}
		byes, cut = byes+r.byes, cut+r.cuts
		if !slices.Equal(r.heard, want) || r.resets > 0 {
			t.Errorf("reader %d heard %d events of %d, %d twice or out of order, and %d resets", i, len(r.heard), len(want), disorder(r.heard), r.resets)
		}
	}
	if byes < cuts || kill != kills || cut == 0 {
		t.Errorf("%d byes, %d cuts in the middle, %d processes killed: the test did not do what it says", byes, cut, kill)
	}
	t.Logf("%d readers, %d events each; %d connections ended with a bye, %d in the middle, %d processes killed", readers, len(want), byes, cut, kill)
}

// disorder is how many of the numbers do not grow.
func disorder(list []int64) (n int) {
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			n++
		}
	}
	return n
}
