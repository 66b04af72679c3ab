package lambdahttp

import (
	"net/http"
	"strings"
)

// head is the part of an answer that comes before the body, and the rules of
// net/http about it: the first status counts, the headers are those of that
// moment, a body without a type is looked at, and some answers have none.
type head struct {
	header  http.Header // the handler's, to change until the status is said
	status  int         // 0 until it is said
	said    http.Header // the headers as they were then
	request *http.Request
}

// say fixes status and headers; false when that was done before or the status is
// one that only announces another.
func (h *head) say(status int) bool {
	if h.status != 0 || status < 200 {
		return false
	}
	h.status, h.said = status, h.header.Clone()
	for _, name := range hopByHop {
		h.said.Del(name)
	}
	return true
}

// look names the type of a body that came without one, as net/http does.
func (h *head) look(body []byte) {
	if len(body) > 0 && h.said.Get("Content-Encoding") == "" {
		if _, named := h.said["Content-Type"]; !named {
			h.said.Set("Content-Type", http.DetectContentType(body))
		}
	}
}

// bare is true when the answer has no body, whatever the handler writes.
func (h *head) bare() bool { return h.request.Method == http.MethodHead || !mayHaveBody(h.status) }

func mayHaveBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// split gives the headers as an event has them: one value a name, cookies apart.
func (h *head) split() (headers map[string]string, cookies []string) {
	headers = make(map[string]string, len(h.said))
	for name, values := range h.said {
		if name == "Set-Cookie" {
			cookies = values
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return headers, cookies
}
