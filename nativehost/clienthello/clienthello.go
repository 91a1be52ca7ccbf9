// Package clienthello reads the names in the TLS that a page speaks by itself, over a socket
// that is plain to the host. It promises that
//
//   - whoever is named is known before the last byte of a ClientHello is let through, in
//     however many writes and records it comes;
//   - what begins as TLS and cannot be read, or hides a name, is refused;
//   - what does not begin as TLS is let through as it is;
//   - it keeps no more than one ClientHello of bounded size, and nothing once it is read.
//
// It does not see what is encrypted: a renegotiation, or the host that an HTTP request
// names.
package clienthello

import (
	"encoding/binary"
	"errors"
	"strings"
)

const (
	// maxHello bounds a ClientHello. Those of today take 2 KiB.
	maxHello = 32 << 10
	// maxRecord bounds a record's body (RFC 8446, section 5.2: 2^14 and 256; earlier
	// versions let 1,024 or 2,048 be added).
	maxRecord = 1<<14 + 2048
	// headerBytes begin a record, and messageBytes a message of the handshake.
	headerBytes, messageBytes = 5, 4
)

// Content types (RFC 8446, section 5.1), the message, and its extensions.
const (
	changeCipherSpec, handshake, applicationData, heartbeat = 20, 22, 23, 24

	clientHello = 1

	extensionServerName = 0
	// extensionECH carries a ClientHello that cannot be read (RFC 9849), or what looks
	// like one.
	extensionECH = 0xfe0d
)

// Why bytes are not let through.
var (
	ErrMalformed = errors.New("a ClientHello that cannot be read")
	ErrHidden    = errors.New("a ClientHello that hides a name")
	ErrOther     = errors.New("a ClientHello that names another host")
)

// Watch reads what a page sends over one socket. Its methods are for one goroutine.
type Watch struct {
	host    string
	address bool

	begun     bool // a byte was seen
	inside    bool // a record has begun
	helloSeen bool // a ClientHello was let through
	done      bool // nothing that is to come matters
	err       error
	header    []byte // of the record that is being read
	kind      byte
	left      int    // bytes of its body that are to come
	message   []byte // of the handshake, so far
}

// New returns a Watch that lets through ClientHellos which name host, and for an address
// also those which name nobody.
func New(host string, address bool) *Watch {
	return &Watch{host: host, address: address}
}

// See reads what is about to be sent, and says why it must not be.
func (w *Watch) See(p []byte) error {
	for len(p) > 0 && !w.done && w.err == nil {
		p = w.step(p)
	}
	if w.done || w.err != nil {
		w.header, w.message = nil, nil
	}
	return w.err
}

// step reads a part of p, and returns the rest.
func (w *Watch) step(p []byte) []byte {
	if !w.begun {
		w.begun = true
		const ssl2 = 0x80
		if first := p[0]; !contentType(first) && first&ssl2 == 0 {
			w.done = true
			return nil
		}
	}
	if len(w.header) < headerBytes {
		n := min(headerBytes-len(w.header), len(p))
		w.header = append(w.header, p[:n]...)
		if len(w.header) == headerBytes {
			w.begin()
		}
		return p[n:]
	}
	n := min(w.left, len(p))
	if w.kind == handshake {
		w.message = append(w.message, p[:n]...)
		w.read()
	}
	if w.left -= n; w.left == 0 {
		w.header = w.header[:0]
	}
	return p[n:]
}

// begin reads the header of a record.
func (w *Watch) begin() {
	h := w.header
	w.kind, w.left = h[0], int(binary.BigEndian.Uint16(h[3:]))
	first := !w.inside
	w.inside = true
	switch {
	case first && h[0]&0x80 != 0:
		// A hello of SSL 2.0 (RFC 5246, appendix E.2) names nobody; anything else that
		// begins so is no TLS. Servers take one of any version that is high enough.
		//rule:ssl2-hello-is-refused
		if h[2] == clientHello {
			w.err = w.judge("", false)
		}
		w.done = true
		//rule:client-hello-behind-records
	//rule:records-before-hello-are-tls
	case !contentType(w.kind) && !w.helloSeen:
		w.err = ErrMalformed
	// The version says nothing: servers drop an alert of nearly any, and then read on.
	case w.left > maxRecord, w.kind == handshake && w.left == 0:
		w.err = ErrMalformed
	case w.left == 0:
		w.header = w.header[:0]
	}
}

