package wiring

import (
	"context"
	"io"
	"log/slog"

	"rynda/pkg/redact"
)

// NewLogger returns a logger of JSON lines. Every string goes through the
// redactor on its way out: the log of a journal of errors is the place where a
// secret would be found last.
func NewLogger(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Value.Kind() {
			case slog.KindString:
				a.Value = slog.StringValue(redact.Text(a.Value.String()))
			case slog.KindAny:
				if err, ok := a.Value.Any().(error); ok {
					a.Value = slog.StringValue(redact.Text(err.Error()))
				}
			}
			return a
		},
	}))
}

// ParseLevel reads debug, info, warn or error; anything else is info.
func ParseLevel(word string) slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(word)) != nil {
		return slog.LevelInfo
	}
	return level
}

// tee passes records on and gives those at error or worse to report as well.
type tee struct {
	slog.Handler
	report func(slog.Record)
}

func (t tee) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		t.report(r)
	}
	return t.Handler.Handle(ctx, r)
}

func (t tee) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tee{t.Handler.WithAttrs(attrs), t.report}
}
func (t tee) WithGroup(name string) slog.Handler { return tee{t.Handler.WithGroup(name), t.report} }
