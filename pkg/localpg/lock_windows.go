package localpg

import (
	"os"
	"syscall"
	"unsafe"
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// tryLock locks a byte far behind the text, which stays readable: locks are
// mandatory here.
func tryLock(file *os.File) error {
	const failImmediately, exclusive = 1, 2
	at := syscall.Overlapped{OffsetHigh: 1}
	ok, _, err := lockFileEx.Call(file.Fd(), exclusive|failImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	if ok == 0 {
		return err
	}
	return nil
}

// unlock leaves it to the closing of the file, which no child shares here.
func unlock(*os.File) {}
