package carrier

import (
	"context"
	"sync/atomic"

	"github.com/portside/portside/protocol"
)

// Late is the Path of a socket that nobody has given credit yet, and whose carrier is
// not known therefore. Before Bind it has nothing to say: a socket without credit
// delivers nothing, and one that was written to has been bound.
type Late struct{ bound atomic.Pointer[Path] }

// Bind says which way the socket goes. It reports false when that was said before.
func (l *Late) Bind(to Path) bool { return l.bound.CompareAndSwap(nil, &to) }

// Chunk implements Path.
func (l *Late) Chunk() int {
	if p := l.bound.Load(); p != nil {
		return (*p).Chunk()
	}
	return protocol.ChunkBytes
}

// Data implements Path.
func (l *Late) Data(ctx context.Context, payload []byte) error {
	if p := l.bound.Load(); p != nil {
		return (*p).Data(ctx, payload)
	}
	return ErrClosed
}

// End implements Path.
func (l *Late) End() {
	if p := l.bound.Load(); p != nil {
		(*p).End()
	}
}

// Credit implements Path.
func (l *Late) Credit(bytes int64) {
	if p := l.bound.Load(); p != nil {
		(*p).Credit(bytes)
	}
}

// Mute implements Path. A socket that ends before it was bound needs no way.
func (l *Late) Mute() {
	if !l.Bind(nowhere{}) {
		(*l.bound.Load()).Mute()
	}
}

// Over reports whether the socket has ended without a way.
func (l *Late) Over() bool {
	p := l.bound.Load()
	return p != nil && *p == (nowhere{})
}

// Closed implements Path.
func (l *Late) Closed(last protocol.SocketClosedParams) {
	if p := l.bound.Load(); p != nil {
		(*p).Closed(last)
	}
}

// nowhere is the Path of a socket that has ended.
type nowhere struct{}

func (nowhere) Chunk() int                         { return protocol.ChunkBytes }
func (nowhere) Data(context.Context, []byte) error { return ErrClosed }
func (nowhere) End()                               {}
func (nowhere) Credit(int64)                       {}
func (nowhere) Mute()                              {}
func (nowhere) Closed(protocol.SocketClosedParams) {}
