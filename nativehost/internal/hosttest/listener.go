package hosttest

import (
	"net"
	"strconv"

	"github.com/portside/portside/protocol"
)

// Listener returns parameters to listen on 127.0.0.1.
func (b *Broker) Listener() protocol.TCPListenParams {
	return protocol.TCPListenParams{LocalRequest: protocol.LocalRequest{
		SocketID: b.Register().ID, Origin: "https://page.example", Document: "document",
		LocalAddress: "127.0.0.1", Reach: "computer",
	}}
}

// Listen listens as change, which may be nil, says.
func (b *Broker) Listen(change func(*protocol.TCPListenParams)) (*Remote, protocol.TCPListenResult) {
	b.T.Helper()
	p := b.Listener()
	if change != nil {
		change(&p)
	}
	var result protocol.TCPListenResult
	b.MustCall(protocol.MethodTCPListen, p, &result)
	return b.Remote(p.SocketID), result
}

// AskAccept asks for the next connection of a listener, and returns what it will be and the
// id of the request.
func (b *Broker) AskAccept(listener *Remote, change func(*protocol.TCPAcceptParams)) (*Remote, int64) {
	b.T.Helper()
	r := b.Register()
	r.Keep = true
	p := protocol.TCPAcceptParams{ListenerID: listener.ID, SocketID: r.ID, Window: protocol.WindowBytes}
	if change != nil {
		change(&p)
	}
	return r, b.Ask(protocol.MethodTCPAccept, p)
}

// WantAccepted wants a request of AskAccept to be answered with a connection.
func (b *Broker) WantAccepted(r *Remote, request int64) (result protocol.TCPAcceptResult) {
	b.T.Helper()
	b.WantResult(protocol.MethodTCPAccept, b.Answer(request), &result)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	r.Credit += result.Window
	return result
}

// Accept wants the next connection of a listener.
func (b *Broker) Accept(listener *Remote) (*Remote, protocol.TCPAcceptResult) {
	b.T.Helper()
	r, request := b.AskAccept(listener, nil)
	return r, b.WantAccepted(r, request)
}

// Visit connects to a listener from outside, until the end of the test.
func (b *Broker) Visit(at protocol.TCPListenResult) *net.TCPConn {
	b.T.Helper()
	c, err := net.DialTimeout("tcp", net.JoinHostPort(at.LocalAddress, strconv.FormatInt(at.LocalPort, 10)), Patience)
	if err != nil {
		b.T.Fatal(err)
	}
	b.T.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}
