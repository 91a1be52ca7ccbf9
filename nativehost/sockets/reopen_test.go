package sockets_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// reopenable is a document with a lane, and a socket of its that it may open again.
func reopenable(t *testing.T, o hosttest.Options) (b *hosttest.Broker, p *hosttest.Page, of int64, port int) {
	t.Helper()
	o.Lanes, o.Judged = true, true
	b = hosttest.Start(t, o)
	port = hosttest.Serve(t, hosttest.Echo)
	of = b.OpenReopenable(port, nil).ID
	return b, b.Lane(t, "document"), of, port
}

// wantReopened wants a socket to open on the lane, and to echo.
func wantReopened(p *hosttest.Page, id int64) {
	p.T.Helper()
	p.Wait("the answer", id, func(s *hosttest.OnLane) bool { return s.Opened != nil || s.Declined || s.Closed != nil })
	p.Mu.Lock()
	opened := p.Of(id).Opened
	p.Mu.Unlock()
	if opened == nil {
		p.T.Fatalf("socket %d does not open", id)
	}
	p.Credit(id, protocol.WindowBytes)
	p.Send(id, []byte("hello"))
	p.Wait("the echo", id, func(s *hosttest.OnLane) bool { return string(s.Data) == "hello" })
}

// wantDeclined wants a socket not to be opened.
func wantDeclined(p *hosttest.Page, what string, id int64) {
	p.T.Helper()
	p.Wait("the answer", id, func(s *hosttest.OnLane) bool { return s.Opened != nil || s.Declined || s.Closed != nil })
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if !p.Of(id).Declined {
		p.T.Errorf("%s: socket %d is not declined", what, id)
	}
}

func opened(n int) func(protocol.ReopenReportParams) bool {
	return func(all protocol.ReopenReportParams) bool { return len(all.Opened) >= n }
}

// What was opened on the word of the broker is opened again on the lane: the page hears at
// once, the broker before long, and the audit log has each.
func TestReopening(t *testing.T) {
	b, p, of, port := reopenable(t, hosttest.Options{})
	id := p.Reopen(of, 7)
	wantReopened(p, id)
	p.Mu.Lock()
	frame := p.Of(id).Opened
	p.Mu.Unlock()
	if frame.Remote.Address != "127.0.0.1" || int(frame.Remote.Port) != port || frame.Local.Address != "127.0.0.1" || frame.Number != protocol.WindowBytes {
		t.Errorf("opened: %+v", frame)
	}
	told := b.WaitReported("the report", opened(1))
	socket := told.Opened[0]
	if told.Document != "document" || socket.Of != of || socket.PageID != 7 || socket.SocketID == id || socket.SocketID < protocol.FirstReopenedID {
		t.Errorf("reported: %+v", told)
	}
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: id})
	p.Wait("the end", id, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "" })
	told = b.WaitReported("the end", func(all protocol.ReopenReportParams) bool { return len(all.Closed) > 0 })
	if last := told.Closed[0]; last.SocketID != socket.SocketID || last.Name != "" || last.BytesIn != 5 || last.BytesOut != 5 {
		t.Errorf("closed: %+v", last)
	}
	text := strings.Join(b.Audit.All(), "\n")
	for _, event := range []string{"open", "close"} {
		if want := fmt.Sprintf(`"event":%q`, event); strings.Count(text, want) < 1 || !strings.Contains(text, fmt.Sprintf(`"socketId":%d`, socket.SocketID)) {
			t.Errorf("no %s in the audit log:\n%s", event, text)
		}
	}

	// The broker, and the user with it, may look at it, and end it, as any other.
	id = p.Reopen(of, 8)
	wantReopened(p, id)
	socket = b.WaitReported("the next report", opened(2)).Opened[1]
	var state protocol.SocketInspectResult
	b.MustCall(protocol.MethodSocketInspect, protocol.SocketInspectParams{SocketIDs: []int64{socket.SocketID}}, &state)
	if len(state.Sockets) != 1 || state.Sockets[0].BytesOut != 5 {
		t.Errorf("inspected: %+v", state)
	}
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: socket.SocketID, Reset: true}, nil)
	p.Wait("the end", id, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "NetworkError" })
}

