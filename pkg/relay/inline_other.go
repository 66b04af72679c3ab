//go:build !unix

package relay

import (
	"errors"
	"syscall"
)

// canWriteNow says that inline works on this system. Where it does not, every
// connection stays with net/http.
const canWriteNow = false

type inline struct{}

func newInline() *inline { return &inline{} }

func (w *inline) write(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }
