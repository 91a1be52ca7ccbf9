package sockets_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// hear wants a peer to get text.
func hear(t *testing.T, c net.Conn, text string) {
	t.Helper()
	got := make([]byte, len(text))
	_ = c.SetReadDeadline(time.Now().Add(hosttest.Patience))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("got %q, %v; want %q", got, err, text)
	}
}

// wantEnd wants a peer's connection to end, with RST or without.
func wantEnd(t *testing.T, c net.Conn, reset bool) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(hosttest.Patience))
	_, err := io.Copy(io.Discard, c)
	if reset != errors.Is(err, syscall.ECONNRESET) || !reset && err != nil {
		t.Errorf("ended with %v; reset wanted: %v", err, reset)
	}
}

func closeSocket(b *hosttest.Broker, r *hosttest.Remote) {
	b.T.Helper()
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID}, nil)
}

func TestAccepted(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	if at.LocalAddress != "127.0.0.1" || at.LocalPort == 0 || at.Certificate != "" {
		t.Errorf("listens at %+v", at)
	}
	visitor := b.Visit(at)
	r, result := b.Accept(listener)
	from := visitor.LocalAddr().(*net.TCPAddr)
	if result.RemoteAddress != "127.0.0.1" || result.RemotePort != int64(from.Port) || result.LocalAddress != "127.0.0.1" ||
		result.LocalPort != at.LocalPort || result.Window != protocol.WindowBytes || result.TLS != nil {
		t.Errorf("accepted %+v", result)
	}
	// Both ways, and each way ends by itself.
	sent := hosttest.Noise(300_000)
	go func() {
		_, _ = visitor.Write(sent)
		_ = visitor.CloseWrite()
	}()
	b.WaitEnd(r)
	if !bytes.Equal(b.Bytes(r), sent) {
		t.Error("the bytes differ")
	}
	b.Send(r, []byte("answer"))
	b.MustCall(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID}, nil)
	hear(t, visitor, "answer")
	wantEnd(t, visitor, false)
	if end := b.WantClosed(r, "", ""); end.BytesIn != int64(len(sent)) || end.BytesOut != 6 {
		t.Errorf("closed with %+v", end)
	}
	closeSocket(b, listener)
	if end := b.WantClosed(listener, "", ""); end.BytesIn != 0 || end.BytesOut != 0 {
		t.Errorf("the listener closed with %+v", end)
	}
}

// A page may connect to itself.
func TestPageConnectsToItself(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	there, _ := b.Open(int(at.LocalPort), hosttest.Keep)
	here, _ := b.Accept(listener)
	for _, way := range [][2]*hosttest.Remote{{here, there}, {there, here}} {
		sent := hosttest.Noise(1 << 20)
		b.Send(way[0], sent)
		b.WaitReceived(way[1], int64(len(sent)))
		if !bytes.Equal(b.Bytes(way[1]), sent) {
			t.Error("the bytes differ")
		}
	}
	closeSocket(b, there)
	b.WaitEnd(here)
}

// The listener's end is not that of what it has accepted.
func TestAcceptedOutlivesListener(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	visitor := b.Visit(at)
	r, _ := b.Accept(listener)
	rival := b.Listener()
	rival.LocalPort, rival.Origin = at.LocalPort, "https://other.example"
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPListen, rival)), "NetworkError", "in-use")
	closeSocket(b, listener)
	b.WantClosed(listener, "", "")
	b.Send(r, []byte("still there"))
	hear(t, visitor, "still there")
	if c, err := net.DialTimeout("tcp", visitor.RemoteAddr().String(), hosttest.Patience); err == nil {
		c.Close()
		t.Error("somebody listens still")
	}
	// Another page gets the port.
	again, _ := b.Listen(func(p *protocol.TCPListenParams) { p.LocalPort, p.Origin = at.LocalPort, "https://other.example" })
	b.Visit(at)
	b.Accept(again)
}

func TestAcceptIsGivenUp(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	given, request := b.AskAccept(listener, nil)
	closing := b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: given.ID})
	hosttest.WantFailure(t, b.Answer(request), "AbortError", "aborted")
	b.WantResult(protocol.MethodSocketClose, b.Answer(closing), nil)
	// The next one gets what comes next.
	visitor := b.Visit(at)
	r, _ := b.Accept(listener)
	b.Send(r, []byte("hello"))
	hear(t, visitor, "hello")
	// The end of the listener gives it up, too: the answers come before the last word.
	_, first := b.AskAccept(listener, nil)
	_, second := b.AskAccept(listener, nil)
	closeSocket(b, listener)
	b.WantClosed(listener, "", "")
	b.Mu.Lock()
	_, answered := b.Answers[first]
	_, answeredToo := b.Answers[second]
	b.Mu.Unlock()
	if !answered || !answeredToo {
		t.Error("the listener's last word came before the answers")
	}
	for _, request := range []int64{first, second} {
		hosttest.WantFailure(t, b.Answer(request), "AbortError", "aborted")
	}
	if given.Closed != nil {
		t.Error("what never opened has closed")
	}
}

