package auth

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that is never shown: however it is printed, logged or
// encoded, a mark stands in its place. Convert it to a string to use it.
type Secret string

const secretMark = "[secret]"

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, secretMark) }

// String implements fmt.Stringer.
func (Secret) String() string { return secretMark }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(secretMark) }

// MarshalText implements encoding.TextMarshaler, and so is what JSON shows.
func (Secret) MarshalText() ([]byte, error) { return []byte(secretMark), nil }
