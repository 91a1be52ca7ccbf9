package sockets

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/protocol"
)

const (
	// maxALPN and maxHashes are the schema's, checked again.
	maxALPN, maxHashes = 16, 16
	// maxALPNName is the longest that RFC 7301, section 3.1, can carry.
	maxALPNName = 255
	// maxChainBytes of certificates are told to the page: with base64 a control
	// message, but for 2.5 KiB.
	maxChainBytes = 46 << 10
	maxChain      = 16
)

var errTLSOptions = errors.New("TLS options that cannot be")

// tlsOptions converts what the wire says about TLS. Whether a name makes sense shows
// when it is used.
func tlsOptions(from *protocol.TLSOptions) (dial.TLSOptions, error) {
	var to dial.TLSOptions
	if from == nil {
		return to, nil
	}
	if len(from.ALPNProtocols) > maxALPN || len(from.ServerCertificateHashes) > maxHashes {
		return to, errTLSOptions
	}
	for _, name := range from.ALPNProtocols {
		// The schema counts characters.
		if len(name) == 0 || len(name) > maxALPNName {
			return to, errTLSOptions
		}
	}
	hashes := make([][sha256.Size]byte, len(from.ServerCertificateHashes))
	for i, hash := range from.ServerCertificateHashes {
		if hash.Algorithm != "sha-256" {
			return to, errTLSOptions
		}
		der, err := base64.StdEncoding.Strict().DecodeString(hash.Value)
		if err != nil || len(hash.Value) != base64.StdEncoding.EncodedLen(sha256.Size) || len(der) != sha256.Size {
			return to, errTLSOptions
		}
		hashes[i] = [sha256.Size]byte(der)
	}
	return dial.TLSOptions{ServerName: from.ServerName, ALPN: from.ALPNProtocols, Hashes: hashes}, nil
}

// tlsInfo says what was agreed with the peer, or returns nil without TLS.
func tlsInfo(state *tls.ConnectionState) *protocol.TLSInfo {
	if state == nil {
		return nil
	}
	info := &protocol.TLSInfo{
		Version:          versionOf(state),
		CipherSuite:      tls.CipherSuiteName(state.CipherSuite),
		ALPNProtocol:     state.NegotiatedProtocol,
		PeerCertificates: []string{},
	}
	left := maxChainBytes
	for _, certificate := range state.PeerCertificates {
		left -= len(certificate.Raw)
		if left < 0 || len(info.PeerCertificates) == maxChain {
			info.OmittedCertificates = int64(len(state.PeerCertificates) - len(info.PeerCertificates))
			break
		}
		info.PeerCertificates = append(info.PeerCertificates, base64.StdEncoding.EncodeToString(certificate.Raw))
	}
	return info
}
