package postgres

import "time"

// refMemory remembers which refs of groups this process has written lately, so
// that the source and release of a busy group are not written in every fold.
// Forgetting costs a write and nothing else. It belongs to one fold at a time.
type refMemory struct {
	written map[refKey]refValue
}

const refMemorySize = 50_000

// stale reports whether the ref is worth writing: not written lately, or with a
// URL that was not there, or a minute newer than what was written.
func (m *refMemory) stale(k refKey, v refValue) bool {
	was, known := m.written[k]
	return !known || v.url != "" && v.url != was.url || v.at.Sub(was.at) > time.Minute
}

func (f *Folder) written(w *foldWork) {
	m := &f.refs
	if m.written == nil || len(m.written) > refMemorySize {
		m.written = map[refKey]refValue{}
	}
	for k, v := range w.refs {
		if m.stale(k, v) {
			m.written[k] = v
		}
	}
}
