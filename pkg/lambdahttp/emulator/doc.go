// Package emulator runs Lambda functions on one machine: the very packages that
// are deployed, each execution environment a process of its own, with the Runtime
// API that the function's library speaks, and a front that turns HTTP requests
// into events and answers back, streamed ones piece by piece.
//
// It is there to be believed: what works here should work there. So it keeps
// what is awkward about Lambda. An environment does one thing at a time; when all
// are busy, another is started up to the function's limit, and then the caller
// hears 429. Between two invocations the processes can be stopped (SIGSTOP), as
// Lambda freezes them, so that work which goes on after an answer shows as a
// fault. A function that takes longer than its timeout is killed, in the middle
// of a stream too. An event and a buffered answer have 6 MB, a stream has 200. A
// caller who leaves does not end the function.
//
// What it does not do: it limits no processor time, it gives no credentials, and
// its file system is the machine's. Memory is looked at after the fact: a
// process that has grown past its function's setting is ended.
//
//	function     [Emulator] ── one of ──> [Function] ── up to Concurrency ──> environment
//	environment  one process, one Runtime API on a port of its own, at most one invocation
//	front        [Emulator.Front]: request ──> event ──> Invoke ──> answer
//
// Locks: function.mu guards which environments there are and which are idle;
// environment.mu what one of them is doing. The second may be taken under the
// first, never the other way round, and nothing waits under either.
package emulator
