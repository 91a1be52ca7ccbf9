package buffer

import (
	"sync"
	"testing"
)

func TestBuffersFitWhatIsAskedFor(t *testing.T) {
	var p Pool
	for _, size := range []int{0, 1, 511, 512, 513, 4096, 4097, 65_507, 131_072, 131_073, Largest} {
		b := p.Get(size)
		if len(b.Bytes) != 0 || cap(b.Bytes) < size || b.Room() != cap(b.Bytes) {
			t.Errorf("%d: %d of %d bytes in use", size, len(b.Bytes), cap(b.Bytes))
		}
		if cap(b.Bytes) > max(2*size, 512) {
			t.Errorf("%d: holds %d", size, cap(b.Bytes))
		}
		b.Bytes = b.Bytes[:size]
		b.Release()
		if again := p.Get(size); len(again.Bytes) != 0 || cap(again.Bytes) < size {
			t.Errorf("%d: comes back with %d of %d", size, len(again.Bytes), cap(again.Bytes))
		}
	}
}

func TestBuffersHaveOneOwner(t *testing.T) {
	var p Pool
	var wg sync.WaitGroup
	for id := range byte(8) {
		wg.Go(func() {
			for range 500 {
				b := p.Get(1000)
				b.Bytes = b.Bytes[:1000]
				for i := range b.Bytes {
					b.Bytes[i] = id
				}
				for _, got := range b.Bytes {
					if got != id {
						t.Errorf("found %d, want %d", got, id)
						return
					}
				}
				b.Release()
			}
		})
	}
	wg.Wait()
}
