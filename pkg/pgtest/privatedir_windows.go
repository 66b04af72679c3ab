package pgtest

import "os"

// makePrivateDir makes a temporary directory.
func makePrivateDir() (dir string, release func(), err error) {
	dir, err = os.MkdirTemp("", "rynda-own-")
	return dir, func() {}, err
}
