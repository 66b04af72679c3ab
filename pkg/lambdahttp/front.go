package lambdahttp

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/net/http/httpguts"
)

// StreamType is the content type of a streamed answer on its way from the
// function to the front: a JSON prelude, eight zero bytes, the body.
const StreamType = "application/vnd.awslambda.http-integration-response"

// maxPrelude is how many bytes the prelude of a stream has at most.
const maxPrelude = 1 << 20

var (
	// ErrTooLarge is returned for a request whose event would be larger than
	// MaxBuffered.
	ErrTooLarge = errors.New("the request is larger than an event may be")

	// ErrAnswer is returned for what a function gave and no front can send.
	ErrAnswer = errors.New("the function's answer cannot be read")
)

// NewEvent makes the event of a request, as a Function URL does: names in lower
// case, repeated headers joined by commas, cookies apart, a body that is not
// plainly text as base64. It reads the whole body.
//
// id is the request's, now the time it came. Errors: ErrTooLarge, and what
// reading the body gives.
func NewEvent(r *http.Request, id string, now time.Time) (*Event, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, MaxBuffered+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the body of a request: %w", err)
	case len(raw) > MaxBuffered:
		return nil, ErrTooLarge
	}
	event := &Event{
		Version: "2.0", RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery,
		Headers: make(map[string]string, len(r.Header)+1),
	}
	for name, values := range r.Header {
		switch name {
		case "Cookie":
			for _, line := range values {
				for cookie := range strings.SplitSeq(line, ";") {
					if cookie = strings.TrimSpace(cookie); cookie != "" {
						event.Cookies = append(event.Cookies, cookie)
					}
				}
			}
		default:
			event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	for _, name := range hopByHop {
		delete(event.Headers, strings.ToLower(name))
	}
	event.Headers["host"] = r.Host
	if len(raw) > 0 {
		event.Headers["content-length"] = fmt.Sprint(len(raw))
	}
	for name, values := range r.URL.Query() {
		if event.QueryStringParameters == nil {
			event.QueryStringParameters = map[string]string{}
		}
		event.QueryStringParameters[name] = strings.Join(values, ",")
	}
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	prefix, _, _ := strings.Cut(r.Host, ".")
	event.RequestContext = events.LambdaFunctionURLRequestContext{
		AccountID: "anonymous", RequestID: id, APIID: prefix, DomainName: r.Host, DomainPrefix: prefix,
		Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
			Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent(),
		},
	}
	if plain(r.Header) && utf8.Valid(raw) {
		event.Body = string(raw)
	} else if len(raw) > 0 {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(raw), true
	}
	return event, nil
}

// plain is true for a body that a Function URL hands over as text.
func plain(header http.Header) bool {
	if header.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// WriteAnswer sends a buffered answer on. A payload without a status is a body
// of 200 in JSON, by the rules of the format. Nothing has been written when the
// error is ErrAnswer.
func WriteAnswer(w http.ResponseWriter, payload []byte) error {
	var answer struct {
		events.LambdaFunctionURLResponse
		StatusCode *int `json:"statusCode"`
	}
	if !json.Valid(payload) {
		return fmt.Errorf("%w: it is not JSON", ErrAnswer)
	}
	if err := json.Unmarshal(payload, &answer); err != nil || answer.StatusCode == nil {
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(payload)
		return err
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(answer.Body)
		if err != nil {
			return fmt.Errorf("%w: the body is not base64", ErrAnswer)
		}
		body = decoded
	}
	if len(body) > 0 { // the length is that of the body, whatever the function says
		for name := range answer.Headers {
			if strings.EqualFold(name, "Content-Length") {
				delete(answer.Headers, name)
			}
		}
	}
	if err := writeHead(w, *answer.StatusCode, answer.Headers, answer.Cookies, "application/json"); err != nil {
		return err
	}
	if !mayHaveBody(*answer.StatusCode) {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// WriteStream sends a streamed answer on, each piece as it comes, at most limit
// bytes of body; what comes after them is read and dropped. It returns how many
// bytes of body came. The errors: ErrAnswer for a prelude that cannot be read,
// with nothing written; otherwise those of reading and of writing.
func WriteStream(w http.ResponseWriter, from io.Reader, limit int64) (int64, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	prelude, err := readPrelude(in)
	if err != nil {
		return 0, err
	}
	var answer events.LambdaFunctionURLResponse
	if err := json.Unmarshal(prelude, &answer); err != nil {
		return 0, fmt.Errorf("%w: the prelude is not JSON", ErrAnswer)
	}
	if answer.StatusCode == 0 {
		answer.StatusCode = http.StatusOK
	}
	if err := writeHead(w, answer.StatusCode, answer.Headers, answer.Cookies, "application/octet-stream"); err != nil {
		return 0, err
	}
	flusher := http.NewResponseController(w)
	if err := flusher.Flush(); err != nil {
		return 0, err
	}
	var sent int64
	piece := make([]byte, 64<<10)
	for {
		n, err := in.Read(piece)
		if n > 0 {
			keep := max(min(int64(n), limit-sent), 0)
			sent += int64(n)
			if _, err := w.Write(piece[:keep]); err != nil {
				return sent, err
			}
			if err := flusher.Flush(); err != nil {
				return sent, err
			}
		}
		switch {
		case err == io.EOF:
			return sent, nil
		case err != nil:
			return sent, err
		}
	}
}

// readPrelude takes what is before eight zero bytes.
func readPrelude(in *bufio.Reader) ([]byte, error) {
	end := make([]byte, 8)
	var out []byte
	for {
		piece, err := in.ReadSlice(0)
		out = append(out, piece...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) || len(out) > maxPrelude {
			return nil, fmt.Errorf("%w: the prelude has no end", ErrAnswer)
		}
		if bytes.HasSuffix(out, end) {
			return out[:len(out)-len(end)], nil
		}
	}
}

// writeHead sends status and headers; kind is the type of a body without one.
func writeHead(w http.ResponseWriter, status int, headers map[string]string, cookies []string, kind string) error {
	if status < 200 || status > 599 {
		return fmt.Errorf("%w: the status is not one", ErrAnswer)
	}
	out := w.Header()
	for name, value := range headers {
		if httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value) {
			out.Set(name, value)
		}
	}
	for _, name := range hopByHop {
		out.Del(name)
	}
	if out.Get("Content-Type") == "" && mayHaveBody(status) {
		out.Set("Content-Type", kind)
	}
	for _, cookie := range cookies {
		if httpguts.ValidHeaderFieldValue(cookie) {
			out.Add("Set-Cookie", cookie)
		}
	}
	w.WriteHeader(status)
	return nil
}
