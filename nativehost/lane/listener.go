// Package lane lets documents of the browser bring a connection of their own for the
// bytes of their sockets: a WebSocket (RFC 6455) on loopback.
//
// It promises that the host listens only while somebody who was given a ticket has not
// come yet, on 127.0.0.1 only; that a ticket lets one connection in, once, for the
// document that it was made for; and that nobody gets in without one, from another
// origin or under another name. Whoever is refused learns nothing, and takes one of the
// places of pending connections for no longer than patience.
//
// It knows no sockets, and nothing of what is said on a lane.
package lane

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/loopback"
	"github.com/portside/portside/protocol"
)

const (
	// ticketLife is how long a ticket lets somebody in.
	ticketLife = 10 * time.Second
	// ticketBytes are random in a ticket.
	ticketBytes = 32
	// maxTickets may wait at a time. A browser has some hundred documents.
	maxTickets = 256
	// maxPending connections may be open whose ticket was not looked at yet. A connection
	// that was let in is none of them.
	maxPending = 32
	// patience is how long a pending connection may take to show its ticket.
	patience = 2 * time.Second
	// ticketPrefix marks the ticket among the subprotocols, the one place where a
	// browser lets a script put words of its own that no log and no referrer shows.
	ticketPrefix = protocol.LaneTicketPrefix
)

// laneProtocols are spoken; the first that both sides speak is.
func laneProtocols() []string { return []string{protocol.LaneProtocol, protocol.FirstLaneProtocol} }

// ErrFull says that too many tickets wait.
var ErrFull = errors.New("too many lanes are being opened")

// Listener lets lanes in. Use New; Close must follow.
type Listener struct {
	log    zerolog.Logger
	handle func(v Visitor, c *Conn)
	// ticketLife is the constant but in tests.
	ticketLife time.Duration
	// serving counts the goroutines that serve.
	serving sync.WaitGroup

	mu      sync.Mutex // guards what follows
	tickets map[[sha256.Size]byte]ticket
	// admitting counts connections whose ticket was taken and whose WebSocket handshake is
	// not over.
	admitting int
	// server is nil while nobody listens.
	server *server
	closed bool
}

// Visitor is whom a ticket lets in.
type Visitor struct {
	// Document is whose sockets the lane is for, Origin that of the script that brings it.
	Document, Origin string
	// MessageBytes is the most that one message to it should have, or 0.
	MessageBytes int64
}

type ticket struct {
	Visitor
	expires *time.Timer
}

// server listens at one port, from the first ticket until no ticket is left.
type server struct {
	at   netip.AddrPort
	http *http.Server
}

// New returns a Listener. It calls handle, in a goroutine of its own, with each connection
// that is let in; handle owns the connection, which is closed when it returns.
func New(log zerolog.Logger, handle func(v Visitor, c *Conn)) *Listener {
	return &Listener{log: log, handle: handle, ticketLife: ticketLife, tickets: map[[sha256.Size]byte]ticket{}}
}

// Ticket makes a ticket for a visitor, and listens for whoever shows it.
func (l *Listener) Ticket(ctx context.Context, v Visitor) (port uint16, secret string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return 0, "", net.ErrClosed
	case /*rule:lane-tickets-are-bounded*/ len(l.tickets) >= maxTickets:
		return 0, "", ErrFull
	}
	if l.server == nil {
		if l.server, err = l.open(ctx); err != nil {
			return 0, "", err
		}
	}
	var random [ticketBytes]byte
	// It never fails: crypto/rand ends the program instead.
	_, _ = rand.Read(random[:])
	secret = base64.RawURLEncoding.EncodeToString(random[:])
	key := sha256.Sum256([]byte(secret))
	l.tickets[key] = ticket{v, time.AfterFunc( /*rule:lane-ticket-expires*/ l.ticketLife, func() {
		if _, why := l.take(key, v.Origin); why == "" {
			l.admitted()
		}
	})}
	return l.server.at.Port(), secret, nil
}

