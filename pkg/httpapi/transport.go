package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	maxBody    = 5 << 20 // bytes of a request, as sent and decoded
	maxReports = 500     // in a request
	zstdWindow = 8 << 20 // a frame may ask for 512 MiB of window before its first byte
)

var errBodyTooLarge = newProblem(http.StatusRequestEntityTooLarge, "A request may hold at most 5 MiB, decoded.")

// form says how a body is to be read.
type form struct {
	lines    bool   // one report per line, by its declared type
	encoding string // "", "gzip" or "zstd"
}

// formOf reads the declared type and encoding. Types that say nothing about the
// body (none, a form as curl -d sends, plain text, bytes) are taken for JSON;
// those that say it is something else are refused.
func formOf(header http.Header) (form, error) {
	var f form
	if declared := header.Get("Content-Type"); declared != "" {
		media, params, err := mime.ParseMediaType(declared)
		if err != nil {
			return f, newProblem(http.StatusUnsupportedMediaType, "The Content-Type cannot be read. Send application/json.")
		}
		switch {
		case media == "application/json", strings.HasSuffix(media, "+json"), media == "text/json",
			media == "application/x-www-form-urlencoded", media == "text/plain", media == "application/octet-stream":
		case media == "application/x-ndjson", media == "application/ndjson", media == "application/jsonl",
			media == "application/x-jsonlines", media == "application/json-lines":
			f.lines = true
		default:
			return f, newProblem(http.StatusUnsupportedMediaType, "Reports are JSON: send application/json or application/x-ndjson.")
		}
		if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			return f, newProblem(http.StatusUnsupportedMediaType, "Reports are UTF-8.")
		}
	}
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(header.Values("Content-Encoding"), ","))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		f.encoding = "gzip"
	case "zstd":
		f.encoding = "zstd"
	default:
		return f, newProblem(http.StatusUnsupportedMediaType, "A body may be encoded with gzip or zstd, once.").
			with("Accept-Encoding", "gzip, zstd")
	}
	return f, nil
}

// readBody reads a body as it was sent, within the cap and into room of the
// token; give gives that back. Its time began with the request: recorder.begin.
func (s *server) readBody(token string, r *http.Request) (sent []byte, give func(), err error) {
	if r.ContentLength > maxBody {
		return nil, nil, errBodyTooLarge.copy().with("Connection", "close")
	}
	if !s.bodies.has(token, r.ContentLength) {
		return nil, nil, noRoom() // before it has been sent in vain
	}
	b := arriving{room: s.bodies, token: token}
	if err := b.read(r.Body, r.ContentLength); err != nil {
		b.give()
		return nil, nil, err
	}
	return b.bytes, b.give, nil
}

// copy makes a problem that can be written to from one that is shared.
func (p *Problem) copy() *Problem {
	mine := *p
	mine.headers = p.headers.Clone()
	return &mine
}

func noRoom() *Problem {
	return unavailable("Too many large requests at once. Repeat the same request.", errors.New("no room for a body")).
		with("Connection", "close")
}

// reserve waits for room to decode n bytes, and returns how to give it back.
func (s *server) reserve(ctx context.Context, n int64) (func(), error) {
	n = max(n, 16<<10)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.decoding.Acquire(ctx, n); err != nil {
		return nil, unavailable("Too many large requests at once. Repeat the same request.", fmt.Errorf("wait for room to decode: %w", err))
	}
	return func() { s.decoding.Release(n) }, nil
}

var (
	gzips = sync.Pool{New: func() any { return new(gzip.Reader) }}
	zstds = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(maxBody+zstdWindow))
		if err != nil {
			panic(err) // the options are constants
		}
		return d
	}}
)

// unpack decodes what was sent, and stops one byte beyond the cap, so that a
// bomb costs what an honest body costs.
func unpack(sent []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "gzip":
		d := gzips.Get().(*gzip.Reader)
		defer gzips.Put(d)
		if err := d.Reset(bytes.NewReader(sent)); err != nil {
			return nil, notEncoded(encoding)
		}
		return drain(d, encoding)
	case "zstd":
		d := zstds.Get().(*zstd.Decoder)
		defer zstds.Put(d)
		defer d.Reset(nil)
		if err := d.Reset(bytes.NewReader(sent)); err != nil {
			return nil, notEncoded(encoding)
		}
		return drain(d, encoding)
	}
	return sent, nil
}

func drain(d io.Reader, encoding string) ([]byte, error) {
	var out bytes.Buffer
	_, err := out.ReadFrom(io.LimitReader(d, maxBody+1))
	switch {
	case out.Len() > maxBody, errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, errBodyTooLarge.copy()
	case err != nil:
		return nil, notEncoded(encoding)
	}
	return out.Bytes(), nil
}

func notEncoded(encoding string) *Problem {
	return newProblem(http.StatusBadRequest, "The body is not valid "+encoding+", though Content-Encoding says so.")
}
