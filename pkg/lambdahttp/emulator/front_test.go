package emulator_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/lambdahttp/emulator"
)

func serve(t *testing.T, e *emulator.Emulator, name string) string {
	t.Helper()
	server := httptest.NewServer(e.Front(name))
	t.Cleanup(server.Close)
	return server.URL
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, "broken: " + string(text)
	}
	return answer.StatusCode, string(text)
}

var modes = []string{"buffered", "streaming"}

func TestFront(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e, _ := run(t, emulator.Config{}, function("f", mode))
			url := serve(t, e, "f")

			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			z.Write([]byte(`{"message":"hello"}`))
			z.Close()
			r, _ := http.NewRequest("POST", url+"/echo?a=1&b=%20", bytes.NewReader(zipped.Bytes()))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Encoding", "gzip")
			r.Header.Set("X-Forwarded-For", "198.51.100.1")
			r.AddCookie(&http.Cookie{Name: "c", Value: "3"})
			r.AddCookie(&http.Cookie{Name: "d", Value: "4"})
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			var got struct {
				Method, Path, Query, Cookie, For, Remote, Host string
				Body                                           []byte
				Length                                         int
			}
			if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if got.Method != "POST" || got.Path != "/echo" || got.Query != "a=1&b=%20" || got.Cookie != "c=3; d=4" ||
				!bytes.Equal(got.Body, zipped.Bytes()) || got.Length != zipped.Len() || got.For != "198.51.100.1, 127.0.0.1" ||
				got.Remote != "127.0.0.1:0" || got.Host != strings.TrimPrefix(url, "http://") {
				t.Errorf("%+v", got)
			}
			if cookies := answer.Cookies(); len(cookies) != 2 || cookies[0].Name != "a" || cookies[1].Value != "2" {
				t.Errorf("%v", cookies)
			}
			if status, body := get(t, url+"/panic"); status != 500 || strings.Contains(body, "secret") {
				t.Errorf("a panic: %d %s", status, body)
			}
			if status, _ := get(t, url+"/nowhere"); status != 404 {
				t.Errorf("%d", status)
			}
			if status, _ := get(t, url+"/die"); status != 502 {
				t.Errorf("a function that died: %d", status)
			}
			if status, _ := get(t, url+"/pid"); status != 200 {
				t.Errorf("after one that died: %d", status)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{}, function("buffered", "buffered"), function("streaming", "streaming"))
	buffered, streaming := serve(t, e, "buffered"), serve(t, e, "streaming")
	t.Run("an event of more than 6 MB is refused", func(t *testing.T) {
		t.Parallel()
		answer, err := http.Post(buffered+"/echo", "application/octet-stream", bytes.NewReader(make([]byte, 5<<20))) // as base64
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%d", answer.StatusCode)
		}
	})
	t.Run("a buffered answer of more than 6 MB is none, one that is streamed is", func(t *testing.T) {
		t.Parallel()
		if status, _ := get(t, buffered+"/large?mb=7"); status != 500 { // the adapter knows the limit
			t.Errorf("%d", status)
		}
		if status, body := get(t, streaming+"/large?mb=7"); status != 200 || len(body) != 7<<20 {
			t.Errorf("%d, %d bytes", status, len(body))
		}
	})
	t.Run("a stream is cut after 200 MB", func(t *testing.T) {
		t.Parallel()
		answer, err := http.Get(streaming + "/large?mb=201")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if n, err := io.Copy(io.Discard, answer.Body); n != emulator.MaxStream || err == nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	t.Run("a process that has outgrown its memory is ended", func(t *testing.T) {
		t.Parallel()
		if _, err := os.Stat("/proc/self/status"); err != nil {
			t.Skip("the memory of a process is only known on Linux")
		}
		small, _ := run(t, emulator.Config{}, function("f", "buffered", func(f *emulator.Function) { f.Memory = 200 }))
		url := serve(t, small, "f")
		_, first := get(t, url+"/pid")
		until(t, "idle", func() bool { _, idle := small.Environments("f"); return idle == 1 })
		if status, _ := get(t, url+"/memory?mb=300"); status != 200 { // it is looked at afterwards
			t.Errorf("%d", status)
		}
		until(t, "ended", func() bool { all, _ := small.Environments("f"); return all == 0 })
		if status, second := get(t, url+"/pid"); status != 200 || second == first {
			t.Errorf("%d, %s and %s", status, first, second)
		}
	})
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{}, function("f", "streaming", func(f *emulator.Function) { f.Concurrency = 3 }))
	url := serve(t, e, "f")
	var held []*http.Response
	for range 3 {
		answer, err := http.Get(url + "/hold")
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("%v, %v", answer, err)
		}
		held = append(held, answer)
		if line, err := bufio.NewReader(answer.Body).ReadString('\n'); err != nil || line != "0\n" {
			t.Fatalf("%q, %v", line, err)
		}
	}
	if status, _ := get(t, url+"/pid"); status != http.StatusTooManyRequests {
		t.Errorf("the fourth of three: %d", status)
	}
	// A caller who leaves does not end the function: the environment stays busy.
	for _, answer := range held {
		answer.Body.Close()
	}
	if status, _ := get(t, url+"/pid"); status != http.StatusTooManyRequests {
		t.Errorf("after the callers left: %d", status)
	}
}

