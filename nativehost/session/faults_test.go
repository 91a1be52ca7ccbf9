package session

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

func TestNothingBeforeHello(t *testing.T) {
	b := start(t, options{silent: true})
	for _, frame := range []string{
		`{"jsonrpc":"2.0","id":50,"method":"socket.close","params":{"socketId":1}}`,
		`{"jsonrpc":"2.0","id":50,"method":"socket.close","params":{}}`,
		`{"jsonrpc":"2.0","id":50,"method":"no.such"}`,
		`{"jsonrpc":"2.0","id":50,"method":"socket.write","params":{"socketId":1,"data":""}}`,
	} {
		b.raw([]byte(frame))
		wantCode(t, b.answer(50), protocol.CodeInvalidRequest)
		b.mu.Lock()
		delete(b.answers, 50)
		b.mu.Unlock()
	}
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: 1, Bytes: 1})
	b.wait("an error without an id", func() bool { return len(b.orphans) == 1 })
	wantCode(t, b.orphans[0], protocol.CodeInvalidRequest)

	// Bad parameters of hello itself are what they are.
	wantCode(t, b.answer(b.ask(protocol.MethodHello, struct{}{})), protocol.CodeInvalidParams)

	// A mismatch names the host's version, and leaves the door open.
	m := b.answer(b.ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion + 1, ExtensionVersion: "9"}))
	wantFailure(t, m, "NetworkError", "version")
	if !strings.HasPrefix(m.Error.Data.Detail, version.Host) {
		t.Errorf("the detail is %q", m.Error.Data.Detail)
	}
	wantCode(t, b.answer(b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: 1})), protocol.CodeInvalidRequest)
	var result protocol.HelloResult
	b.mustCall(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "9"}, &result)
	if result.HostVersion != version.Host || strings.Join(result.Capabilities, " ") != "tcp udp tls" {
		t.Errorf("hello: %+v", result)
	}
	wantCode(t, b.answer(b.ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "9"})), protocol.CodeInvalidRequest)
}

// Whatever nonsense comes, it is answered as the text says, and another socket does
// not notice.
func TestNonsenseHarmsNobody(t *testing.T) {
	b := start(t, options{})
	r, _ := b.open(serve(t, echo), nil)
	other, _ := b.open(serve(t, echo), nil)
	write := func(data string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":%d,"data":"%s"}}`, other.id, data)
	}
	for name, c := range map[string]struct {
		frame string
		code  int64
	}{
		"not JSON":              {`{"jsonrpc":`, protocol.CodeParse},
		"not UTF-8":             {"\"\xc3\x28\"", protocol.CodeParse},
		"zero bytes":            {"\x00\x00\x00", protocol.CodeParse},
		"batch":                 {`[]`, protocol.CodeInvalidRequest},
		"response":              {`{"jsonrpc":"2.0","id":1,"result":{}}`, protocol.CodeInvalidRequest},
		"notification unknown":  {`{"jsonrpc":"2.0","method":"socket.explode"}`, protocol.CodeUnknownMethod},
		"host's own method":     {`{"jsonrpc":"2.0","method":"socket.end","params":{"socketId":1}}`, protocol.CodeUnknownMethod},
		"credit without bytes":  {`{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1}}`, protocol.CodeInvalidParams},
		"credit of 0":           {`{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1,"bytes":0}}`, protocol.CodeInvalidParams},
		"credit over the limit": {`{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1,"bytes":16777217}}`, protocol.CodeInvalidParams},
		"base64 cut":            {write("AAA"), protocol.CodeInvalidParams},
		"base64 line break":     {write(`AAAA\nAAAA`), protocol.CodeInvalidParams},
		"base64 stray bits":     {write("AAB="), protocol.CodeInvalidParams},
		"base64 of another id":  {`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":999,"data":"!"}}`, protocol.CodeInvalidParams},
		"payload too large":     {write(strings.Repeat("A", 349_532)), protocol.CodeInvalidParams},
		"payload 1 too large":   {write(strings.Repeat("A", 349_528)), protocol.CodeInvalidParams},
		"a frame at the limit":  {`"` + strings.Repeat("A", protocol.MaxFrameBytes-2) + `"`, protocol.CodeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			b.mu.Lock()
			before := len(b.orphans)
			b.mu.Unlock()
			b.raw([]byte(c.frame))
			b.wait("an error without an id", func() bool { return len(b.orphans) > before })
			b.mu.Lock()
			got := b.orphans[before]
			b.mu.Unlock()
			wantCode(t, got, c.code)
			b.wantAlive(r)
			b.wantAlive(other)
		})
	}
}

