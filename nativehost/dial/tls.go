package dial

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
)

// TLSOptions say how TLS is spoken.
type TLSOptions struct {
	// ServerName is the name or address for SNI (RFC 6066, section 3) and for
	// verification; "" is the target's host.
	ServerName string
	// ALPN lists the protocols to offer, best first (RFC 7301). A server that takes
	// none of them may go on without.
	ALPN []string
	// Hashes, unless there are none, list the only certificates that are accepted,
	// by the SHA-256 of their DER. The server proves that it has the key as ever; who
	// signed the certificate, and for which name, does not count then.
	Hashes [][sha256.Size]byte
}

// Authentication returns how TLS proves who the other end is: "verified" when certificate
// authorities vouch for host itself, "pinned" when the page lists the certificates, and
// "other-name" when certificate authorities vouch for another name, or for none.
func (o TLSOptions) Authentication(host string) string {
	//rule:hash-list-does-not-authenticate
	if len(o.Hashes) > 0 {
		return "pinned"
	}
	name := o.VerifiedName(host)
	if name != "" && /*rule:tls-only-needs-own-name*/ name == (TLSOptions{}).VerifiedName(host) {
		return "verified"
	}
	return "other-name"
}

// VerifiedName returns the name or address that certificate authorities must vouch for
// on a connection to host, and "" if there is none. It is for options without Hashes.
func (o TLSOptions) VerifiedName(host string) string {
	if o.ServerName != "" {
		host = o.ServerName
	}
	name, err := address.ServerName(host)
	if err != nil {
		return ""
	}
	return strings.ToLower(name)
}

// otherName returns the name by which TLS would speak to host, if it is another one.
func (o TLSOptions) otherName(host string) (string, bool) {
	name, err := address.ServerName(o.ServerName)
	if err != nil {
		return "", false // TLS will fail
	}
	own, _ := address.ServerName(host)
	name = strings.ToLower(name)
	return name, name != own
}

// Why a peer was not accepted. The page learns none of it.
var (
	errNotListed = errors.New("the certificate is none of those that the page listed")
	errNotValid  = errors.New("the certificate is not valid at this time")
)

// StartTLS puts TLS on a connection to target that was plain so far. Nobody may
// read from it or write to it meanwhile, or after an error.
//
// The server speaks only after the client's first message, so what waits to be read
// when StartTLS is called was said in plain text by somebody else, or out of turn:
// that is fault.ErrPlaintext. What comes too late to be seen here is taken for TLS,
// and is not: fault.ErrTLS.
//
// begin, which may be nil, is called when all that comes before the first byte of the
// handshake is done; an error of it is returned, and nothing sent.
func (d *Dialer) StartTLS(ctx context.Context, conn *Conn, target Target, options Options, begin func() error) error {
	ctx, cancel := withTimeout(ctx, options)
	defer cancel()
	//rule:cors-probe-for-sni-at-upgrade
	if name, ok := options.TLS.otherName(target.Host.String()); ok {
		if err := d.probe(ctx, target, []string{name}, conn.tcp.RemoteAddr().(*net.TCPAddr).AddrPort()); err != nil {
			return openError(ctx, err)
		}
	}
	//rule:upgrade-fails-on-waiting-bytes
	if waiting(conn.tcp) {
		return fault.ErrPlaintext
	}
	if /*rule:given-up-upgrade-has-no-handshake*/ begin != nil {
		if err := begin(); err != nil {
			return err
		}
	}
	return conn.secure(ctx, target.Host.String(), d.Roots, options.TLS)
}

// TLS returns what was agreed with the peer, or nil on a plain connection.
func (c *Conn) TLS() *tls.ConnectionState {
	if c.tls == nil {
		return nil
	}
	state := c.tls.ConnectionState()
	return &state
}

// secure puts TLS on the connection and verifies that the peer is the right one.
func (c *Conn) secure(ctx context.Context, host string, roots *x509.CertPool, options TLSOptions) error {
	config, err := options.config(host, roots)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.ErrTLS, err)
	}
	return c.handshake(ctx, tls.Client(underTLS{c.tcp, c}, config))
}

// config returns what crypto/tls is to do.
func (o TLSOptions) config(host string, roots *x509.CertPool) (*tls.Config, error) {
	//rule:tls-verifies-requested-name
	name := o.ServerName
	if name == "" {
		name = host
	}
	name, err := address.ServerName(name)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		ServerName: name, // crypto/tls leaves SNI out for an address, as RFC 6066 wants
		NextProtos: o.ALPN,
		RootCAs:    roots,
		//rule:tls-certificates-verified
		//rule:tls-is-1-2-or-newer
		MinVersion: tls.VersionTLS12,
		// After everything that crypto/tls verifies by itself.
		//rule:old-suites-only-when-pinned
		//rule:negative-serials-only-when-pinned
		VerifyConnection: verifySerials,
	}
	if len(o.Hashes) > 0 {
		config.InsecureSkipVerify = true
		config.VerifyConnection = o.verifyListed
		config.CipherSuites = pinnedSuites()
	}
	return config, nil
}

// verifyListed accepts a certificate by its hash. Unlike WebTransport it does not ask
// for a validity of at most two weeks: WebTransport's servers can get a new
// certificate each week, while printers, cameras and routers come with one that lasts
// as long as they do.
func (o TLSOptions) verifyListed(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errNotListed
	}
	leaf := state.PeerCertificates[0]
	if /*rule:pinned-hash-must-match*/ !slices.Contains(o.Hashes, sha256.Sum256(leaf.Raw)) {
		return errNotListed
	}
	//rule:pinned-certificate-is-valid-now
	if now := time.Now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return errNotValid
	}
	return nil
}
