package protocol

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// frameHeaderBytes is the length of a frame's length.
const frameHeaderBytes = 4

// readAheadBytes is how much a FrameReader asks of its source at once. A pipe
// holds 64 KiB on Linux, so a larger number would never be used in full.
const readAheadBytes = 64 << 10

// ErrFraming says that the stream can no longer be cut into frames: a length of
// 0 or over MaxFrameBytes, or an end in the middle of a frame. Nothing that
// follows can be trusted.
var ErrFraming = errors.New("framing is lost")

// FrameReader cuts a stream into frames. It keeps one buffered reader for its
// whole life, since bytes that were read ahead belong to the next frame.
type FrameReader struct {
	source *bufio.Reader
	body   []byte
}

// NewFrameReader returns a FrameReader for source.
func NewFrameReader(source io.Reader) *FrameReader {
	return &FrameReader{source: bufio.NewReaderSize(source, readAheadBytes)}
}

// Next returns the body of the next frame, valid until the next call. The end of
// the stream between two frames is io.EOF; a stream that cannot be read as
// frames gives ErrFraming, and a source that fails gives its own error.
func (r *FrameReader) Next() ([]byte, error) {
	var header [frameHeaderBytes]byte
	if _, err := io.ReadFull(r.source, header[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: the stream ends inside a length", ErrFraming)
		}
		return nil, err
	}
	length := binary.NativeEndian.Uint32(header[:])
	//rule:frame-length-allocates-nothing.2
	if length == 0 || /*rule:frames-are-bounded*/ length > MaxFrameBytes {
		return nil, fmt.Errorf("%w: a frame of %d bytes", ErrFraming, length)
	}
	//rule:frame-length-allocates-nothing
	body := r.reserve(int(length))
	if _, err := io.ReadFull(r.source, body); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: the stream ends inside a frame of %d bytes", ErrFraming, length)
		}
		return nil, err
	}
	return body, nil
}

// reserve returns length bytes of the reused buffer, which doubles so that a
// stream of growing frames does not allocate for each.
func (r *FrameReader) reserve(length int) []byte {
	if cap(r.body) < length {
		//rule:frames-are-bounded.2
		r.body = make([]byte, min(max(length, 2*cap(r.body), 4<<10), MaxFrameBytes))
	}
	return r.body[:length]
}

// BeginFrame appends room for a frame's length to dst. The caller appends the
// body and hands the result to EndFrame.
func BeginFrame(dst []byte) []byte {
	return append(dst, make([]byte, frameHeaderBytes)...)
}

// EndFrame writes the length of the frame that fills the whole of frame, so that
// one Write sends length and body together. A body that is empty or over
// MaxFrameBytes is a defect of the caller, and an error rather than a frame at
// which the browser would close the connection.
func EndFrame(frame []byte) error {
	length := len(frame) - frameHeaderBytes
	if length <= 0 || /*rule:host-sends-bounded-frames*/ length > MaxFrameBytes {
		return fmt.Errorf("%w: refusing to send a frame of %d bytes", ErrFraming, length)
	}
	binary.NativeEndian.PutUint32(frame, uint32(length))
	return nil
}
