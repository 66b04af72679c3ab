package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what has to come; a busy machine takes a while.
const patience = time.Minute

// await calls f until it is true.
func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// output collects what a process writes.
type output struct {
	sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) String() string {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.String()
}

// start runs a program until the test ends.
func start(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	var out output
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), out.String())
		}
	})
	return cmd
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// said runs a command of rynda and returns what it printed.
func said(t *testing.T, env []string, args ...string) string {
	t.Helper()
	rynda, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(rynda, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("rynda %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// token makes a token and returns its text.
func token(t *testing.T, env []string, args ...string) string {
	t.Helper()
	for word := range strings.FieldsSeq(said(t, env, append([]string{"token", "create"}, args...)...)) {
		if strings.HasPrefix(word, "ryi_") || strings.HasPrefix(word, "rys_") {
			return word
		}
	}
	t.Fatal("no token was made")
	return ""
}

// caller speaks to one server.
type caller struct {
	t             *testing.T
	client        *http.Client
	url           string
	ingest, staff string
}

func (c caller) do(method, path, token string, body any, into any) (status int) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if got, err := io.ReadAll(answer.Body); err == nil && into != nil {
		_ = json.Unmarshal(got, into)
	}
	return answer.StatusCode
}

// report posts an error and says whether it was known.
func (c caller) report(message, id string) (duplicate bool) {
	c.t.Helper()
	var answer struct{ Accepted, Duplicates int }
	status := c.do("POST", "/v1/reports", c.ingest, map[string]string{"message": message, "report_id": id}, &answer)
	if status != http.StatusAccepted || answer.Accepted+answer.Duplicates != 1 {
		c.t.Fatalf("report %s: %d %+v", id, status, answer)
	}
	return answer.Duplicates == 1
}

// counts are the occurrences of each group, by its title.
func (c caller) counts() (counts map[string]int, cursor string) {
	c.t.Helper()
	var page struct {
		Groups []struct {
			Title string
			Count int
		}
		Cursor string
	}
	if status := c.do("GET", "/v1/groups", c.staff, nil, &page); status != http.StatusOK {
		return nil, ""
	}
	counts = map[string]int{}
	for _, g := range page.Groups {
		counts[g.Title] += g.Count
	}
	return counts, page.Cursor
}

// tokens makes a project and its tokens.
func (c *caller) tokens(env []string) {
	c.t.Helper()
	said(c.t, env, "token", "project", "shop")
	c.ingest = token(c.t, env, "-project", "shop", "-name", "worker", "-scopes", "report,control")
	c.staff = token(c.t, env, "-staff", "ann")
}

func (c caller) ready() bool {
	answer, err := c.client.Get(c.url + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func local(port string) string { return fmt.Sprintf("http://127.0.0.1:%s", port) }
