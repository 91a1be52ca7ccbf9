package corsprobe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const page = "https://page.example"

func ask(name string, address netip.AddrPort) Question {
	return Question{Origin: page, Name: name, Address: address}
}

// serve starts an HTTPS server on loopback, with HTTP/2 if asked.
func serve(t *testing.T, h2 bool, handler http.HandlerFunc) netip.AddrPort {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = h2
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.Listener.Addr().(*net.TCPAddr).AddrPort()
}

// listen hands each raw connection to peer.
func listen(t *testing.T, peer func(net.Conn)) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				peer(c)
				c.Close()
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

// secure wraps peer in TLS with httptest's certificate.
func secure(t *testing.T, peer func(net.Conn)) netip.AddrPort {
	t.Helper()
	borrowed := httptest.NewTLSServer(http.NotFoundHandler())
	config := &tls.Config{Certificates: borrowed.TLS.Certificates}
	borrowed.Close()
	return listen(t, func(c net.Conn) { peer(tls.Server(c, config)) })
}

func TestAnswers(t *testing.T) {
	for what, c := range map[string]struct {
		handler http.HandlerFunc
		refused bool
	}{
		"takes no part": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, false},
		"for everybody": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") }, true},
		"for this page": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("access-control-allow-origin", r.Header.Get("Origin"))
		}, true},
		"for others only": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "https://other.example")
		}, true},
		"another header of CORS": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Max-Age", "5")
		}, true},
		"for preflights only": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				w.Header().Set("Access-Control-Allow-Methods", "GET")
			}
		}, true},
		"for GET only, and in an error": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.WriteHeader(http.StatusForbidden)
			} else {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
		}, true},
		"for GET only, and nothing at all for preflights": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				<-r.Context().Done()
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}, true},
		"a redirect that is not followed": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				t.Errorf("followed to %s", r.URL)
				w.Header().Set("Access-Control-Allow-Origin", "*")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, false},
		"answers that depend on who asks": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", "Accept-Encoding, origin")
		}, true},
		"answers that depend on what is asked for": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Vary", "Accept")
			w.Header().Add("Vary", "Access-Control-Request-Headers")
		}, true},
		"answers that depend on other things": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Vary", "*, X-Origin, Cookie")
		}, false},
		"a redirect with CORS": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, true},
		"a body without end": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, false},
	} {
		for _, h2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", what, h2), func(t *testing.T) {
				address := serve(t, h2, func(w http.ResponseWriter, r *http.Request) {
					if (r.ProtoMajor == 2) != h2 {
						t.Errorf("spoke %s", r.Proto)
					}
					c.handler(w, r)
				})
				err := (&Prober{Patience: 2 * time.Second}).Probe(t.Context(), ask("site.example", address))
				if c.refused != errors.Is(err, fault.ErrCORS) || !c.refused && err != nil {
					t.Errorf("got %v", err)
				}
				if c.refused && fault.Describe(err).Name != "NotAllowedError" {
					t.Errorf("described as %+v", fault.Describe(err))
				}
			})
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	var names []string
	address := serve(t, true, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for name, values := range r.Header {
			seen = append(seen, fmt.Sprintf("%s %s: %s", r.Method, name, values[0]))
		}
		seen = append(seen, fmt.Sprintf("%s %s", r.Method, r.URL))
		names = append(names, r.TLS.ServerName)
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
	})
	if err := new(Prober).Probe(t.Context(), ask("site.example", address)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(seen)
	want := []string{
		"GET /", "GET Accept: */*", "GET Origin: " + page, "GET User-Agent: Mozilla/5.0",
		"OPTIONS /", "OPTIONS Accept: */*", "OPTIONS Access-Control-Request-Headers: x-requested-with",
		"OPTIONS Access-Control-Request-Method: GET", "OPTIONS Origin: " + page, "OPTIONS User-Agent: Mozilla/5.0",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("sent %q", seen)
	}
	if !slices.Equal(names, []string{"site.example", "site.example"}) {
		t.Errorf("SNI was %q", names)
	}
}

// Whoever is no HTTPS server, or not in time, takes no part in CORS.
func TestNoTelling(t *testing.T) {
	const limit = 500 * time.Millisecond
	refusing := listen(t, func(net.Conn) {})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).AddrPort()
	closed.Close()
	for what, address := range map[string]netip.AddrPort{
		"nobody there":      nobody,
		"closes at once":    refusing,
		"never says a word": listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		"no TLS": listen(t, func(c net.Conn) {
			_, _ = io.WriteString(c, "220 mail.example ESMTP\r\n")
			_, _ = io.Copy(io.Discard, c)
		}),
		"TLS, and then silence": secure(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		"TLS, but no HTTP":      secure(t, func(c net.Conn) { _, _ = io.WriteString(c, "* OK IMAP4rev1 ready\r\n"); _, _ = io.Copy(io.Discard, c) }),
		"drips":                 secure(t, func(c net.Conn) { drip(c) }),
		"headers without end":   secure(t, func(c net.Conn) { endless(c) }),
	} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			p := &Prober{Patience: limit}
			if err := p.Probe(t.Context(), ask("site.example", address)); err != nil {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > limit+2*time.Second {
				t.Errorf("it took %v", took)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.entries) != 0 {
				t.Error("what the network did is remembered")
			}
		})
	}
}

// drip answers so slowly that the end never comes.
func drip(c net.Conn) {
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		return
	}
	for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 1000)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// endless sends headers until nobody takes them, and CORS after more than is read.
func endless(c net.Conn) {
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(c, "X-Header-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
			return
		}
	}
}

