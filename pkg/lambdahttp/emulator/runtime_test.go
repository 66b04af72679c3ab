package emulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/lambdahttp/emulator"
)

// speak is a function that speaks the Runtime API and the Extensions API by
// hand, and breaks their rules. What it is told, it prints.
func speak() {
	signal.Ignore(syscall.SIGTERM) // it waits for the event
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")
	ask := func(method, path, body string, header ...string) *http.Response {
		r, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			os.Exit(1) // the emulator has ended
		}
		return answer
	}
	say := func(what string, answer *http.Response) string {
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(what, answer.StatusCode, strings.TrimSpace(string(text)))
		return string(text)
	}
	registered := ask("POST", "/2020-01-01/extension/register", `{"events":["SHUTDOWN"]}`, "Lambda-Extension-Name", "own")
	id := registered.Header.Get("Lambda-Extension-Identifier")
	say("registered", registered)
	say("a stranger's event", ask("GET", "/2020-01-01/extension/event/next", "", "Lambda-Extension-Identifier", "stranger"))
	go func() {
		text := say("event", ask("GET", "/2020-01-01/extension/event/next", "", "Lambda-Extension-Identifier", id))
		var event struct{ EventType, ShutdownReason string }
		_ = json.Unmarshal([]byte(text), &event)
		fmt.Println("told", event.EventType, event.ShutdownReason)
		os.Exit(0)
	}()
	say("before the first", ask("POST", "/2018-06-01/runtime/invocation/none/response", `{}`))
	for {
		next := ask("GET", "/2018-06-01/runtime/invocation/next", "")
		one := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		payload := say("invoked", next)
		say("to another", ask("POST", "/2018-06-01/runtime/invocation/00000000-0000-4000-8000-000000000000/response", `"stolen"`))
		if strings.Contains(payload, "fail") {
			say("failed", ask("POST", "/2018-06-01/runtime/invocation/"+one+"/error", `{"errorType":"Own","errorMessage":"as it was asked"}`))
			continue
		}
		say("answered", ask("POST", "/2018-06-01/runtime/invocation/"+one+"/response", `"first"`))
		say("answered again", ask("POST", "/2018-06-01/runtime/invocation/"+one+"/response", `"second"`))
		say("failed after all", ask("POST", "/2018-06-01/runtime/invocation/"+one+"/error", `{"errorType":"Late"}`))
	}
}

// refuseToBegin tells the Runtime API why it cannot begin.
func refuseToBegin() {
	_, _ = http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json",
		strings.NewReader(`{"errorType":"Own","errorMessage":"there is no database"}`))
	select {} // it need not end by itself
}

func TestRuntimeAPI(t *testing.T) {
	t.Parallel()
	e, out := run(t, emulator.Config{}, function("f", "raw", func(f *emulator.Function) { f.Concurrency = 1 }))
	answer, err := e.Call(t.Context(), "f", []byte(`{"n":1}`))
	if err != nil || string(answer) != `"first"` {
		t.Fatalf("%s, %v", answer, err)
	}
	until(t, "idle", func() bool { _, idle := e.Environments("f"); return idle == 1 })
	if _, err := e.Call(t.Context(), "f", []byte(`"fail"`)); !errors.Is(err, emulator.ErrFailed) {
		t.Errorf("%v", err)
	}
	until(t, "idle again", func() bool { _, idle := e.Environments("f"); return idle == 1 })
	e.Close()
	for _, want := range []string{
		`registered 200 {"functionName":"f","functionVersion":"$LATEST","handler":"bootstrap"}`, "a stranger's event 403 ", "before the first 400 ",
		`invoked 200 {"n":1}`, "to another 400 ", `answered 202 {"status":"OK"}`, "answered again 403 ", "failed after all 403 ",
		"failed 202 ", "it failed: Own: as it was asked", "told SHUTDOWN spindown",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// Who cannot begin fails its caller, whether it says so, dies or never asks.
func TestInitFailures(t *testing.T) {
	t.Parallel()
	out := &output{}
	e := emulator.New(emulator.Config{Init: time.Second, Output: out, Logger: slog.New(slog.DiscardHandler)},
		function("says", "init-error"), function("never", "deaf"))
	t.Cleanup(e.Close)
	for name, want := range map[string]string{"says": "it could not begin: Own: there is no database", "never": "it did not ask for an invocation within 1s"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := e.Call(ctx, name, nil)
		cancel()
		if !errors.Is(err, emulator.ErrFailed) || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		until(t, "forgotten", func() bool { all, _ := e.Environments(name); return all == 0 })
	}
}

// A sandbox that is killed in the middle of its stream breaks that one stream.
func TestKilledWhileStreaming(t *testing.T) {
	t.Parallel()
	e, _ := run(t, emulator.Config{Freeze: true}, function("f", "streaming"))
	url := serve(t, e, "f")
	var held [2]*bufio.Reader
	var pids [2]string
	for i := range held {
		answer, err := http.Get(url + "/hold")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		held[i], pids[i] = bufio.NewReader(answer.Body), answer.Header.Get("X-Pid")
		if _, err := held[i].ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := kill(t, pids[0]); err != nil || pids[0] == pids[1] {
		t.Fatal(pids, err)
	}
	if _, err := io.Copy(io.Discard, held[0]); err == nil {
		t.Error("a stream whose process was killed looks whole")
	}
	for range 20 {
		if _, err := held[1].ReadString('\n'); err != nil {
			t.Fatalf("the other stream: %v", err)
		}
	}
	if status, pid := get(t, url+"/pid"); status != 200 || pid == pids[0] || pid == pids[1] {
		t.Errorf("the next: %d %s of %v", status, pid, pids)
	}
}
