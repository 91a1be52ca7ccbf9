// Code generated from protocol/schema by `make generate`. DO NOT EDIT.

package rpc

import (
	"context"

	"github.com/portside/portside/protocol"
)

// Handler serves what the browser's side calls. A method with an id answers it, then or
// later, unless it returns a fault.
type Handler interface {
	// Hello serves hello. First exchange on every connection: versions and capabilities.
	Hello(ctx context.Context, id int64, params protocol.HelloParams) *protocol.RPCError
	// PolicyManaged serves policy.managed. Hands the host the administrator's settings that the browser keeps; the stricter of these and the host's own win.
	PolicyManaged(ctx context.Context, id int64, params protocol.PolicyManagedParams) *protocol.RPCError
	// PolicyJudge serves policy.judge. Asks what the rules say of a destination before anybody is asked. Sends nothing to the network.
	PolicyJudge(ctx context.Context, id int64, params protocol.PolicyJudgeParams) *protocol.RPCError
	// PolicyGet serves policy.get. Tells the user which policy is in force, and by whom.
	PolicyGet(ctx context.Context, id int64, params protocol.PolicyGetParams) *protocol.RPCError
	// ResolveBrowse serves resolve.browse. Looks for devices nearby that offer a service at a port, by DNS-SD over multicast DNS. Each is told by resolve.found; answered when the time is over or resolve.stop came.
	ResolveBrowse(ctx context.Context, id int64, params protocol.ResolveBrowseParams) *protocol.RPCError
	// ResolveStop serves resolve.stop. Ends a resolve.browse, which is answered first. Nothing is wrong when it has ended by itself.
	ResolveStop(ctx context.Context, id int64, params protocol.ResolveStopParams) *protocol.RPCError
	// TCPOpen serves tcp.open. Connects a TCP socket.
	TCPOpen(ctx context.Context, id int64, params protocol.TCPOpenParams) *protocol.RPCError
	// UDPOpen serves udp.open. Opens a UDP socket connected to one remote address and port.
	UDPOpen(ctx context.Context, id int64, params protocol.UDPOpenParams) *protocol.RPCError
	// PolicyJudgeLocal serves policy.judgeLocal. Asks what the rules say of a socket that others could send to, and where it could be open, before anybody is asked. Opens nothing.
	PolicyJudgeLocal(ctx context.Context, id int64, params protocol.PolicyJudgeLocalParams) *protocol.RPCError
	// TCPListen serves tcp.listen. Listens for TCP connections. None is accepted before a tcp.accept.
	TCPListen(ctx context.Context, id int64, params protocol.TCPListenParams) *protocol.RPCError
	// TCPAccept serves tcp.accept. Takes the next connection of a socket that listens, and waits for one. Given up by socket.close of the connection's id, or of the listening socket's.
	TCPAccept(ctx context.Context, id int64, params protocol.TCPAcceptParams) *protocol.RPCError
	// UDPBind serves udp.bind. Opens a UDP socket that is bound to a local address, and not connected. Each payload of it begins with a peer header.
	UDPBind(ctx context.Context, id int64, params protocol.UDPBindParams) *protocol.RPCError
	// MulticastJoin serves multicast.join. Has a bound UDP socket join a multicast group.
	MulticastJoin(ctx context.Context, id int64, params protocol.MulticastJoinParams) *protocol.RPCError
	// MulticastLeave serves multicast.leave. Has a bound UDP socket leave a multicast group.
	MulticastLeave(ctx context.Context, id int64, params protocol.MulticastLeaveParams) *protocol.RPCError
	// SocketWrite serves socket.write. Bytes for a TCP socket, or one datagram. With an id it is answered once the system has taken the bytes.
	SocketWrite(ctx context.Context, id *int64, params protocol.SocketWriteParams) *protocol.RPCError
	// SocketShutdown serves socket.shutdown. Half-close: sends FIN after everything written before. Answered once the FIN is with the system.
	SocketShutdown(ctx context.Context, id int64, params protocol.SocketShutdownParams) *protocol.RPCError
	// SocketStartTLS serves socket.startTLS. Puts TLS on an open TCP socket that was opened with secureTransport "starttls", after everything written before.
	SocketStartTLS(ctx context.Context, id int64, params protocol.SocketStartTLSParams) *protocol.RPCError
	// SocketSetOption serves socket.setOption. Sets TCP_NODELAY or keep-alive on an open TCP socket.
	SocketSetOption(ctx context.Context, id int64, params protocol.SocketSetOptionParams) *protocol.RPCError
	// SocketClose serves socket.close. Closes a socket, or gives up one that is still opening. Bytes written before are still delivered, unless reset is set.
	SocketClose(ctx context.Context, id int64, params protocol.SocketCloseParams) *protocol.RPCError
	// SocketInspect serves socket.inspect. Tells the user about open sockets: bytes so far, the peer's address and certificate.
	SocketInspect(ctx context.Context, id int64, params protocol.SocketInspectParams) *protocol.RPCError
	// LaneOpen serves lane.open. Lets a document bring a connection of its own for the bytes of its sockets.
	LaneOpen(ctx context.Context, id int64, params protocol.LaneOpenParams) *protocol.RPCError
	// ReopenEnd serves reopen.end. Takes back that a document may open again on its lane what it has opened. All that came of it is told before the answer.
	ReopenEnd(ctx context.Context, id int64, params protocol.ReopenEndParams) *protocol.RPCError
	// TryoutStart serves tryout.start. Starts a small server on loopback, and a page beside it that connects to it by the API, so that the user can try that everything works. A second call replaces the first.
	TryoutStart(ctx context.Context, id int64, params protocol.TryoutStartParams) *protocol.RPCError
	// TryoutStop serves tryout.stop. Stops both.
	TryoutStop(ctx context.Context, id int64, params protocol.TryoutStopParams) *protocol.RPCError
	// AuditRefused serves audit.refused. The extension refused an open, or several; the host writes the audit line, or counts.
	AuditRefused(ctx context.Context, params protocol.AuditRefusedParams)
	// SocketCredit serves socket.credit. The sender of this has consumed bytes: the other side may send as many more.
	SocketCredit(ctx context.Context, params protocol.SocketCreditParams)
}

