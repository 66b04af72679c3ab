// Package journal is the vocabulary of Rynda and its rules, and does no I/O.
//
// A [Report] is what a job sends. [DecodeReport] reads one from JSON and
// [Report.Accept] makes an [Occurrence] of it: the only way to make one, so
// that whatever reaches a store has been redacted (package redact), shortened,
// given a [Severity], and grouped (package fingerprint). Occurrences with one
// fingerprint are a [Group]; a [Standing] is a group as the fold works on it.
//
// The rules that decide what people are shown are pure functions of what was
// known and what arrived: [SeverityOf] says how bad a report is, [Policy] says
// when a group is put before people, [Standing] says what a view and an undo
// change. docs/severity.md tells the same to operators.
//
// What must stay true: nothing here looks at a clock (times come in), nothing
// fails in the middle of a change, an error never holds what a caller sent,
// and every change of a group raises its version.
//
// SQL is in package postgres, HTTP in httpapi.
package journal
