package resolve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Go's resolver asks with EDNS0 always. A server that does not know it says so or says
// nothing, and is asked again without (RFC 6891, section 7).

const (
	// ednsPatience is how long a question with EDNS0 may stay without an answer before
	// it is asked once more, without. It is never more than half of the time there is.
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
	owner    *exchange
	server   string
	query    []byte
	deadline time.Time
	// plain: the question was asked without EDNS0.
	plain bool
	// plainAt is when it is asked so, if nothing has come.
	plainAt time.Time
	// silent: nothing had come then.
	silent bool
}

// SetDeadline keeps the deadline: a Read may have one of its own before.
func (d *datagrams) SetDeadline(t time.Time) error {
	d.deadline = t
	return d.UDPConn.SetDeadline(t)
}

// Write sends a question.
func (d *datagrams) Write(query []byte) (int, error) {
	d.query = bytes.Clone(query)
	if d.owner.plain.has(d.server) {
		return len(query), d.askPlainly()
	}
	now, patience := time.Now(), ednsPatience
	for _, end := range []time.Time{d.deadline, d.owner.end} {
		if !end.IsZero() {
			patience = min(patience, end.Sub(now)/2)
		}
	}
	d.plainAt = now.Add(patience)
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
		if !d.plain {
			until = d.plainAt
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
			if d.silent && responds(d.query, p[:n]) {
				d.owner.plain.add(d.server)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			again = d.deadline.IsZero() || time.Now().Before(d.deadline)
		}
		if d.plain || !again {
			return n, err
		}
		if err == nil {
			d.owner.plain.add(d.server)
		}
		d.silent = err != nil
		if err := d.askPlainly(); err != nil {
			return 0, err
		}
	}
}

// verdict says what an answer means beyond its records: that the question is to be
// asked again without EDNS0, or that the name does not exist at all. Both are false
// for what is no answer to the question.
func verdict(query, answer []byte) (again, absent bool) {
	const rcode = 0x0f
	if !responds(query, answer) {
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

// responds reports whether a packet says that it answers a query, as far as their first
// bytes tell.
func responds(query, answer []byte) bool {
	const response = 0x80
	return len(query) >= headerBytes && len(answer) >= headerBytes && bytes.Equal(query[:2], answer[:2]) && answer[2]&response != 0
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
	owner  *exchange
	server string
	query  []byte
	// received is what came so far: a length, and an answer.
	received []byte
}

// Write sends a question after its length (RFC 1035, section 4.2.2).
func (s *stream) Write(query []byte) (int, error) {
	const length = 2
	if len(query) >= length {
		s.query = bytes.Clone(query[length:])
	}
	if len(query) < length || !s.owner.plain.has(s.server) {
		return s.Conn.Write(query)
	}
	plain := withoutEDNS(query[length:])
	if _, err := s.Conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(plain))), plain...)); err != nil {
		return 0, err
	}
	return len(query), nil
}

// Read returns what came. An answer that tells that the server takes no EDNS0 is one to
// Go's resolver too, but the next question goes out without.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	const length = 2
	if whole := length + 1<<16; len(s.received)+n <= whole {
		s.received = append(s.received, p[:n]...)
	}
	if len(s.received) > length && len(s.received) == length+int(binary.BigEndian.Uint16(s.received)) {
		again, absent := verdict(s.query, s.received[length:])
		if again {
			s.owner.plain.add(s.server)
		}
		if absent {
			s.owner.absent.Store(true)
		}
		s.owner.note(s.query, s.received[length:])
	}
	return n, err
}

// plainServers are the servers that take no EDNS0, as far as the lookups of one name
// have seen.
type plainServers struct {
	mu      sync.Mutex // guards servers
	servers map[string]bool
}

func (p *plainServers) has(server string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.servers[server]
}

func (p *plainServers) add(server string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.servers == nil {
		p.servers = map[string]bool{}
	}
	p.servers[server] = true
}
