package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"rynda/pkg/lambdahttp"
)

// Front answers requests with a function, as its address on Lambda would. What
// is the front's own is in Lambda's words: {"message":"…"} with 413, 429, 502.
func (e *Emulator) Front(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := e.functions[name]
		if f == nil {
			message(w, http.StatusNotFound, "Not Found")
			return
		}
		now := time.Now()
		event, err := lambdahttp.NewEvent(forwarded(r), newID(), now)
		switch {
		case errors.Is(err, lambdahttp.ErrTooLarge):
			message(w, http.StatusRequestEntityTooLarge, "Request Too Long")
			return
		case err != nil:
			message(w, http.StatusBadRequest, "Bad Request")
			return
		}
		payload, err := json.Marshal(event)
		if err != nil {
			message(w, http.StatusInternalServerError, "Internal Server Error")
			return
		}
		// Who stops reading is not waited for longer than the function lives.
		_ = http.NewResponseController(w).SetWriteDeadline(now.Add(f.Timeout + e.config.Init))
		begun := false
		// A caller who leaves does not end the function.
		err = e.Invoke(context.WithoutCancel(r.Context()), name, payload, func(kind string, body io.Reader) error {
			begun = true
			return e.answer(w, f, kind, body)
		})
		switch {
		case err == nil:
		case errors.Is(err, ErrThrottled):
			message(w, http.StatusTooManyRequests, "Rate Exceeded.")
		case errors.Is(err, ErrTooLarge) && !begun && !errors.Is(err, ErrFailed):
			message(w, http.StatusRequestEntityTooLarge, "Request Too Long")
		case !begun || errors.Is(err, lambdahttp.ErrAnswer):
			e.config.Logger.Debug("a function gave no answer", "function", name, "error", err)
			message(w, http.StatusBadGateway, "Internal Server Error")
		default:
			panic(http.ErrAbortHandler) // the caller has a part of the answer and must see that it is one
		}
	})
}

// answer sends on what the function gave.
func (e *Emulator) answer(w http.ResponseWriter, f *function, kind string, body io.Reader) error {
	streamed := strings.HasPrefix(kind, lambdahttp.StreamType)
	if f.Streaming && streamed {
		sent, err := lambdahttp.WriteStream(w, body, MaxStream)
		if sent > MaxStream {
			return errors.Join(ErrTooLarge, err)
		}
		return err
	}
	whole, err := io.ReadAll(io.LimitReader(body, lambdahttp.MaxBuffered+1))
	switch {
	case err != nil:
		return errors.Join(lambdahttp.ErrAnswer, err)
	case streamed || f.Streaming:
		e.config.Logger.Error("the function streams and its address does not, or the other way round", "function", f.Name)
		return lambdahttp.ErrAnswer
	}
	return lambdahttp.WriteAnswer(w, whole)
}

// forwarded adds what the front knows of the caller. What the caller says of
// that is not believed, except for the list of those before, which grows.
func forwarded(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	if before := r.Header.Values("X-Forwarded-For"); len(before) > 0 {
		source = strings.Join(before, ", ") + ", " + source
	}
	r.Header.Set("X-Forwarded-For", source)
	scheme, port := "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	if _, given, err := net.SplitHostPort(r.Host); err == nil {
		port = given
	}
	r.Header.Set("X-Forwarded-Proto", scheme)
	r.Header.Set("X-Forwarded-Port", port)
	return r
}

func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
}