func TestMemory(t *testing.T) {
	var asked atomic.Int64
	refusing := serve(t, true, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	allowing := serve(t, true, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	now := time.Now()
	p := &Prober{Now: func() time.Time { return now }}
	private := false
	probe := func(origin, host string, address netip.AddrPort, requests int64) {
		t.Helper()
		q := ask(host, address)
		q.Origin, q.Private = origin, private
		before := asked.Load()
		err := p.Probe(t.Context(), q)
		if errors.Is(err, fault.ErrCORS) != (address == refusing) {
			t.Errorf("got %v", err)
		}
		if n := asked.Load() - before; n != requests {
			t.Errorf("%d requests, want %d", n, requests)
		}
	}
	probe(page, "site.example", refusing, 1) // the first answer is enough
	probe(page, "site.example", refusing, 0)
	probe(page, "site.example", allowing, 2) // another address, another answer
	probe(page, "site.example", allowing, 0)
	probe(page, "other.example", allowing, 2)
	probe("https://other.example", "site.example", allowing, 2)
	// Private windows and others know nothing of each other.
	private = true
	probe(page, "site.example", refusing, 1)
	probe(page, "site.example", allowing, 2)
	private = false
	now = now.Add(cacheTime - time.Second)
	probe(page, "site.example", refusing, 0)
	now = now.Add(time.Second)
	probe(page, "site.example", refusing, 1)
	probe(page, "site.example", allowing, 2)
}

func TestMemoryIsBounded(t *testing.T) {
	address := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	p := &Prober{entries: map[Question]*entry{}}
	p.entries[Question{Name: "of the others", Private: true}] = &entry{until: time.Now().Add(time.Minute)}
	for i := range 3 * maxEntries {
		p.mu.Lock()
		p.makeRoom(false)
		p.entries[Question{Name: fmt.Sprint(i)}] = &entry{until: time.Now().Add(time.Hour)}
		n := len(p.entries)
		p.mu.Unlock()
		if n > maxEntries+1 {
			t.Fatalf("%d entries", n)
		}
	}
	if p.entries[Question{Name: "of the others", Private: true}] == nil {
		t.Error("the others' entry was forgotten")
	}
	if err := p.Probe(t.Context(), ask("site.example", address)); err != nil {
		t.Fatal(err)
	}
	if len(p.entries) > maxEntries+1 {
		t.Errorf("%d entries", len(p.entries))
	}
}

func TestManyAtOnceAskOnce(t *testing.T) {
	var asked atomic.Int64
	release := make(chan struct{})
	address := serve(t, true, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	p := &Prober{}
	// The one that began gives up; the others get their answer all the same.
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- p.Probe(ctx, ask("site.example", address)) }()
	waiting := func(n int) {
		for {
			p.mu.Lock()
			sum := 0
			for _, e := range p.entries {
				sum += e.waiting
			}
			p.mu.Unlock()
			if sum == n {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	waiting(1)
	others := make(chan error, 50)
	for range cap(others) {
		go func() { others <- p.Probe(t.Context(), ask("site.example", address)) }()
	}
	waiting(1 + cap(others))
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first got %v", err)
	}
	close(release)
	for range cap(others) {
		if err := <-others; !errors.Is(err, fault.ErrCORS) {
			t.Errorf("another got %v", err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A probe that nobody waits for any more ends, and is not remembered.
func TestGivenUp(t *testing.T) {
	gone := make(chan struct{})
	address := serve(t, true, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(gone)
	})
	p := &Prober{}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.Probe(ctx, ask("site.example", address)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	<-gone
	if len(p.entries) != 0 {
		t.Error("it is remembered")
	}
	if err := p.Probe(ctx, ask("site.example", address)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a probe that begins too late: %v", err)
	}
}

// Whose certificate is for other names is not the server of the name that was asked for.
// The names of httptest's are example.com, *.example.com, and loopback's addresses.
func TestCertificatesOfOthers(t *testing.T) {
	web := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	mail := secure(t, func(c net.Conn) { _, _ = io.WriteString(c, "* OK IMAP4rev1 ready\r\n"); _, _ = io.Copy(io.Discard, c) })
	for _, address := range []netip.AddrPort{web, mail} {
		for name, refused := range map[string]bool{
			"example.com": false, "www.example.com": false, "127.0.0.1": false, "evil.example": true, "192.0.2.1": true, "com": true,
		} {
			q := ask(name, address)
			if err := (&Prober{Patience: 500 * time.Millisecond}).Probe(t.Context(), q); err != nil {
				t.Errorf("%s: %v, where the certificate does not matter", name, err)
			}
			q.Covered = true
			if err := (&Prober{Patience: 500 * time.Millisecond}).Probe(t.Context(), q); errors.Is(err, fault.ErrCORS) != refused || err != nil && !refused {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Where HTTPS is spoken QUIC may be, too, and nobody sees to whom.
func TestDatagrams(t *testing.T) {
	web := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	other := listen(t, func(net.Conn) {})
	for address, refused := range map[netip.AddrPort]bool{web: true, other: false} {
		q := ask("example.com", address)
		q.Datagrams = true
		if err := new(Prober).Probe(t.Context(), q); errors.Is(err, fault.ErrCORS) != refused || err != nil && !refused {
			t.Errorf("%v: %v", address, err)
		}
	}
}

// Servers of old times are asked like all others.
func TestOldServers(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
	server.StartTLS()
	defer server.Close()
	address := server.Listener.Addr().(*net.TCPAddr).AddrPort()
	if err := new(Prober).Probe(t.Context(), ask("example.com", address)); !errors.Is(err, fault.ErrCORS) {
		t.Errorf("got %v", err)
	}
}
