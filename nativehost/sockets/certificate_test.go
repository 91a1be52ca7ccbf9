package sockets

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

// What a peer writes into its certificate can be shown, and does not make the answer too
// long.
func TestCertificatesOfPeers(t *testing.T) {
	leaf := &x509.Certificate{
		Subject: pkix.Name{CommonName: "\u202emoc.elgoog\x00\n www", Organization: []string{"O"}}, Issuer: pkix.Name{CommonName: "\u200b", Organization: []string{"\u2066", "The Issuer"}},
		DNSNames: []string{"a.example", "\u2067", "b.example"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 0, 0, 2)},
		NotBefore: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), Raw: []byte{1},
	}
	c := summary(leaf)
	if c.Subject != "moc.elgoog www" || c.Issuer != "The Issuer" || !slices.Equal(c.Names, []string{"a.example", "b.example", "10.0.0.1", "::1"}) {
		t.Errorf("%+v", c)
	}
	if c := summary(&x509.Certificate{}); c.Subject != "" || c.Issuer != "" || len(c.Names) != 0 || c.Names == nil {
		t.Errorf("%+v", c)
	}
	long := strings.Repeat("<ü", 500)
	leaf = &x509.Certificate{
		Subject: pkix.Name{CommonName: long}, Issuer: pkix.Name{CommonName: long}, DNSNames: []string{long, long, long, long, long},
		NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
	}
	state := protocol.SocketState{
		SocketID: 1<<53 - 1, BytesIn: 1<<53 - 1, BytesOut: 1<<53 - 1, RemoteAddress: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%abcdefghijklmno",
		TLSVersion: "1.2", CipherSuite: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", Certificate: summary(leaf),
	}
	if s := state.Certificate; s.Subject == "" || len(s.Subject) > maxSubject {
		t.Errorf("subject %q", s.Subject)
	}
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	var result protocol.SocketInspectResult
	for range 32 {
		result.Sockets = append(result.Sockets, state)
	}
	text, err := json.Marshal(result)
	if err != nil || len(text) > protocol.MaxControlBytes-100 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if err := v.Check("socket.inspect.result", text); err != nil {
		t.Error(err)
	}
	// An ordinary one is told whole.
	name := strings.Repeat("abcdefghi.", 25)
	if c := summary(&x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name, name, name, name}}); len(c.Names) != maxNames || len(c.Names[3]) != 250 {
		t.Errorf("%+v", c)
	}
}
