package resolve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Go's resolver asks with EDNS0 always. A server that does not know it says so or says
// nothing, and is asked again without (RFC 6891, section 7).

const (
	// ednsPatience is how long a question with EDNS0 may stay without an answer before
	// it is asked once more, without.
	ednsPatience = time.Second
	// headerBytes begin each message (RFC 1035, section 4.1.1).
	headerBytes = 12
	// optBytes are an OPT record without options (RFC 6891, section 6.1.2).
	optBytes = 11
)

// datagrams is one question to a server by UDP, with one goroutine that writes and
// then reads.
type datagrams struct {
	*net.UDPConn
	owner    *conversation
	server   string
	query    []byte
	deadline time.Time
	// plain: the question was asked without EDNS0.
	plain bool
}

// SetDeadline keeps the deadline: a Read may have one of its own before.
func (d *datagrams) SetDeadline(t time.Time) error {
	d.deadline = t
	return d.UDPConn.SetDeadline(t)
}

// Write sends a question.
func (d *datagrams) Write(query []byte) (int, error) {
	d.query = bytes.Clone(query)
	if d.owner.isPlain(d.server) {
		return len(query), d.askPlainly()
	}
	return d.UDPConn.Write(query)
}

// askPlainly sends the question without EDNS0, if it had it.
func (d *datagrams) askPlainly() error {
	d.plain = true
	_, err := d.UDPConn.Write(withoutEDNS(d.query))
	return err
}

// Read returns what came. What tells that the server takes no EDNS0 leads to another
// question, and is no answer.
func (d *datagrams) Read(p []byte) (int, error) {
	for {
		until := d.deadline
		if early := time.Now().Add(ednsPatience); !d.plain && (until.IsZero() || early.Before(until)) {
			until = early
		}
		if err := d.UDPConn.SetReadDeadline(until); err != nil {
			return 0, err
		}
		n, err := d.UDPConn.Read(p)
		again := false
		switch {
		case err == nil:
			var absent bool
			again, absent = verdict(d.query, p[:n])
			if absent {
				d.owner.absent.Store(true)
			}
			d.owner.note(d.query, p[:n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			again = d.deadline.IsZero() || time.Now().Before(d.deadline)
		}
		if d.plain || !again {
			return n, err
		}
		if err == nil {
			d.owner.setPlain(d.server)
		}
		if err := d.askPlainly(); err != nil {
			return 0, err
		}
	}
}

// verdict says what an answer means beyond its records: that the question is to be
// asked again without EDNS0, or that the name does not exist at all. Both are false
// for what is no answer to the question.
func verdict(query, answer []byte) (again, absent bool) {
	const response, rcode = 0x80, 0x0f
	if len(query) < headerBytes || len(answer) < headerBytes || !bytes.Equal(query[:2], answer[:2]) || answer[2]&response == 0 {
		return false, false
	}
	switch dnsmessage.RCode(answer[3] & rcode) {
	case dnsmessage.RCodeFormatError, dnsmessage.RCodeNotImplemented:
		// Many leave the question out here.
		return true, false
	case dnsmessage.RCodeNameError:
		question := withoutEDNS(query)[headerBytes:]
		return false, len(answer) >= headerBytes+len(question) && bytes.EqualFold(question, answer[headerBytes:headerBytes+len(question)])
	default:
		return false, false
	}
}

// withoutEDNS returns a question of Go's resolver without its OPT record, which is the
// last one, or the question as it is if there is none.
func withoutEDNS(query []byte) []byte {
	const additionals = 10 // the place of their number
	at := len(query) - optBytes
	if at < headerBytes || binary.BigEndian.Uint16(query[additionals:]) != 1 || !bytes.HasPrefix(query[at:], []byte{0, 0, byte(dnsmessage.TypeOPT)}) {
		return query
	}
	plain := bytes.Clone(query[:at])
	binary.BigEndian.PutUint16(plain[additionals:], 0)
	return plain
}

// stream is one question to a server by TCP, which is asked after UDP.
type stream struct {
	net.Conn
	owner  *conversation
	server string
	query  []byte
	// heard is what came so far: a length, and an answer.
	heard []byte
}

// Write sends a question after its length (RFC 1035, section 4.2.2).
func (s *stream) Write(query []byte) (int, error) {
	const length = 2
	if len(query) >= length {
		s.query = bytes.Clone(query[length:])
	}
	if len(query) < length || !s.owner.isPlain(s.server) {
		return s.Conn.Write(query)
	}
	plain := withoutEDNS(query[length:])
	if _, err := s.Conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(plain))), plain...)); err != nil {
		return 0, err
	}
	return len(query), nil
}

// Read returns what came.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	const length = 2
	if whole := length + 1<<16; len(s.heard)+n <= whole {
		s.heard = append(s.heard, p[:n]...)
	}
	if len(s.heard) > length && len(s.heard) == length+int(binary.BigEndian.Uint16(s.heard)) {
		s.owner.note(s.query, s.heard[length:])
	}
	return n, err
}

func (c *conversation) isPlain(server string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plain[server]
}

func (c *conversation) setPlain(server string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plain == nil {
		c.plain = map[string]bool{}
	}
	c.plain[server] = true
}
