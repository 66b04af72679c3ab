package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"rynda/bench/process"
)

// server is the development start with the page, run as a process of its own:
// the one start in which a browser needs no login.
type server struct {
	*process.Server
	url    string
	ingest string
	staff  string
	posted atomic.Int64
}

// serve runs the binary on the database, with its state in dir: a page that was
// built there and is no older than its sources is not built again.
func serve(ctx context.Context, binary, dsn, dir string) (*server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	address, err := process.Address()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, binary, "dev")
	command.Env = append(os.Environ(), "DATABASE_URL="+dsn, "RYNDA_LISTEN="+address, "RYNDA_DATA_DIR="+dir,
		"RYNDA_NEW_GROUPS=-1", "RYNDA_RATE_LIMIT=0", "RYNDA_LOG_LEVEL=warn")
	s := &server{url: "http://" + address}
	if s.Server, err = process.Start(ctx, command, address, 10*time.Minute); err != nil { // it may have a page to build
		return nil, err
	}
	var dev struct {
		IngestToken string `json:"ingest_token"`
		StaffToken  string `json:"staff_token"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err == nil {
		err = json.Unmarshal(text, &dev)
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	s.ingest, s.staff = dev.IngestToken, dev.StaffToken
	return s, nil
}

// report is one report of a cause of its own: every name makes another group,
// whose source it is.
func report(name string) object {
	return object{
		"message": "dial tcp 10.0.0.7:5432: connect: connection refused", "level": "error", "type": "ConnectError",
		"source": name, "environment": "production", "release": "2026.11.3", "fingerprint": []string{name},
		"stack": "File \"/srv/billing/charge.py\", line 41, in charge\n    connection = connect(pool, timeout=3)",
		"tags":  object{"region": "eu-north-1", "queue": "invoices"},
	}
}

// post sends the reports and returns when they are accepted. A server that is
// busy is asked again, as clients must; a report has an id of its own, so that
// it is counted once even so.
func (s *server) post(ctx context.Context, reports ...object) error {
	for _, each := range reports {
		each["report_id"] = fmt.Sprint("bench-", s.posted.Add(1))
	}
	text, err := json.Marshal(object{"reports": reports})
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(within, http.MethodPost, s.url+"/v1/reports", bytes.NewReader(text))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+s.ingest)
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		var said struct{ Accepted, Duplicates int }
		err = json.NewDecoder(answer.Body).Decode(&said)
		answer.Body.Close()
		switch {
		case answer.StatusCode == http.StatusServiceUnavailable:
		case err != nil:
			return err
		case answer.StatusCode != http.StatusAccepted || said.Accepted+said.Duplicates != len(reports):
			return fmt.Errorf("reports: %s, %d of %d accepted", answer.Status, said.Accepted, len(reports))
		default:
			return nil
		}
		pause(within, 100*time.Millisecond)
	}
}

// pause waits, or for the end of the context.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// ask is a call that staff make, one that may be repeated: a server that is
// busy is asked again.
func (s *server) ask(ctx context.Context, method, path string, body, result any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(within, method, s.url+path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+s.staff)
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		if answer.StatusCode == http.StatusOK {
			err = json.NewDecoder(answer.Body).Decode(result)
		}
		answer.Body.Close()
		switch answer.StatusCode {
		case http.StatusOK:
			return err
		case http.StatusServiceUnavailable:
			pause(within, time.Second)
		default:
			return fmt.Errorf("%s %s: %s", method, path, answer.Status)
		}
	}
}

// seed makes so many groups, named by a prefix and a number from 0, and waits
// until they are told of.
func (s *server) seed(ctx context.Context, prefix string, n int) error {
	var feed struct {
		Total int `json:"active_total"`
	}
	if err := s.ask(ctx, http.MethodGet, "/v1/feed", nil, &feed); err != nil {
		return err
	}
	want := feed.Total + n
	var batch []object
	for i := range n {
		batch = append(batch, report(fmt.Sprintf("%s-%d", prefix, i)))
		if len(batch) == 500 || i == n-1 {
			if err := s.post(ctx, batch...); err != nil {
				return err
			}
			batch = nil
		}
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for feed.Total < want {
		select {
		case <-within.Done():
			return fmt.Errorf("%d of %d groups are active: %w", feed.Total, want, within.Err())
		case <-tick.C:
		}
		if err := s.ask(ctx, http.MethodGet, "/v1/feed", nil, &feed); err != nil {
			return err
		}
	}
	return nil
}
