package pgtest

import (
	"context"
	"errors"
	"os"
)

// join returns the address of the server that tests use. Keeping a shared
// server alive needs locks and signals that this system does not have.
func join(context.Context) (string, error) {
	if address := os.Getenv("RYNDA_TEST_DATABASE_URL"); address != "" {
		return address, nil
	}
	return "", errors.New("on Windows set RYNDA_TEST_DATABASE_URL to a server for the tests, or run them in WSL2")
}
