// Package selftest lets the user see that everything works: a page on this computer that
// opens a socket, and a small server on this computer that answers it. On the wire its
// methods are called tryout.start and tryout.stop.
//
// It promises that both listen on 127.0.0.1 only, serve this computer only, and are
// gone when Run returns, which is after Lifetime at the latest; that the page is found
// by nobody who was not told its path; and that nothing which comes in has any effect
// but an answer: the page has no state, and the server says back what it heard.
//
// It has no rights of its own: the page asks for its socket as every page does.
package selftest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/loopback"
	"github.com/portside/portside/protocol"
)

// Lifetime is how long both are there at most.
const Lifetime = 15 * time.Minute

const (
	// maxPageConns and maxServerConns connections are served at a time; others wait.
	maxPageConns, maxServerConns = 16, 8
	// secretBytes are random in the page's path.
	secretBytes = 16
	// pagePatience is how long a request for the page may take.
	pagePatience = 5 * time.Second
)

// Test is the page and the server. Run must follow Start.
type Test struct {
	url      string
	listener net.Listener
	page     *http.Server
	// pageConns are the page's connections.
	pageConns sync.WaitGroup
	server    *greeter
	lifetime  time.Duration
}

// Start makes a page with these texts and a server, and listens for both. Nobody is
// answered before Run.
func Start(ctx context.Context, params protocol.TryoutStartParams) (*Test, error) {
	var secret [secretBytes]byte
	// It never fails: crypto/rand ends the program instead.
	//rule:selftest-path-is-random
	_, _ = rand.Read(secret[:])
	listener, at, err := loopback.Listen(ctx, maxPageConns)
	if err != nil {
		return nil, err
	}
	server, port, err := loopback.Listen(ctx, maxServerConns)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	folder := "/" + hex.EncodeToString(secret[:]) + "/"
	handler, err := newHandler(at, folder, params, port.Port())
	if err != nil {
		return nil, errors.Join(err, listener.Close(), server.Close())
	}
	t := &Test{
		url: fmt.Sprintf("http://%v%s", at, folder), listener: listener, server: newGreeter(server, port.Port()), lifetime: Lifetime,
	}
	t.page = loopback.NewServer(handler, pagePatience, &t.pageConns)
	return t, nil
}

// URL is the page's.
func (t *Test) URL() string { return t.url }

// Port is the server's.
func (t *Test) Port() uint16 { return t.server.port }

// Run serves until ctx is done or Lifetime is over, and then ends every connection.
func (t *Test) Run(ctx context.Context) {
	//rule:selftest-ends-in-time
	ctx, cancel := context.WithTimeout(ctx, t.lifetime)
	defer cancel()
	var serving sync.WaitGroup
	serving.Go(func() {
		// It serves until it is closed; nobody is there whom an error would help.
		_ = t.page.Serve(t.listener)
		cancel()
	})
	serving.Go(func() {
		t.server.serve()
		cancel()
	})
	<-ctx.Done()
	_ = t.page.Close()
	t.server.close()
	serving.Wait()
	t.pageConns.Wait()
}
