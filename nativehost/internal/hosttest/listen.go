package hosttest

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
func (b *Broker) listen() {
	frames := protocol.NewFrameReader(b.Out)
	for {
		body, err := frames.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
				b.T.Errorf("the host's stdout: %v", err)
			}
			b.Mu.Lock()
			b.Gone = true
			b.Changed.Broadcast()
			b.Mu.Unlock()
			return
		}
		if !b.data(body) {
			b.control(body)
		}
	}
}

// data takes a socket.data frame. Most of a test's bytes pass here, so it is
// quick.
func (b *Broker) data(body []byte) bool {
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
		b.T.Errorf("socket.data: %d bytes, %v", n, err)
	}
	payload = payload[:n]

	b.Mu.Lock()
	r := b.Sockets[id]
	switch {
	case r == nil:
		b.T.Errorf("data for socket %d, which was not opened", id)
		b.Mu.Unlock()
		return true
	case r.Ended || r.Closed != nil:
		b.T.Errorf("socket %d: data after the end", id)
	}
	b.note("data %d", id)
	r.Received += int64(n)
	r.Hash.Write(payload)
	if r.Keep {
		r.Frames = append(r.Frames, payload)
	}
	var credit int64
	if r.owed += int64(n); !r.Stalled && r.owed >= protocol.WindowBytes/4 {
		credit, r.owed = r.owed, 0
	}
	b.Changed.Broadcast()
	b.Mu.Unlock()
	if credit > 0 {
		b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: id, Bytes: credit})
	}
	return true
}

// control takes any other frame.
func (b *Broker) control(body []byte) {
	if len(body) > protocol.MaxControlBytes {
		b.T.Errorf("a control message of %d bytes", len(body))
	}
	if err := b.v.Check("envelope", body); err != nil {
		b.T.Errorf("%s: %v", body, err)
	}
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		b.T.Errorf("%s: %v", body, err)
		return
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	defer b.Changed.Broadcast()
	if m.Method != "" {
		b.notification(m)
		return
	}
	if m.Error != nil {
		text, _ := json.Marshal(m.Error)
		if err := b.v.Check("error", text); err != nil {
			b.T.Errorf("%s: %v", body, err)
		}
	}
	if m.ID == nil {
		b.note("orphan")
		b.WithoutID = append(b.WithoutID, m)
		return
	}
	if _, twice := b.Answers[*m.ID]; twice {
		b.T.Errorf("id %d was answered twice", *m.ID)
	}
	b.note("answer %d", *m.ID)
	b.Answers[*m.ID] = m
}

// notification takes what the host tells about a socket, or of a device nearby. b.Mu is held.
func (b *Broker) notification(m Message) {
	if err := b.v.Check(m.Method+".params", m.Params); err != nil {
		b.T.Errorf("%s %s: %v", m.Method, m.Params, err)
	}
	if m.Method == protocol.MethodResolveFound {
		var p protocol.ResolveFoundParams
		_ = json.Unmarshal(m.Params, &p)
		b.note("found %d", p.BrowseID)
		b.Found = append(b.Found, p)
		return
	}
	if m.Method == protocol.MethodReopenReport {
		var p protocol.ReopenReportParams
		_ = json.Unmarshal(m.Params, &p)
		b.note("report of %s: %d opened, %d failed, %d closed", p.Document, len(p.Opened), len(p.Failed), len(p.Closed))
		b.Reports = append(b.Reports, p)
		return
	}
	var subject struct{ SocketID int64 }
	_ = json.Unmarshal(m.Params, &subject)
	r := b.Sockets[subject.SocketID]
	if r == nil {
		b.T.Errorf("%s for socket %d, which was not opened", m.Method, subject.SocketID)
		return
	}
	if r.Closed != nil {
		b.T.Errorf("socket %d: %s after socket.closed", r.ID, m.Method)
	}
	b.note("%s %d", m.Method, r.ID)
	switch m.Method {
	case protocol.MethodSocketCredit:
		var p protocol.SocketCreditParams
		_ = json.Unmarshal(m.Params, &p)
		r.Credit += p.Bytes
	case protocol.MethodSocketEnd:
		if r.Ended {
			b.T.Errorf("socket %d: two ends", r.ID)
		}
		r.Ended = true
	case protocol.MethodSocketClosed:
		r.Closed = &protocol.SocketClosedParams{}
		_ = json.Unmarshal(m.Params, r.Closed)
	default:
		b.T.Errorf("the host says %s", m.Method)
	}
}

func (b *Broker) note(format string, args ...any) {
	if b.Remember {
		b.Sequence = append(b.Sequence, fmt.Sprintf(format, args...))
	}
}
