package corsprobe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// dialer makes the connections of one probe, all to the same address, and closes them
// with it. net/http lets a connection attempt go on after its request was given up,
// for later requests; here there are none.
type dialer struct {
	ctx     context.Context // the probe's
	address netip.AddrPort

	mu          sync.Mutex // guards what follows
	connections []net.Conn
	closed      bool
}

func (d *dialer) transport() *http.Transport {
	return &http.Transport{
		DialContext: d.dial,
		// The answer can only refuse, whoever gives it.
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// dial connects to the one address, whatever the request names.
func (d *dialer) dial(context.Context, string, string) (net.Conn, error) {
	var plain net.Dialer
	connection, err := plain.DialContext(d.ctx, "tcp", d.address.String())
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
