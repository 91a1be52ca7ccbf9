// Package lane lets documents of the browser bring a connection of their own for the
// bytes of their sockets: a WebSocket (RFC 6455) on loopback.
//
// It promises that the host listens only while somebody who was given a ticket has not
// come yet, on 127.0.0.1 only; that a ticket lets one connection in, once, for the
// document that it was made for; and that nobody gets in without one, from another
// origin or under another name. Whoever is refused learns nothing and holds nothing up
// for longer than a moment.
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
	// maxStrangers connections may be before their ticket was looked at. Who is inside
	// is none of them.
	maxStrangers = 32
	// patience is how long a stranger may take to say who they are.
	patience = 2 * time.Second
	// ticketPrefix marks the ticket among the subprotocols, the one place where a
	// browser lets a script put words of its own that no log and no referrer shows.
	ticketPrefix = protocol.LaneTicketPrefix
)

// ErrFull says that too many tickets wait.
var ErrFull = errors.New("too many lanes are being opened")

// Door lets lanes in. Use New; Close must follow.
type Door struct {
	origin string
	log    zerolog.Logger
	enter  func(document string, c *Conn)
	// ticketLife is the constant but in tests.
	ticketLife time.Duration
	// inside counts the goroutines that serve.
	inside sync.WaitGroup

	mu      sync.Mutex // guards what follows
	tickets map[[sha256.Size]byte]ticket
	// entering counts those whose ticket was taken, and who are still in the house.
	entering int
	// house is nil while nobody listens.
	house  *house
	closed bool
}

type ticket struct {
	document string
	expires  *time.Timer
}

// house is one time of listening.
type house struct {
	at     netip.AddrPort
	server *http.Server
}

// New returns a Door for connections of scripts of this origin. It calls enter, in a
// goroutine of its own, with each that comes in; enter owns the connection, which is
// closed when it returns.
func New(origin string, log zerolog.Logger, enter func(document string, c *Conn)) *Door {
	return &Door{origin: origin, log: log, enter: enter, ticketLife: ticketLife, tickets: map[[sha256.Size]byte]ticket{}}
}

// Ticket makes a ticket for a document, and listens for whoever shows it.
func (d *Door) Ticket(ctx context.Context, document string) (port uint16, secret string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return 0, "", net.ErrClosed
	case len(d.tickets) >= maxTickets:
		return 0, "", ErrFull
	}
	if d.house == nil {
		if d.house, err = d.open(ctx); err != nil {
			return 0, "", err
		}
	}
	var random [ticketBytes]byte
	// It never fails: crypto/rand ends the program instead.
	_, _ = rand.Read(random[:])
	secret = base64.RawURLEncoding.EncodeToString(random[:])
	key := sha256.Sum256([]byte(secret))
	d.tickets[key] = ticket{document, time.AfterFunc(d.ticketLife, func() {
		if _, ok := d.take(key); ok {
			d.entered()
		}
	})}
	return d.house.at.Port(), secret, nil
}

// open begins to listen. The caller holds the mutex.
func (d *Door) open(ctx context.Context) (*house, error) {
	l, at, err := loopback.Listen(ctx, maxStrangers)
	if err != nil {
		return nil, err
	}
	h := &house{at: at}
	h.server = loopback.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.serve(h, w, r)
	}), patience, &d.inside)
	h.server.SetKeepAlivesEnabled(false)
	d.inside.Go(func() {
		// It serves until it is closed; nobody is there whom an error would help.
		_ = h.server.Serve(l)
	})
	return h, nil
}

// take takes a ticket out. It returns the document, and whether there was such a ticket.
func (d *Door) take(key [sha256.Size]byte) (document string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for known, t := range d.tickets {
		// Hashes of secrets may be compared in any time; so nobody has to wonder.
		if subtle.ConstantTimeCompare(known[:], key[:]) == 1 {
			t.expires.Stop()
			delete(d.tickets, known)
			d.entering++
			document, ok = t.document, true
		}
	}
	return document, ok
}

// entered is called for each ticket that was taken. Nobody listens any more once there
// are no others.
func (d *Door) entered() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entering--
	if len(d.tickets) == 0 && d.entering == 0 {
		d.shut()
	}
}

// shut ends listening. Who is inside stays. The caller holds the mutex.
func (d *Door) shut() {
	if d.house == nil {
		return
	}
	// Connections that were not let in end with it.
	_ = d.house.server.Close()
	d.house = nil
}

// Close takes all tickets back and waits until enter has returned for each lane. Their
// owner ends them first.
func (d *Door) Close() {
	d.mu.Lock()
	d.closed = true
	for key, t := range d.tickets {
		t.expires.Stop()
		delete(d.tickets, key)
	}
	d.shut()
	d.mu.Unlock()
	d.inside.Wait()
}

// serve lets one connection in, or not.
func (d *Door) serve(h *house, w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	d.inside.Add(1)
	d.mu.Unlock()
	defer d.inside.Done()
	document, why := d.admit(h, r)
	if why != "" {
		d.log.Warn().Str("cause", why).Msg("a lane was refused")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	// The origin was looked at, and is not the server's own.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{protocol.LaneProtocol}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		d.log.Warn().Str("cause", "no WebSocket").Msg("a lane was refused")
		d.entered() // its ticket is used up all the same
		return
	}
	d.entered()
	c := newConn(ws)
	defer c.Close()
	d.enter(document, c)
}

// admit returns the document that a request was let in for, or why it was not.
func (d *Door) admit(h *house, r *http.Request) (document, why string) {
	switch {
	case r.Host != h.at.String():
		// A name that somebody made to lead here.
		return "", "another host name"
	case len(r.Header.Values("Origin")) != 1 || r.Header.Get("Origin") != d.origin:
		return "", "another origin"
	case r.Method != http.MethodGet || r.URL.Path != "/" || r.URL.RawQuery != "":
		return "", "another resource"
	}
	var secret string
	var spoken bool
	for _, offered := range strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		offered = strings.TrimSpace(offered)
		if offered == protocol.LaneProtocol {
			spoken = true
		} else if after, ok := strings.CutPrefix(offered, ticketPrefix); ok {
			secret = after
		}
	}
	if !spoken {
		return "", "another protocol"
	}
	document, ok := d.take(sha256.Sum256([]byte(secret)))
	if !ok {
		return "", "no such ticket"
	}
	return document, ""
}
