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
	"regexp"
	"slices"
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
// absolute path binary. Portside's own extension is always allowed; those of extra are
// added that are ids of the family.
func New(family Family, binary string, extra ...string) HostManifest {
	return NewOnly(family, binary, append([]string{family.OwnID()}, extra...)...)
}

// NewOnly returns the manifest by which browsers of the family find the host at the
// absolute path binary, and which lets in those extensions of the family that have one
// of these ids, and no others.
func NewOnly(family Family, binary string, ids ...string) HostManifest {
	m := unlisted(binary)
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] || !family.ValidID(id) {
			continue
		}
		seen[id] = true
		if family == Firefox {
			m.AllowedExtensions = append(m.AllowedExtensions, id)
			continue
		}
		//rule:manifest-lists-known-extensions
		m.AllowedOrigins = append(m.AllowedOrigins, Origin(id))
	}
	return m
}

// unlisted returns a manifest without callers.
func unlisted(binary string) HostManifest {
	return HostManifest{Name: HostName, Description: description, Path: binary, Type: "stdio"}
}

// Admits reports whether the manifest lets the extension id of the family start the host,
// in exactly the form that the family's browsers compare.
func (m HostManifest) Admits(family Family, id string) bool {
	if family == Firefox {
		return slices.Contains(m.AllowedExtensions, id)
	}
	return slices.Contains(m.AllowedOrigins, Origin(id))
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

// OwnID is the id of Portside's own extension in browsers of the family.
func (f Family) OwnID() string {
	if f == Firefox {
		return FirefoxID
	}
	return ChromiumID
}

// ValidID reports whether id has the form of an extension's id in browsers of the family.
// No id has both forms.
func (f Family) ValidID(id string) bool {
	if f == Firefox {
		return ValidFirefoxID(id)
	}
	return f == Chromium && ValidChromiumID(id)
}

// longestFirefoxID bounds an add-on's id, in bytes; addons.mozilla.org has this bound.
const longestFirefoxID = 255

// firefoxID has the two forms that Firefox knows: a UUID in braces, and a name with an
// at sign. A host manifest that lists anything else is of no use to it.
var firefoxID = regexp.MustCompile(`^(?i:\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}|[a-z0-9-._]*@[a-z0-9-._]+)$`)

// ValidFirefoxID reports whether id has the form of a Firefox add-on's id.
func ValidFirefoxID(id string) bool {
	return len(id) <= longestFirefoxID && firefoxID.MatchString(id)
}

// IDForms says for people what ValidID takes.
const IDForms = "32 letters from a to p (Chromium), or such as name@example.org or {a UUID} (Firefox)"

// ValidID reports whether id has the form of an extension's id in any family.
func ValidID(id string) bool { return Chromium.ValidID(id) || Firefox.ValidID(id) }

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
