package sockets

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/netip"
	"sync"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/nativehost/rules"
)

// mostAddresses is how many addresses of a host are remembered for the audit log, which
// tells fewer.
const mostAddresses = 64

// addresses gathers what a name was resolved to, also what comes late.
type addresses struct {
	mu   sync.Mutex
	list []netip.Addr
}

func (a *addresses) add(more []netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, addr := range more[:min(len(more), mostAddresses-len(a.list))] {
		a.list = append(a.list, addr.Unmap())
	}
}

// told is what the audit log is told of an open now that it is known where it leads.
func (o *opening) told() audit.Subject {
	s := o.subject
	o.resolved.mu.Lock()
	defer o.resolved.mu.Unlock()
	s.Addresses = o.resolved.list
	return s
}

// admitted is told, with the settings that list the destination.
func (r *Registry) admitted(o *opening, remote netip.AddrPort) audit.Subject {
	s := o.told()
	s.Rules = r.config.Policy.Current().Admitting(rules.Query(request(o.target)), remote.Addr())
	return s
}

// longestCause bounds what is said of a place that takes no audit lines, in bytes.
const longestCause = 200

// MustAudit returns why nothing may be opened while the audit log that an administrator
// requires takes no lines, or nil: an error of package fault.
func MustAudit(log *audit.Log, p *policy.Policy) error {
	err := log.Missing()
	if err == nil {
		return nil
	}
	return rules.Forbidden(p, p.Settings.Audit.By+".required ("+printable.Text(err.Error(), longestCause)+")")
}

// peerOf says how the other end of TLS was authenticated, and what was agreed with it, for
// the audit log.
func peerOf(options dial.TLSOptions, target dial.Target, state *tls.ConnectionState) *audit.Peer {
	peer := &audit.Peer{
		Trust: "hash", Version: versionOf(state),
		CipherSuite: tls.CipherSuiteName(state.CipherSuite), ALPN: state.NegotiatedProtocol,
	}
	if len(options.Hashes) == 0 {
		peer.Trust, peer.Name = "roots", options.VerifiedName(target.Host.String())
	}
	if len(state.PeerCertificates) > 0 {
		hash := sha256.Sum256(state.PeerCertificates[0].Raw)
		peer.Certificate = hex.EncodeToString(hash[:])
	}
	return peer
}
