package corsprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// dialer makes the connections of one probe, all to the same address, and closes them
// with it. net/http lets a connection attempt go on after its request was given up,
// for later requests; here there are none.
type dialer struct {
	ctx      context.Context // the probe's
	question Question
	// foreign is set when the server showed a certificate for other names.
	foreign atomic.Bool

	mu          sync.Mutex // guards what follows
	connections []net.Conn
	closed      bool
}

func (d *dialer) transport() *http.Transport {
	return &http.Transport{
		DialContext:            d.dial,
		TLSClientConfig:        d.tls(),
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// tls takes whatever server there is: the answer can only refuse, whoever gives it.
func (d *dialer) tls() *tls.Config {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, VerifyConnection: d.covered}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}

var errForeign = errors.New("a certificate for other names")

// covered looks whether the certificate is for the name that is asked for.
func (d *dialer) covered(state tls.ConnectionState) error {
	if !d.question.Covered || len(state.PeerCertificates) > 0 && state.PeerCertificates[0].VerifyHostname(d.question.Name) == nil {
		return nil
	}
	//rule:foreign-certificate-noticed
	d.foreign.Store(true)
	return errForeign
}

// dial connects to the one address, whatever the request names.
//
//rule:cors-probe-uses-judged-address
func (d *dialer) dial(context.Context, string, string) (net.Conn, error) {
	var plain net.Dialer
	connection, err := plain.DialContext(d.ctx, "tcp", d.question.Address.String())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = connection.Close()
		return nil, net.ErrClosed
	}
	d.connections = append(d.connections, connection)
	return connection, nil
}

func (d *dialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, connection := range d.connections {
		_ = connection.Close()
	}
}
