package loopback

import (
	"net"
	"sync"
)

// limited is a listener that accepts only while there is a place.
type limited struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	close  func() error
}

func limit(l net.Listener, most int) net.Listener {
	closed := make(chan struct{})
	return limited{l, make(chan struct{}, most), closed, sync.OnceValue(func() error {
		close(closed)
		return l.Close()
	})}
}

func (l limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{conn, sync.OnceFunc(func() { <-l.places })}, nil
}

func (l limited) Close() error { return l.close() }

// placed is a connection that has one of the places.
type placed struct {
	net.Conn
	leave func()
}

func (p *placed) Close() error {
	err := p.Conn.Close()
	p.leave()
	return err
}

// Own returns the connection as the system has it, for who has taken it over from
// NewServer's server: it can write several pieces at once (net.Buffers).
func Own(conn net.Conn) net.Conn {
	if p, ok := conn.(*placed); ok {
		return p.Conn
	}
	return conn
}

// leave gives the place of a connection to another one.
func leave(conn net.Conn) {
	if p, ok := conn.(*placed); ok {
		p.leave()
	}
}
