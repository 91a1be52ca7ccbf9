package selftest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func params() protocol.TryoutStartParams {
	return protocol.TryoutStartParams{Lang: "de", Dir: "rtl", Texts: &protocol.TryoutTexts{
		Title: "Titel", Intro: "Einführung", Button: "Los", Asking: "Wird gefragt", Done: "Fertig", Denied: "Abgelehnt", Failed: "Fehlgeschlagen", Missing: "Fehlt",
	}}
}

// started runs a page and a server until the end of the test, or until stop.
func started(t *testing.T, p protocol.TryoutStartParams, change func(*Test)) (try *Test, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	try, err := Start(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(try)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		try.Run(ctx)
	}()
	stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("it does not end")
		}
	}
	t.Cleanup(stop)
	return try, stop
}

// ask sends a request to the page's server and returns the answer and its body.
func ask(t *testing.T, method, url, host string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func wantHeaders(t *testing.T, response *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "direct-sockets=(self)",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	} {
		if got := response.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s %s: %s is %q", response.Request.Method, response.Request.URL, name, got)
		}
	}
	for name := range response.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestPage(t *testing.T) {
	try, _ := started(t, params(), nil)
	url := try.URL()
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[0-9a-f]{32}/$`).MatchString(url) {
		t.Fatal(url)
	}
	other, _ := started(t, params(), nil)
	path := func(url string) string { return url[strings.LastIndex(strings.TrimSuffix(url, "/"), "/"):] }
	if path(other.URL()) == path(url) {
		t.Errorf("both are at %s", path(url))
	}
	for file, c := range map[string]struct{ contentType, has string }{
		"":         {"text/html; charset=utf-8", `<html lang="de" dir="rtl">`},
		"page.css": {"text/css; charset=utf-8", "light-dark("},
		"page.js":  {"text/javascript; charset=utf-8", "openTCPSocket"},
	} {
		response, body := ask(t, http.MethodGet, url+file, "")
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != c.contentType || !strings.Contains(body, c.has) {
			t.Errorf("%q: %s, %v\n%s", file, response.Status, response.Header, body)
		}
		wantHeaders(t, response)
		head, empty := ask(t, http.MethodHead, url+file, "")
		if head.StatusCode != http.StatusOK || head.ContentLength != int64(len(body)) || empty != "" {
			t.Errorf("HEAD %q: %s, %d bytes of %d", file, head.Status, head.ContentLength, len(body))
		}
		wantHeaders(t, head)
	}
	_, body := ask(t, http.MethodGet, url, "")
	for _, text := range []string{"<h1>Titel</h1>", "<title>Titel</title>", "Einführung", `type="button" id="try">Los<`, `role="status"`, fmt.Sprintf(`data-port="%d"`, try.Port())} {
		if !strings.Contains(body, text) {
			t.Errorf("the page has no %s", text)
		}
	}
	if strings.Contains(body, "//") || strings.Contains(body, "style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(body) {
		t.Errorf("something remote, or in the page itself:\n%s", body)
	}
}

// Whoever does not know the path, or came by another name, gets nothing.
func TestOthersGetNothing(t *testing.T) {
	try, _ := started(t, params(), nil)
	url, at := try.URL(), strings.Split(try.URL(), "/")[2]
	root := "http://" + at
	_, port, _ := strings.Cut(at, ":")
	for _, c := range []struct {
		method, url, host string
		status            int
	}{
		{http.MethodGet, root + "/", "", 404}, {http.MethodGet, root + "/page.js", "", 404}, {http.MethodGet, url + "x", "", 404},
		{http.MethodGet, strings.TrimSuffix(url, "/"), "", 404}, {http.MethodGet, root + "/" + strings.Repeat("0", 32) + "/", "", 404},
		{http.MethodGet, root + "/favicon.ico", "", 404}, {http.MethodGet, url + "../", "", 404},
		{http.MethodPost, url, "", 405}, {http.MethodPut, url, "", 405}, {http.MethodOptions, url, "", 405}, {http.MethodDelete, url + "page.js", "", 405},
		{http.MethodGet, url, "localhost:" + port, 421}, {http.MethodGet, url, "127.0.0.1", 421}, {http.MethodGet, url, "127.0.0.1:1", 421},
		{http.MethodGet, url, "rebound.example", 421}, {http.MethodGet, url, "rebound.example:" + port, 421}, {http.MethodGet, url, "127.0.0.1:" + port + ".", 421},
	} {
		response, body := ask(t, c.method, c.url, c.host)
		if response.StatusCode != c.status || body != "" {
			t.Errorf("%s %s, Host %q: %s, %q", c.method, c.url, c.host, response.Status, body)
		}
		wantHeaders(t, response)
	}
	// HTTP by hand: no Host at all, and a question about the server itself.
	for _, request := range []string{"GET / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: rebound.example\r\n\r\n", "GET " + url[len(root):] + " HTTP/1.0\r\n\r\n"} {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, " 421 ") {
			t.Errorf("%q: %q, %v", request, line, err)
		}
		conn.Close()
	}
}

// Texts are texts, whatever is in them.
func TestTextsAreNoMarkup(t *testing.T) {
	p := params()
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)> ' {{.}} ` + "`"
	p.Texts = &protocol.TryoutTexts{Title: evil, Intro: evil, Button: evil, Asking: evil, Done: evil, Denied: evil, Failed: evil, Missing: evil}
	try, _ := started(t, p, nil)
	_, body := ask(t, http.MethodGet, try.URL(), "")
	if strings.Count(body, "<script") != 1 || strings.Contains(body, "<img") || strings.Count(body, "alert(1)") != 2*9 {
		t.Error(body)
	}
}

