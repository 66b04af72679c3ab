//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// makePrivateDir makes <tmp>/rynda-own-<uid>-<random>. Killed tests leave
// theirs, so each holds a file "alive" that its process keeps locked, and
// those whose lock is free go first. The file appears locked, so that a
// directory in the making is never taken for a leftover.
func makePrivateDir() (dir string, release func(), err error) {
	base := filepath.Join(os.TempDir(), fmt.Sprintf("rynda-own-%d-", os.Getuid()))
	found, _ := filepath.Glob(base + "*/alive")
	for _, name := range found {
		removeUnlessAlive(name)
	}
	dir, err = os.MkdirTemp(filepath.Dir(base), filepath.Base(base))
	if err != nil {
		return "", nil, err
	}
	if os.Getuid() == 0 {
		// The server's user must pass through.
		if err := os.Chmod(dir, 0o711); err != nil {
			return "", nil, err
		}
	}
	alive := filepath.Join(dir, "alive")
	lock, err := lockFile(alive+".new", syscall.LOCK_EX)
	if err != nil {
		return "", nil, err
	}
	return dir, func() { unlock(lock) }, os.Rename(alive+".new", alive)
}

func removeUnlessAlive(name string) {
	file, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.RemoveAll(filepath.Dir(name))
	}
}
