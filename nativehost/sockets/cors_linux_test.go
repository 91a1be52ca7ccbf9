package sockets_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/corsprobe"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/protocol"
)

// farAway says of every address that it is none of ours.
type farAway struct{}

func (farAway) Class(netip.Addr) address.Class { return address.Public }

// corsServer is a server on the Internet with several names, one of which takes part in CORS.
func corsServer(t *testing.T, addr string) *x509.CertPool {
	t.Helper()
	roots, config := hosttest.Certified(t, func(c *x509.Certificate) { c.DNSNames = []string{"victim.example", "shop.example"} })
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "victim.example" {
				w.Header().Set("Vary", "Origin")
			}
		}),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ServeTLS(listener, "", "")
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return roots
}

// A name of the page's own that leads to somebody else's server does not get around what
// that server says by CORS.
func TestPort443OfOthers(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	const at = "93.184.215.14"
	netns.Run(t, "ip", netns.AddAddr(at+"/32", "lo")...)
	netns.Dnsmasq(t, "--host-record=victim.example,"+at, "--host-record=evil.example,"+at, "--host-record=shop.example,"+at)
	roots := corsServer(t, at+":443")
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots, Probe: sockets.Probe(&corsprobe.Prober{}, farAway{})}})
	open := func(host, transport string) (protocol.TCPOpenParams, int64) {
		p := b.TCP(443)
		p.Host, p.SecureTransport = host, transport
		return p, b.Ask(protocol.MethodTCPOpen, p)
	}
	refused := map[string]int64{}
	for _, host := range []string{"victim.example", "evil.example", at} {
		for _, transport := range []string{"off", "on", "starttls"} {
			_, refused[host+", "+transport] = open(host, transport)
		}
	}
	packets := protocol.UDPOpenParams{OpenRequest: protocol.OpenRequest{
		SocketID: b.Register().ID, Origin: "https://page.example", Document: "document", Host: "shop.example", Port: 443, UserEntered: true, Window: 1 << 16,
	}}
	refused["UDP"] = b.Ask(protocol.MethodUDPOpen, packets)
	for what, id := range refused {
		t.Run(what, func(t *testing.T) { hosttest.WantFailure(t, b.Answer(id), "NotAllowedError", "cors") })
	}

	t.Run("a page's own ClientHello", func(t *testing.T) {
		for name, reason := range map[string]string{"shop.example": "", "victim.example": "cors"} {
			p, id := open("shop.example", "off")
			b.WantResult(protocol.MethodTCPOpen, b.Answer(id), nil)
			r := b.Remote(p.SocketID)
			b.Write(r, clientHello(name), nil)
			if reason == "" {
				b.Wait("an answer", func() bool { return r.Received > 0 })
			} else {
				b.WantClosed(r, "NotAllowedError", reason)
			}
		}
	})
	t.Run("an upgrade to another name", func(t *testing.T) {
		for name, reason := range map[string]string{"shop.example": "", "victim.example": "cors"} {
			p, id := open("shop.example", "starttls")
			b.WantResult(protocol.MethodTCPOpen, b.Answer(id), nil)
			began := time.Now()
			upgrade := b.Ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: p.SocketID, TLS: &protocol.TLSOptions{ServerName: name}})
			if reason == "" {
				b.WantResult(protocol.MethodSocketStartTLS, b.Answer(upgrade), nil)
				continue
			}
			hosttest.WantFailure(t, b.Answer(upgrade), "NotAllowedError", reason)
			if took := time.Since(began); took < sockets.RefusalDelay {
				t.Errorf("refused after %v", took)
			}
		}
	})
}

// clientHello is what a client of TLS says first to a server of this name.
func clientHello(name string) []byte {
	c := &helloRecorder{}
	_ = tls.Client(c, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake()
	return c.said
}

// helloRecorder keeps the first thing that is said.
type helloRecorder struct {
	net.Conn
	said []byte
}

func (l *helloRecorder) Write(p []byte) (int, error) {
	l.said = append(l.said, p...)
	return 0, errors.New("enough")
}

func (*helloRecorder) Close() error                     { return nil }
func (*helloRecorder) SetWriteDeadline(time.Time) error { return nil }
