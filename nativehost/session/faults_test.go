package session_test

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

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

func TestNothingBeforeHello(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Silent: true})
	for _, frame := range []string{
		`{"jsonrpc":"2.0","id":50,"method":"socket.close","params":{"socketId":1}}`,
		`{"jsonrpc":"2.0","id":50,"method":"socket.close","params":{}}`,
		`{"jsonrpc":"2.0","id":50,"method":"no.such"}`,
		`{"jsonrpc":"2.0","id":50,"method":"socket.write","params":{"socketId":1,"data":""}}`,
	} {
		b.Raw([]byte(frame))
		hosttest.WantCode(t, b.Answer(50), protocol.CodeInvalidRequest)
		b.Mu.Lock()
		delete(b.Answers, 50)
		b.Mu.Unlock()
	}
	b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: 1, Bytes: 1})
	b.Wait("an error without an id", func() bool { return len(b.WithoutID) == 1 })
	hosttest.WantCode(t, b.WithoutID[0], protocol.CodeInvalidRequest)

	// Bad parameters of hello itself are what they are.
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodHello, struct{}{})), protocol.CodeInvalidParams)

	// A mismatch names the host's version, and another hello may follow.
	m := b.Answer(b.Ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion + 1, ExtensionVersion: "9"}))
	hosttest.WantFailure(t, m, "NetworkError", "version")
	if !strings.HasPrefix(m.Error.Data.Detail, version.Host) {
		t.Errorf("the detail is %q", m.Error.Data.Detail)
	}
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: 1})), protocol.CodeInvalidRequest)
	var result protocol.HelloResult
	b.MustCall(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "9"}, &result)
	if result.HostVersion != version.Host || strings.Join(result.Capabilities, " ") != "tcp udp tls listen bind" {
		t.Errorf("hello: %+v", result)
	}
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: protocol.ProtocolVersion, ExtensionVersion: "9"})), protocol.CodeInvalidRequest)
}

// Whatever nonsense comes, it is answered as the text says, and another socket does
// not notice.
func TestNonsenseHarmsNobody(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	r, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	other, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	write := func(data string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":%d,"data":"%s"}}`, other.ID, data)
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
			b.Mu.Lock()
			before := len(b.WithoutID)
			b.Mu.Unlock()
			b.Raw([]byte(c.frame))
			b.Wait("an error without an id", func() bool { return len(b.WithoutID) > before })
			b.Mu.Lock()
			got := b.WithoutID[before]
			b.Mu.Unlock()
			hosttest.WantCode(t, got, c.code)
			b.WantAlive(r)
			b.WantAlive(other)
		})
	}
}

func TestIDsThatAreOpen(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	r, _ := b.Open(port, nil)

	// An open that takes its time.
	p := b.TCP(hosttest.BlackHole(t))
	open := b.Ask(protocol.MethodTCPOpen, p)
	for _, frame := range []string{
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"socket.shutdown","params":{"socketId":%d}}`, open, r.ID),
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"socket.write","params":{"socketId":%d,"data":"AAAA"}}`, open, r.ID),
		fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"no.such"}`, open),
	} {
		b.Mu.Lock()
		before := len(b.WithoutID)
		b.Mu.Unlock()
		b.Raw([]byte(frame))
		b.Wait("an error without an id", func() bool { return len(b.WithoutID) > before })
	}
	hosttest.WantCode(t, b.WithoutID[0], protocol.CodeInvalidRequest)
	hosttest.WantCode(t, b.WithoutID[1], protocol.CodeInvalidRequest)
	hosttest.WantCode(t, b.WithoutID[2], protocol.CodeUnknownMethod)

	// A socket id that is taken, by a socket that opens and by one that is open.
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), protocol.CodeInvalidRequest)
	p.SocketID, p.Port = r.ID, int64(port)
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), protocol.CodeInvalidRequest)

	// The first of them all is still answered, once.
	b.MustCall(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID + 1}, nil)
	hosttest.WantFailure(t, b.Answer(open), "AbortError", "aborted")
	b.WantAlive(r)

	// An id may be used again once it has been answered.
	b.Mu.Lock()
	delete(b.Answers, open)
	b.Mu.Unlock()
	b.Write(r, []byte("again"), &open)
	b.WantResult(protocol.MethodSocketWrite, b.Answer(open), nil)
}

// session ends: with the input, with lost framing, with the output, with the
// context. Each time every socket is closed.
func TestSessionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*hosttest.Broker)
		want error
	}{
		"input":       {func(b *hosttest.Broker) { b.In.Close() }, nil},
		"length 0":    {func(b *hosttest.Broker) { b.RawBytes([]byte{0, 0, 0, 0}) }, protocol.ErrFraming},
		"length huge": {func(b *hosttest.Broker) { b.RawBytes(binary.NativeEndian.AppendUint32(nil, 1<<32-1)) }, protocol.ErrFraming},
		"cut":         {func(b *hosttest.Broker) { b.RawBytes([]byte{9, 0, 0, 0, '{'}); b.In.Close() }, protocol.ErrFraming},
		"output": {func(b *hosttest.Broker) {
			b.Out.Close()
			b.Notify("no.such", struct{}{})
		}, session.ErrBrowserGone},
	} {
		t.Run(name, func(t *testing.T) {
			peers := make(chan string, 2)
			port := hosttest.Serve(t, func(c *net.TCPConn) {
				buf := make([]byte, 100)
				n, err := c.Read(buf)
				for err == nil {
					var more int
					more, err = c.Read(buf[n:])
					n += more
				}
				peers <- string(buf[:n])
			})
			b := hosttest.Start(t, hosttest.Options{})
			r, _ := b.Open(port, nil)
			b.Open(port, nil)
			p := b.TCP(hosttest.BlackHole(t))
			b.Ask(protocol.MethodTCPOpen, p)
			// Written just before the end, so it must still go out.
			b.Write(r, []byte("QUIT"), nil)
			began := time.Now()
			c.end(b)
			err := <-b.Ended
			b.Ended <- err
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
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	witness, _ := b.Open(port, nil)
	var open []*hosttest.Remote
	for range 300 {
		if len(open) == 0 || random.IntN(4) == 0 {
			p := b.TCP(port)
			b.Ask(protocol.MethodTCPOpen, p)
			open = append(open, b.Remote(p.SocketID))
			continue
		}
		i := random.IntN(len(open))
		r := open[i]
		switch random.IntN(5) {
		case 0:
			b.Write(r, hosttest.Noise(random.IntN(20_000)), nil)
		case 1:
			b.WriteAsk(r, hosttest.Noise(random.IntN(100)))
		case 2:
			b.Ask(protocol.MethodSocketShutdown, protocol.SocketShutdownParams{SocketID: r.ID})
		case 3:
			b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID, Reset: random.IntN(2) == 0})
			open = append(open[:i], open[i+1:]...)
		case 4:
			b.Notify(protocol.MethodSocketCredit, protocol.SocketCreditParams{SocketID: r.ID, Bytes: int64(1 + random.IntN(1000))})
		}
	}
	for _, r := range open {
		b.Ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: r.ID})
	}
	b.WantAlive(witness)
	b.Wait("every answer", func() bool { return int64(len(b.Answers)) == b.NextID })
	for id, m := range b.Answers {
		if m.Error != nil && m.Error.Code != protocol.CodeFailed {
			text, _ := json.Marshal(m.Error)
			t.Errorf("answer %d: %s", id, text)
		}
	}
}
