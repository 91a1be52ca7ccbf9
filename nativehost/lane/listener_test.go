package lane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ours = "chrome-extension://ours"

// lanes is a Listener whose lanes come out of a channel and stay until the test lets go.
type lanes struct {
	*Listener
	t       *testing.T
	log     bytes.Buffer
	in      chan lane
	release chan struct{}
}

type lane struct {
	document string
	conn     *Conn
}

func newLanes(t *testing.T) *lanes {
	t.Helper()
	l := &lanes{t: t, in: make(chan lane, 100), release: make(chan struct{})}
	l.Listener = New(zerolog.New(zerolog.SyncWriter(&l.log)), func(v Visitor, c *Conn) {
		l.in <- lane{v.Document, c}
		<-l.release
	})
	t.Cleanup(func() {
		close(l.release)
		l.Close()
	})
	return l
}

func (l *lanes) ticket(document string) (at, secret string) {
	l.t.Helper()
	port, secret, err := l.Ticket(l.t.Context(), Visitor{Document: document, Origin: ours})
	if err != nil {
		l.t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port), secret
}

// visit is what somebody asks of the Listener.
type visit struct {
	host, origin, path string
	protocols          []string
}

func proper(at, secret string) visit {
	return visit{at, ours, "/", []string{protocol.LaneProtocol, ticketPrefix + secret}}
}

func (v visit) dial(ctx context.Context, at string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	header := http.Header{}
	if v.origin != "" {
		header["Origin"] = strings.Split(v.origin, " ")
	}
	// Nobody is asked for a connection that is left over from before.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	c, response, err := websocket.Dial(ctx, "ws://"+at+v.path, &websocket.DialOptions{
		HTTPClient: client, Host: v.host, HTTPHeader: header, Subprotocols: v.protocols,
	})
	if response != nil && response.Body != nil && err != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return c, err
}

// lets wants the visitor to be let in for the document.
func (l *lanes) lets(v visit, at, document string) (*websocket.Conn, *Conn) {
	l.t.Helper()
	c, err := v.dial(l.t.Context(), at)
	if err != nil {
		l.t.Fatalf("refused: %v", err)
	}
	l.t.Cleanup(func() { _ = c.CloseNow() })
	select {
	case in := <-l.in:
		if in.document != document || c.Subprotocol() != protocol.LaneProtocol {
			l.t.Errorf("in for %q, with %q", in.document, c.Subprotocol())
		}
		return c, in.conn
	case <-time.After(5 * time.Second):
		l.t.Fatal("nobody came in")
		return nil, nil
	}
}

func (l *lanes) refuses(what string, v visit, at string) {
	l.t.Helper()
	c, err := v.dial(l.t.Context(), at)
	if err == nil {
		_ = c.CloseNow()
		l.t.Errorf("%s: let in", what)
	}
}