func TestWhatCannotBeAccepted(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, _ := b.Listen(nil)
	connected, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	_, request := b.AskAccept(&hosttest.Remote{ID: 4711}, nil)
	hosttest.WantFailure(t, b.Answer(request), "InvalidStateError", "gone")
	_, request = b.AskAccept(connected, nil)
	hosttest.WantFailure(t, b.Answer(request), "InvalidStateError", "protocol")
	_, request = b.AskAccept(listener, func(p *protocol.TCPAcceptParams) { p.SocketID = connected.ID })
	hosttest.WantCode(t, b.Answer(request), protocol.CodeInvalidRequest)
	var pending []int64
	var one *hosttest.Remote
	for range 16 {
		one, request = b.AskAccept(listener, nil)
		pending = append(pending, request)
	}
	_, request = b.AskAccept(listener, nil)
	hosttest.WantCode(t, b.Answer(request), protocol.CodeInvalidRequest)
	b.WantAlive(connected)
	b.Mu.Lock()
	for _, request := range pending {
		if _, answered := b.Answers[request]; answered {
			t.Error("one that waits is answered")
		}
	}
	b.Mu.Unlock()
	// A place is free again once one is given up.
	closeSocket(b, one)
	_, request = b.AskAccept(listener, nil)
	closeSocket(b, listener)
	hosttest.WantFailure(t, b.Answer(request), "AbortError", "aborted")
}

// What connected sockets can do, listeners refuse, and live.
func TestListenersOnlyListen(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	for method, params := range map[string]any{
		protocol.MethodSocketShutdown:  protocol.SocketShutdownParams{SocketID: listener.ID},
		protocol.MethodSocketSetOption: protocol.SocketSetOptionParams{SocketID: listener.ID, Option: "noDelay", Value: 1},
		protocol.MethodSocketStartTLS:  protocol.SocketStartTLSParams{SocketID: listener.ID},
	} {
		hosttest.WantFailure(t, b.Answer(b.Ask(method, params)), "InvalidStateError", "protocol")
	}
	hosttest.WantFailure(t, b.Answer(b.WriteAsk(listener, []byte("x"))), "InvalidStateError", "protocol")
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: listener.ID, Bytes: 1})
	b.Visit(at)
	r, _ := b.Accept(listener)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: r.ID})), "InvalidStateError", "protocol")
	b.MustCall(protocol.MethodSocketSetOption, protocol.SocketSetOptionParams{SocketID: r.ID, Option: "noDelay", Value: 1}, nil)
}

func TestWhatMayNotListen(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	// Another program has the port.
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p := b.Listener()
	p.LocalPort = int64(other.Addr().(*net.TCPAddr).Port)
	asked := time.Now()
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPListen, p)), "NetworkError", "in-use")
	if took := time.Since(asked); took >= sockets.RefusalDelay {
		t.Errorf("the port is in use: it took %v", took)
	}
	refused := map[string]struct {
		change func(*protocol.TCPListenParams)
		reason string
	}{
		"an insecure page":            {func(p *protocol.TCPListenParams) { p.Origin = "http://page.example" }, "origin"},
		"a low port":                  {func(p *protocol.TCPListenParams) { p.LocalPort = 8080 }, "port"},
		"no address of this computer": {func(p *protocol.TCPListenParams) { p.LocalAddress, p.Reach = "203.0.113.1", "network" }, "address"},
		"another reach":               {func(p *protocol.TCPListenParams) { p.LocalAddress = "0.0.0.0" }, "address"},
		"a name":                      {func(p *protocol.TCPListenParams) { p.LocalAddress = "localhost" }, "address"},
	}
	answers := map[string]int64{}
	asked = time.Now()
	for what, row := range refused {
		p := b.Listener()
		row.change(&p)
		answers[what] = b.Ask(protocol.MethodTCPListen, p)
	}
	for what, row := range refused {
		t.Run(what, func(t *testing.T) {
			hosttest.WantFailure(t, b.Answer(answers[what]), "NotAllowedError", row.reason)
			if took := time.Since(asked); took < sockets.RefusalDelay {
				t.Errorf("it took %v", took)
			}
		})
	}
	_, request := b.AskAccept(b.Remote(p.SocketID), nil)
	hosttest.WantFailure(t, b.Answer(request), "InvalidStateError", "gone")
	lines := strings.Join(b.Audit.All(), "\n")
	for _, want := range []string{`"event":"refuse"`, `"local":true`, `"reason":"port"`, `"event":"fail"`, `"reason":"in-use"`} {
		if !strings.Contains(lines, want) {
			t.Errorf("the audit log has no %s:\n%s", want, lines)
		}
	}
}

