package localpg

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// unixSockets says that servers here listen on a unix socket.
const unixSockets = true

// overflowID is the user and group that a one-entry user namespace maps to
// root. Postgres looks its user up by number, and this one has a name
// ("nobody") everywhere.
const overflowID = 65534

// identities lists the users to try for a server, best first: this user, or
// for root those that the package comment describes.
func identities() []identity {
	attr := func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	}
	if !privileged() {
		return []identity{{name: "this user", uid: -1, attr: attr}}
	}
	var all []identity
	if _, err := user.LookupId(strconv.Itoa(overflowID)); err == nil {
		all = append(all, identity{name: "root's namesake in a user namespace", uid: 0, gid: 0, attr: func() *syscall.SysProcAttr {
			a := attr()
			a.Cloneflags = syscall.CLONE_NEWUSER
			a.UidMappings = []syscall.SysProcIDMap{{ContainerID: overflowID, HostID: 0, Size: 1}}
			a.GidMappings = []syscall.SysProcIDMap{{ContainerID: overflowID, HostID: 0, Size: 1}}
			a.GidMappingsEnableSetgroups = true
			a.Credential = &syscall.Credential{Uid: overflowID, Gid: overflowID}
			return a
		}})
	}
	return append(all, named(attr, "postgres", "nobody")...)
}

// worksIn reports whether the process has dir as its working directory; known
// is false where that cannot be seen.
func worksIn(pid int, dir string) (same, known bool) {
	at, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false, os.IsNotExist(err)
	}
	want, err := os.Stat(dir)
	return err == nil && os.SameFile(at, want), true
}
