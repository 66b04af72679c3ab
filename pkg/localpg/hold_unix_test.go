//go:build unix

package localpg

import (
	"os"
	"syscall"
	"testing"
)

// holdInstallation keeps npm ci, which tests of other packages may run under the
// same lock, from taking away what the test reads.
func holdInstallation(t *testing.T, lock string) {
	t.Helper()
	file, err := os.OpenFile(lock, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
		file.Close()
	})
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
}