func TestListenerIsInspected(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	visitor := b.Visit(at)
	r, _ := b.Accept(listener)
	b.Send(r, []byte("12345"))
	hear(t, visitor, "12345")
	wantInspect(b, []protocol.SocketState{
		{SocketID: listener.ID, Accepted: 1},
		{SocketID: r.ID, RemoteAddress: "127.0.0.1", BytesOut: 5},
	}, listener.ID, r.ID)
}

func TestAcceptedOnTheLane(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Lanes: true})
	p, other := b.Lane(t, "document"), b.Lane(t, "another document")
	listener, at := b.Listen(nil)
	visitor := b.Visit(at)
	r, request := b.AskAccept(listener, func(p *protocol.TCPAcceptParams) { p.Window = 0 })
	result := b.WantAccepted(r, request)
	other.Credit(r.ID, 1)
	other.WaitGone("a lane that speaks of another document's socket")
	p.Mu.Lock()
	p.Of(r.ID).Credit = result.Window
	p.Mu.Unlock()
	p.Credit(r.ID, protocol.WindowBytes)
	if _, err := visitor.Write([]byte("to the page")); err != nil {
		t.Fatal(err)
	}
	p.Wait("bytes", r.ID, func(s *hosttest.OnLane) bool { return string(s.Data) == "to the page" })
	p.Send(r.ID, []byte("to the visitor"))
	hear(t, visitor, "to the visitor")
	p.Say(protocol.LaneFrame{Kind: protocol.LaneClose, SocketID: r.ID})
	p.Wait("the last word", r.ID, func(s *hosttest.OnLane) bool { return s.Closed != nil && *s.Closed == "" })
	wantEnd(t, visitor, false)
	// A lane speaks of no listener.
	p.Credit(listener.ID, 1)
	p.WaitGone("a lane that speaks of a listener")
	b.Visit(at)
	b.Accept(listener)
}

// The end of the session is the end of all of it; TestMain looks whether anything is left.
func TestSessionEndsListeners(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	visitor := b.Visit(at)
	b.Accept(listener)
	b.AskAccept(listener, nil)
	b.In.Close()
	wantEnd(t, visitor, false)
	b.Wait("nobody to listen", func() bool {
		c, err := net.DialTimeout("tcp", visitor.RemoteAddr().String(), hosttest.Patience)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

func TestListenersInTheAuditLog(t *testing.T) {
	for _, private := range []bool{false, true} {
		b := hosttest.Start(t, hosttest.Options{})
		listener, at := b.Listen(func(p *protocol.TCPListenParams) { p.Private = private })
		visitor := b.Visit(at)
		r, _ := b.Accept(listener)
		closeSocket(b, r)
		b.WantClosed(r, "", "")
		closeSocket(b, listener)
		b.WantClosed(listener, "", "")
		text := strings.Join(b.Audit.All(), "\n")
		events := []string{`"event":"listen"`, `"event":"accept"`, `"event":"close"`, `"accepted":1`, `"listener":1`}
		told := []string{`"origin":"https://page.example"`, `"at":"` + visitor.RemoteAddr().String() + `"`, `"reach":"computer"`, `"remote":"` + visitor.LocalAddr().String() + `"`}
		for _, word := range slices.Concat(events, told) {
			if strings.Contains(text, word) != (!private || slices.Contains(events, word)) {
				t.Errorf("private %v, %s:\n%s", private, word, text)
			}
		}
		if private && strings.Contains(text, "127.0.0.1") {
			t.Errorf("an address of a private window:\n%s", text)
		}
	}
}

// Whoever connects as often as they like does not fill the audit log, and takes no line
// away from what the page does.
func TestAuditLinesOfAcceptedAreBounded(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	listener, at := b.Listen(nil)
	for range protocol.AuditLinesPerOrigin + 5 {
		b.Visit(at)
		r, _ := b.Accept(listener)
		closeSocket(b, r)
		b.WaitClosed(r)
	}
	p := b.Listener()
	p.LocalPort = 80
	b.Answer(b.Ask(protocol.MethodTCPListen, p))
	count := map[string]int{}
	for _, line := range b.Audit.All() {
		for _, event := range []string{"accept", "close", "refuse"} {
			if strings.Contains(line, `"event":"`+event+`"`) {
				count[event]++
			}
		}
	}
	if count["accept"] != protocol.AuditLinesPerOrigin || count["close"] != protocol.AuditLinesPerOrigin || count["refuse"] != 1 {
		t.Errorf("lines: %v", count)
	}
}
