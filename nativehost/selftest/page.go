package selftest

import (
	"bytes"
	_ "embed"
	//rule:selftest-texts-are-escaped
	"html/template"
	"net/http"
	"net/netip"

	"github.com/portside/portside/protocol"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS []byte

//go:embed page/page.js
var pageJS []byte

// csp is the page's content security policy: its own script and style, and nothing of
// anybody else's.
//
//rule:selftest-page-is-not-framed
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// handler serves the page. It does not change.
type handler struct {
	// host is the one Host that is served: a name that leads here, as in DNS rebinding,
	// is another one.
	host  string
	files map[string]file
}

type file struct {
	contentType string
	text        []byte
}

// newHandler returns the handler of a page in this folder that connects to a port.
func newHandler(at netip.AddrPort, folder string, params protocol.TryoutStartParams, port uint16) (*handler, error) {
	parsed, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := parsed.Execute(&page, struct {
		protocol.TryoutStartParams
		Port uint16
	}{params, port}); err != nil {
		return nil, err
	}
	return &handler{host: at.String(), files: map[string]file{
		folder:              {"text/html; charset=utf-8", page.Bytes()},
		folder + "page.css": {"text/css; charset=utf-8", pageCSS},
		folder + "page.js":  {"text/javascript; charset=utf-8", pageJS},
	}}, nil
}

// ServeHTTP serves a file of the page, to whom knows where it is.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, value := range map[string]string{
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      csp,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "direct-sockets=(self)",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	} {
		header.Set(name, value)
	}
	found, ok := h.files[r.URL.Path]
	switch {
	//rule:selftest-served-by-own-address
	case r.Host != h.host:
		w.WriteHeader(http.StatusMisdirectedRequest)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		//rule:selftest-page-is-read-only
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		header.Set("Content-Type", found.contentType)
		_, _ = w.Write(found.text)
	}
}
