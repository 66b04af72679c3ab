package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// api is the Runtime API (2018-06-01) and the Extensions API (2020-01-01) of one
// environment, as far as functions use them. Whoever can reach the port may
// speak: it is bound to this machine and new for each environment.
func (v *environment) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", v.getNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", v.postResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", v.postError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", v.postInitError)
	mux.HandleFunc("POST /2020-01-01/extension/register", v.registerExtension)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", v.getExtensionEvent)
	mux.HandleFunc("POST /2020-01-01/extension/init/error", accepted)
	mux.HandleFunc("POST /2020-01-01/extension/exit/error", accepted)
	return mux
}

func accepted(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

// getNext ends the invocation before and waits for the one after it.
func (v *environment) getNext(w http.ResponseWriter, r *http.Request) {
	v.settle()
	select {
	case inv := <-v.next:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", invokedARN+v.function.Name)
		header.Set("Lambda-Runtime-Trace-Id", "Root=1-"+inv.id[:8]+"-"+inv.id[24:]+inv.id[9:13]+inv.id[14:18]+inv.id[19:23]+";Sampled=0")
		_, _ = w.Write(inv.payload)
	case <-r.Context().Done():
	case <-v.ended:
	}
}

// doing is the invocation of that id, when it is the one under way.
func (v *environment) doing(w http.ResponseWriter, id string) *invocation {
	v.mu.Lock()
	inv := v.current
	v.mu.Unlock()
	if inv == nil || inv.id != id || inv.began.IsZero() {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return nil
	}
	return inv
}

// postResponse passes the answer on and is itself answered when that is done:
// so a caller who reads slowly slows the function down, as on Lambda.
func (v *environment) postResponse(w http.ResponseWriter, r *http.Request) {
	inv := v.doing(w, r.PathValue("id"))
	if inv == nil {
		return
	}
	a := answer{kind: r.Header.Get("Content-Type"), body: r.Body, trailer: r.Trailer, taken: make(chan struct{})}
	if !inv.answered.CompareAndSwap(false, true) {
		refuse(w, http.StatusForbidden, "InvalidStateTransition")
		return
	}
	inv.answer <- a
	<-a.taken
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		v.say("the answer was broken off: " + kind)
	}
	accepted(w, r)
}

func (v *environment) postError(w http.ResponseWriter, r *http.Request) {
	inv := v.doing(w, r.PathValue("id"))
	if inv == nil {
		return
	}
	if !inv.answered.CompareAndSwap(false, true) {
		refuse(w, http.StatusForbidden, "InvalidStateTransition")
		return
	}
	inv.answer <- answer{failed: v.said(r, "it failed")}
	accepted(w, r)
}

func (v *environment) postInitError(w http.ResponseWriter, r *http.Request) {
	err := v.said(r, "it could not begin")
	accepted(w, r)
	v.fail(err)
}

// said reads the type of an error; its text is the function's own and goes to
// the log, where the function writes too.
func (v *environment) said(r *http.Request, what string) error {
	var told struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	text, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	_ = json.Unmarshal(text, &told)
	v.print("%s: %s: %s", what, told.Type, told.Message)
	return errors.New(what)
}

func (v *environment) registerExtension(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Events []string `json:"events"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&asked); err != nil && !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, "InvalidRequestBody")
		return
	}
	id := newID()
	v.mu.Lock()
	v.extensions[id] = &extension{events: make(chan string, 1), shutdown: slices.Contains(asked.Events, "SHUTDOWN")}
	v.mu.Unlock()
	w.Header().Set("Lambda-Extension-Identifier", id)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"functionName": v.function.Name, "functionVersion": "$LATEST", "handler": "bootstrap",
	})
	if slices.Contains(asked.Events, "INVOKE") {
		v.say("an extension asked for INVOKE events, which the emulator does not send")
	}
}

// extension is one that has registered. Even one that asks for no event, as the
// library's own does, has the process told by a signal that it is to end.
type extension struct {
	events   chan string
	shutdown bool
}

func (v *environment) getExtensionEvent(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	ext := v.extensions[r.Header.Get("Lambda-Extension-Identifier")]
	v.mu.Unlock()
	if ext == nil {
		refuse(w, http.StatusForbidden, "InvalidExtensionIdentifier")
		return
	}
	select {
	case name := <-ext.events:
		_ = json.NewEncoder(w).Encode(map[string]any{"eventType": name, "shutdownReason": "spindown"})
	case <-r.Context().Done():
	case <-v.ended:
	}
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, kind)
}
