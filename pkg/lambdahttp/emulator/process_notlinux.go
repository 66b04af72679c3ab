//go:build unix && !linux

package emulator

import "syscall"

// dieWithParent: only Linux can promise it. Elsewhere Close ends the processes,
// and one that is orphaned ends when it asks its Runtime API for more.
func dieWithParent(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }

func (p *process) peak() int64 { return 0 }
