// Package buffer lends byte buffers. It promises that a buffer holds at most
// twice what was asked for, so that memory follows the bytes that are held, and
// that nothing is kept for an owner who gave his buffer back.
package buffer

import (
	"math/bits"
	"sync"
)

const (
	smallestBits = 9  // 512 bytes: anything less costs more to manage than to hold
	largestBits  = 18 // 256 KiB: the most that one data frame carries
)

// Largest is the size of the largest buffer that a pool lends.
const Largest = 1 << largestBits

// Buffer is a lent buffer. It has one owner at a time, who calls Release once.
type Buffer struct {
	// Bytes is the part in use. Its capacity never changes.
	Bytes []byte
	class int
	pool  *Pool
}

// Release gives the buffer back.
func (b *Buffer) Release() {
	b.Bytes = b.Bytes[:0]
	b.pool.classes[b.class].Put(b)
}

// Room returns how many more bytes fit.
func (b *Buffer) Room() int { return cap(b.Bytes) - len(b.Bytes) }

// Pool lends buffers whose sizes are powers of two. The zero Pool is ready, and
// may be used by any number of goroutines.
type Pool struct {
	classes [largestBits - smallestBits + 1]sync.Pool
}

// Get lends a buffer with room for size bytes and none in use. A size over
// Largest is a defect of the caller.
func (p *Pool) Get(size int) *Buffer {
	class := 0
	if size > 1<<smallestBits {
		class = bits.Len(uint(size-1)) - smallestBits
	}
	if b, ok := p.classes[class].Get().(*Buffer); ok {
		return b
	}
	return &Buffer{Bytes: make([]byte, 0, 1<<(class+smallestBits)), class: class, pool: p}
}
