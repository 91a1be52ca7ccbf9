package sockets

import (
	"crypto/rand"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/network"
)

// lookEvery is how long what was found out about the network counts.
const lookEvery = time.Second

// home is the network that a socket was opened in. The user agreed to be reached from
// there; a computer that is carried elsewhere may well have the same address again. It is
// for one goroutine at a time.
type home struct {
	host   address.Host
	salt   []byte
	id     string
	looked time.Time
	away   bool
}

// newHome looks which network an address of this computer is in.
func newHome(addr netip.Addr) *home {
	h := &home{host: address.FromAddr(addr), salt: make([]byte, 16), id: network.Unknown}
	_, _ = rand.Read(h.salt) // it never fails
	h.left()
	return h
}

// left reports whether this is another network now. One that cannot be told from others,
// for the moment or for good, is taken for the same: the system forgets its router after a
// while without a packet.
func (h *home) left() bool {
	if !network.DependsOn(h.host) || time.Since(h.looked) < lookEvery {
		return h.away
	}
	h.looked = time.Now()
	now := network.Of(h.host, h.salt)
	if h.id == network.Unknown {
		h.id = now
	}
	h.away = now != network.Unknown && now != h.id
	return h.away
}