// A UDP socket is opened again, too.
func TestReopeningUDP(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true, Judged: true})
	p := b.Lane(t, "document")
	peer := hosttest.UDPPeer(t)
	port := hosttest.PortOf(peer)
	var said protocol.PolicyJudgeResult
	b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "https://page.example", Protocol: "udp", Host: "127.0.0.1", Port: int64(port), UserEntered: true,
	}, &said)
	r, _ := b.OpenUDP(port, func(params *protocol.UDPOpenParams) {
		params.UserEntered, params.Verdict, params.Reopen, params.Window = true, said.Verdict, true, 0
	})
	id := p.Reopen(r.ID, 1)
	p.Wait("the socket", id, func(s *hosttest.OnLane) bool { return s.Opened != nil })
	p.Say(protocol.LaneFrame{Kind: protocol.LaneDatagram, SocketID: id, Number: 3, Payload: []byte("hello")})
	into := make([]byte, 64)
	_ = peer.SetReadDeadline(time.Now().Add(hosttest.Patience))
	if n, _, err := peer.ReadFrom(into); err != nil || string(into[:n]) != "hello" {
		t.Errorf("the datagram: %q, %v", into[:n], err)
	}
	p.Wait("the answer", id, func(s *hosttest.OnLane) bool { failed, ok := s.Wrote[3]; return ok && !failed })
}

// Nothing is opened without the broker's word for this document and this destination.
func TestReopeningNeedsPermission(t *testing.T) {
	b, p, of, port := reopenable(t, hosttest.Options{})
	other := b.Lane(t, "another document")
	wantDeclined(other, "another document", other.Reopen(of, 1))
	wantDeclined(p, "a socket that nobody opened", p.Reopen(of+1_000, 1))
	plain, _ := b.Open(port, func(params *protocol.TCPOpenParams, _ *hosttest.Remote) { params.Window = 0 })
	wantDeclined(p, "a socket without the word", p.Reopen(plain.ID, 2))
	asked := b.OpenReopenable(port, func(params *protocol.TCPOpenParams) { params.Verdict = "" })
	wantDeclined(p, "a socket that no verdict was compared for", p.Reopen(asked.ID, 3))
	upgradable := b.OpenReopenable(port, func(params *protocol.TCPOpenParams) { params.SecureTransport = "starttls" })
	wantDeclined(p, "a socket for STARTTLS", p.Reopen(upgradable.ID, 4))
	wantReopened(p, p.Reopen(of, 5))
	if told := b.WaitReported("the report", opened(1)); len(told.Opened) != 1 || len(told.Failed) != 0 {
		t.Errorf("reported: %+v", told)
	}
}

// It ends when the broker says so. What was opened before is told before the answer.
func TestReopeningEnds(t *testing.T) {
	b, p, of, _ := reopenable(t, hosttest.Options{})
	b.Mu.Lock()
	b.Remember = true
	b.Mu.Unlock()
	id := p.Reopen(of, 1)
	p.Wait("the socket", id, func(s *hosttest.OnLane) bool { return s.Opened != nil })
	b.MustCall(protocol.MethodReopenEnd, protocol.ReopenEndParams{Document: "document"}, nil)
	b.Mu.Lock()
	sequence := strings.Join(b.Sequence, "; ")
	b.Mu.Unlock()
	if !strings.HasPrefix(sequence, "report of document: 1 opened, 0 failed, 0 closed; answer") {
		t.Errorf("the broker hears %q", sequence)
	}
	wantDeclined(p, "what was taken back", p.Reopen(of, 2))
	p.Credit(id, protocol.WindowBytes)
	p.WantOnLane(&hosttest.Remote{ID: id})
	b.MustCall(protocol.MethodReopenEnd, protocol.ReopenEndParams{Document: "nobody's"}, nil)
}

// A lane that is over ends what was opening on it, what is open, and what may be opened
// again.
func TestReopeningEndsWithItsLane(t *testing.T) {
	b, p, of, _ := reopenable(t, hosttest.Options{})
	wantReopened(p, p.Reopen(of, 1))
	_ = p.WS.CloseNow()
	told := b.WaitReported("the end", func(all protocol.ReopenReportParams) bool { return len(all.Closed) > 0 })
	if last := told.Closed[0]; last.SocketID != told.Opened[0].SocketID || last.Name != "NetworkError" {
		t.Errorf("closed: %+v", last)
	}
	next := b.Lane(t, "document")
	wantDeclined(next, "another lane", next.Reopen(of, 2))
}

