package session

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/portside/portside/protocol"
)

// listen takes what the host says until its stdout ends.
func (b *broker) listen() {
	frames := protocol.NewFrameReader(b.out)
	for {
		body, err := frames.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
				b.t.Errorf("the host's stdout: %v", err)
			}
			b.mu.Lock()
			b.gone = true
			b.changed.Broadcast()
			b.mu.Unlock()
			return
		}
		if !b.data(body) {
			b.control(body)
		}
	}
}

// data takes a socket.data frame. Most of a test's bytes pass here, so it is
// quick.
func (b *broker) data(body []byte) bool {
	var id int64
	rest, found := bytes.CutPrefix(body, []byte(`{"jsonrpc":"2.0","method":"socket.data","params":{"socketId":`))
	if !found {
		return false
	}
	number, text, _ := bytes.Cut(rest, []byte(`,"data":"`))
	fmt.Sscan(string(number), &id)
	text = bytes.TrimSuffix(text, []byte(`"}}`))
	payload := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(payload, text)
	if err != nil || n > protocol.MaxPayloadBytes {
		b.t.Errorf("socket.data: %d bytes, %v", n, err)
	}
	payload = payload[:n]

	b.mu.Lock()
	r := b.sockets[id]
	switch {
	case r == nil:
		b.t.Errorf("data for socket %d, which was not opened", id)
		b.mu.Unlock()
		return true
	case r.ended || r.closed != nil:
		b.t.Errorf("socket %d: data after the end", id)
	}
	b.note("data %d", id)
	r.received += int64(n)
	r.hash.Write(payload)
	if r.keep {
		r.frames = append(r.frames, payload)
	}
	var credit int64
	if r.owed += int64(n); !r.stalled && r.owed >= protocol.WindowBytes/4 {
		credit, r.owed = r.owed, 0
	}
	b.changed.Broadcast()
	b.mu.Unlock()
	if credit > 0 {
		b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: id, Bytes: credit})
	}
	return true
}

// control takes any other frame.
func (b *broker) control(body []byte) {
	if len(body) > protocol.MaxControlBytes {
		b.t.Errorf("a control message of %d bytes", len(body))
	}
	if err := b.v.Check("envelope", body); err != nil {
		b.t.Errorf("%s: %v", body, err)
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		b.t.Errorf("%s: %v", body, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.changed.Broadcast()
	if m.Method != "" {
		b.notification(m)
		return
	}
	if m.Error != nil {
		text, _ := json.Marshal(m.Error)
		if err := b.v.Check("error", text); err != nil {
			b.t.Errorf("%s: %v", body, err)
		}
	}
	if m.ID == nil {
		b.note("orphan")
		b.orphans = append(b.orphans, m)
		return
	}
	if _, twice := b.answers[*m.ID]; twice {
		b.t.Errorf("id %d was answered twice", *m.ID)
	}
	b.note("answer %d", *m.ID)
	b.answers[*m.ID] = m
}

// notification takes what the host tells about a socket, or of a device nearby. b.mu is held.
func (b *broker) notification(m message) {
	if err := b.v.Check(m.Method+".params", m.Params); err != nil {
		b.t.Errorf("%s %s: %v", m.Method, m.Params, err)
	}
	if m.Method == protocol.MethodResolveFound {
		var p protocol.ResolveFoundParams
		_ = json.Unmarshal(m.Params, &p)
		b.note("found %d", p.BrowseID)
		b.found = append(b.found, p)
		return
	}
	var subject struct{ SocketID int64 }
	_ = json.Unmarshal(m.Params, &subject)
	r := b.sockets[subject.SocketID]
	if r == nil {
		b.t.Errorf("%s for socket %d, which was not opened", m.Method, subject.SocketID)
		return
	}
	if r.closed != nil {
		b.t.Errorf("socket %d: %s after socket.closed", r.id, m.Method)
	}
	b.note("%s %d", m.Method, r.id)
	switch m.Method {
	case protocol.MethodSocketCredit:
		var p protocol.SocketCreditParams
		_ = json.Unmarshal(m.Params, &p)
		r.credit += p.Bytes
	case protocol.MethodSocketEnd:
		if r.ended {
			b.t.Errorf("socket %d: two ends", r.id)
		}
		r.ended = true
	case protocol.MethodSocketClosed:
		r.closed = &protocol.SocketClosedParams{}
		_ = json.Unmarshal(m.Params, r.closed)
	default:
		b.t.Errorf("the host says %s", m.Method)
	}
}

func (b *broker) note(format string, args ...any) {
	if b.remember {
		b.sequence = append(b.sequence, fmt.Sprintf(format, args...))
	}
}
