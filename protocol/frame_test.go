package protocol

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func frame(t testing.TB, body string) []byte {
	t.Helper()
	f := append(BeginFrame(nil), body...)
	if err := EndFrame(f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFramesComeOutAsTheyWentIn(t *testing.T) {
	bodies := []string{"{}", strings.Repeat("a", 65_536), "x", strings.Repeat("b", MaxFrameBytes), "last"}
	var wire bytes.Buffer
	for _, b := range bodies {
		wire.Write(frame(t, b))
	}
	// A pipe may give one byte at a time, and the end of input together with the last.
	for name, source := range map[string]io.Reader{
		"whole":     bytes.NewReader(wire.Bytes()),
		"halves":    iotest.HalfReader(bytes.NewReader(wire.Bytes())),
		"data+EOF":  iotest.DataErrReader(bytes.NewReader(wire.Bytes())),
		"byte wise": iotest.OneByteReader(bytes.NewReader(wire.Bytes())),
	} {
		t.Run(name, func(t *testing.T) {
			frames := NewFrameReader(source)
			for i, want := range bodies {
				got, err := frames.Next()
				if err != nil || string(got) != want {
					t.Fatalf("frame %d: %d bytes, %v; want %d bytes", i, len(got), err, len(want))
				}
			}
			if _, err := frames.Next(); !errors.Is(err, io.EOF) || errors.Is(err, ErrFraming) {
				t.Fatalf("after the last frame: %v, want io.EOF alone", err)
			}
		})
	}
}

func TestFramingIsLost(t *testing.T) {
	length := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	for name, input := range map[string][]byte{
		"length 0":            length(0),
		"one byte too long":   append(length(MaxFrameBytes+1), make([]byte, MaxFrameBytes+1)...),
		"4 GiB":               length(1<<32 - 1),
		"ends in the length":  {1, 0, 0},
		"ends after length":   length(5),
		"ends inside a frame": append(length(5), "abc"...),
	} {
		t.Run(name, func(t *testing.T) {
			body, err := NewFrameReader(bytes.NewReader(input)).Next()
			if !errors.Is(err, ErrFraming) {
				t.Fatalf("got %d bytes and %v, want ErrFraming", len(body), err)
			}
		})
	}
}

func TestLongLengthAllocatesNothing(t *testing.T) {
	input := append(binary.NativeEndian.AppendUint32(nil, 1<<32-1), "x"...)
	r := NewFrameReader(bytes.NewReader(input))
	if _, err := r.Next(); !errors.Is(err, ErrFraming) || cap(r.body) != 0 {
		t.Fatalf("error %v, buffer of %d bytes", err, cap(r.body))
	}
}

func TestReaderPassesErrorsOfItsSourceOn(t *testing.T) {
	broken := errors.New("broken pipe")
	if _, err := NewFrameReader(iotest.ErrReader(broken)).Next(); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func TestEndFrameRefusesWhatBrowsersRefuse(t *testing.T) {
	for _, size := range []int{0, MaxFrameBytes + 1} {
		if err := EndFrame(make([]byte, 4+size)); !errors.Is(err, ErrFraming) {
			t.Errorf("%d bytes: %v, want ErrFraming", size, err)
		}
	}
	if err := EndFrame(make([]byte, 4+MaxFrameBytes)); err != nil {
		t.Errorf("the largest frame: %v", err)
	}
}

func FuzzFrameReader(f *testing.F) {
	f.Add(frame(f, "{}"))
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 1})
	f.Add(append(frame(f, "a"), 3, 0))
	f.Fuzz(func(t *testing.T, input []byte) {
		frames := NewFrameReader(bytes.NewReader(input))
		var again []byte
		for {
			body, err := frames.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, ErrFraming) {
					t.Fatalf("unexpected error %v", err)
				}
				if errors.Is(err, io.EOF) && !bytes.Equal(again, input) {
					t.Fatal("an orderly end, but the frames are not the input")
				}
				return
			}
			again = append(again, frame(t, string(body))...)
			if !bytes.HasPrefix(input, again) {
				t.Fatal("a frame that is not in the input")
			}
		}
	})
}
