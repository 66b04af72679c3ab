//go:build !unix

package localpg

import "testing"

// holdInstallation: the tests of other packages lock nothing here either.
func holdInstallation(*testing.T, string) {}
