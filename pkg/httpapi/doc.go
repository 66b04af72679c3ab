// Package httpapi is the HTTP contract: what is asked, of whom, and how
// failures are told. It knows neither Postgres nor how a stream is written.
//
// # The way of a request
//
// front.go gives it an id, the security headers, a place to fall when a handler
// panics and one line in the log, recorder.go the time that its body and the
// reading of its answer may take. router.go finds the operation, or answers 404
// and 405 in the same form as everything else. Each operation names what it
// needs of its caller ([auth.Need]); operation.go asks the authenticator before
// a byte of the body is read. The handlers, one file per noun, turn parameters
// into a question to one of the small interfaces that stand at the top of the
// file (package postgres answers them all), always with the projects that the
// caller may see: [scope] is the only place that chooses them.
//
// Two kinds of operations stand beside that: those under /auth/ lead a browser
// elsewhere (login.go), and the stream may be opened by a ticket (tickets.go).
// Which pages of other origins may read answers is said in cors.go.
//
// Reports take a longer way, because they are the one thing that strangers'
// programs send in bulk: transport.go reads and unpacks the body under caps,
// split.go finds the reports in it, reports.go decodes, accepts and records
// them, each with its own result.
//
// # What must stay true
//
//   - Every failure is an RFC 9457 problem with a request_id: unknown paths,
//     wrong methods and panics too.
//   - No answer and no log line repeats what a caller sent. Where huma's own
//     checks fail, problem.go keeps the place and the reason, both from a closed
//     set of words, and drops the rest.
//   - One switch, in problem.go, turns errors into statuses.
//   - A position that is not ours is a reset, never an error.
//   - No caller, known or not, keeps a connection for nothing: bodies arrive and
//     answers are taken in bounded time. Only a stream stays, by its own rules.
//   - The document of the API is made from the operations as they are
//     registered (document.go), so it cannot name one that is not there.
//
// Log lines carry the operation, never a path, a query or a header. Answers
// below 400 are logged at debug level, 4xx at info, 503 as warnings and other
// 5xx as errors, both with the cause.
package httpapi
