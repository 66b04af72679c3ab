package localpg

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// unixSockets says that servers here listen on a port instead.
const unixSockets = false

// identities is this user. An administrator's postgres refuses to start and
// says so itself; WSL2 is the way out there.
func identities() []identity {
	return []identity{{name: "this user", uid: -1, attr: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	}}}
}

// signalServer asks a server to end. Postgres has signals of its own here, and
// pg_ctl knows how to send them.
func signalServer(pid int, how shutdown, programs programs) error {
	name := "INT"
	if how == stopImmediate {
		name = "QUIT"
	}
	out, err := exec.Command(programs.path("pg_ctl"), "kill", name, strconv.Itoa(pid)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_ctl kill %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// processAlive reports whether there is a process with this id.
func processAlive(pid int) bool {
	const queryLimitedInformation, stillActive = 0x1000, 259
	handle, err := syscall.OpenProcess(queryLimitedInformation, false, uint32(pid))
	if err != nil {
		return false
	}
	defer syscall.CloseHandle(handle)
	var code uint32
	return syscall.GetExitCodeProcess(handle, &code) == nil && code == stillActive
}

// worksIn is not known here.
func worksIn(int, string) (same, known bool) { return false, false }

// ownedBy trusts the profile directory's access list, which is inherited.
func ownedBy(path string, _ int) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func isReadOnly(error) bool { return false }
