package journal

import "errors"

// The closed set of failures. Wrap them with what was being done:
// fmt.Errorf("mark group %d viewed: %w", id, err). One switch in httpapi turns
// them into problem documents. Their text never holds what a caller sent.
var (
	ErrInvalid     = errors.New("invalid")     // the caller can mend the request
	ErrNotFound    = errors.New("not found")   // missing, or not the caller's: the two look alike
	ErrConflict    = errors.New("conflict")    // true of another state of the thing
	ErrTooLarge    = errors.New("too large")   // over a hard cap
	ErrUnavailable = errors.New("unavailable") // try again later; nothing is known to be stored
)

// FieldError says which field of a report is at fault and why, without its
// value. It unwraps to Kind, one of the errors above.
type FieldError struct {
	Field  string // as in JSON, for example "links[2].url"
	Reason string // a sentence of ours, never the caller's text
	Kind   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }
func (e *FieldError) Unwrap() error { return e.Kind }

func invalid(field, reason string) error {
	return &FieldError{Field: field, Reason: reason, Kind: ErrInvalid}
}

func tooLarge(field, reason string) error {
	return &FieldError{Field: field, Reason: reason, Kind: ErrTooLarge}
}
