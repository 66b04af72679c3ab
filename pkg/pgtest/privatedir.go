package pgtest

import (
	"os"
	"testing"
)

// privateDir returns a new directory for the files of a server, removed at
// the end of the test. It is not t.TempDir: its path is short enough for a
// socket, and the user that a server of root's runs as can reach it.
func privateDir(t testing.TB) string {
	t.Helper()
	dir, release, err := makePrivateDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer release()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
