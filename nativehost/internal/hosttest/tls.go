package hosttest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

// The plain part of the protocol that the servers here speak.
const (
	Greeting = "* OK ready\r\n"
	Command  = "STARTTLS\r\n"
	GoAhead  = "OK\r\n"
)

// Upgradable opens a socket that can be upgraded.
func Upgradable(p *protocol.TCPOpenParams, r *Remote) {
	p.Host, p.SecureTransport, r.Keep = "localhost", "starttls", true
}

// Converse greets, waits for the command, says answer in one segment, and reports
// whether the command came.
func Converse(c *net.TCPConn, answer string) bool {
	_, _ = c.Write([]byte(Greeting))
	line, _ := bufio.NewReader(io.LimitReader(c, int64(len(Command)))).ReadString('\n')
	_, _ = c.Write([]byte(answer))
	return line == Command
}

// Until reads until the peer's end and returns how that was.
func Until(c io.Reader) (heard []byte, err error) {
	var all bytes.Buffer
	_, err = io.Copy(&all, c)
	return all.Bytes(), err
}

// PlainPart plays the page up to the go-ahead and returns the socket.
func PlainPart(b *Broker, port int, answer string) *Remote {
	b.T.Helper()
	r, _ := b.Open(port, Upgradable)
	b.WaitReceived(r, int64(len(Greeting)))
	b.Send(r, []byte(Command))
	b.WaitReceived(r, int64(len(Greeting+answer)))
	return r
}

// StartTLS asks for an upgrade after so many received bytes, and returns the id.
func (b *Broker) StartTLS(r *Remote, received int64) int64 {
	b.Mu.Lock()
	sent := r.Sent
	b.Mu.Unlock()
	return b.Ask(protocol.MethodSocketStartTLS, protocol.SocketStartTLSParams{SocketID: r.ID, Received: received, Sent: sent})
}

// SecureWorld returns a CA and a TLS configuration for the name and the address.
func SecureWorld(t *testing.T) (*x509.CertPool, *tls.Config) { return Certified(t, nil) }

// Certified is the same with another certificate.
func Certified(t *testing.T, change func(*x509.Certificate)) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return roots, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
