package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// LaneHeaderBytes is what stands before the body of a frame.
const LaneHeaderBytes = laneHeaderBytes

// LaneFrameBytes is the most that a frame may have: a datagram with its number and its
// peer, or less. The payload of a bulk frame comes on top, and is at most
// LaneChunkBytes.
const LaneFrameBytes = laneHeaderBytes + 4 + MaxPeerBytes + ChunkBytes

// ErrLane says that a frame of the lane cannot be read. Whoever sends one knows
// another protocol.
var ErrLane = errors.New("malformed frame of the lane")

// LaneFrame is a frame of the lane. What its kind does not have is zero.
type LaneFrame struct {
	Kind     LaneKind
	SocketID int64
	// Number counts bytes of credit (LaneCredit) or in the next message (LaneBulk), or
	// tells a datagram from others (LaneDatagram, LaneWrote), or is that of the first
	// (LaneDatagrams to the host, LaneSent).
	Number int64
	// Count is how many datagrams LaneSent answers, 1 to BatchDatagrams.
	Count int64
	// Failed tells that what LaneWrote and LaneShut answer did not work.
	Failed bool
	// Name is the DOMException name of LaneClosed, empty after an orderly close, and
	// Reason what the page may know of why, with NetworkError.
	Name, Reason string
	// Of is the socket that LaneOpen opens again.
	Of int64
	// Remote and Local are the two ends of the socket of LaneOpened, whose Number is the
	// credit towards the host in bytes. They have no family.
	Remote, Local Peer
	// Payload is inside of the frame that was read, or is copied into the one that
	// is written.
	Payload []byte
}

// AppendLaneFrame appends a frame to dst. A frame that does not fit the wire is a
// defect of the caller, and an error.
func AppendLaneFrame(dst []byte, f LaneFrame) ([]byte, error) {
	if !isU32(f.SocketID) || f.Number < 0 || f.Number > 1<<32-1 {
		return nil, fmt.Errorf("%w: socket %d, number %d", ErrLane, f.SocketID, f.Number)
	}
	dst = append(dst, byte(f.Kind), 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(f.SocketID))
	switch f.Kind {
	case LaneData:
		return append(dst, f.Payload...), nil
	case LaneDatagram, LaneDatagrams:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(f.Number))
		return append(dst, f.Payload...), nil
	case LaneSent:
		if f.Count < 1 || f.Count > BatchDatagrams {
			return nil, fmt.Errorf("%w: %d answers", ErrLane, f.Count)
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(f.Number))
		return binary.LittleEndian.AppendUint32(dst, uint32(f.Count)), nil
	case LaneCredit, LaneBulk:
		return binary.LittleEndian.AppendUint32(dst, uint32(f.Number)), nil
	case LaneShutdown, LaneClose, LaneEnd, LaneDeclined:
		return dst, nil
	case LaneOpen:
		if !isU32(f.Of) {
			return nil, fmt.Errorf("%w: opens %d again", ErrLane, f.Of)
		}
		return binary.LittleEndian.AppendUint32(dst, uint32(f.Of)), nil
	case LaneOpened:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(f.Number))
		for _, end := range []Peer{f.Remote, f.Local} {
			var err error
			if dst, err = AppendPeer(dst, end); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrLane, err)
			}
		}
		return dst, nil
	case LaneWrote:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(f.Number))
		return append(dst, flag(f.Failed)), nil
	case LaneShut:
		return append(dst, flag(f.Failed)), nil
	case LaneClosed:
		name, reason := slices.Index(laneNames(), f.Name), slices.Index(laneReasons(), f.Reason)
		if name < 0 || reason < 0 || reason > 0 && f.Name != "NetworkError" {
			return nil, fmt.Errorf("%w: closed with %q, %q", ErrLane, f.Name, f.Reason)
		}
		return append(dst, byte(name), byte(reason)), nil
	default:
		return nil, fmt.Errorf("%w: kind %d", ErrLane, f.Kind)
	}
}

// isU32 reports whether a number is an id on the wire, which 0 is not.
func isU32(n int64) bool { return n > 0 && n <= 1<<32-1 }

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// ReadLaneFrame reads a frame, which must be the whole message. Its payload is a
// part of the message. The error is ErrLane.
func ReadLaneFrame(message []byte) (LaneFrame, error) {
	if len(message) < laneHeaderBytes || len(message) > LaneFrameBytes ||
		//rule:malformed-lane-frame-ends-lane
		message[1]|message[2]|message[3] != 0 {
		return LaneFrame{}, fmt.Errorf("%w: %d bytes", ErrLane, len(message))
	}
	f := LaneFrame{Kind: LaneKind(message[0]), SocketID: int64(binary.LittleEndian.Uint32(message[4:]))}
	body := message[laneHeaderBytes:]
	ok := f.SocketID > 0
	switch f.Kind {
	case LaneData:
		f.Payload = body
		ok = ok && len(body) <= ChunkBytes
	case LaneDatagram:
		if ok = ok && len(body) >= 4; ok {
			f.Number, f.Payload = int64(binary.LittleEndian.Uint32(body)), body[4:]
		}
	case LaneDatagrams:
		if ok = ok && len(body) >= 4 && isBatch(body[4:]); ok {
			f.Number, f.Payload = int64(binary.LittleEndian.Uint32(body)), body[4:]
		}
	case LaneSent:
		if ok = ok && len(body) == 8; ok {
			f.Number, f.Count = int64(binary.LittleEndian.Uint32(body)), int64(binary.LittleEndian.Uint32(body[4:]))
			ok = f.Count >= 1 && f.Count <= BatchDatagrams
		}
	case LaneCredit, LaneBulk:
		if ok = ok && len(body) == 4; ok {
			f.Number = int64(binary.LittleEndian.Uint32(body))
			ok = f.Number > 0 && /*rule:lane-bulk-is-bounded*/ (f.Kind == LaneCredit || f.Number <= LaneChunkBytes)
		}
	case LaneShutdown, LaneClose, LaneEnd, LaneDeclined:
		ok = ok && len(body) == 0
	case LaneOpen:
		if ok = ok && len(body) == 4; ok {
			f.Of = int64(binary.LittleEndian.Uint32(body))
			ok = f.Of > 0 && /*rule:reopened-ids-are-apart*/ f.SocketID > FirstReopenedID
		}
	case LaneOpened:
		if ok = ok && len(body) > 4; ok {
			var err [2]error
			f.Number = int64(binary.LittleEndian.Uint32(body))
			f.Remote, body, err[0] = ReadPeer(body[4:])
			f.Local, body, err[1] = ReadPeer(body)
			ok = errors.Join(err[:]...) == nil && len(body) == 0
		}
	case LaneWrote:
		if ok = ok && len(body) == 5 && body[4] <= 1; ok {
			f.Number, f.Failed = int64(binary.LittleEndian.Uint32(body)), body[4] == 1
		}
	case LaneShut:
		if ok = ok && len(body) == 1 && body[0] <= 1; ok {
			f.Failed = body[0] == 1
		}
	case LaneClosed:
		if ok = ok && len(body) == 2 && int(body[0]) < len(laneNames()) && int(body[1]) < len(laneReasons()); ok {
			f.Name, f.Reason = laneNames()[body[0]], laneReasons()[body[1]]
			ok = f.Reason == "" || f.Name == "NetworkError"
		}
	default:
		ok = false
	}
	if !ok {
		return LaneFrame{}, fmt.Errorf("%w: kind %d, socket %d, %d bytes", ErrLane, f.Kind, f.SocketID, len(body))
	}
	return f, nil
}
