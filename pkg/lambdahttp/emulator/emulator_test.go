package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"rynda/pkg/lambdahttp"
	"rynda/pkg/lambdahttp/emulator"
)

// patience is how long a test waits for what has to come.
const patience = 2 * time.Minute

// The test binary is the function too: what it does is in its environment.
func TestMain(m *testing.M) {
	switch os.Getenv("BE") {
	case "":
		os.Exit(m.Run())
	case "buffered":
		lambda.StartWithOptions(lambdahttp.NewBuffered(deeds(), nil))
	case "streaming":
		lambda.StartWithOptions(lambdahttp.NewStreaming(deeds(), nil).Invoke)
	case "extension":
		said := make(chan bool)
		lambda.StartWithOptions(lambdahttp.NewBuffered(deeds(), nil), lambda.WithEnableSIGTERM(func() {
			fmt.Println("told to end")
			close(said)
			<-said
			os.Exit(0)
		}))
	case "event":
		lambda.Start(func(_ context.Context, event map[string]any) (map[string]any, error) {
			if event["fail"] == true {
				return nil, errors.New("it could not")
			}
			return map[string]any{"echo": event, "pid": os.Getpid()}, nil
		})
	case "raw":
		speak()
	case "init-error":
		refuseToBegin()
	case "broken":
		fmt.Println("it cannot begin")
		os.Exit(3)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		select {}
	}
	os.Exit(1)
}

// deeds is what a function can be asked to do.
func deeds() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "path": r.URL.Path, "query": r.URL.RawQuery, "body": body, "cookie": r.Header.Get("Cookie"),
			"for": r.Header.Get("X-Forwarded-For"), "remote": r.RemoteAddr, "host": r.Host, "length": r.ContentLength,
		})
	})
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Pid", strconv.Itoa(os.Getpid()))
		c := http.NewResponseController(w)
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "%d\n", i); err != nil {
				return
			}
			_ = c.Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { select {} })
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(7) })
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("secret") })
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("secret")
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("mb"))
		for range n {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		}
	})
	mux.HandleFunc("/memory", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("mb"))
		held := make([]byte, n<<20)
		for i := range held {
			held[i] = byte(i)
		}
		fmt.Fprint(w, held[len(held)-1])
	})
	return mux
}

// output is what the functions and the emulator said.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func function(name, be string, change ...func(*emulator.Function)) emulator.Function {
	f := emulator.Function{
		Name: name, Command: []string{os.Args[0]}, Dir: ".", Environment: []string{"BE=" + be},
		Memory: 1024, Timeout: patience, Streaming: be == "streaming",
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func run(t *testing.T, config emulator.Config, functions ...emulator.Function) (*emulator.Emulator, *output) {
	t.Helper()
	out := &output{}
	config.Output, config.Logger = out, slog.New(slog.DiscardHandler)
	config.Init, config.End = patience, patience // a busy machine
	e := emulator.New(config, functions...)
	t.Cleanup(func() {
		e.Close()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	return e, out
}

// until waits for what has to come true.
func until(t *testing.T, what string, true_ func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !true_(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s", what)
		}
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	e, out := run(t, emulator.Config{}, function("f", "event", func(f *emulator.Function) { f.Concurrency = 1 }))
	var pids [2]float64
	for i := range pids {
		answer, err := e.Call(t.Context(), "f", []byte(`{"n":1}`))
		var got struct {
			Echo map[string]any
			Pid  float64
		}
		if err != nil || json.Unmarshal(answer, &got) != nil || got.Echo["n"] != 1.0 {
			t.Fatalf("%s, %v", answer, err)
		}
		pids[i] = got.Pid
		until(t, "idle again", func() bool { _, idle := e.Environments("f"); return idle == 1 })
	}
	if pids[0] != pids[1] {
		t.Errorf("an idle environment was not used again: %v", pids)
	}
	if _, err := e.Call(t.Context(), "f", []byte(`{"fail":true}`)); !errors.Is(err, emulator.ErrFailed) {
		t.Errorf("%v", err)
	}
	if _, err := e.Call(t.Context(), "g", nil); !errors.Is(err, emulator.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := e.Call(t.Context(), "f", bytes.Repeat([]byte("1"), lambdahttp.MaxBuffered+1)); !errors.Is(err, emulator.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	until(t, "reported", func() bool { return strings.Count(out.String(), "REPORT RequestId: ") == 3 })
	for _, want := range []string{"START RequestId: ", "END RequestId: ", "Memory Size: 1024 MB Max Memory Used: ", "errorString: it could not"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if n := strings.Count(out.String(), "Init Duration"); n != 1 {
		t.Errorf("%d cold starts were reported\n%s", n, out)
	}
}

func TestFunctionsThatCannotBegin(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{},
		function("broken", "broken"),
		function("missing", "event", func(f *emulator.Function) { f.Command = []string{"/no/such/bootstrap"} }))
	for _, name := range []string{"broken", "missing"} {
		if _, err := e.Call(t.Context(), name, nil); !errors.Is(err, emulator.ErrFailed) {
			t.Errorf("%s: %v", name, err)
		}
		until(t, "forgotten", func() bool { all, _ := e.Environments(name); return all == 0 })
	}
}

func TestTheEndOfAnEmulator(t *testing.T) {
	t.Parallel()
	t.Run("an extension is told, and its function ends in order", func(t *testing.T) {
		t.Parallel()
		e, out := run(t, emulator.Config{}, function("f", "extension"))
		if _, err := e.Call(t.Context(), "f", request("GET", "/pid")); err != nil {
			t.Fatal(err)
		}
		e.Close()
		if !strings.Contains(out.String(), "told to end") {
			t.Errorf("%s", out)
		}
		if _, err := e.Call(t.Context(), "f", nil); !errors.Is(err, emulator.ErrFailed) {
			t.Error(err)
		}
	})
	t.Run("what is under way fails, and no process is left", func(t *testing.T) {
		t.Parallel()
		e, _ := run(t, emulator.Config{}, function("f", "buffered"))
		failed := make(chan error)
		go func() { _, err := e.Call(context.Background(), "f", request("GET", "/hang")); failed <- err }()
		until(t, "busy", func() bool { all, _ := e.Environments("f"); return all == 1 })
		e.Close()
		if err := <-failed; !errors.Is(err, emulator.ErrFailed) {
			t.Error(err)
		}
		if all, _ := e.Environments("f"); all != 0 {
			t.Errorf("%d environments", all)
		}
	})
	t.Run("one that was idle for long ends by itself", func(t *testing.T) {
		t.Parallel()
		e, _ := run(t, emulator.Config{Idle: 50 * time.Millisecond}, function("f", "event"))
		if _, err := e.Call(t.Context(), "f", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		until(t, "ended", func() bool { all, _ := e.Environments("f"); return all == 0 })
	})
}

// request is the event of a request.
func request(method, path string) []byte {
	r, _ := http.NewRequest(method, "http://f.test"+path, http.NoBody)
	r.RemoteAddr = "203.0.113.7:1234"
	event, _ := lambdahttp.NewEvent(r, "id", time.Unix(0, 0))
	text, _ := json.Marshal(event)
	return text
}
