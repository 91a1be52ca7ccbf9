// Package gate keeps what a socket's peer says behind the answer to what provoked
// it. The writer enters the gate, hands bytes to the system, answers whoever waited
// for that, and leaves; the reader passes through the gate with what it has read.
//
// It promises that passing never waits for the peer: while the peer takes nothing,
// the writer yields.
package gate

import "sync"

// Gate belongs to one writer and one reader. Use New.
type Gate struct {
	mu    sync.Mutex // guards state
	moved sync.Cond
	state state
}

type state int

const (
	open    state = iota
	shut          // the writer is between the system and its answers
	yielded       // the writer waits for the peer
)

// New returns an open gate.
func New() *Gate {
	g := &Gate{}
	g.moved.L = &g.mu
	return g
}

// Enter shuts the gate, for the writer.
func (g *Gate) Enter() { g.set(shut) }

// Leave opens it again.
func (g *Gate) Leave() { g.set(open) }

func (g *Gate) set(to state) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = to
	g.moved.Broadcast()
}

// Yield opens a gate that is shut for as long as the writer waits for the peer, and
// reports whether it was. Whoever was told so calls Resume after waiting.
//
// It may also be called by somebody else than the writer, in whose name TLS sends
// an answer of its own; the gate is then as it was afterwards, or the writer's.
func (g *Gate) Yield() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state != shut {
		return false
	}
	g.state = yielded
	g.moved.Broadcast()
	return true
}

// Resume shuts a gate that Yield opened, unless the writer has left since.
func (g *Gate) Resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == yielded {
		g.state = shut
	}
}

// Pass waits while the gate is shut.
func (g *Gate) Pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.state == shut {
		g.moved.Wait()
	}
}
