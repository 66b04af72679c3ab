package main

import (
	"fmt"
	"strings"
)

// plantInWorks puts every kind of secret into every field of runs and deploys
// and into the lines of their logs, and reads all of them back.
func (s *system) plantInWorks(g *garden) (planted int) {
	s.t.Helper()
	type thing = map[string]any
	fields := map[string][]string{
		"runs":    {"name", "trigger", "actor", "ref", "commit", "deploy_id"},
		"deploys": {"name", "trigger", "actor", "ref", "commit", "environment", "namespace", "service", "revision"},
	}
	steps := map[string]string{"runs": "steps", "deploys": "stages"}
	for work, texts := range fields {
		for k, kind := range secretKinds {
			id := fmt.Sprintf("planted-%d", k)
			update := thing{"status": "failed", "deploy_id": harmless}
			if work == "deploys" {
				delete(update, "deploy_id")
			}
			for i, field := range texts {
				update[field] = contexts[(k+i)%len(contexts)](g.grow(kind, work+" "+field))
			}
			if !kind.encoded { // an address encodes once more
				update["url"] = "https://x.example/?note=" + urlText(g.grow(kind, work+" url"))
				update["links"] = []any{thing{"kind": "trace", "id": "1", "url": "https://x.example/?note=" + urlText(g.grow(kind, work+" link"))}}
			}
			update[steps[work]] = []any{thing{"name": g.grow(kind, work+" step"), "status": "failed"}, thing{"name": harmless}}
			path := "/v1/" + work + "/" + id
			g.look("answer to an update", s.text("PUT", path, s.ingest, update), false)
			lines := []any{thing{"seq": 1, "text": "the " + harmless + " stands"}}
			for c, context := range contexts {
				lines = append(lines, thing{"seq": c + 2, "level": "info", "marker": true, "text": context(g.grow(kind, work+" log"))})
			}
			g.look("answer to lines", s.text("POST", path+"/log", s.ingest, thing{"lines": lines, "ended": true}), false)
			planted++
		}
	}
	s.folded()
	for work := range fields {
		for k := range secretKinds {
			path := "/v1/" + work + "/planted-" + fmt.Sprint(k)
			g.look("one of "+work, s.text("GET", path, s.staff, nil), true)
			g.look("log of "+work, s.text("GET", path+"/log", s.staff, nil), true)
		}
		g.look("list of "+work, s.text("GET", "/v1/"+work+"?limit=100", s.staff, nil), true)
	}
	key := []string{"-----BEGIN " + "RSA PRIVATE KEY-----"}
	for range 12 {
		key = append(key, g.letters(64, base64s))
		g.keep("a key over many lines", "log", key[len(key)-1])
	}
	key = append(key, "-----END "+"RSA PRIVATE KEY-----", "the "+harmless+" stands")
	for n, text := range key { // each line by itself
		s.text("POST", "/v1/runs/key/log", s.ingest, thing{"lines": []any{thing{"seq": n + 1, "text": "deploy | " + text}}})
	}
	if text := s.text("GET", "/v1/runs/key/log", s.staff, nil); strings.Count(text, "private-key") < 12 {
		s.t.Errorf("a key over many lines: %s", tailOf(text))
	} else {
		g.look("log with a key", text, true)
	}
	return planted
}
