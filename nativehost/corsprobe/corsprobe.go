// Package corsprobe asks an HTTPS server whether it takes part in CORS (Fetch, section
// 3.2), in which case a page is to use fetch() and obey the answer instead of opening
// a socket of its own: a socket to port 443 would be a way around. It is asked by the
// very name that the page is about to speak to; a server that shows a certificate for
// other names only is not that name's, and is refused where that matters.
//
// It promises that nothing it hears can allow anything: an answer can only refuse.
// That is why it asks nobody whether a certificate is to be trusted, and takes TLS of
// any age. It speaks to no other address than the one
// it is told, follows nothing, sends no cookies or other credentials, and reads no
// body; headers, time and memory are bounded.
//
// Its bound: a server that does not speak HTTPS, does not answer in time, or shows
// its CORS headers neither for OPTIONS nor for GET of "/" is not recognised and may be
// connected to. A server that wants to be protected shows them there. Whoever sits
// between the host and the server can suppress the answer, but could also just answer
// in the server's place.
package corsprobe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/fault"
)

const (
	// patience is for everything: connecting, TLS, and both answers.
	patience = 5 * time.Second
	// maxHeaderBytes of each answer are read.
	maxHeaderBytes = 64 << 10
)

// Prober asks, and keeps answers for a while. Its fields are set before
// first use; the zero value is ready.
type Prober struct {
	// Patience for one probe; 0 is 5 seconds.
	Patience time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	mu      sync.Mutex // guards what follows
	entries map[Question]*entry
}

// Question is what is asked, and what an answer holds for.
type Question struct {
	// Origin is the page's. Private windows have a cache of their own.
	Origin  string
	Private bool
	// Name is the host, in canonical form, and Address where it is.
	Name    string
	Address netip.AddrPort
	// Covered refuses a server whose certificate is not for Name: a name of the page's
	// owner may lead to anybody's address.
	Covered bool
	// Datagrams refuses every HTTPS server: which name QUIC is going to speak to cannot
	// be seen.
	Datagrams bool
}

// Probe asks the server whether it takes part in CORS. It returns fault.ErrCORS if it
// does or must not be asked for otherwise, nil if it does not or if there is no telling,
// and the error of ctx if that is done first.
//
// The probe itself outlives ctx when others wait for it, but not for longer than its
// patience; it ends when nobody waits any more.
func (p *Prober) Probe(ctx context.Context, q Question) error {
	//rule:cors-answer-per-origin
	//rule:cors-answer-per-window-kind
	return p.cached(ctx, q)
}

// ask probes the network. known is false when the network failed, so that another
// attempt may hear more.
func (p *Prober) ask(ctx context.Context, q Question) (err error, known bool) {
	limit := p.Patience
	if limit == 0 {
		limit = patience
	}
	//rule:cors-probe-ends-in-time
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	dial := &dialer{ctx: ctx, question: q}
	defer dial.close()
	client := &http.Client{
		Transport: dial.transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return /*rule:cors-probe-follows-no-redirect*/ http.ErrUseLastResponse
		},
	}
	known = true
	// A server that answers only one of the two is heard all the same, so the first
	// may not use up the time of the second.
	for i, method := range /*rule:cors-probe-get*/ []string{ /*rule:cors-probe-options*/ http.MethodOptions, http.MethodGet} {
		//rule:cors-probe-ends-in-time.2
		ctx, cancel := context.WithTimeout(ctx, limit/time.Duration(2-i))
		headers, err := headersOf(ctx, client, method, q)
		cancel()
		switch {
		case dial.foreign.Load():
			return fmt.Errorf("%w: its certificate is for other names", fault.ErrCORS), true
		case err != nil:
			known = false
		case q.Datagrams:
			return fmt.Errorf("%w: HTTPS is spoken there", fault.ErrCORS), true
		default:
			if name := takesPart(headers); name != "" {
				return fmt.Errorf("%w: %s", fault.ErrCORS, name), true
			}
		}
	}
	return nil, known
}

// takesPart returns the header that tells that a server takes part in CORS, or "". One
// whose answers depend on who asks takes part, even if it has nothing to say to this page.
func takesPart(headers http.Header) string {
	const prefix = "access-control-"
	for name := range headers {
		if /*rule:any-cors-header-refuses*/ strings.HasPrefix(strings.ToLower(name), prefix) {
			return name
		}
	}
	for _, value := range headers.Values("Vary") {
		for name := range strings.SplitSeq(strings.ToLower(value), ",") {
			if name = strings.TrimSpace(name); /*rule:vary-origin-refuses*/ name == "origin" || strings.HasPrefix(name, prefix+"request-") {
				return "Vary: " + name
			}
		}
	}
	return ""
}

// headersOf sends one request and returns the answer's headers.
func headersOf(ctx context.Context, client *http.Client, method string, q Question) (http.Header, error) {
	target := url.URL{Scheme: "https", Host: net.JoinHostPort(q.Name, strconv.Itoa(int(q.Address.Port()))), Path: "/"}
	if q.Address.Port() == 443 {
		target.Host = strings.TrimSuffix(target.Host, ":443") // as browsers write it
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{
		//rule:cors-probe-sends-origin-only
		"Origin":     {q.Origin},
		"Accept":     {"*/*"},
		"User-Agent": {"Mozilla/5.0"}, // neither this program nor its version
	}
	if method == http.MethodOptions {
		// A preflight needs something to ask for. Nobody minds this header.
		request.Header.Set("Access-Control-Request-Method", http.MethodGet)
		request.Header.Set("Access-Control-Request-Headers", "x-requested-with")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	// Closing without reading ends the stream (HTTP/2) or the connection (HTTP/1.1).
	_ = response.Body.Close()
	return response.Header, nil
}
