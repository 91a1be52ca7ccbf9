package sockets

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"

	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/protocol"
)

const (
	// maxSubject, maxName and maxNames are the schema's. Texts are cut by bytes, which
	// are at least as many as characters.
	maxSubject, maxName, maxNames = 128, 253, 4
	// maxCertificate is how many bytes a certificate may take in an answer, so that an
	// answer about as many sockets as may be asked about fits a control message.
	maxCertificate = 1600
)

// security is what the user may know about a connection with TLS on it. It does not
// change.
type security struct {
	version, suite string
	certificate    *protocol.PeerCertificate
}

// securityOf says what was agreed with the peer, or returns nil without TLS. hashes: the
// page listed the certificates that it accepts.
func securityOf(state *tls.ConnectionState, hashes bool) *security {
	if state == nil {
		return nil
	}
	s := &security{version: versionOf(state), suite: tls.CipherSuiteName(state.CipherSuite)}
	if len(state.PeerCertificates) > 0 {
		s.certificate = summary(state.PeerCertificates[0])
		if hashes {
			s.certificate.Trust = /*rule:certificate-trust-is-told*/ "hash"
		}
	}
	return s
}

// versionOf returns a version in the words of the protocol.
func versionOf(state *tls.ConnectionState) string {
	if state.Version == tls.VersionTLS12 {
		return "1.2"
	}
	return "1.3"
}

// summary is what a certificate says, fit to be shown and not too long.
func summary(leaf *x509.Certificate) *protocol.PeerCertificate {
	hash := sha256.Sum256(leaf.Raw)
	c := &protocol.PeerCertificate{
		Subject: called(leaf.Subject), Issuer: called(leaf.Issuer), Names: []string{},
		NotBefore: leaf.NotBefore.UnixMilli(), NotAfter: leaf.NotAfter.UnixMilli(),
		SHA256: hex.EncodeToString(hash[:]), Trust: "roots",
	}
	names := leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names[:len(names):len(names)], ip.String())
	}
	for _, name := range names {
		if name = /*rule:certificate-names-are-printable*/ printable.Text(name, maxName); name != "" && len(c.Names) < maxNames {
			c.Names = append(c.Names, name)
		}
	}
	// Some characters take six times their size in JSON.
	for requests.Size(c) > /*rule:certificate-answer-is-bounded*/ maxCertificate {
		switch {
		case len(c.Names) > 0:
			c.Names = c.Names[:len(c.Names)-1]
		default:
			c.Subject, c.Issuer = printable.Text(c.Subject, len(c.Subject)/2), printable.Text(c.Issuer, len(c.Issuer)/2)
		}
	}
	return c
}

// called returns the common name of somebody, or else of what organisation they are.
func called(name pkix.Name) string {
	for _, text := range append([]string{name.CommonName}, name.Organization...) {
		if text = /*rule:certificate-subject-is-printable*/ printable.Text(text, maxSubject); text != "" {
			return text
		}
	}
	return ""
}

// SocketInspect serves socket.inspect. It keeps no socket waiting: each is asked for two
// numbers, and what is known of TLS was written down when it was agreed.
func (r *Registry) SocketInspect(_ context.Context, id int64, params protocol.SocketInspectParams) *protocol.RPCError {
	result := protocol.SocketInspectResult{Sockets: []protocol.SocketState{}}
	var connections []*connection
	r.mu.Lock()
	for _, id := range params.SocketIDs {
		e := r.sockets[id]
		if e == nil || e.state != stateOpen {
			continue
		}
		state := protocol.SocketState{SocketID: id}
		if e.remote.IsValid() {
			state.RemoteAddress = e.remote.Addr().String()
		}
		if e.security != nil {
			state.TLSVersion, state.CipherSuite, state.Certificate = e.security.version, e.security.suite, e.security.certificate
		}
		result.Sockets, connections = append(result.Sockets, state), append(connections, e.conn)
	}
	r.mu.Unlock()
	// Sockets answer requests while they hold their own mutex, so it is not taken under
	// the registry's.
	for i, c := range connections {
		state := &result.Sockets[i]
		state.BytesIn, state.BytesOut = c.socket.Traffic()
		if c.inspect != nil {
			c.inspect(state)
		}
	}
	r.config.Requests.Result(id, result)
	return nil
}

// secured notes what an upgrade has agreed on.
func (r *Registry) secured(socketID int64, what *security) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.sockets[socketID]; e != nil {
		e.security = what
	}
}
