// The pattern is the same as in TypeScript, and a fault in it is found where it is.
package pattern

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The hash of the first 3,000,000 bytes; pattern.test.ts has the same.
const first3M = "2ec024cbd9e1fab7b1a60fc40097697ebd67252b3977320e3cd8e988bd7671f5"

func TestHash(t *testing.T) {
	p := New()
	hash := sha256.New()
	for at := int64(0); at < 3_000_000; at += 1000 {
		hash.Write(p.At(at, 1000))
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != first3M {
		t.Errorf("the pattern's hash is %s, want %s", got, first3M)
	}
}

func TestMismatch(t *testing.T) {
	p := New()
	data := make([]byte, 0, 3*MaxSlice)
	for len(data) < 2_500_000 {
		data = append(data, p.At(12345+int64(len(data)), 100_000)...)
	}
	if at := p.Mismatch(12345, data); at != -1 {
		t.Errorf("a right pattern differs at %d", at)
	}
	for _, at := range []int{0, 1, Period, MaxSlice, len(data) - 1} {
		data[at] ^= 1
		if got := p.Mismatch(12345, data); got != at {
			t.Errorf("a wrong byte at %d was found at %d", at, got)
		}
		data[at] ^= 1
	}
	// Bytes that are lost, in the sizes that buffers have.
	for _, lost := range []int{1, 4096, 65_535, 65_536, 1 << 20} {
		if p.Mismatch(12345, data[lost:lost+64]) == -1 {
			t.Errorf("a loss of %d bytes does not show", lost)
		}
	}
}
