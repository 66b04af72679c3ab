//go:build unix

package localpg

import (
	"os"
	"syscall"
)

// dup opens the same open file once more, as fork does.
func dup(file *os.File) (*os.File, error) {
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), file.Name()), nil
}
