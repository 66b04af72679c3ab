package localpg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// fileLock is an open file with an exclusive lock on it. The kernel gives the
// lock up when the process dies, so there is no stale lock to judge.
type fileLock struct{ file *os.File }

// forkWindow bounds the time for which a lock can outlive the process that had
// it: a child that it was just forking shares its open files until it runs its
// program.
const forkWindow = 2 * time.Second

// takeLock takes the lock without waiting, or says which process has it.
func takeLock(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(forkWindow); tryLock(file) != nil; <-tick.C {
		data, _ := io.ReadAll(io.NewSectionReader(file, 0, 32))
		holder, err := strconv.Atoi(strings.TrimSpace(string(data)))
		if err == nil && !processAlive(holder) && time.Now().Before(deadline) {
			continue
		}
		file.Close()
		return nil, fmt.Errorf("%w: process %s runs its Postgres in %s; stop that process, or choose another data directory",
			ErrInUse, strings.TrimSpace(string(data)), filepath.Dir(path))
	}
	// The number is for whoever is refused; the lock is the truth.
	if err := file.Truncate(0); err == nil {
		file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &fileLock{file: file}, nil
}

// release gives the lock up, also for a child that shares the file.
func (l *fileLock) release() {
	unlock(l.file)
	l.file.Close()
}