func listens(at string) bool {
	c, err := net.DialTimeout("tcp", at, time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestTickets(t *testing.T) {
	l := newLanes(t)
	at, first := l.ticket("document one")
	same, second := l.ticket("document two")
	if at != same || first == second || len(first) != 43 {
		t.Errorf("%s %s, %s %s", at, first, same, second)
	}
	l.lets(proper(at, first), at, "document one")
	l.refuses("a used ticket", proper(at, first), at)
	l.refuses("no ticket", visit{at, ours, "/", []string{protocol.LaneProtocol}}, at)
	l.refuses("an empty one", proper(at, ""), at)
	l.refuses("one that nobody made", proper(at, strings.Repeat("A", 43)), at)
	l.refuses("the beginning of one", proper(at, second[:42]), at)
	other := newLanes(t)
	there, foreign := other.ticket("document three")
	l.refuses("somebody else's", proper(at, foreign), at)
	other.lets(proper(there, foreign), there, "document three")
	l.lets(proper(at, second), at, "document two")
	if !strings.Contains(l.log.String(), "no such ticket") || strings.Contains(l.log.String(), foreign) {
		t.Errorf("the log: %s", l.log.String())
	}
}

// The host listens only while somebody is expected; lanes stay.
func TestListensWhileNeeded(t *testing.T) {
	l := newLanes(t)
	at, one := l.ticket("one")
	_, two := l.ticket("two")
	mine, theirs := l.lets(proper(at, one), at, "one")
	if !listens(at) {
		t.Error("nobody listens for the second")
	}
	l.lets(proper(at, two), at, "two")
	if listens(at) {
		t.Error("it listens, and expects nobody")
	}
	go func() { _, _ = theirs.Write([]byte("still here")) }()
	if kind, got, err := mine.Read(t.Context()); err != nil || kind != websocket.MessageBinary || string(got) != "still here" {
		t.Errorf("%v, %q, %v", kind, got, err)
	}
	again, three := l.ticket("three")
	l.lets(proper(again, three), again, "three")

	l.ticketLife = 100 * time.Millisecond
	at, late := l.ticket("late")
	for deadline := time.Now().Add(5 * time.Second); listens(at) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if listens(at) {
		t.Error("it listens for somebody who is late")
	}
	l.ticketLife = ticketLife
	at, _ = l.ticket("another")
	l.refuses("a late ticket", proper(at, late), at)

	l = newLanes(t)
	at, _ = l.ticket("nobody")
	l.Close()
	if listens(at) {
		t.Error("it listens after its end")
	}
	if _, _, err := l.Ticket(t.Context(), Visitor{Document: "after the end", Origin: ours}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a ticket after the end: %v", err)
	}
}

// Whoever else comes is refused, and uses no ticket up.
// An extension of the release before offers the first protocol only, and gets that.
func TestProtocols(t *testing.T) {
	l := newLanes(t)
	for _, c := range []struct {
		offered []string
		want    string
	}{
		{[]string{protocol.LaneProtocol, protocol.FirstLaneProtocol}, protocol.LaneProtocol},
		{[]string{protocol.FirstLaneProtocol, protocol.LaneProtocol}, protocol.LaneProtocol},
		{[]string{protocol.FirstLaneProtocol}, protocol.FirstLaneProtocol},
	} {
		at, secret := l.ticket("document")
		v := proper(at, secret)
		v.protocols = append(slices.Clone(c.offered), ticketPrefix+secret)
		ws, err := v.dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		in := <-l.in
		if got := ws.Subprotocol(); got != c.want || in.conn.Batches() != (c.want == protocol.LaneProtocol) {
			t.Errorf("%v: %q, batches: %v", c.offered, got, in.conn.Batches())
		}
		_ = ws.CloseNow()
	}
}

func TestWhoIsRefused(t *testing.T) {
	l := newLanes(t)
	at, secret := l.ticket("document")
	good := proper(at, secret)
	port := at[strings.LastIndex(at, ":"):]
	for what, change := range map[string]func(*visit){
		"a web page":                 func(v *visit) { v.origin = "https://page.example" },
		"another extension":          func(v *visit) { v.origin = "chrome-extension://theirs" },
		"an origin that begins so":   func(v *visit) { v.origin = ours + ".example" },
		"two origins":                func(v *visit) { v.origin = ours + " https://page.example" },
		"an opaque origin":           func(v *visit) { v.origin = "null" },
		"a program without origin":   func(v *visit) { v.origin = "" },
		"a name that leads here":     func(v *visit) { v.host = "rebound.example" + port },
		"localhost":                  func(v *visit) { v.host = "localhost" + port },
		"another port":               func(v *visit) { v.host = "127.0.0.1:1" },
		"another path":               func(v *visit) { v.path = "/lane" },
		"a query":                    func(v *visit) { v.path = "/?x" },
		"another protocol":           func(v *visit) { v.protocols = []string{"portside.lane.3", ticketPrefix + secret} },
		"no protocol but the ticket": func(v *visit) { v.protocols = v.protocols[1:] },
	} {
		v := good
		change(&v)
		l.refuses(what, v, at)
	}
	// What is no WebSocket gets no further.
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: " + at + "\r\nOrigin: " + ours + "\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: " + at + "\r\nOrigin: " + ours + "\r\nContent-Length: 0\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: " + at + "\r\nOrigin: " + ours + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + at + "\r\nOrigin: " + ours + "\r\nSec-WebSocket-Protocol: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"\x16\x03\x01\x00\x05hello\r\n\r\n",
	} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, request)
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		answer, err := io.ReadAll(c)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%.40q: %v", request, err)
		}
		if bytes.Contains(answer, []byte(" 101 ")) || bytes.Contains(answer, []byte(" 200 ")) || len(answer) > 300 {
			t.Errorf("%.40q is answered %q", request, answer)
		}
	}
	l.lets(good, at, "document")
}

