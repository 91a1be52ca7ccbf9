// Package pattern is the data of the benchmark: bytes that both ends know, so that none has to make or hash data while it is measured, and so that
// every byte can be checked. pattern.ts is the same in TypeScript; the tests of both hold one hash.
//
// The pattern repeats after a prime number of bytes. So a loss of any plausible size (a buffer, a frame) shows as bytes that are not where they should be.
package pattern

import "bytes"

const (
	// Period is the number of bytes after which the pattern repeats: the largest prime below 1 MiB.
	Period = 1_048_573
	// MaxSlice is the most that At gives at once, in bytes.
	MaxSlice = 1 << 20
	seed     = 0x9e3779b9
)

// Pattern holds one period and what MaxSlice takes beyond it. It is never written to.
type Pattern struct{ block []byte }

// New makes the pattern: the top bytes of a xorshift32 generator (Marsaglia 2003, shifts 13, 17, 5).
func New() Pattern {
	block := make([]byte, Period+MaxSlice)
	state := uint32(seed)
	for i := range Period {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		block[i] = byte(state >> 24)
	}
	for i := Period; i < len(block); i++ {
		block[i] = block[i-Period]
	}
	return Pattern{block}
}

// At returns n bytes of the pattern from offset on, at most MaxSlice. They are shared: do not change them.
func (p Pattern) At(offset int64, n int) []byte {
	start := int(offset % Period)
	return p.block[start : start+n : start+n]
}

// Mismatch returns the index of the first byte of data that is not the pattern's from offset on, or -1.
func (p Pattern) Mismatch(offset int64, data []byte) int {
	for done := 0; done < len(data); {
		n := min(len(data)-done, MaxSlice)
		want := p.At(offset+int64(done), n)
		if got := data[done : done+n]; !bytes.Equal(got, want) {
			for i := range got {
				if got[i] != want[i] {
					return done + i
				}
			}
		}
		done += n
	}
	return -1
}
