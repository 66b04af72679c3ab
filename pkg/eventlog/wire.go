package eventlog

import (
	"encoding/json"
	"strconv"
	"time"
)

// AppendJSON appends the event as clients get it, by stream and by poll alike:
// {"id","kind","at","topics","version","data"} on one line. Data is copied as
// it is stored, with line ends outside of strings left out, so that the result
// can be one data line of a frame.
func (e Event) AppendJSON(dst []byte, epoch string) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, epoch...)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, e.ID, 10)
	dst = append(dst, `","kind":"`...)
	dst = append(dst, e.Kind...)
	dst = append(dst, `","at":"`...)
	dst = e.At.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","topics":`...)
	topics, _ := json.Marshal(e.Topics) // strings cannot fail
	dst = append(dst, topics...)
	dst = append(dst, `,"version":`...)
	dst = strconv.AppendInt(dst, e.Version, 10)
	dst = append(dst, `,"data":`...)
	if len(e.Data) == 0 {
		dst = append(dst, `null`...)
	}
	for _, c := range e.Data {
		// A raw line end cannot stand inside a JSON string, so it is white space.
		if c != '\n' && c != '\r' {
			dst = append(dst, c)
		}
	}
	return append(dst, '}')
}