// converse connects, hears the greeting, says a line and returns the answer.
func converse(t *testing.T, try *Test, line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", try.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	if hello, err := reader.ReadString('\n'); err != nil || hello != "Hello from the Portside program on this computer.\r\n" {
		t.Fatalf("%q, %v", hello, err)
	}
	// What is too long is not read to its end, and the connection then broken.
	if _, err := io.WriteString(conn, line); err != nil && len(line) <= maxLine {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(reader)
	return string(answer)
}

func TestConversation(t *testing.T) {
	try, _ := started(t, params(), nil)
	said := regexp.MustCompile(`^You said: (.*)\r\nThe time here is \d\d:\d\d:\d\d\.\r\n$`)
	for line, want := range map[string]string{
		"Hello from a web page.\n": "Hello from a web page.", "ümlaut\r\nmore": "ümlaut", "\n": "",
		"HTTP/1.1 200 OK\x00\x1b[31m\xff\u202e\n": "HTTP/1.1 200 OK[31m", strings.Repeat("x", maxLine-1) + "\n": strings.Repeat("x", maxLine-1),
	} {
		got := said.FindStringSubmatch(converse(t, try, line))
		if got == nil || got[1] != want {
			t.Errorf("%q: %q", line, got)
		}
	}
	// No line, one that is too long, or one that does not come: the connection ends.
	try, _ = started(t, params(), func(try *Test) { try.server.patience = 300 * time.Millisecond })
	began := time.Now()
	for _, line := range []string{"", "no end", strings.Repeat("x", maxLine) + "\n", strings.Repeat("x", 1<<20)} {
		if got := converse(t, try, line); got != "" {
			t.Errorf("%d bytes: %q", len(line), got)
		}
	}
	if took := time.Since(began); took < 600*time.Millisecond || took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if patience != 10*time.Second {
		t.Errorf("it listens for %v", patience)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	try, stop := started(t, params(), nil)
	greeted := func(conn net.Conn) bool {
		if err := conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _ := conn.Read(make([]byte, 1))
		return n == 1
	}
	dial := func(port string) net.Conn {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	port := fmt.Sprint(try.Port())
	conns := make([]net.Conn, maxServerConns)
	for i := range conns {
		if conns[i] = dial(port); !greeted(conns[i]) {
			t.Fatalf("number %d is not greeted", i+1)
		}
	}
	late := dial(port)
	if greeted(late) {
		t.Errorf("more than %d are greeted", maxServerConns)
	}
	conns[0].Close()
	if !greeted(late) {
		t.Error("nobody is greeted when one has left")
	}
	_, port, _ = strings.Cut(strings.Split(try.URL(), "/")[2], ":")
	for range maxPageConns {
		dial(port)
	}
	// The page's server hears nobody else until they have been silent for too long.
	late = dial(port)
	if _, err := io.WriteString(late, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if greeted(late) {
		t.Errorf("more than %d connections to the page", maxPageConns)
	}
	began := time.Now()
	if err := late.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := late.Read(make([]byte, 1)); n != 1 {
		t.Errorf("silent ones stay: %v after %v", err, time.Since(began))
	}
	// Whoever is in the middle of something does not keep it from ending.
	began = time.Now()
	stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("ending took %v", took)
	}
}

func TestNothingRemains(t *testing.T) {
	for what, c := range map[string]struct {
		lifetime time.Duration
		stop     bool
	}{"stopped": {Lifetime, true}, "too old": {200 * time.Millisecond, false}} {
		try, stop := started(t, params(), func(try *Test) { try.lifetime = c.lifetime })
		at := []string{strings.Split(try.URL(), "/")[2], fmt.Sprintf("127.0.0.1:%d", try.Port())}
		for _, at := range at {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		if c.stop {
			stop()
		} else {
			time.Sleep(c.lifetime + 500*time.Millisecond)
		}
		for _, at := range at {
			if conn, err := net.Dial("tcp", at); err == nil {
				conn.Close()
				t.Errorf("%s: %s listens", what, at)
			}
		}
	}
	if Lifetime != 15*time.Minute {
		t.Errorf("it lives for %v", Lifetime)
	}
}