// The rules are asked each time, by the verdict that the broker decided by.
func TestReopeningIsJudged(t *testing.T) {
	b, p, of, port := reopenable(t, hosttest.Options{})
	lines := len(b.Audit.All())
	b.Managed(`{"cspRule": "require-eval-blocked"}`)
	wantDeclined(p, "another verdict", p.Reopen(of, 1))
	b.Managed(fmt.Sprintf(`{"blockedDestinations": [{"ports": ["%d"]}]}`, port))
	wantDeclined(p, "a blocked port", p.Reopen(of, 2))
	for _, line := range b.Audit.All()[lines:] {
		if strings.Contains(line, `"event":"open"`) || strings.Contains(line, "refused") {
			t.Errorf("in the audit log: %s", line)
		}
	}
	b.Managed(`{}`)
	wantReopened(p, p.Reopen(of, 3))
}

// The origin's limits hold: who has no room is sent to the broker, who says so.
func TestReopeningKeepsTheLimits(t *testing.T) {
	caps := limits.Standard()
	caps.AttemptBurst, caps.AttemptsPerSecond, caps.AttemptsPerMinuteOverall, caps.PerOrigin = 0, 0, 0, 3
	_, p, of, _ := reopenable(t, hosttest.Options{Caps: &caps})
	for n := range int64(2) {
		wantReopened(p, p.Reopen(of, n+1))
	}
	wantDeclined(p, "one too many", p.Reopen(of, 3))
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: protocol.FirstReopenedID + 1})
	p.Wait("the end", protocol.FirstReopenedID+1, func(s *hosttest.OnLane) bool { return s.Closed != nil })
	wantReopened(p, p.Reopen(of, 4))
}

// A lane opens so many in a row, and no more.
func TestReopeningHasItsPace(t *testing.T) {
	b, p, of, _ := reopenable(t, hosttest.Options{})
	declined := int64(0)
	for n := int64(1); declined == 0; n++ {
		if n > protocol.ReopenBurst+protocol.ReopensPerSecond*60 {
			t.Fatalf("%d were opened in a row", n)
		}
		id := p.Reopen(of, n)
		p.Wait("the answer", id, func(s *hosttest.OnLane) bool {
			if s.Declined {
				declined = n
			}
			return s.Opened != nil || s.Declined
		})
		p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: id})
	}
	if declined <= protocol.ReopenBurst {
		t.Errorf("number %d is declined", declined)
	}
	told := b.WaitReported("all reports", func(all protocol.ReopenReportParams) bool {
		return int64(len(all.Opened)) >= declined-1 && len(all.Closed) == len(all.Opened)
	})
	seen := map[int64]bool{}
	for _, socket := range told.Opened {
		if seen[socket.SocketID] {
			t.Errorf("socket %d is told twice", socket.SocketID)
		}
		seen[socket.SocketID] = true
	}
}

// What does not open is told on the lane, with what a page may know, and to the broker with
// the true reason. What the page has given up is told to nobody.
func TestReopeningFails(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true, Judged: true})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	of := b.OpenReopenable(listener.Addr().(*net.TCPAddr).Port, nil).ID
	p := b.Lane(t, "document")
	_ = listener.Close()
	id := p.Reopen(of, 1)
	p.Wait("the end", id, func(s *hosttest.OnLane) bool { return s.Closed != nil })
	p.Mu.Lock()
	if s := p.Of(id); *s.Closed != "NetworkError" || s.Reason != "refused" {
		t.Errorf("the page hears %q, %q", *s.Closed, s.Reason)
	}
	p.Mu.Unlock()
	told := b.WaitReported("the report", func(all protocol.ReopenReportParams) bool { return len(all.Failed) > 0 })
	if failed := told.Failed[0]; failed.Of != of || failed.PageID != 1 || failed.Reason != "refused" || len(told.Opened) != 0 {
		t.Errorf("reported: %+v", told)
	}
}

// Ids are used once, and in their order.
func TestReopenedIDsAreUsedOnce(t *testing.T) {
	_, p, of, _ := reopenable(t, hosttest.Options{})
	wantReopened(p, p.Reopen(of, 5))
	p.Reopen(of, 5)
	p.WaitGone("the same id twice")
}

// A document has so many destinations that it may open again: the oldest is forgotten.
func TestReopenableDestinationsAreBounded(t *testing.T) {
	b, p, of, port := reopenable(t, hosttest.Options{})
	for range protocol.ReopenableOfDocument - 1 {
		b.OpenReopenable(port, nil)
	}
	wantReopened(p, p.Reopen(of, 1))
	b.OpenReopenable(port, nil)
	wantDeclined(p, "the oldest", p.Reopen(of, 2))
}
