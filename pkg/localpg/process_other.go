//go:build unix && !linux

package localpg

import "syscall"

// unixSockets says that servers here listen on a port instead.
const unixSockets = false

// identities lists the users to try for a server, best first.
func identities() []identity {
	attr := func() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
	if !privileged() {
		return []identity{{name: "this user", uid: -1, attr: attr}}
	}
	return named(attr, "postgres", "_postgres", "nobody")
}

// worksIn is not known here.
func worksIn(int, string) (same, known bool) { return false, false }
