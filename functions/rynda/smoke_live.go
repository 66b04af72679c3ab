package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// connect opens the stream of everything and of the run of this smoke test. It
// lives as long as the test, not as long as the step.
func (s *smoke) connect(ctx context.Context) error { return s.open(ctx, "") }

func (s *smoke) open(ctx context.Context, after string) error {
	s.hangUp()
	query := url.Values{"topics": {"errors,runs,deploys"}}
	if s.project != "" {
		query.Set("topics", "errors,runs,deploys,run/"+s.project+"/smoke-"+s.mark)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, s.base+"/v1/events/stream?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.staff)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	s.stream, s.frames = answer, bufio.NewReader(answer.Body)
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return fmt.Errorf("%s, %s", answer.Status, answer.Header.Get("Content-Type"))
	}
	hello, err := s.frame(ctx, func(event, _ string) bool { return event == "hello" })
	if err != nil {
		return err
	}
	var says struct{ From string }
	if err := json.Unmarshal([]byte(hello), &says); err != nil {
		return err
	}
	if after != "" && says.From != after {
		return fmt.Errorf("it goes on from %s, asked for %s", says.From, after)
	}
	if s.start == "" {
		s.start = says.From
	}
	return nil
}

func (s *smoke) hangUp() {
	if s.stream != nil {
		s.stream.Body.Close()
		s.stream = nil
	}
}

// frame reads up to the frame that is looked for and returns its data. A stream
// that says bye, or is cut by a proxy, is opened again from where it was.
func (s *smoke) frame(ctx context.Context, is func(event, data string) bool) (string, error) {
	if s.stream == nil { // given up by an earlier step
		if err := s.open(ctx, s.last); err != nil {
			return "", err
		}
	}
	body := s.stream.Body
	defer context.AfterFunc(ctx, func() { body.Close() })()
	var event, data, id string
	for {
		line, err := s.frames.ReadString('\n')
		if err != nil {
			s.hangUp()
			if ctx.Err() != nil {
				return "", errors.New("it did not come in time")
			}
			return "", err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			event = value
		case "data":
			data = value
		case "id":
			id = value
		case "":
			if id != "" {
				s.last = id
			}
			if is(event, data) {
				return data, nil
			}
			if event == "bye" {
				if err := s.open(ctx, s.last); err != nil {
					return "", err
				}
				body := s.stream.Body
				defer context.AfterFunc(ctx, func() { body.Close() })()
			}
			event, data, id = "", "", ""
		}
	}
}

// comes waits for the event of our group in this state.
func (s *smoke) comes(kind, state string) func(context.Context) error {
	return func(ctx context.Context) error {
		data, err := s.frame(ctx, func(event, data string) bool {
			return event == kind && strings.Contains(data, "smoke test "+s.mark) && strings.Contains(data, `"state":"`+state+`"`)
		})
		if err != nil {
			return err
		}
		var e struct {
			Data struct {
				GroupID string `json:"group_id"`
				Project string
				Version int64
			}
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return err
		}
		s.groupID, s.project, s.version = e.Data.GroupID, e.Data.Project, e.Data.Version
		return nil
	}
}

func (s *smoke) view(ctx context.Context) error {
	path := "/v1/groups/" + s.groupID + "/viewed"
	if err := s.ask(ctx, http.MethodPost, path, s.staff, map[string]any{"through": s.version}, http.StatusOK, nil); err != nil {
		return err
	}
	return s.comes("group.viewed", "viewed")(ctx)
}

func (s *smoke) undo(ctx context.Context) error {
	path := "/v1/groups/" + s.groupID + "/viewed"
	if err := s.ask(ctx, http.MethodDelete, path, s.staff, map[string]any{"version": s.version}, http.StatusOK, nil); err != nil {
		return err
	}
	return s.comes("group.changed", "active")(ctx)
}

// resume cuts the stream, has something happen, and comes back.
func (s *smoke) resume(ctx context.Context) error {
	from := s.last
	s.hangUp()
	path := "/v1/groups/" + s.groupID + "/viewed"
	if err := s.ask(ctx, http.MethodPost, path, s.staff, map[string]any{"through": s.version}, http.StatusOK, nil); err != nil {
		return err
	}
	if err := s.open(ctx, from); err != nil {
		return err
	}
	return s.comes("group.viewed", "viewed")(ctx)
}

func (s *smoke) tell(ctx context.Context, work, kind string, update map[string]any) (string, error) {
	if err := s.ask(ctx, http.MethodPut, "/v1/"+work+"s/smoke-"+s.mark, s.ingest, update, http.StatusOK, nil); err != nil {
		return "", err
	}
	return s.frame(ctx, func(event, data string) bool {
		return event == kind && strings.Contains(data, "smoke-"+s.mark) && strings.Contains(data, `"status":"`+fmt.Sprint(update["status"])+`"`)
	})
}

func (s *smoke) run(ctx context.Context) error {
	_, err := s.tell(ctx, "run", "run.changed", map[string]any{"name": "smoke test", "status": "running"})
	return err
}

func (s *smoke) log(ctx context.Context) error {
	path := "/v1/runs/smoke-" + s.mark + "/log"
	lines := map[string]any{"lines": []any{map[string]any{"seq": 1, "text": "smoke test token=" + s.secretText(), "marker": true}}, "ended": true}
	if err := s.ask(ctx, http.MethodPost, path, s.ingest, lines, http.StatusOK, nil); err != nil {
		return err
	}
	if _, err := s.frame(ctx, func(event, data string) bool { return event == "run.logged" && strings.Contains(data, s.mark) }); err != nil {
		return err
	}
	var text string
	if err := s.ask(ctx, http.MethodGet, path+"?project="+s.project, s.staff, nil, http.StatusOK, &text); err != nil {
		return err
	}
	if strings.Contains(text, s.secretText()) || !strings.Contains(text, "smoke test") {
		return errors.New("the secret of the line is in the log, or the line is not")
	}
	return nil
}

func (s *smoke) fails(ctx context.Context) error {
	data, err := s.tell(ctx, "run", "run.changed", map[string]any{"status": "failed"})
	if err == nil && !strings.Contains(data, `"group_id":"`+s.groupID+`"`) {
		err = errors.New("the run is not linked to the group that it reported to")
	}
	return err
}

func (s *smoke) deploy(ctx context.Context) error {
	_, err := s.tell(ctx, "deploy", "deploy.changed", map[string]any{"name": "smoke test", "status": "succeeded", "environment": "smoke"})
	return err
}

func (s *smoke) tidy(ctx context.Context) error {
	var feed struct {
		Groups []struct {
			GroupID string `json:"group_id"`
		}
	}
	if err := s.ask(ctx, http.MethodGet, "/v1/feed?project="+s.project, s.staff, nil, http.StatusOK, &feed); err != nil {
		return err
	}
	for _, g := range feed.Groups {
		if g.GroupID == s.groupID {
			return errors.New("the alert of this test is still shown")
		}
	}
	return nil
}
