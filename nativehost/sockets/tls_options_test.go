package sockets

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/portside/portside/protocol"
)

func TestTLSOptionsThatCannotBe(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
	for what, options := range map[string]protocol.TLSOptions{
		"another algorithm":  {ServerCertificateHashes: []protocol.CertificateHash{{Algorithm: "sha-1", Value: good}}},
		"no base64":          {ServerCertificateHashes: []protocol.CertificateHash{{Algorithm: "sha-256", Value: strings.Repeat("!", 44)}}},
		"base64 with a rest": {ServerCertificateHashes: []protocol.CertificateHash{{Algorithm: "sha-256", Value: good[:42] + "B="}}},
		"a short hash":       {ServerCertificateHashes: []protocol.CertificateHash{{Algorithm: "sha-256", Value: good[4:]}}},
		"too many hashes":    {ServerCertificateHashes: make([]protocol.CertificateHash, 17)},
		"an empty protocol":  {ALPNProtocols: []string{""}},
		"a long protocol":    {ALPNProtocols: []string{strings.Repeat("\u00fc", 200)}},
		"too many protocols": {ALPNProtocols: strings.Split(strings.Repeat("a,", 16)+"a", ",")},
	} {
		if got, err := tlsOptions(&options); err == nil {
			t.Errorf("%s became %+v", what, got)
		}
	}
	if got, err := tlsOptions(nil); err != nil || got.ServerName != "" || got.ALPN != nil || got.Hashes != nil {
		t.Errorf("nothing became %+v, %v", got, err)
	}
}

// A long chain is cut, and that is told, so that the answer fits a control message and its schema.
func TestTLSInfoIsBounded(t *testing.T) {
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	for _, sizes := range [][]int{{}, {1000, 1000}, {maxChainBytes}, {maxChainBytes + 1}, {20000, 20000, 20000}, make([]int, 100)} {
		state := tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		for _, size := range sizes {
			state.PeerCertificates = append(state.PeerCertificates, &x509.Certificate{Raw: make([]byte, size)})
		}
		state.NegotiatedProtocol = strings.Repeat("\x01", maxALPNName)
		info := tlsInfo(&state)
		if told := len(info.PeerCertificates) + int(info.OmittedCertificates); told != len(sizes) {
			t.Errorf("%v: %d certificates are accounted for", sizes, told)
		}
		text, err := json.Marshal(protocol.TCPOpenResult{Opened: protocol.Opened{
			RemoteAddress: "2001:db8:1111:2222:3333:4444:5555:6666", RemotePort: 65535, LocalAddress: "2001:db8:1111:2222:3333:4444:5555:6666", LocalPort: 65535,
			Window: protocol.WindowBytes,
		}, TLS: info})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Check("tcp.open.result", text); err != nil || len(text) > protocol.MaxControlBytes {
			t.Errorf("%v: %d bytes, %v", sizes, len(text), err)
		}
	}
}

// FuzzTLSOptions converts whatever fits into the message. What comes out is what
// went in, and fits what TLS can carry.
func FuzzTLSOptions(f *testing.F) {
	hash := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, sha256.Size))
	for _, seed := range []string{
		`{}`,
		`{"serverName":"mail.example","alpnProtocols":["imap"]}`,
		`{"serverCertificateHashes":[{"algorithm":"sha-256","value":"` + hash + `"}]}`,
		`{"serverCertificateHashes":[{"algorithm":"sha-256","value":"AAAA"}]}`,
		`{"serverCertificateHashes":[{"algorithm":"SHA-256","value":""}],"alpnProtocols":[""]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var from protocol.TLSOptions
		if json.Unmarshal(text, &from) != nil {
			return
		}
		to, err := tlsOptions(&from)
		if err != nil {
			return
		}
		if len(to.Hashes) != len(from.ServerCertificateHashes) {
			t.Fatalf("%d hashes became %d", len(from.ServerCertificateHashes), len(to.Hashes))
		}
		for i, hash := range to.Hashes {
			given := from.ServerCertificateHashes[i]
			if given.Algorithm != "sha-256" || given.Value != base64.StdEncoding.EncodeToString(hash[:]) {
				t.Fatalf("%+v became %x", given, hash)
			}
		}
		for _, name := range to.ALPN {
			if len(name) == 0 || len(name) > 255 {
				t.Fatalf("offers %q", name)
			}
		}
	})
}
