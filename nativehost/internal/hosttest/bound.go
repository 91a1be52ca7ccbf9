package hosttest

import (
	"net/netip"

	"github.com/portside/portside/protocol"
)

// Bind binds a UDP socket to 127.0.0.1 as change says, which keeps its datagrams. It may
// send to 127.0.0.1.
func (b *Broker) Bind(change func(*protocol.UDPBindParams)) (*Remote, protocol.UDPBindResult) {
	b.T.Helper()
	p := b.Binding(change)
	var result protocol.UDPBindResult
	b.MustCall(protocol.MethodUDPBind, p, &result)
	return b.Remote(p.SocketID), result
}

// Binding returns parameters of Bind.
func (b *Broker) Binding(change func(*protocol.UDPBindParams)) protocol.UDPBindParams {
	r := b.Register()
	r.Keep = true
	p := protocol.UDPBindParams{
		LocalRequest: protocol.LocalRequest{
			SocketID: r.ID, Origin: "https://page.example", Document: "document", LocalAddress: "127.0.0.1", Reach: "computer",
		},
		Window: protocol.WindowBytes, Peers: "named", Hosts: []protocol.NamedPeer{{Host: "127.0.0.1"}},
	}
	if change != nil {
		change(&p)
	}
	return p
}

// To is a payload for a peer of a bound socket, named by a name or an address.
func To(host string, port int, payload []byte) []byte {
	return ToFamily(host, port, protocol.PeerAny, payload)
}

// ToFamily is To for addresses of one IP version.
func ToFamily(host string, port int, family protocol.PeerFamily, payload []byte) []byte {
	message, err := protocol.AppendPeer(nil, protocol.Peer{Address: host, Family: family, Port: uint16(port)})
	if err != nil {
		panic(err)
	}
	return append(message, payload...)
}

// SendTo sends a datagram of a bound socket, and returns the answer.
func (b *Broker) SendTo(r *Remote, host string, port int, payload []byte) Message {
	b.T.Helper()
	return b.Answer(b.WriteAsk(r, To(host, port, payload)))
}

// MustSendTo is SendTo, and wants the datagram to be sent.
func (b *Broker) MustSendTo(r *Remote, host string, port int, payload []byte) {
	b.T.Helper()
	b.WantResult(protocol.MethodSocketWrite, b.SendTo(r, host, port, payload), nil)
}

// Datagram is one that a bound socket has received.
type Datagram struct {
	From    netip.AddrPort
	Payload []byte
}

// Datagrams returns what a bound socket has received so far.
func (b *Broker) Datagrams(r *Remote) []Datagram {
	b.T.Helper()
	b.Mu.Lock()
	defer b.Mu.Unlock()
	var list []Datagram
	for _, frame := range r.Frames {
		list = append(list, b.datagram(frame))
	}
	return list
}

// datagram reads one of a bound socket's.
func (b *Broker) datagram(frame []byte) Datagram {
	b.T.Helper()
	peer, payload, err := protocol.ReadPeer(frame)
	if err != nil {
		b.T.Fatalf("%q: %v", frame, err)
	}
	addr, err := netip.ParseAddr(peer.Address)
	if err != nil || peer.Address != addr.String() || peer.Family != protocol.PeerAny {
		b.T.Fatalf("from %+v", peer)
	}
	return Datagram{netip.AddrPortFrom(addr, peer.Port), payload}
}

// WaitDatagrams waits until a bound socket has received so many, and returns them.
func (b *Broker) WaitDatagrams(r *Remote, n int) []Datagram {
	b.T.Helper()
	b.Wait("datagrams", func() bool { return len(r.Frames) >= n })
	return b.Datagrams(r)
}

// Inspect returns what is told of one open socket.
func (b *Broker) Inspect(r *Remote) protocol.SocketState {
	b.T.Helper()
	var result protocol.SocketInspectResult
	b.MustCall(protocol.MethodSocketInspect, protocol.SocketInspectParams{SocketIDs: []int64{r.ID}}, &result)
	if len(result.Sockets) != 1 {
		b.T.Fatalf("told of %d sockets", len(result.Sockets))
	}
	return result.Sockets[0]
}

// JoinGroup has a bound socket join a group, and returns the answer.
func (b *Broker) JoinGroup(r *Remote, group, source string) Message {
	b.T.Helper()
	return b.Answer(b.Ask(protocol.MethodMulticastJoin, protocol.MulticastJoinParams{SocketID: r.ID, Group: group, Source: source}))
}

// LeaveGroup has it leave one.
func (b *Broker) LeaveGroup(r *Remote, group, source string) Message {
	b.T.Helper()
	return b.Answer(b.Ask(protocol.MethodMulticastLeave, protocol.MulticastLeaveParams{SocketID: r.ID, Group: group, Source: source}))
}
