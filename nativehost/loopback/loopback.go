// Package loopback listens on this computer for this computer, and for nobody else.
//
// It promises that nobody who comes holds up more than one of a bounded number of
// connections, for a bounded time.
package loopback

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Listen listens on a port of 127.0.0.1 that the system chooses, for so many
// connections at a time. Others wait. A connection that is taken over from NewServer's
// server (http.Hijacker) is the taker's to count, and no longer one of them.
func Listen(ctx context.Context, most int) (net.Listener, netip.AddrPort, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	//rule:loopback-peers-only
	return local{ /*rule:loopback-connections-are-bounded*/ limit(l, most)}, at, nil
}

// local is a listener that hears this computer only. To listen on 127.0.0.1 is not
// enough where the system routes that address (net.ipv4.conf.*.route_localnet).
type local struct{ net.Listener }

func (l local) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, ok := conn.RemoteAddr().(*net.TCPAddr)
		if ok && from.AddrPort().Addr().Unmap().IsLoopback() {
			return conn, nil
		}
		conn.Close()
	}
}

// NewServer returns a web server that nobody can hold up for longer than patience with
// a request, and twice that with the answer or without the next one. It counts the
// connections that it has.
func NewServer(h http.Handler, patience time.Duration, conns *sync.WaitGroup) *http.Server {
	return &http.Server{
		Handler: h,
		// Else "OPTIONS *" would be answered without a look at the Host.
		DisableGeneralOptionsHandler: true,
		ConnState: func(conn net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				conns.Add(1)
			case http.StateHijacked:
				//rule:open-lane-leaves-pending-count
				leave(conn)
				conns.Done()
			case http.StateClosed:
				conns.Done()
			default:
			}
		},
		//rule:silent-connection-times-out
		ReadHeaderTimeout: patience,
		//rule:silent-connection-times-out.2
		ReadTimeout:    patience,
		WriteTimeout:   2 * patience,
		IdleTimeout:    2 * patience,
		MaxHeaderBytes: 16 << 10,
		// What anybody may send is not worth a line; stdout and stderr are the browser's.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}
