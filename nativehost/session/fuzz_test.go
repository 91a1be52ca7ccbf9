package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/protocol"
)

// FuzzSession feeds frames of any kind to a session that has an open socket. It
// must not panic, hang or leak, and must end when its input does.
func FuzzSession(f *testing.F) {
	hello := `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocolVersion":2,"extensionVersion":"x"}}`
	open := `{"jsonrpc":"2.0","id":2,"method":"tcp.open","params":{"socketId":1,"origin":"https://a.example","document":"d","private":false,"userEntered":false,"host":"127.0.0.1","port":%d,"window":100,"timeout":50,"secureTransport":"starttls"}}`
	port := hosttest.Serve(f, hosttest.Echo)
	v, err := protocol.NewValidator()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"aGVsbG8="}}`,
		`{"jsonrpc":"2.0","id":3,"method":"socket.write","params":{"socketId":1,"data":"aGVsbG8="}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"socket.shutdown","params":{"socketId":1}}`,
		`{"jsonrpc":"2.0","id":3,"method":"socket.close","params":{"socketId":1,"reset":true}}`,
		`{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1,"bytes":16777216}}`,
		`{"jsonrpc":"2.0","id":2,"method":"socket.close","params":{"socketId":1}}`,
		`{"jsonrpc":"2.0","id":3,"method":"socket.startTLS","params":{"socketId":1,"received":0,"sent":0}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"socket.startTLS","params":{"socketId":1,"received":0,"sent":0}}`,
		`{"jsonrpc":"2.0","id":3,"method":"resolve.browse","params":{"browseId":1,"origin":"https://a.example","protocol":"tcp","port":22,"secure":false,"timeout":100}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"resolve.stop","params":{"browseId":1}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tryout.start","params":{"lang":"en","dir":"ltr","texts":{"title":"t","intro":"t","button":"t","asking":"t","done":"t","denied":"t","failed":"t","missing":"t"}}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"tryout.stop","params":{}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tcp.listen","params":{"socketId":2,"origin":"https://a.example","document":"d","private":false,"localAddress":"127.0.0.1","reach":"computer","secure":true,"backlog":1}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"tcp.accept","params":{"listenerId":2,"socketId":3,"window":0}}` + "\n" +
			`{"jsonrpc":"2.0","id":5,"method":"socket.close","params":{"socketId":2}}`,
		`{"jsonrpc":"2.0","id":3,"method":"socket.inspect","params":{"socketIds":[1,2,1]}}` + "\n" +
			`{"jsonrpc":"2.0","id":4,"method":"policy.get","params":{"origin":"https://a.example"}}`,
		`[]` + "\n" + `null` + "\n" + `{"jsonrpc":"2.0","id":2}`,
	} {
		f.Add(seed, false)
	}
	f.Add("\x00\x00\x00\x00", true)
	f.Fuzz(func(t *testing.T, input string, rawBytes bool) {
		b := &hosttest.Broker{T: t}
		hostIn, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		ended, drained := fuzzed(t, hostIn, v, port)
		b.In = in
		b.Raw([]byte(hello))
		b.Raw(fmt.Appendf(nil, open, port))
		if rawBytes {
			_, _ = in.WriteString(input)
		} else {
			for frame := range strings.SplitSeq(input, "\n") {
				if frame != "" && len(frame) < protocol.MaxFrameBytes {
					b.Gone = true // the session may end at any frame
					b.Raw([]byte(frame))
				}
			}
		}
		in.Close()
		select {
		case err := <-ended:
			if err != nil && !errors.Is(err, protocol.ErrFraming) {
				t.Fatal(err)
			}
		case <-time.After(hosttest.Patience):
			t.Fatal("the session does not end")
		}
		<-drained
	})
}

// only is the one address that a fuzzed session may connect to: it must not talk to
// whoever listens on this machine, nor ask a name server.
type only int

func (o only) Judge(_ context.Context, _ dial.Target, address netip.AddrPort) error {
	if !address.Addr().IsLoopback() || int(address.Port()) != int(o) {
		return fault.ErrAddress
	}
	return nil
}

func (o only) dialer() *dial.Dialer {
	return &dial.Dialer{Rules: o, Resolver: hosttest.Literals{}}
}

// fuzzed runs a session whose output is checked and thrown away.
func fuzzed(t testing.TB, hostIn *os.File, v *protocol.Validator, port int) (<-chan error, <-chan struct{}) {
	t.Helper()
	out, hostOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := session.New(session.Config{
		In: hostIn, Out: hostOut, Validator: v, Dialer: only(port).dialer(),
		Policy: policy.Open("", policy.Options{Validator: v, Log: zerolog.Nop()}),
		Near:   nearby.New(zerolog.Nop()),
		Browse: func(_ *discover.Browser, ctx context.Context, _ discover.Query, found func(discover.Device)) error {
			found(discover.Device{Name: "d", Service: "_d._tcp", Host: address.FromAddr(netip.IPv6Loopback()), Address: netip.IPv6Loopback()})
			<-ctx.Done()
			return nil
		},
		Caps: limits.Standard(), Audit: audit.New(io.Discard, "fuzz"), Log: zerolog.Nop(),
	})
	ended, drained := make(chan error, 1), make(chan struct{})
	go func() { ended <- s.Run(t.Context()) }()
	go func() {
		defer close(drained)
		defer out.Close()
		frames := protocol.NewFrameReader(out)
		for {
			body, err := frames.Next()
			if err != nil {
				return
			}
			if err := v.Check("envelope", body); err != nil && len(body) < 4096 {
				t.Errorf("%s: %v", body, err)
			}
		}
	}()
	return ended, drained
}
