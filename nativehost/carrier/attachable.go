package carrier

import (
	"context"
	"sync/atomic"

	"github.com/portside/portside/protocol"
)

// Attachable is the Path of a socket whose carrier is not known yet, since nobody has
// given it credit. Until it is attached it has nothing to say: a socket without credit
// delivers nothing, and one that was written to has been attached.
type Attachable struct{ path atomic.Pointer[Path] }

// Attach says which way the socket goes. It reports false when that was said before, or
// when the socket has ended.
func (a *Attachable) Attach(to Path) bool { return a.path.CompareAndSwap(nil, &to) }

// Chunk implements Path.
func (a *Attachable) Chunk() int {
	if p := a.path.Load(); p != nil {
		return (*p).Chunk()
	}
	return protocol.ChunkBytes
}

// Data implements Path.
func (a *Attachable) Data(ctx context.Context, payload []byte) error {
	if p := a.path.Load(); p != nil {
		return (*p).Data(ctx, payload)
	}
	return ErrClosed
}

// Batch implements Path.
func (a *Attachable) Batch() int {
	if p := a.path.Load(); p != nil {
		return (*p).Batch()
	}
	return 0
}

// Datagrams implements Path.
func (a *Attachable) Datagrams(ctx context.Context, batch []byte) error {
	if p := a.path.Load(); p != nil {
		return (*p).Datagrams(ctx, batch)
	}
	return ErrClosed
}

// End implements Path.
func (a *Attachable) End() {
	if p := a.path.Load(); p != nil {
		(*p).End()
	}
}

// Credit implements Path.
func (a *Attachable) Credit(bytes int64) {
	if p := a.path.Load(); p != nil {
		(*p).Credit(bytes)
	}
}

// StopData implements Path. A socket that ends before it was attached needs no way.
func (a *Attachable) StopData() {
	if !a.Attach(detached{}) {
		(*a.path.Load()).StopData()
	}
}

// Over reports whether the socket ended before it was attached.
func (a *Attachable) Over() bool {
	p := a.path.Load()
	return p != nil && *p == (detached{})
}

// Closed implements Path.
func (a *Attachable) Closed(last protocol.SocketClosedParams) {
	if p := a.path.Load(); p != nil {
		(*p).Closed(last)
	}
}

// detached is the Path of a socket that ended before it was attached.
type detached struct{}

func (detached) Chunk() int                              { return protocol.ChunkBytes }
func (detached) Data(context.Context, []byte) error      { return ErrClosed }
func (detached) Batch() int                              { return 0 }
func (detached) Datagrams(context.Context, []byte) error { return ErrClosed }
func (detached) End()                                    {}
func (detached) Credit(int64)                            {}
func (detached) StopData()                               {}
func (detached) Closed(protocol.SocketClosedParams)      {}
