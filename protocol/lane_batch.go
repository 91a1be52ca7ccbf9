package protocol

import (
	"encoding/binary"
	"iter"
)

// The body of a LaneDatagrams frame, behind the number of the first: for each datagram its
// length (u32, little-endian) and its payload.

// BatchOverhead is what each datagram of a batch takes besides its payload, in bytes.
const BatchOverhead = 4

// BatchRoom is how many bytes the body of a batch may have, behind the number of its first.
const BatchRoom = BatchBytes - laneHeaderBytes - 4

// AppendToBatch appends one datagram to the body of a batch.
func AppendToBatch(dst, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	return append(dst, payload...)
}

// Batch returns the datagrams of a LaneDatagrams frame that was read, each with its number.
// They are parts of the frame's payload.
func (f LaneFrame) Batch() iter.Seq2[int64, []byte] {
	return func(yield func(int64, []byte) bool) {
		number := uint32(f.Number)
		for rest := f.Payload; len(rest) > 0; number++ {
			length := int(binary.LittleEndian.Uint32(rest))
			if !yield(int64(number), rest[BatchOverhead:BatchOverhead+length]) {
				return
			}
			rest = rest[BatchOverhead+length:]
		}
	}
}

// isBatch reports whether a body is that of a batch.
func isBatch(body []byte) bool {
	count := 0
	for ; len(body) >= BatchOverhead; count++ {
		length := uint64(binary.LittleEndian.Uint32(body))
		body = body[BatchOverhead:]
		//rule:lane-batch-lengths-fit
		if length > uint64(len(body)) {
			return false
		}
		body = body[length:]
	}
	return len(body) == 0 && count > 0 &&
		//rule:lane-batch-is-bounded
		count <= BatchDatagrams
}
