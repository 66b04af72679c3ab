//go:build unix

package localpg

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// named are the identities of those users that exist, for root to become.
// Supplementary groups are dropped on the way.
func named(attr func() *syscall.SysProcAttr, names ...string) []identity {
	var all []identity
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID != nil || errGID != nil {
			continue
		}
		all = append(all, identity{name: name, uid: int(uid), gid: int(gid), attr: func() *syscall.SysProcAttr {
			a := attr()
			a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return a
		}})
	}
	return all
}

// signalServer asks a server to end.
func signalServer(pid int, how shutdown, _ programs) error {
	signal := syscall.SIGINT
	if how == stopImmediate {
		signal = syscall.SIGQUIT
	}
	err := syscall.Kill(pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// processAlive reports whether there is a process with this id.
func processAlive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func ownedBy(path string, uid int) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == uid
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
