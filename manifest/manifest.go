// Package manifest promises what browsers must read to find Portside: the
// names by which host and extension know each other, the native-messaging host
// manifest in the form that each browser family wants, and one table of the
// places where each browser looks for it.
//
// It is data and rendering only. It opens no file and changes nothing; package
// install does that.
package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const (
	// HostName is the name by which the extension asks for the host, and, with
	// ".json" added, the name of the file that says where the host is.
	HostName = "portside.host"

	// FileName is the name of the host manifest in each browser's directory.
	FileName = HostName + ".json"

	// ChromiumID is the extension's id in Chromium browsers. It follows from the
	// public key in chromium.json, so an unpacked build has it too.
	ChromiumID = "mchpniendjnegpciibfkjhhoiecglnaj"

	// FirefoxID is the extension's id in Firefox, as firefox.json declares it.
	FirefoxID = "portside@portside.dev"

	description = "Portside: TCP and UDP sockets for web pages"
)

// A Family is a group of browsers that read the same form of host manifest.
type Family string

const (
	// Chromium browsers name their callers in allowed_origins.
	Chromium Family = "chromium"
	// Firefox browsers name their callers in allowed_extensions.
	Firefox Family = "firefox"
)

// HostManifest is a native-messaging host manifest. Exactly one of the two
// lists of callers is set: a manifest for one family says nothing to the other.
type HostManifest struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Path is the absolute path of the host's binary.
	Path string `json:"path"`
	// Type is always "stdio", the only kind that browsers know.
	Type string `json:"type"`
	// AllowedOrigins lists Chromium extensions as "chrome-extension://ID/". The
	// slash at the end is required, and wildcards are not understood.
	AllowedOrigins []string `json:"allowed_origins,omitempty"`
	// AllowedExtensions lists Firefox extensions by id.
	AllowedExtensions []string `json:"allowed_extensions,omitempty"`
}

// Origin returns the form in which a Chromium host manifest, and the first
// argument of a host that Chromium starts, name the extension id.
func Origin(id string) string { return "chrome-extension://" + id + "/" }

// New returns the manifest by which browsers of the family find the host at the
// absolute path binary. Portside's own extension is always allowed; extra adds
// further Chromium ids and is ignored for Firefox, where ids never change.
func New(family Family, binary string, extra ...string) HostManifest {
	if family == Firefox {
		m := unlisted(binary)
		m.AllowedExtensions = []string{FirefoxID}
		return m
	}
	return NewOnly(binary, append([]string{ChromiumID}, extra...)...)
}

// NewOnly returns the manifest by which Chromium browsers find the host at the absolute
// path binary, and which lets in the extensions with these ids and no others.
func NewOnly(binary string, ids ...string) HostManifest {
	m := unlisted(binary)
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			//rule:manifest-lists-known-extensions
			m.AllowedOrigins = append(m.AllowedOrigins, Origin(id))
		}
	}
	return m
}

// unlisted returns a manifest without callers.
func unlisted(binary string) HostManifest {
	return HostManifest{Name: HostName, Description: description, Path: binary, Type: "stdio"}
}

// Render returns the bytes of the manifest file, indented, with a final newline.
func (m HostManifest) Render() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("render host manifest: %w", err)
	}
	return b.Bytes(), nil
}

// ValidChromiumID reports whether id has the form of a Chromium extension id:
// 32 letters from a to p, the hexadecimal digits of half a SHA-256.
func ValidChromiumID(id string) bool {
	if len(id) != 32 {
		return false
	}
	for i := range len(id) {
		if id[i] < 'a' || id[i] > 'p' {
			return false
		}
	}
	return true
}