func TestForeignSockets(t *testing.T) {
	b := start(t, options{})
	r, _ := b.open(serve(t, echo), nil)
	stranger := &remote{id: 4242}
	for name, id := range map[string]int64{
		"write":    b.writeAsk(stranger, []byte("x")),
		"empty":    b.writeAsk(stranger, nil),
		"shutdown": b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: 4242}),
		"close":    b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: 4242}),
	} {
		t.Run(name, func(t *testing.T) { wantFailure(t, b.answer(id), "InvalidStateError", "gone") })
	}
	// Notifications cross with socket.closed, so they are ignored.
	b.write(stranger, []byte("x"), nil)
	b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: 4242, Bytes: 10})
	b.wantAlive(r)
	if len(b.orphans) != 0 {
		t.Errorf("a notification was answered: %v", b.orphans[0].Error)
	}
}

func TestIDsThatAreOpen(t *testing.T) {
	b := start(t, options{})
	port := serve(t, echo)
	r, _ := b.open(port, nil)

	// An open that takes its time.
	p := b.tcp(blackHole(t))
	open := b.ask(protocol.MethodTCPOpen, p)
	for _, frame := range []string{
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"socket.shutdown","params":{"socketId":%d}}`, open, r.id),
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"socket.write","params":{"socketId":%d,"data":"AAAA"}}`, open, r.id),
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"no.such"}`, open),
	} {
		b.mu.Lock()
		before := len(b.orphans)
		b.mu.Unlock()
		b.raw([]byte(frame))
		b.wait("an error without an id", func() bool { return len(b.orphans) > before })
	}
	wantCode(t, b.orphans[0], protocol.CodeInvalidRequest)
	wantCode(t, b.orphans[1], protocol.CodeInvalidRequest)
	wantCode(t, b.orphans[2], protocol.CodeUnknownMethod)

	// A socket id that is taken, by a socket that opens and by one that is open.
	wantCode(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), protocol.CodeInvalidRequest)
	p.SocketID, p.Port = r.id, int64(port)
	wantCode(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), protocol.CodeInvalidRequest)

	// The first of them all is still answered, once.
	b.mustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID + 1}, nil)
	wantFailure(t, b.answer(open), "AbortError", "aborted")
	b.wantAlive(r)

	// An id may be used again once it has been answered.
	b.mu.Lock()
	delete(b.answers, open)
	b.mu.Unlock()
	b.write(r, []byte("again"), &open)
	b.wantResult(protocol.MethodSocketWrite, b.answer(open), nil)
}

func TestCreditFaultsCostOneSocket(t *testing.T) {
	b := start(t, options{window: 1000})
	port := serve(t, echo)
	for name, commit := range map[string]func(*remote) int64{
		"too much written": func(r *remote) int64 { return b.writeAsk(r, make([]byte, 1001)) },
		"written after shutdown": func(r *remote) int64 {
			b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})
			b.write(r, []byte("x"), nil)
			return 0
		},
		"too much credit": func(r *remote) int64 {
			b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: protocol.MaxWindowBytes})
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			// This peer does not end by itself.
			release := make(chan struct{})
			defer close(release)
			r, _ := b.open(serve(t, func(*net.TCPConn) { <-release }), nil)
			other, _ := b.open(port, nil)
			if id := commit(r); id != 0 {
				wantFailure(t, b.answer(id), "NetworkError", "protocol")
			}
			b.wantClosed(r, "NetworkError", "protocol")
			b.wantAlive(other)
		})
	}
}

// Credit comes back a quarter of the window at a time, and never so late that a
// writer who waits for it would wait for ever.
func TestCreditIsCollected(t *testing.T) {
	b := start(t, options{window: 4000})
	r, _ := b.open(serve(t, echo), nil)
	b.mu.Lock()
	b.remember = true
	b.mu.Unlock()
	total := 0
	for _, size := range []int{1, 998, 1, 3000, 4000, 1} {
		b.wait("credit", func() bool { return r.credit >= int64(size) })
		b.mu.Lock()
		r.credit -= int64(size)
		b.mu.Unlock()
		b.wantResult(protocol.MethodSocketWrite, b.answer(b.writeAsk(r, make([]byte, size))), nil)
		total += size
		b.waitReceived(r, int64(total))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	credits := 0
	for _, what := range b.sequence {
		if strings.HasPrefix(what, protocol.MethodSocketCredit) {
			credits++
		}
	}
	if credits != 3 {
		t.Errorf("%d credit messages for %d bytes", credits, total)
	}
}

// session ends: with the input, with lost framing, with the output, with the
// context. Each time every socket is closed.
func TestSessionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*broker)
		want error
	}{
		"input":       {func(b *broker) { b.in.Close() }, nil},
		"length 0":    {func(b *broker) { b.rawBytes([]byte{0, 0, 0, 0}) }, protocol.ErrFraming},
		"length huge": {func(b *broker) { b.rawBytes(binary.NativeEndian.AppendUint32(nil, 1<<32-1)) }, protocol.ErrFraming},
		"cut":         {func(b *broker) { b.rawBytes([]byte{9, 0, 0, 0, '{'}); b.in.Close() }, protocol.ErrFraming},
		"output": {func(b *broker) {
			b.out.Close()
			b.notify("no.such", struct{}{})
		}, ErrBrowserGone},
	} {
		t.Run(name, func(t *testing.T) {
			peers := make(chan string, 2)
			port := serve(t, func(c *net.TCPConn) {
				buf := make([]byte, 100)
				n, err := c.Read(buf)
				for err == nil {
					var more int
					more, err = c.Read(buf[n:])
					n += more
				}
				peers <- string(buf[:n])
			})
			b := start(t, options{})
			r, _ := b.open(port, nil)
			b.open(port, nil)
			p := b.tcp(blackHole(t))
			b.ask(protocol.MethodTCPOpen, p)
			// Written just before the end, so it must still go out.
			b.write(r, []byte("QUIT"), nil)
			began := time.Now()
			c.end(b)
			err := <-b.ended
			b.ended <- err
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v", took)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("ended with %v, want %v", err, c.want)
			}
			got := []string{<-peers, <-peers}
			if got[0]+got[1] != "QUIT" {
				t.Errorf("the peers got %q", got)
			}
		})
	}
}

// A long random walk through the methods, with a seed to repeat it.
func TestRandomWalk(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	b := start(t, options{})
	port := serve(t, echo)
	witness, _ := b.open(port, nil)
	var open []*remote
	for range 300 {
		if len(open) == 0 || random.IntN(4) == 0 {
			p := b.tcp(port)
			b.ask(protocol.MethodTCPOpen, p)
			open = append(open, b.remote(p.SocketID))
			continue
		}
		i := random.IntN(len(open))
		r := open[i]
		switch random.IntN(5) {
		case 0:
			b.write(r, noise(random.IntN(20_000)), nil)
		case 1:
			b.writeAsk(r, noise(random.IntN(100)))
		case 2:
			b.ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.id})
		case 3:
			b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id, Reset: random.IntN(2) == 0})
			open = append(open[:i], open[i+1:]...)
		case 4:
			b.notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.id, Bytes: int64(1 + random.IntN(1000))})
		}
	}
	for _, r := range open {
		b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.id})
	}
	b.wantAlive(witness)
	b.wait("every answer", func() bool { return int64(len(b.answers)) == b.nextID })
	for id, m := range b.answers {
		if m.Error != nil && m.Error.Code != protocol.CodeFailed {
			text, _ := json.Marshal(m.Error)
			t.Errorf("answer %d: %s", id, text)
		}
	}
}
