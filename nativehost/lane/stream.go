package lane

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/portside/portside/nativehost/loopback"
	"github.com/portside/portside/protocol"
)

// maxPendingStreams is how many connections may be open to the port of one stream that
// have not shown its ticket.
const maxPendingStreams = 4

// streamHead is how the response begins. Its body ends with the connection. Behind it is
// an empty message, by which the other side sees that bytes get through.
const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\n" +
	"X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n" +
	"\x00\x00\x00\x00"

// stream is one long response (RFC 9112) to which a lane's messages to the page can
// move. It is offered over the lane's WebSocket, at a port of its own: browsers keep at
// most six connections of a site to one port. Nobody has to come for it.
type stream struct {
	conn   *Conn
	at     netip.AddrPort
	http   *http.Server
	ticket [sha256.Size]byte
	timer  *time.Timer

	mu sync.Mutex // guards what follows
	// used: somebody has shown the ticket.
	used bool
	// response is nil before that.
	response net.Conn
	// ready: the other side has said that the response works.
	ready bool
	// over: nobody has come in time, or the lane has ended.
	over bool

	// What is written, for the one who writes.
	lengths [2][4]byte
	parts   [4][]byte
}

// newStream listens for whoever shows the secret that it returns.
func (c *Conn) newStream() (s *stream, secret string, err error) {
	s = &stream{conn: c}
	//rule:pending-stream-connections-bounded
	port, at, err := loopback.Listen(c.ended, maxPendingStreams)
	if err != nil {
		return nil, "", err
	}
	secret, s.ticket = newSecret()
	s.at = at
	s.http = loopback.NewServer(http.HandlerFunc(s.serve), patience, &c.lanes.serving)
	s.http.SetKeepAlivesEnabled(false)
	s.timer = time.AfterFunc( /*rule:stream-ticket-expires*/ c.lanes.ticketLife, s.expire)
	c.lanes.serving.Go(func() { _ = s.http.Serve(port) })
	context.AfterFunc(c.ended, s.end)
	return s, secret, nil
}

// offer is the text that offers the stream.
func (s *stream) offer(secret string) []byte {
	return fmt.Appendf(nil, "%s %d %s", protocol.LaneStreamOffer, s.at.Port(), secret)
}

// expire ends a stream that does not work by then: its lane goes on without it.
func (s *stream) expire() {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	if !ready {
		s.end()
	}
}

// end ends the stream, and listening for it.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.timer.Stop()
	// Connections that have not shown the ticket end with it.
	_ = s.http.Close()
	if s.response != nil {
		_ = s.response.Close()
	}
}

// works notes that the other side has the beginning of the response. It returns false
// where nobody can have it.
func (s *stream) works() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return true // it has crossed with the end of the offer
	}
	if s.response == nil || s.ready {
		return false
	}
	s.ready = true
	s.timer.Stop()
	return true
}

// state returns whether the stream can be used, and whether it never will be.
func (s *stream) state() (ready, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready && !s.over, s.over
}

func (s *stream) serve(w http.ResponseWriter, r *http.Request) {
	if why := s.admit(r); why != "" {
		s.conn.lanes.log.Warn().Str("cause", why).Msg("a lane's stream was refused")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	taken, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.end()
		return
	}
	response := loopback.Own(taken)
	_ = response.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(response, streamHead)
	_ = response.SetDeadline(time.Time{})
	s.mu.Lock()
	s.response = response
	over := s.over
	s.mu.Unlock()
	if err != nil || over {
		s.end()
		return
	}
	//rule:stream-listener-closes-when-taken
	_ = s.http.Close()
}

// admit returns why a request is not let in, "" if it is. The ticket is used up then.
func (s *stream) admit(r *http.Request) (why string) {
	header := func(name, value string) bool { return len(r.Header.Values(name)) == 1 && r.Header.Get(name) == value }
	switch {
	case /*rule:stream-host-is-own-address*/ r.Host != s.at.String():
		return "another host name"
		// Browsers send none with a GET of an extension's that may reach this address.
		//rule:stream-for-no-other-origin
	case len(r.Header.Values("Origin")) != 0 && !header("Origin", s.conn.lanes.origin):
		return "another origin"
		// Fetch Metadata (W3C): pages cannot set it. An extension's own requests are said to be
		// of no site in Chromium, and of its own in Firefox.
		//rule:stream-for-no-page
	case !header("Sec-Fetch-Site", "none") && !header("Sec-Fetch-Site", "same-origin") || !header("Sec-Fetch-Dest", "empty"):
		return "a page's request"
	case r.Method != http.MethodGet || r.URL.Path != "/" || r.URL.RawQuery != "":
		return "another resource"
	}
	shown := sha256.Sum256([]byte(r.Header.Get(protocol.LaneStreamHeader)))
	s.mu.Lock()
	defer s.mu.Unlock()
	//rule:stream-needs-ticket
	if subtle.ConstantTimeCompare(shown[:], s.ticket[:]) != 1 ||
		//rule:stream-ticket-used-once
		s.used ||
		s.over {
		return "no such ticket"
	}
	s.used = true
	return ""
}

// write writes one or two messages, each behind its length (u32, little-endian).
func (s *stream) write(messages [][]byte) error {
	parts := net.Buffers(s.parts[:0])
	for i, message := range messages {
		binary.LittleEndian.PutUint32(s.lengths[i][:], uint32(len(message)))
		parts = append(parts, s.lengths[i][:], message)
	}
	_, err := parts.WriteTo(s.response)
	return err
}

// chooseWay moves what is written to a stream as soon as there is one that works. A lane
// that moves little needs none.
func (c *Conn) chooseWay(messages [][]byte) error {
	if c.onStream || !c.streams {
		return nil
	}
	s := c.stream.Load()
	if s == nil {
		for _, message := range messages {
			c.sent += len(message)
		}
		if c.sent < protocol.LaneStreamAfterBytes {
			return nil
		}
		s, secret, err := c.newStream()
		if err != nil {
			c.lanes.log.Warn().Err(err).Msg("a lane has no stream")
			c.streams = false
			return nil
		}
		c.stream.Store(s)
		return c.ws.Write(c.ended, websocket.MessageText, s.offer(secret))
	}
	ready, over := s.state()
	c.streams = !over
	if !ready {
		return nil
	}
	c.onStream = true
	// Nothing overtakes: what follows is read from the stream once this is read.
	return c.ws.Write(c.ended, websocket.MessageText, []byte(protocol.LaneStreamBegins))
}
