package dial

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

// serial is a serial number that can be found in a certificate, and made negative.
var serial = []byte{0x5a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}

// odd makes a certificate with a negative serial number, which Go makes none of. Its
// signature is not right any more.
func odd(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	c := issue(t, func(template *x509.Certificate) {
		template.SerialNumber = new(big.Int).SetBytes(serial)
		if change != nil {
			change(template)
		}
	})
	at := bytes.Index(c.Certificate[0], serial)
	c.Certificate[0][at] |= 0x80
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil || leaf.SerialNumber.Sign() >= 0 {
		t.Fatalf("not odd: %v", err)
	}
	c.Leaf = leaf
	return c
}

// signed makes a certificate that ca has signed.
func signed(t *testing.T, ca tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Leaf, &key.PublicKey, ca.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, ca.Certificate[0]}, PrivateKey: key, Leaf: leaf}
}

// withRSA makes a certificate with an RSA key.
func withRSA(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := issue(t, nil).Leaf
	template.SignatureAlgorithm, template.PublicKey = 0, nil // the key's own
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// What old devices have opens when the page lists their certificate, and only then: not
// even an authority that is trusted makes it open otherwise.
func TestPinnedDevices(t *testing.T) {
	usual, old, negative := issue(t, nil), withRSA(t), odd(t, nil)
	oddCA := odd(t, nil)
	below := signed(t, oddCA)
	short := below
	short.Certificate = below.Certificate[:1]
	suites := func(ids ...uint16) *tls.Config { return &tls.Config{CipherSuites: ids, MaxVersion: tls.VersionTLS12} }
	for what, c := range map[string]struct {
		certificate tls.Certificate
		config      *tls.Config
		roots       *x509.CertPool
		pinned      bool // it opens when it is pinned
		unpinned    bool // and without
	}{
		"as usual":                         {usual, &tls.Config{}, trusting(usual), true, true},
		"RSA key exchange, GCM":            {old, suites(tls.TLS_RSA_WITH_AES_128_GCM_SHA256), trusting(old), true, false},
		"RSA key exchange, CBC":            {old, suites(tls.TLS_RSA_WITH_AES_256_CBC_SHA), trusting(old), true, false},
		"SHA-256 in CBC mode":              {old, suites(tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256), trusting(old), true, false},
		"RC4":                              {old, suites(tls.TLS_RSA_WITH_RC4_128_SHA), trusting(old), false, false},
		"3DES":                             {old, suites(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA), trusting(old), false, false},
		"TLS 1.1":                          {old, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, trusting(old), false, false},
		"a negative serial number":         {negative, &tls.Config{}, trusting(negative), true, false},
		"below one with a negative number": {below, &tls.Config{}, trusting(oddCA), true, false},
		"the same, and it is not sent":     {short, &tls.Config{}, trusting(oddCA), true, false},
	} {
		t.Run(what, func(t *testing.T) {
			c.config.Certificates = []tls.Certificate{c.certificate}
			port := serveOne(t, func(conn net.Conn) {
				s := tls.Server(conn, c.config)
				_, _ = io.Copy(s, s)
			})
			pins := TLSOptions{Hashes: [][sha256.Size]byte{sha256.Sum256(c.certificate.Certificate[0])}}
			for _, way := range []struct {
				options TLSOptions
				opens   bool
			}{{pins, c.pinned}, {TLSOptions{}, c.unpinned}} {
				conn, err := (&Dialer{Roots: c.roots}).TCP(t.Context(), Target{Network: "tcp", Host: host(t, "localhost"), Port: port}, Options{Secure: true, TLS: way.options})
				if way.opens != (err == nil) || err != nil && !errors.Is(err, fault.ErrTLS) {
					t.Errorf("pinned %v: %v", way.options.Hashes != nil, err)
				}
				if err == nil {
					hear(t, conn, "under TLS")
					conn.Close()
				}
			}
		})
	}
}

// OpenSSL plays the devices. With RSA key exchange they open; those that can do nothing
// but DHE do not, since crypto/tls has no such suites.
func TestPinnedOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil && testing.Short() {
		t.Skip("there is no openssl")
	}
	if err != nil {
		t.Fatal("there is no openssl: scripts/setup.sh test installs it")
	}
	c := withRSA(t)
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	file := filepath.Join(t.TempDir(), "device.pem")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	for suites, opens := range map[string]bool{"AES256-SHA": true, "AES128-GCM-SHA256:DHE-RSA-AES128-SHA": true, "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA": false} {
		t.Run(suites, func(t *testing.T) {
			free, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := free.Addr().(*net.TCPAddr).AddrPort().Port()
			free.Close()
			server := exec.Command(openssl, "s_server", "-accept", "127.0.0.1:"+strconv.Itoa(int(port)), "-cert", file, "-tls1_2", "-cipher", suites, "-rev", "-quiet")
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = server.Process.Kill()
				_ = server.Wait()
			}()
			to := Target{Network: "tcp", Host: host(t, "localhost"), Port: port}
			options := Options{Secure: true, TLS: TLSOptions{Hashes: [][sha256.Size]byte{sha256.Sum256(c.Certificate[0])}}}
			var conn *Conn
			for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
				if conn, err = (&Dialer{}).TCP(t.Context(), to, options); !errors.Is(err, fault.ErrRefused) {
					break // it listens
				}
			}
			if opens != (err == nil) || !opens && !errors.Is(err, fault.ErrTLS) {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				conn.Close()
			}
		})
	}
}
