package relay

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// pin puts the process on its core. Affinity belongs to threads, and the
// runtime has several by now, so the process replaces itself: the one that
// goes through exec is on the core, and all that come after it.
func pin() error {
	core, err := strconv.Atoi(os.Getenv(coreEnv))
	if err != nil || runtime.NumCPU() < 2 {
		return nil
	}
	os.Unsetenv(coreEnv)
	runtime.LockOSThread()
	mask := [16]uint64{1 << core}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if errno != 0 {
		return nil // not allowed to: measure unpinned
	}
	return syscall.Exec("/proc/self/exe", os.Args, os.Environ())
}

// used returns the CPU time in seconds and the resident bytes of the process.
func used() (cpu float64, memory int64, err error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	if _, err := fmt.Sscan(string(rest), &memory); err != nil {
		return 0, 0, err
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, memory << 10, nil
}
