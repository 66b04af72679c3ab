package pgtest

import (
	"os"
	"path/filepath"
)

// nodeModules is where the npm binaries of the repository would be, seen from
// the directory of a package, which is where go test runs its tests.
func nodeModules() []string {
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return []string{filepath.Join(dir, "web", "node_modules")}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
