package httpapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
)

// room is the memory that bodies under way may take: all together, and those of
// one token a half of it, so that one job whose bodies stall does not keep
// others out. It is taken as the bytes arrive and not as they are announced, or
// a few headers would fill it; and whoever finds none is refused at once, because
// bodies that hold room and wait for more would wait for each other.
type room struct {
	most int64

	mu    sync.Mutex
	taken int64
	by    map[string]int64 // by token; none is 0
}

func newRoom(most int64) *room { return &room{most: most, by: map[string]int64{}} }

// take takes n bytes for a token, or none and returns false.
func (m *room) take(token string, n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.fits(token, n) {
		return false
	}
	m.taken += n
	m.by[token] += n
	return true
}

// has reports whether n bytes would be there now.
func (m *room) has(token string, n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fits(token, n)
}

func (m *room) fits(token string, n int64) bool {
	return m.taken+n <= m.most && m.by[token]+n <= m.most/2
}

func (m *room) give(token string, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken -= n
	if m.by[token] -= n; m.by[token] == 0 {
		delete(m.by, token)
	}
}

// arriving is what has come of a body, and the room that it has.
type arriving struct {
	room  *room
	token string
	bytes []byte
}

// read reads the body to its end, of which length is announced if it is not
// negative. In any case give is to be called once.
func (a *arriving) read(body io.Reader, length int64) error {
	most := int64(maxBody) + 1 // and one byte more than is announced, to meet the end
	if length >= 0 {
		most = min(most, length+1)
	}
	for {
		if len(a.bytes) == cap(a.bytes) && !a.grow(most) {
			return noRoom()
		}
		n, err := body.Read(a.bytes[len(a.bytes):cap(a.bytes)])
		a.bytes = a.bytes[:len(a.bytes)+n]
		switch {
		case len(a.bytes) > maxBody:
			return errBodyTooLarge.copy().with("Connection", "close")
		case err == io.EOF:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return newProblem(http.StatusRequestTimeout, "The body took too long to arrive.").with("Connection", "close")
		case err != nil:
			return newProblem(http.StatusBadRequest, "The body ended before its end.")
		}
	}
}

// grow doubles the place for bytes, up to most.
func (a *arriving) grow(most int64) bool {
	has := int64(cap(a.bytes))
	size := min(max(2*has, 16<<10), most)
	if !a.room.take(a.token, size-has) {
		return false
	}
	grown := make([]byte, len(a.bytes), size)
	copy(grown, a.bytes)
	a.bytes = grown
	return true
}

func (a *arriving) give() { a.room.give(a.token, int64(cap(a.bytes))) }