// Who says nothing is let go, and holds up nobody.
func TestSilentPendingConnections(t *testing.T) {
	l := newLanes(t)
	at, secret := l.ticket("document")
	began := time.Now()
	for n := range maxPending {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if n%2 == 0 {
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: ")
		}
	}
	l.lets(proper(at, secret), at, "document")
	if took := time.Since(began); took < patience/2 || took > patience+3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A lane takes no place of pending connections, also while the port is the same.
func TestLanesAreNotPending(t *testing.T) {
	l := newLanes(t)
	var at string
	secrets := make([]string, 2*maxPending)
	for n := range secrets {
		at, secrets[n] = l.ticket("document")
	}
	for _, secret := range secrets {
		l.lets(proper(at, secret), at, "document")
	}
}

func TestTicketsAreBounded(t *testing.T) {
	l := newLanes(t)
	for range maxTickets {
		l.ticket("document")
	}
	if _, _, err := l.Ticket(t.Context(), Visitor{Document: "one too many", Origin: ours}); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
}

// Frames come whole, however they were cut; what is none ends the lane.
func TestFrames(t *testing.T) {
	for what, c := range map[string]struct {
		kind websocket.MessageType
		size int
		ok   bool
	}{
		"an empty frame": {websocket.MessageBinary, 0, true}, "a small frame": {websocket.MessageBinary, 9, true},
		"the largest": {websocket.MessageBinary, protocol.LaneFrameBytes, true},
		"too large":   {websocket.MessageBinary, protocol.LaneFrameBytes + 1, false}, "much too large": {websocket.MessageBinary, 1 << 20, false},
		"text": {websocket.MessageText, 9, false},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLanes(t)
			at, secret := l.ticket("document")
			mine, theirs := l.lets(proper(at, secret), at, "document")
			sent := bytes.Repeat([]byte("0123456"), c.size/7+1)[:c.size]
			go func() {
				w, err := mine.Writer(t.Context(), c.kind)
				if err != nil {
					return
				}
				for part := range slicesOf(sent, 10_000) {
					if _, err := w.Write(part); err != nil {
						return
					}
				}
				_ = w.Close()
			}()
			into := make([]byte, protocol.LaneFrameBytes)
			n, err := theirs.Read(into)
			if (err == nil) != c.ok || c.ok && !bytes.Equal(into[:n], sent) {
				t.Errorf("%d bytes, %v", n, err)
			}
			theirs.Close()
			if _, err := theirs.Write([]byte("x")); err == nil {
				t.Error("a closed lane takes a frame")
			}
		})
	}
}

func slicesOf(p []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(p) > 0 {
			n := min(size, len(p))
			if !yield(p[:n]) {
				return
			}
			p = p[n:]
		}
	}
}

// The end of either side is heard by the other, and ends whoever reads or writes.
func TestEnds(t *testing.T) {
	l := newLanes(t)
	at, secret := l.ticket("document")
	mine, theirs := l.lets(proper(at, secret), at, "document")
	_ = mine.CloseNow()
	if _, err := theirs.Read(make([]byte, protocol.LaneFrameBytes)); err == nil {
		t.Error("the other side's end is not heard")
	}
	at, secret = l.ticket("document")
	_, theirs = l.lets(proper(at, secret), at, "document")
	full := make(chan error, 1)
	go func() {
		for {
			if _, err := theirs.Write(make([]byte, protocol.LaneFrameBytes)); err != nil {
				full <- err
				return
			}
		}
	}()
	select {
	case err := <-full:
		t.Fatalf("nobody reads, and it fails: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	theirs.Close()
	if err := <-full; err == nil {
		t.Error("a writer goes on after the end")
	}
}

// A ticket is for scripts of its own origin, and another origin uses it up for nobody.
func TestEachTicketHasItsOrigin(t *testing.T) {
	const theirs = "moz-extension://00000000-0000-0000-0000-000000000001"
	l := newLanes(t)
	at, secret := l.ticket("ours")
	port, other, err := l.Ticket(t.Context(), Visitor{Document: "theirs", Origin: theirs})
	if err != nil || !strings.HasSuffix(at, fmt.Sprintf(":%d", port)) {
		t.Fatalf("%d, %v", port, err)
	}
	from := func(origin, secret string) visit {
		v := proper(at, secret)
		v.origin = origin
		return v
	}
	l.refuses("our ticket from theirs", from(theirs, secret), at)
	l.refuses("their ticket from ours", from(ours, other), at)
	l.lets(from(theirs, other), at, "theirs")
	l.lets(from(ours, secret), at, "ours")
}