// Serve hands a message that fits its schema to whoever serves its method, and returns
// their fault. A request has an id, as the envelope's schema says.
func Serve(ctx context.Context, h Handler, m protocol.Message) *protocol.RPCError {
	switch m.Method {
	case protocol.MethodHello:
		return request(ctx, m, h.Hello)
	case protocol.MethodPolicyManaged:
		return request(ctx, m, h.PolicyManaged)
	case protocol.MethodPolicyJudge:
		return request(ctx, m, h.PolicyJudge)
	case protocol.MethodPolicyGet:
		return request(ctx, m, h.PolicyGet)
	case protocol.MethodResolveBrowse:
		return request(ctx, m, h.ResolveBrowse)
	case protocol.MethodResolveStop:
		return request(ctx, m, h.ResolveStop)
	case protocol.MethodTCPOpen:
		return request(ctx, m, h.TCPOpen)
	case protocol.MethodUDPOpen:
		return request(ctx, m, h.UDPOpen)
	case protocol.MethodPolicyJudgeLocal:
		return request(ctx, m, h.PolicyJudgeLocal)
	case protocol.MethodTCPListen:
		return request(ctx, m, h.TCPListen)
	case protocol.MethodTCPAccept:
		return request(ctx, m, h.TCPAccept)
	case protocol.MethodUDPBind:
		return request(ctx, m, h.UDPBind)
	case protocol.MethodMulticastJoin:
		return request(ctx, m, h.MulticastJoin)
	case protocol.MethodMulticastLeave:
		return request(ctx, m, h.MulticastLeave)
	case protocol.MethodSocketWrite:
		return data(ctx, m, h.SocketWrite)
	case protocol.MethodSocketShutdown:
		return request(ctx, m, h.SocketShutdown)
	case protocol.MethodSocketStartTLS:
		return request(ctx, m, h.SocketStartTLS)
	case protocol.MethodSocketSetOption:
		return request(ctx, m, h.SocketSetOption)
	case protocol.MethodSocketClose:
		return request(ctx, m, h.SocketClose)
	case protocol.MethodSocketInspect:
		return request(ctx, m, h.SocketInspect)
	case protocol.MethodLaneOpen:
		return request(ctx, m, h.LaneOpen)
	case protocol.MethodReopenEnd:
		return request(ctx, m, h.ReopenEnd)
	case protocol.MethodTryoutStart:
		return request(ctx, m, h.TryoutStart)
	case protocol.MethodTryoutStop:
		return request(ctx, m, h.TryoutStop)
	case protocol.MethodAuditRefused:
		return notification(ctx, m, h.AuditRefused)
	case protocol.MethodSocketCredit:
		return notification(ctx, m, h.SocketCredit)
	default:
		// Only the host says it.
		return protocol.NewError(protocol.CodeUnknownMethod)
	}
}
