package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// laneFrames reads what both sides write alike: one of each kind and at its bounds, by
// its spelling on the wire. The largest is too long for the file.
func laneFrames(t testing.TB) map[string]LaneFrame {
	t.Helper()
	text, err := os.ReadFile("testdata/lane.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Wire     string
		Kind     LaneKind
		SocketID int64
		Number   int64
		Count    int64
		Failed   bool
		Name     string
		Reason   string
		Of       int64
		Remote   Peer
		Local    Peer
		Payload  *string
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	frames := map[string]LaneFrame{
		"\x01\x00\x00\x00\x01\x00\x00\x00" + string(chunk(ChunkBytes)): {Kind: LaneData, SocketID: 1, Payload: chunk(ChunkBytes)},
	}
	for _, one := range all {
		f := LaneFrame{Kind: one.Kind, SocketID: one.SocketID, Number: one.Number, Count: one.Count, Failed: one.Failed, Name: one.Name, Reason: one.Reason, Of: one.Of, Remote: one.Remote, Local: one.Local}
		if one.Payload != nil {
			f.Payload, _ = hex.DecodeString(*one.Payload)
		}
		wire, err := hex.DecodeString(one.Wire)
		if err != nil {
			t.Fatal(err)
		}
		frames[string(wire)] = f
	}
	return frames
}

func chunk(size int) []byte { return bytes.Repeat([]byte{'x'}, size) }

func TestLaneFrames(t *testing.T) {
	kinds := map[LaneKind]bool{}
	for wire, want := range laneFrames(t) {
		kinds[want.Kind] = true
		got, err := ReadLaneFrame([]byte(wire))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%.40q: %.40v, %v; want %.40v", wire, got, err, want)
		}
		if again, err := AppendLaneFrame([]byte("before"), want); err != nil || string(again) != "before"+wire {
			t.Errorf("%.40v: %.40q, %v", want, again, err)
		}
	}
	if len(kinds) != laneKinds {
		t.Errorf("%d kinds of %d", len(kinds), laneKinds)
	}
}

func TestMalformedLaneFrames(t *testing.T) {
	const to1, to80, zeros = "\x00\x00\x00\x01\x00\x00\x00", "\x00\x00\x00\x01\x00\x00\x80", "\x00\x00\x00\x00"
	for what, wire := range map[string]string{
		"empty": "", "cut in the header": "\x01\x00\x00\x00\x01\x00\x00", "no kind": "\x00" + to1, "unknown kind": "\x10" + to1,
		"socket 0": "\x01\x00\x00\x00\x00\x00\x00\x00x", "a reserved byte": "\x01\x00\x01\x00\x01\x00\x00\x00x",
		"too much data": "\x01" + to1 + string(chunk(ChunkBytes+1)), "a datagram without a number": "\x02" + to1 + "\x00\x00\x00",
		"too long a datagram": "\x02" + to1 + string(chunk(4+MaxPeerBytes+ChunkBytes+1)),
		"credit of nothing":   "\x03" + to1 + "\x00\x00\x00\x00", "a part of a credit": "\x03" + to1 + "\x01\x00\x00", "more than a credit": "\x03" + to1 + "\x01\x00\x00\x00\x00",
		"shutdown with a body": "\x04" + to1 + "x", "close with a body": "\x05" + to1 + "x", "wrote without its flag": "\x06" + to1 + "\x00\x00\x00\x00",
		"wrote and perhaps": "\x06" + to1 + "\x00\x00\x00\x00\x02", "shut without its flag": "\x07" + to1, "shut and perhaps": "\x07" + to1 + "\x02",
		"end with a body": "\x08" + to1 + "x", "closed without a name": "\x09" + to1, "closed with a name nobody knows": "\x09" + to1 + "\x04\x00", "closed without a reason": "\x09" + to1 + "\x01", "closed with a reason nobody knows": "\x09" + to1 + "\x01\x07", "a reason of a refusal": "\x09" + to1 + "\x03\x01",
		"bulk of nothing": "\x0a" + to1 + "\x00\x00\x00\x00", "too much bulk": "\x0a" + to1 + "\x01\x00\x04\x00", "bulk without its length": "\x0a" + to1, "bulk with its payload": "\x0a" + to1 + "\x01\x00\x00\x00x",
		"a batch without a number": "\x0b" + to1 + "\x00\x00\x00", "a batch of none": "\x0b" + to1 + zeros, "half a length in a batch": "\x0b" + to1 + zeros + "\x00\x00\x00",
		"a batch that is cut short": "\x0b" + to1 + zeros + "\x02\x00\x00\x00x", "a length beyond all": "\x0b" + to1 + zeros + "\xff\xff\xff\xffx",
		"more behind a batch": "\x0b" + to1 + zeros + "\x01\x00\x00\x00xy", "too many in a batch": "\x0b" + to1 + zeros + strings.Repeat(zeros, BatchDatagrams+1),
		"sent without a count": "\x0c" + to1 + zeros, "sent none": "\x0c" + to1 + zeros + zeros, "sent too many": "\x0c" + to1 + zeros + "\x01\x01\x00\x00", "sent and more": "\x0c" + to1 + zeros + "\x01\x00\x00\x00x",
		"open by an id of the broker's": "\x0d" + to1 + "\x01\x00\x00\x00", "open of nothing": "\x0d" + to80 + zeros,
		"open without the page's number": "\x0d\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00", "half an open": "\x0d" + to80 + "\x01\x00", "open and more": "\x0d" + to80 + "\x01\x00\x00\x00x",
		"opened nowhere": "\x0e" + to80 + zeros, "opened without the local end": "\x0e" + to80 + zeros + "\x01\x00\x50\x00x", "opened with a cut end": "\x0e" + to80 + zeros + "\x01\x00\x50\x00x\x02\x00\x50\x00x",
		"opened and more": "\x0e" + to80 + zeros + "\x01\x00\x50\x00x\x01\x00\x50\x00xy", "declined with a body": "\x0f" + to80 + "x",
	} {
		if f, err := ReadLaneFrame([]byte(wire)); !errors.Is(err, ErrLane) {
			t.Errorf("%s: %.40v, %v", what, f, err)
		}
	}
	for what, f := range map[string]LaneFrame{
		"socket 0": {Kind: LaneEnd}, "a large id": {Kind: LaneEnd, SocketID: 1 << 32}, "a large number": {Kind: LaneCredit, SocketID: 1, Number: 1 << 32},
		"a negative number": {Kind: LaneCredit, SocketID: 1, Number: -1}, "no kind": {SocketID: 1}, "no name of ours": {Kind: LaneClosed, SocketID: 1, Name: "TypeError"},
		"no reason of ours": {Kind: LaneClosed, SocketID: 1, Name: "NetworkError", Reason: "policy"}, "a reason of a refusal": {Kind: LaneClosed, SocketID: 1, Name: "NotAllowedError", Reason: "refused"},
		"no answers": {Kind: LaneSent, SocketID: 1}, "too many answers": {Kind: LaneSent, SocketID: 1, Count: BatchDatagrams + 1},
		"open of nothing": {Kind: LaneOpen, SocketID: FirstReopenedID + 1}, "open of a large id": {Kind: LaneOpen, SocketID: FirstReopenedID + 1, Of: 1 << 32},
		"opened nowhere": {Kind: LaneOpened, SocketID: FirstReopenedID},
	} {
		if wire, err := AppendLaneFrame(nil, f); !errors.Is(err, ErrLane) {
			t.Errorf("%s: %q, %v", what, wire, err)
		}
	}
}

