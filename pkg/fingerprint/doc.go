// Package fingerprint decides which occurrences are the same failure.
//
// A job that dies for one reason says so in a thousand ways: another pod name,
// another address, another number of rows. Staff want one alert for the reason.
// Of makes the key that joins them; the fold keeps one group per key.
//
// # The key
//
// A key of version 1 is made from five parts: the project, the environment, the
// type of the error, the template of its message and the culprit, which is the
// one frame of the reporter's own code that failed. The job is not a part: one
// dead database is one group over forty jobs. Neither is the kind of client, so
// that a failure joins its group whether curl, Sentry or OpenTelemetry brought
// it. The environment is one, since dismissing an alert of staging must not hide
// production. Parts are hashed with SHA-256, each after its length, so that
// "ab"+"c" and "a"+"bc" differ.
//
// A client that knows better sends its own fingerprint, which replaces type,
// template and culprit, and may refer to them: {{ default }}, {{ type }},
// {{ message }}, {{ level }}, {{ tags.x }}. What it misspells stays visible.
//
// Of also returns why: version, rule and parts. It is stored with the group and
// shown to staff, because a grouping that cannot be explained is not trusted.
//
// # The template
//
// Template walks once over the first two lines and replaces what varies: see
// templateCases in the tests for every rule by example. Two errors are possible,
// and they weigh differently. A template that keeps something variable splits a
// group: noise, which the guards of package journal bound. A template that drops
// something essential joins two causes: one hides behind the other. So where a
// rule cannot be sure it keeps the text. Quoted words stay, as a missing column
// is the cause; codes after status, exit, errno and the like stay, as 404 is not
// 500; of a URL the host stays.
//
// What can be two things by chance has one placeholder: an abbreviated commit is
// digits only once in thirty times, so hexadecimal numbers and numbers are both
// <n>; generated suffixes and tokens are all <id>. Marks of package redact pass
// unchanged, with their kind.
//
// There is no regular expression and no backtracking. Every rule looks a bounded
// distance ahead, the input is bounded, and the result is the only allocation.
//
// # The culprit
//
// Frames count only where they are those of the throw site. Go's errors carry no
// stack: what a Go client sends is the place that called the reporter, so for Go
// the caller of Of leaves Frames empty except for panics. ThrowSite tells. Text
// stacks are judged here by the same rule: of Go's only panics, of Python's only
// tracebacks. Line numbers, closure numbers, addresses and versions are not part
// of a culprit, so that a new release finds its old groups.
//
// # What must stay true
//
// Keys are stored for as long as groups live. A change that moves any message of
// testdata to another key needs a new Version, and the fold then looks up both
// for a time. The corpora in testdata score the rules over pairs of messages;
// score_test.go holds them to it, testdata/unseen.jsonl was written after the
// rules were frozen.
//
// Everything here is a pure function, safe for any number of goroutines. Secrets
// are gone before a message gets here (package redact); what happens to groups
// is decided in package journal.
package fingerprint
