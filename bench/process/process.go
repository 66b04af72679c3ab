// Package process runs the program that is measured, as a process of its own.
package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Server is a running program that answers HTTP.
type Server struct {
	command *exec.Cmd
	exited  chan struct{}
}

// Address is one of this machine on which nobody listens.
func Address() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// Start runs the command, which was made with a context that ends it, and returns
// when the address is ready; an error when it ended before, or was not within the
// time given.
func Start(ctx context.Context, command *exec.Cmd, address string, within time.Duration) (*Server, error) {
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &Server{command, make(chan struct{})}
	go func() { defer close(s.exited); _ = command.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if answer, err := http.Get("http://" + address + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		select {
		case <-s.exited:
			return nil, errors.New("the server ended")
		case <-ctx.Done():
			s.Stop()
			return nil, errors.New("the server did not become ready")
		case <-tick.C:
		}
	}
}

// Stop ends the program in order and returns when it is gone.
func (s *Server) Stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	<-s.exited
}
