// Command link is a network link between two network namespaces, for the benchmark: it
// delays packets, lets no more through than the link's rate, and loses some.
//
//	link PID PID
//
// It makes a TUN device "wan" in the network namespace of each of the two processes, and
// runs until it is ended. The harness holds descriptor 3, a stream of JSON lines: each is
// a condition of the link from then on, and is answered by what was lost under the one
// before. Where the kernel has it, tc-netem(8) does the same; many kernels have not.
package main

import (
	"math/rand/v2"
	"sync"
	"time"
)

// condition is how the link is, in each direction.
type condition struct {
	// DelayMs is how long a packet is on its way, in milliseconds.
	DelayMs float64 `json:"delayMs"`
	// Mbits is the rate in Mbit/s.
	Mbits float64 `json:"mbits"`
	// Loss is the part of packets that are lost, 0 to 1.
	Loss float64 `json:"loss"`
}

// counts is what a link has done under a condition.
type counts struct {
	// Packets came, of which so many were lost by chance, and so many found no place.
	Packets int64 `json:"packets"`
	Lost    int64 `json:"lost"`
	Full    int64 `json:"full"`
}

// leastQueue is how many bytes may wait at least.
const leastQueue = 512 << 10

// line is one direction of a link. A packet waits its turn, takes its time at the rate
// to be sent, and arrives after the delay.
type line struct {
	mu      sync.Mutex // guards what follows
	is      condition
	counted counts
	chance  *rand.Rand
	// free is when the last packet will have been sent.
	free time.Time
}

func newLine(seed uint64) *line {
	return &line{chance: rand.New(rand.NewPCG(seed, seed))}
}

// set changes the condition and returns what was counted under the one before.
func (l *line) set(is condition) counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.counted
	l.is, l.counted = is, counts{}
	return before
}

// queue is how many bytes may wait: as much as is on its way there and back.
func (c condition) queue() float64 {
	return max(leastQueue, c.Mbits/8*1000*2*c.DelayMs)
}

// accept returns when a packet of so many bytes that comes now arrives, or that it does
// not.
func (l *line) accept(now time.Time, size int) (arrives time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counted.Packets++
	if l.is.Loss > 0 && l.chance.Float64() < l.is.Loss {
		l.counted.Lost++
		return time.Time{}, false
	}
	if l.free.Before(now) {
		l.free = now
	}
	perSecond := l.is.Mbits * 1e6 / 8
	if l.free.Sub(now).Seconds()*perSecond > l.is.queue() {
		l.counted.Full++
		return time.Time{}, false
	}
	l.free = l.free.Add(time.Duration(float64(size) / perSecond * float64(time.Second)))
	return l.free.Add(time.Duration(l.is.DelayMs * float64(time.Millisecond))), true
}
