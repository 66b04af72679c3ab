package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// proxy is a program that stands before a server, with the settings that it has
// when nobody has set anything.
type proxy struct {
	name     string
	program  string
	args     func(dir string) []string
	settings func(dir, listen, upstream string) string
}

// nginx buffers answers, speaks HTTP/1.0 to the server, names the server itself
// as Host and gives an answer 60 s: all that is set is where files lie.
var nginx = proxy{
	name: "nginx", program: "nginx",
	args: func(dir string) []string {
		return []string{"-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "settings"), "-g", "daemon off; master_process off;"}
	},
	settings: func(dir, listen, upstream string) string {
		var temp strings.Builder
		for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			fmt.Fprintf(&temp, "  %s_temp_path %s;\n", of, filepath.Join(dir, of))
		}
		return fmt.Sprintf("pid %s;\nevents {}\nhttp {\n  access_log off;\n%s  server {\n    listen %s;\n    location / { proxy_pass http://%s; }\n  }\n}\n",
			filepath.Join(dir, "pid"), temp.String(), listen, upstream)
	},
}

// haproxy has no times of its own and asks for some: these are those of Debian's
// package, 50 s.
var haproxy = proxy{
	name: "haproxy", program: "haproxy",
	args: func(dir string) []string { return []string{"-db", "-q", "-f", filepath.Join(dir, "settings")} },
	settings: func(_, listen, upstream string) string {
		return fmt.Sprintf("defaults\n  mode http\n  timeout connect 5000\n  timeout client 50000\n  timeout server 50000\n"+
			"frontend in\n  bind %s\n  default_backend rynda\nbackend rynda\n  server one %s\n", listen, upstream)
	},
}

// behind returns the system as it is seen through a proxy of its own.
func behind(t *testing.T, s *system, p proxy) *system {
	t.Helper()
	through := *s
	through.url = "http://" + p.start(t, strings.TrimPrefix(s.url, "http://"))
	return &through
}

// start runs the proxy until the test ends and returns its address.
func (p proxy) start(t *testing.T, upstream string) string {
	t.Helper()
	program := p.find(t)
	dir, listen := t.TempDir(), freeAddress(t)
	if err := os.WriteFile(filepath.Join(dir, "settings"), []byte(p.settings(dir, listen, upstream)), 0o600); err != nil {
		t.Fatal(err)
	}
	out := &lockedBuffer{}
	command := exec.Command(program, p.args(dir)...)
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("%s said:\n%s%s", p.name, out, tailOf(string(said)))
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		if answer, err := http.Get("http://" + listen + "/healthz"); err == nil {
			answer.Body.Close()
			return listen // whether the server behind it is there yet or not
		}
		select {
		case <-ended:
			t.Fatalf("%s has ended: %s", p.name, out)
		case <-late:
			t.Fatalf("%s does not answer: %s", p.name, out)
		case <-tick.C:
		}
	}
}

// find looks where Debian puts servers, too.
func (p proxy) find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{p.program, "/usr/sbin/" + p.program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "nothing is tested behind "+p.name+": it is not on this machine")
	return ""
}

// A stream on which nothing happens stays open for longer than nginx and haproxy
// wait for a word, because of its pings.
func TestQuietStreamsOutlastProxies(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short, which is for the race detector, does not wait for a minute")
	}
	const longest = time.Minute // proxy_read_timeout; haproxy's is 50 s
	for _, p := range []proxy{nginx, haproxy} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, pgtest.New(t))
			s.start()
			c := &conversation{system: behind(t, s, p)}
			began := time.Now()
			l := c.dial("topics=run/acme/quiet", "")
			if f := l.next(false); f.event != "hello" {
				t.Fatalf("%q", f)
			}
			for pings := 1; time.Since(began) < longest+time.Second; pings++ {
				if f := l.next(true); f.event != "ping" {
					t.Fatalf("%q after %d pings and %v", f, pings, time.Since(began))
				}
			}
		})
	}
}