func TestMany(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{}, function("f", "buffered", func(f *emulator.Function) { f.Concurrency = 4 }))
	url := serve(t, e, "f")
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 20 {
				status, body := http.StatusTooManyRequests, ""
				until(t, "answered", func() bool {
					status, body = get(t, url+"/pid")
					return status != http.StatusTooManyRequests
				})
				if status != http.StatusOK {
					t.Errorf("%d %s", status, body)
				}
			}
		})
	}
	callers.Wait()
	if all, _ := e.Environments("f"); all > 4 {
		t.Errorf("%d environments", all)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	short := func(f *emulator.Function) { f.Timeout, f.Concurrency = 5*time.Second, 1 }
	e, out := run(t, emulator.Config{}, function("buffered", "buffered", short), function("streaming", "streaming", short))
	if status, _ := get(t, serve(t, e, "buffered")+"/hang"); status != http.StatusBadGateway {
		t.Errorf("%d", status)
	}
	// The adapter ends a stream that listens to its context before the function is
	// ended, and so it is whole.
	if status, body := get(t, serve(t, e, "streaming")+"/hold"); status != 200 || !strings.HasPrefix(body, "0\n1\n") {
		t.Errorf("%d %.100q", status, body)
	}
	if !strings.Contains(out.String(), "Task timed out after 5.00 seconds") {
		t.Errorf("%s", out)
	}
	until(t, "forgotten", func() bool { all, _ := e.Environments("buffered"); return all == 0 })
}

func TestBrokenStream(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{}, function("f", "streaming"))
	url := serve(t, e, "f")
	if status, body := get(t, url+"/half"); status != 200 || body != "broken: half" {
		t.Errorf("a panic: %d %q", status, body)
	}
	answer, err := http.Get(url + "/hold")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if status, pid := get(t, url+"/pid"); status != 200 || kill(t, pid) != nil {
		t.Fatalf("%d %s", status, pid)
	}
	e.Close() // the one that streams too
	if _, err := io.Copy(io.Discard, lines); err == nil {
		t.Error("a stream whose function was killed looks whole")
	}
}

func kill(t *testing.T, pid string) error {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	return syscall.Kill(n, syscall.SIGKILL)
}

// A sandbox that is killed while it is idle is no loss.
func TestKilledWhileIdle(t *testing.T) {
	t.Parallel()
	for _, freeze := range []bool{false, true} {
		e, _ := run(t, emulator.Config{Freeze: freeze}, function("f", "buffered"))
		url := serve(t, e, "f")
		for range 3 {
			status, pid := get(t, url+"/pid")
			if status != 200 {
				t.Fatalf("%d %s", status, pid)
			}
			until(t, "idle", func() bool { _, idle := e.Environments("f"); return idle == 1 })
			if err := kill(t, pid); err != nil {
				t.Fatal(err)
			}
			until(t, "gone", func() bool { all, _ := e.Environments("f"); return all == 0 })
		}
	}
}

// Frozen between invocations, a function does nothing after its answer.
func TestFreeze(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{Freeze: true}, function("f", "buffered", func(f *emulator.Function) { f.Concurrency = 1 }))
	url := serve(t, e, "f")
	idle := func() { until(t, "idle", func() bool { _, idle := e.Environments("f"); return idle == 1 }) }
	_, pid := get(t, url+"/pid")
	idle()
	state := func() string {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			t.Skip("states of processes are only known on Linux")
		}
		_, after, _ := strings.Cut(string(text), ") ")
		return after[:1]
	}
	until(t, "stopped", func() bool { return state() == "T" })
	if status, after := get(t, url+"/pid"); status != 200 || after != pid {
		t.Errorf("after the freeze: %d, %s and %s", status, pid, after)
	}
}

func TestEachPieceOfAStreamArrivesByItself(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{}, function("f", "streaming"))
	answer, err := http.Get(serve(t, e, "f") + "/hold")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	alone := 0
	for i := range 50 {
		line, err := lines.ReadString('\n')
		if err != nil || line != strconv.Itoa(i)+"\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if lines.Buffered() == 0 {
			alone++
		}
	}
	if alone == 0 {
		t.Error("no piece came by itself")
	}
}
