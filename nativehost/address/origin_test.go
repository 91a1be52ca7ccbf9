package address

import (
	"errors"
	"testing"

	"github.com/portside/portside/nativehost/fault"
)

func TestParseOrigin(t *testing.T) {
	for _, good := range []string{
		"https://example.org", "https://example.org:8443", "https://xn--bcher-kva.example", "https://192.0.2.1", "https://[2001:db8::1]:8443",
		"http://localhost", "http://localhost:8080", "http://app.localhost:3000", "http://127.0.0.1", "http://127.9.8.7:80", "http://[::1]:5173",
	} {
		if _, err := ParseOrigin(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "null", "http://example.org", "http://localhost.example.org", "http://notlocalhost", "http://128.0.0.1", "http://[::2]",
		"http://[::ffff:127.0.0.1]", "http://127.1", "http://0.0.0.0",
		"https://", "https://:443", "https://example.org/", "https://example.org/path", "https://example.org?q", "https://example.org#f",
		"https://user@example.org", "https://example.org:", "https://example.org:0", "https://example.org:65536", "https://example.org:x",
		"HTTPS://example.org", "https:example.org", "https://exa mple.org", "wss://example.org", "ftp://localhost", "file://", "data:,x",
		"chrome-extension://abc", "moz-extension://abc", "https://example.org\n", "//example.org",
	} {
		if _, err := ParseOrigin(bad); !errors.Is(err, fault.ErrOrigin) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseOrigin(f *testing.F) {
	f.Add("https://example.org:8443")
	f.Add("http://[::1%25eth0]")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := ParseOrigin(s); err != nil && !errors.Is(err, fault.ErrOrigin) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
