//go:build unix

package main

import (
	"os"
	"syscall"
)

// lockFile waits until no other process holds path and returns what lets it go.
// The lock ends with the process, however that ends.
func lockFile(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return func() {
		// Closing does not let go while a child that was forked meanwhile has it too.
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
		file.Close()
	}, nil
}
