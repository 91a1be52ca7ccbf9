package session_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func startTrying(b *hosttest.Broker) int64 {
	b.T.Helper()
	text := "text"
	return b.Ask(protocol.MethodTryoutStart, protocol.TryoutStartParams{Lang: "en", Dir: "ltr", Texts: &protocol.TryoutTexts{
		Title: text, Intro: text, Button: text, Asking: text, Done: text, Denied: text, Failed: text, Missing: text,
	}})
}

// pageServed reports whether a page is there.
func pageServed(t *testing.T, r protocol.TryoutStartResult) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// served reports whether a page is there, and its server.
func served(t *testing.T, r protocol.TryoutStartResult) bool {
	t.Helper()
	page := pageServed(t, r)
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.Port))
	if err == nil {
		conn.Close()
	}
	if page != (err == nil) {
		t.Errorf("page: %v, server: %v", page, err == nil)
	}
	return page
}

func TestSelfTest(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	b.MustCall(protocol.MethodTryoutStop, protocol.TryoutStopParams{}, nil)
	var first, second protocol.TryoutStartResult
	b.WantResult(protocol.MethodTryoutStart, b.Answer(startTrying(b)), &first)
	if !served(t, first) {
		t.Fatal("nothing is served")
	}
	// A second one takes the place of the first, which is gone when it is answered.
	b.WantResult(protocol.MethodTryoutStart, b.Answer(startTrying(b)), &second)
	if served(t, first) || !served(t, second) || second.URL == first.URL {
		t.Errorf("%+v, then %+v", first, second)
	}
	// The page's own socket, as the page asks for it.
	r, _ := b.Open(int(second.Port), func(p *protocol.TCPOpenParams, r *hosttest.Remote) {
		p.Origin, r.Keep = strings.Join(strings.Split(second.URL, "/")[:3], "/"), true
	})
	b.Send(r, []byte("Hello from a web page.\n"))
	b.WaitEnd(r)
	if got := string(b.Bytes(r)); !strings.HasPrefix(got, "Hello from the Portside program on this computer.\r\nYou said: Hello from a web page.\r\n") {
		t.Errorf("%q", got)
	}
	for range 2 {
		b.MustCall(protocol.MethodTryoutStop, protocol.TryoutStopParams{}, nil)
		if served(t, second) {
			t.Error("it is served after it was stopped")
		}
	}
	// Many at once end with one.
	ids := make([]int64, 50)
	for i := range ids {
		ids[i] = startTrying(b)
	}
	all := make([]protocol.TryoutStartResult, len(ids))
	for i, id := range ids {
		b.WantResult(protocol.MethodTryoutStart, b.Answer(id), &all[i])
	}
	third := all[len(all)-1]
	if !served(t, third) {
		t.Error("the last one is not served")
	}
	for i, one := range all[:len(all)-1] {
		// Ports may come back; paths do not.
		if pageServed(t, one) {
			t.Errorf("number %d of %d is served", i, len(all))
		}
	}
	// It goes with the session.
	b.In.Close()
	b.Wait("the end", func() bool { return b.Gone })
	if served(t, third) {
		t.Error("it outlives the session")
	}
}

func TestSelfTestOnlyWhereSocketsAreAllowed(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Policy: `{"enabled": false}`})
	hosttest.WantFailure(t, b.Answer(startTrying(b)), "NotAllowedError", "policy")
	b.Managed(`{}`)
	var result protocol.TryoutStartResult
	b.WantResult(protocol.MethodTryoutStart, b.Answer(startTrying(b)), &result)
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", result.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b.Managed(`{"enabled": false}`)
	// What was under way ends with it, before the server loses its patience.
	began := time.Now()
	if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if pageServed(t, result) {
		t.Error("it is served")
	}
	b.MustCall(protocol.MethodTryoutStop, protocol.TryoutStopParams{}, nil)
}