// open begins to listen. The caller holds the mutex.
func (l *Listener) open(ctx context.Context) (*server, error) {
	//rule:pending-lane-connections-bounded
	port, at, err := loopback.Listen(ctx, maxPending)
	if err != nil {
		return nil, err
	}
	on := &server{at: at}
	on.http = loopback.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.serve(on, w, r)
	}), patience, &l.serving)
	on.http.SetKeepAlivesEnabled(false)
	l.serving.Go(func() {
		// It serves until it is closed; nobody is there whom an error would help.
		_ = on.http.Serve(port)
	})
	return on, nil
}

// take takes a ticket out for somebody of this origin. It returns whom it lets in, or why
// there is no such ticket for them.
func (l *Listener) take(key [sha256.Size]byte, origin string) (v Visitor, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	why = "no such ticket"
	for known, t := range l.tickets {
		// Hashes of secrets may be compared in any time; so nobody has to wonder.
		if subtle.ConstantTimeCompare(known[:], key[:]) == 1 {
			//rule:lane-needs-extension-origin
			if origin != t.Origin {
				return Visitor{}, "another origin"
			}
			t.expires.Stop()
			//rule:lane-ticket-used-once
			delete(l.tickets, known)
			l.admitting++
			v, why = t.Visitor, ""
		}
	}
	return v, why
}

// admitted is called for each ticket that was taken. Nobody listens any more once there
// are no others.
func (l *Listener) admitted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.admitting--
	//rule:lane-listener-closes-when-idle
	if len(l.tickets) == 0 && l.admitting == 0 {
		l.shut()
	}
}

// shut ends listening. Lanes stay. The caller holds the mutex.
func (l *Listener) shut() {
	if l.server == nil {
		return
	}
	// Connections that were not let in end with it.
	_ = l.server.http.Close()
	l.server = nil
}

// Close takes all tickets back and waits until handle has returned for each lane. Their
// owner ends them first.
func (l *Listener) Close() {
	l.mu.Lock()
	l.closed = true
	for key, t := range l.tickets {
		t.expires.Stop()
		delete(l.tickets, key)
	}
	l.shut()
	l.mu.Unlock()
	l.serving.Wait()
}

// serve lets one connection in, or not.
func (l *Listener) serve(on *server, w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.serving.Add(1)
	l.mu.Unlock()
	defer l.serving.Done()
	v, why := l.admit(on, r)
	if why != "" {
		l.log.Warn().Str("cause", why).Msg("a lane was refused")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	// The origin was looked at, and is not the server's own.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: laneProtocols(), InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		l.log.Warn().Str("cause", "no WebSocket").Msg("a lane was refused")
		l.admitted() // its ticket is used up all the same
		return
	}
	l.admitted()
	c := newConn(ws)
	defer c.Close()
	l.handle(v, c)
}

// admit returns whom a request comes from, or why it was not let in.
func (l *Listener) admit(on *server, r *http.Request) (v Visitor, why string) {
	switch {
	case /*rule:lane-host-is-own-address*/ r.Host != on.at.String():
		// A name that somebody made to lead here.
		return v, "another host name"
	case len(r.Header.Values("Origin")) != 1:
		return v, "another origin"
	case r.Method != http.MethodGet || r.URL.Path != "/" || r.URL.RawQuery != "":
		return v, "another resource"
	}
	var secret string
	var spoken bool
	for _, offered := range strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		offered = strings.TrimSpace(offered)
		if slices.Contains(laneProtocols(), offered) {
			spoken = true
		} else if after, ok := strings.CutPrefix(offered, ticketPrefix); ok {
			secret = after
		}
	}
	if !spoken {
		return v, "another protocol"
	}
	v, why = l.take(sha256.Sum256([]byte(secret)), r.Header.Get("Origin"))
	//rule:lane-needs-ticket
	if why != "" {
		return Visitor{}, why
	}
	return v, ""
}
