//go:build !unix

package main

import "os"

// lockFile does not lock here: two first starts at once may build twice.
func lockFile(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	return func() { file.Close() }, nil
}
