package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// PeerFamily restricts the addresses that a peer's name may lead to.
type PeerFamily byte

// The families of a peer.
const (
	PeerAny  PeerFamily = 0
	PeerIPv4 PeerFamily = 4
	PeerIPv6 PeerFamily = 6
)

// Peer is the other side of one datagram of a bound UDP socket. It stands before the
// payload: the length of Address (u8), Family (u8), Port (u16, little-endian), Address in
// ASCII (docs/PROTOCOL.md, "Datagrams with a peer").
type Peer struct {
	// Address is a name or an address, without brackets; an address in its canonical form
	// when the host says it. It has 1 to 255 bytes of printable ASCII.
	Address string
	Family  PeerFamily
	// Port is 1 to 65535 to the host. What the host says may be 0: anybody may send from it.
	Port uint16
}

// ErrPeer says that a peer header cannot be read, or that a peer has none.
var ErrPeer = errors.New("malformed peer header")

// AppendPeer appends the header of a peer to dst.
func AppendPeer(dst []byte, p Peer) ([]byte, error) {
	if !p.valid() {
		return nil, ErrPeer
	}
	dst = append(dst, byte(len(p.Address)), byte(p.Family))
	dst = binary.LittleEndian.AppendUint16(dst, p.Port)
	return append(dst, p.Address...), nil
}

// ReadPeer reads the header in front of a payload, and returns what is behind it, which is
// a part of message. The error is ErrPeer.
func ReadPeer(message []byte) (Peer, []byte, error) {
	if len(message) < PeerHeaderBytes || len(message) < PeerHeaderBytes+int(message[0]) {
		return Peer{}, nil, fmt.Errorf("%w: %d bytes", ErrPeer, len(message))
	}
	end := PeerHeaderBytes + int(message[0])
	p := Peer{
		Address: string(message[PeerHeaderBytes:end]),
		Family:  PeerFamily(message[1]),
		Port:    binary.LittleEndian.Uint16(message[2:]),
	}
	if !p.valid() {
		return Peer{}, nil, ErrPeer
	}
	return p, message[end:], nil
}

func (p Peer) valid() bool {
	if len(p.Address) == 0 || len(p.Address) > 255 || p.Family != PeerAny && p.Family != PeerIPv4 && p.Family != PeerIPv6 {
		return false
	}
	for i := range len(p.Address) {
		//rule:peer-address-is-printable
		if p.Address[i] <= ' ' || p.Address[i] > '~' {
			return false
		}
	}
	return true
}
