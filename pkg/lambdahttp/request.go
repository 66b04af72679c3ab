package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/net/http/httpguts"
)

// Event is a request as a Function URL or an HTTP API hands it to a function.
type Event = events.LambdaFunctionURLRequest

// ErrEvent is returned for an event that is not a request: a schedule's, or one
// that is damaged.
var ErrEvent = errors.New("the event is not a request of payload format 2.0")

// NewRequest makes the request that the event tells of, as net/http's server
// would have made it. The body is in memory.
//
// The caller's address is what the front saw (requestContext.http.sourceIp),
// with port 0: the true one is not told. The errors wrap ErrEvent and repeat
// nothing of the event.
func NewRequest(ctx context.Context, event *Event) (*http.Request, error) {
	about := event.RequestContext.HTTP
	if !httpguts.ValidHeaderFieldName(about.Method) { // a method is a token, as a name is
		return nil, fmt.Errorf("%w: there is no method", ErrEvent)
	}
	target, err := target(event)
	if err != nil {
		return nil, err
	}
	body, err := body(event)
	if err != nil {
		return nil, err
	}
	r := (&http.Request{
		Method: about.Method, URL: target, RequestURI: target.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headers(event), Body: http.NoBody, ContentLength: int64(len(body)),
		RemoteAddr: net.JoinHostPort(orUnspecified(about.SourceIP), "0"),
	}).WithContext(ctx)
	if major, minor, ok := http.ParseHTTPVersion(about.Protocol); ok {
		r.Proto, r.ProtoMajor, r.ProtoMinor = about.Protocol, major, minor
	}
	if len(body) > 0 {
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	r.Host = r.Header.Get("Host")
	if r.Host == "" {
		r.Host = event.RequestContext.DomainName
	}
	r.Header.Del("Host") // as net/http does
	return r, nil
}

// target reads path and query. An HTTP API tells some paths with their escapes
// resolved; what cannot be a path as it stands is escaped anew.
func target(event *Event) (*url.URL, error) {
	path := event.RawPath
	if path == "" {
		path = "/"
	}
	if path[0] != '/' {
		return nil, fmt.Errorf("%w: the path does not begin with a slash", ErrEvent)
	}
	parsed, err := url.ParseRequestURI(path)
	if err != nil || parsed.RawQuery != "" || parsed.ForceQuery {
		parsed = &url.URL{Path: path}
	}
	query := event.RawQueryString
	for i := range len(query) {
		if query[i] <= ' ' || query[i] == 0x7f {
			return nil, fmt.Errorf("%w: the query holds a blank or a control character", ErrEvent)
		}
	}
	parsed.RawQuery = query
	return parsed, nil
}

func body(event *Event) (string, error) {
	if !event.IsBase64Encoded {
		return event.Body, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(event.Body)
	if err != nil {
		return "", fmt.Errorf("%w: the body is not base64", ErrEvent)
	}
	return string(decoded), nil
}

// headers are those of the event. Repeated ones come joined by commas; cookies,
// for which a comma would be wrong, come apart from the others.
func headers(event *Event) http.Header {
	out := make(http.Header, len(event.Headers)+1)
	for name, value := range event.Headers {
		if httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value) {
			out.Set(name, value)
		}
	}
	if len(event.Cookies) > 0 {
		all := strings.Join(event.Cookies, "; ")
		if httpguts.ValidHeaderFieldValue(all) {
			out.Set("Cookie", all)
		}
	}
	for _, name := range hopByHop {
		out.Del(name)
	}
	out.Del("Content-Length") // of the encoded body, if at all; the request has its own field
	return out
}

// hopByHop concerns one connection and is not passed on, in either direction.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func orUnspecified(ip string) string {
	if net.ParseIP(ip) == nil {
		return "0.0.0.0"
	}
	return ip
}
