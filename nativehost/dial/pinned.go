package dial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
)

// Devices that are pinned are older than what TLS has become. What they need is offered
// to them only: their certificate is known for what it is, byte by byte, and nobody who
// vouches for it could be deceived.

// pinnedSuites are what is offered where the page lists certificates: the usual ones,
// then those without forward secrecy (RSA key exchange, RFC 5246, section 7.4.7.1) and
// with SHA-256 in CBC mode. RC4 and 3DES are broken, and stay out. crypto/tls has no
// suites with DHE at all.
func pinnedSuites() []uint16 {
	var ids []uint16
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		//rule:broken-suites-never-offered
		if !strings.Contains(suite.Name, "_RC4_") && !strings.Contains(suite.Name, "_3DES_") {
			ids = append(ids, suite.ID)
		}
	}
	return ids
}

var errSerial = errors.New("a certificate with a negative serial number")

// verifySerials refuses what crypto/x509 would not even read unless go.mod said
// otherwise (x509negativeserial), which it says for the sake of pinned certificates: a
// negative serial number in what the peer sent, or in each chain that leads to a root
// (RFC 5280, section 4.1.2.2).
func verifySerials(state tls.ConnectionState) error {
	negative := func(c *x509.Certificate) bool { return c.SerialNumber.Sign() < 0 }
	if slices.ContainsFunc(state.PeerCertificates, negative) {
		return errSerial
	}
	for _, chain := range state.VerifiedChains {
		if /*rule:chain-serials-checked*/ !slices.ContainsFunc(chain, negative) {
			return nil
		}
	}
	return errSerial
}