// contentType reports whether a record of TLS may begin with this byte.
func contentType(b byte) bool { return b >= changeCipherSpec && b <= heartbeat }

// read reads the messages of the handshake that are complete.
func (w *Watch) read() {
	for len(w.message) >= messageBytes && w.err == nil && !w.done {
		size := int(w.message[1])<<16 | int(w.message[2])<<8 | int(w.message[3])
		switch {
		case w.message[0] != clientHello && w.helloSeen:
			// TLS 1.2 goes on; what comes is encrypted before it can be a hello again.
			w.done = true
			return
			//rule:client-hello-is-bounded
		case w.message[0] != clientHello, size > maxHello:
			w.err = ErrMalformed
			return
		case len(w.message) < messageBytes+size:
			//rule:client-hello-over-records
			return
		}
		name, named, err := serverName(w.message[messageBytes : messageBytes+size])
		if err == nil {
			err = w.judge(name, named)
		}
		// Another may follow, after a HelloRetryRequest.
		//rule:second-client-hello-is-read
		w.err, w.helloSeen = err, true
		w.message = append([]byte(nil), w.message[messageBytes+size:]...)
	}
}

// judge says whether the host may be spoken to by this name.
func (w *Watch) judge(name string, named bool) error {
	if !named && w.address || named && strings.EqualFold(strings.TrimSuffix(name, "."), w.host) {
		return nil
	}
	//rule:client-hello-names-the-host
	return ErrOther
}

// serverName returns the name in the body of a ClientHello (RFC 8446, section 4.1.2; RFC
// 6066, section 3).
func serverName(body []byte) (name string, named bool, err error) {
	c := cursor{rest: body}
	c.take(2 + 32) // the version, and random bytes
	c.vector(1)    // the session
	c.vector(2)    // the cipher suites
	c.vector(1)    // the compression methods
	if c.empty() { // SSL 3.0, and TLS 1.0 at its simplest
		return "", false, nil
	}
	extensions := cursor{rest: c.vector(2)}
	if !c.empty() {
		return "", false, ErrMalformed
	}
	for !extensions.empty() {
		kind := extensions.number(2)
		data := cursor{rest: extensions.vector(2)}
		if extensions.short {
			return "", false, ErrMalformed
		}
		switch kind {
		case /*rule:client-hello-has-no-ech*/ extensionECH:
			return "", false, ErrHidden
		case extensionServerName:
			list := cursor{rest: data.vector(2)}
			hostName := list.number(1) == 0
			text := list.vector(2)
			// One name, and no second list.
			if /*rule:client-hello-names-one-host*/ named || !hostName || len(text) == 0 || list.short || !list.empty() || !data.empty() {
				return "", false, ErrMalformed
			}
			name, named = string(text), true
		}
	}
	return name, named, nil
}

// cursor takes a message apart.
type cursor struct {
	rest []byte
	// short: there was less than was to be taken.
	short bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.rest) {
		c.rest, c.short = nil, true
		return nil
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

// number takes a number of so many bytes.
func (c *cursor) number(bytes int) int {
	n := 0
	for _, b := range c.take(bytes) {
		n = n<<8 | int(b)
	}
	return n
}

// vector takes what has its length before it, in so many bytes.
func (c *cursor) vector(bytes int) []byte { return c.take(c.number(bytes)) }

// empty reports whether all was taken, and nothing was missing.
func (c *cursor) empty() bool { return len(c.rest) == 0 && !c.short }