// Each datagram of a batch has the number behind the one before, and goes round at the end.
func TestBatches(t *testing.T) {
	var body []byte
	payloads := []string{"one", "", string(chunk(1200))}
	for _, payload := range payloads {
		body = AppendToBatch(body, []byte(payload))
	}
	wire, err := AppendLaneFrame(nil, LaneFrame{Kind: LaneDatagrams, SocketID: 1, Number: 1<<32 - 1, Payload: body})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ReadLaneFrame(wire)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int64
	var got []string
	for number, payload := range f.Batch() {
		numbers, got = append(numbers, number), append(got, string(payload))
	}
	if !reflect.DeepEqual(got, payloads) || !reflect.DeepEqual(numbers, []int64{1<<32 - 1, 0, 1}) {
		t.Errorf("%.40q with the numbers %v", got, numbers)
	}
	for range f.Batch() {
		break
	}
	most := bytes.Repeat([]byte("\x00\x00\x00\x00"), BatchDatagrams)
	if _, err := ReadLaneFrame(append([]byte("\x0b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"), most...)); err != nil {
		t.Errorf("as many as there may be: %v", err)
	}
}

// FuzzLaneFrame: what can be read is written again byte for byte, and nothing else
// is taken for a frame.
func FuzzLaneFrame(f *testing.F) {
	for wire := range laneFrames(f) {
		f.Add([]byte(wire))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		frame, err := ReadLaneFrame(wire)
		if err != nil {
			if !errors.Is(err, ErrLane) || !reflect.DeepEqual(frame, LaneFrame{}) {
				t.Fatalf("%v with %v", frame, err)
			}
			return
		}
		again, err := AppendLaneFrame(nil, frame)
		if err != nil || !bytes.Equal(again, wire) {
			t.Fatalf("%q was read as %v and written as %q, %v", wire, frame, again, err)
		}
		if frame.Kind != LaneDatagrams {
			return
		}
		var body []byte
		for _, payload := range frame.Batch() {
			body = AppendToBatch(body, payload)
		}
		if !bytes.Equal(body, frame.Payload) {
			t.Fatalf("%q has the datagrams %q", wire, body)
		}
	})
}
