package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// TestPort443IsProbed has the program itself connect to a server that takes part in
// CORS, and to one that does not.
func TestPort443IsProbed(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	for header, want := range map[string]string{
		"Access-Control-Allow-Origin": `"reason":"cors"`,
		"X-Other":                     `"result"`,
	} {
		t.Run(header, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:443")
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(header, "*")
			}))
			server.Listener.Close()
			server.Listener, server.TLS = listener, &tls.Config{MinVersion: tls.VersionTLS12}
			server.StartTLS()
			defer func() {
				server.CloseClientConnections()
				server.Close()
			}()
			p := startHost(t, chromium, nil)
			p.hello()
			p.send(`{"jsonrpc":"2.0","id":2,"method":"tcp.open","params":{"socketId":1,"origin":"https://page.example","document":"d",` +
				`"private":false,"userEntered":true,"host":"127.0.0.1","port":443,"window":1000}}`)
			if answer := p.next(); !strings.Contains(answer, want) {
				t.Errorf("got %s, want %s", answer, want)
			}
		})
	}
}
