// Package postgres holds every SQL statement that is not the event log's: what
// jobs report goes in, what staff see comes out, and in between the fold.
//
// # From report to event
//
// [Recorder] appends. One statement puts the occurrences of a request, or of
// many requests together, into occurrences and one slim row per fingerprint
// into inbox. It touches no row that two transactions share, so a storm of one
// error does not queue on that error's group. When it has committed, the
// reports are accepted.
//
// [Folder] counts. Whoever gets the transaction lock takes all pending inbox
// rows, reads the groups that they are about, asks package journal what
// becomes of them, and writes groups, counters, audit, totals, events and the
// head of the log in one statement. It is the only writer of groups and
// events, which makes event ids gapless and ordered by commit (see package
// eventlog), makes one update of a group out of any number of reports, and
// needs no lock but the one. A folder looks again after its commit, so a row
// that was committed while another folder worked is seen by that folder; what
// a dying folder leaves is taken by the next one, at the latest a second later.
//
// Runs and deploys are merged by the transaction of their update, under a lock
// on their row, and bring the fold no more than their id: it reads the row and
// tells each version once. It never writes to a row that others lock.
//
// Views, undos and removals are inbox rows too. The handler puts the command
// in, folds or waits for whoever folds, and answers from the row.
//
// # What staff may see
//
// Reads name the projects of the caller in every statement, and run through
// [Store.scoped], which enters a role that row-level security binds to the same
// projects: two locks, so that one forgotten predicate leaks nothing.
//
// # Where to read next
//
// record.go, fold.go, fold_take.go, fold_read.go, fold_apply.go, fold_publish.go,
// fold_write.go in this order; then feed.go, history.go, viewed.go, one file per
// verb. work.go, fold_work.go, work_list.go and work_detail.go are runs and
// deploys, log_lines.go and fold_logs.go their logs; sweep.go and partitions.go
// what leaves. The tables stand in migrations/.
package postgres
