package listen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

const (
	// early is how far back a certificate is valid, for peers whose clock is behind.
	early = time.Hour
	// lifetime is how long it is valid in all: less than the two weeks that WebTransport
	// allows certificates which are known by their hash, so that browsers and Portside's
	// own clients can both pin it.
	lifetime = 13 * 24 * time.Hour
	// commonName says who has made the certificate and is nobody's name: "invalid" has
	// no addresses (RFC 6761, section 6.4).
	commonName = "portside.invalid"
	// serialBits is what serial numbers have of randomness, within 20 bytes (RFC 5280,
	// section 4.1.2.2).
	serialBits = 128
)

// Identity is a key and a certificate that signs itself. The key is in memory only, and
// goes with the listener.
type Identity struct {
	certificate tls.Certificate
	hash        [sha256.Size]byte
}

// NewIdentity makes a key and a certificate that is valid from an hour before now.
func NewIdentity(now time.Time) (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	begin := now.Add(-early)
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), // 0 is none
		Subject:      pkix.Name{CommonName: commonName},
		DNSNames:     []string{commonName},
		NotBefore:    begin,
		//rule:listener-certificate-is-short-lived
		NotAfter: begin.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Whoever trusts it by mistake trusts nothing but it.
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &Identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, sha256.Sum256(der)}, nil
}

// Hash returns the SHA-256 of the certificate in DER, by which peers know it.
func (i *Identity) Hash() [sha256.Size]byte { return i.hash }

// config returns what crypto/tls is to do. Clients show no certificate, and sessions are
// not resumed, so that each connection has shaken hands by itself.
func (i *Identity) config() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{i.certificate},
		//rule:listener-tls-is-1-2-or-newer
		MinVersion: tls.VersionTLS12,
		//rule:listener-tls-is-not-resumed
		SessionTicketsDisabled: true,
	}
}
