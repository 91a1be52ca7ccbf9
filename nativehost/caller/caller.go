// Package caller tells who started the program: a browser on behalf of an
// extension, or a user at a terminal. It promises that only Portside's own
// extension is accepted, and those that the user named when installing; or, where an
// administrator has an allowlist, those in it and no others. The arguments prove nothing
// against a program of the same user, which needs no host to open sockets; they keep
// other extensions out that the browser would let in.
package caller

import (
	"path/filepath"
	"strings"

	"github.com/portside/portside/manifest"
)

// chromiumScheme begins the first argument that a Chromium browser gives.
const chromiumScheme = "chrome-extension://"

// Caller is a browser's extension.
type Caller struct {
	// Family is "chromium" or "firefox".
	Family string
	// ID is the extension's id as the browser named it.
	ID string
	// Known reports whether it is Portside's own. Others may be Listed.
	Known bool
}

// Origin is the origin of the extension's pages, or "" where it is another in each
// profile, as in Firefox.
func (c Caller) Origin() string {
	if c.Family != string(manifest.Chromium) {
		return ""
	}
	return chromiumScheme + c.ID
}

// Identify reads the arguments after the program's name. It reports false when
// they are not a browser's, which makes the program a command.
//
// Chromium gives chrome-extension://ID/, on Windows also --parent-window; Firefox
// gives the path of the host manifest and the id of the add-on.
func Identify(args []string) (Caller, bool) {
	if len(args) == 0 {
		return Caller{}, false
	}
	if strings.HasPrefix(args[0], chromiumScheme) {
		return Caller{
			Family: string(manifest.Chromium),
			ID:     strings.TrimSuffix(strings.TrimPrefix(args[0], chromiumScheme), "/"),
			//rule:chromium-caller-is-our-extension
			Known: args[0] == manifest.Origin(manifest.ChromiumID),
		}, true
	}
	if len(args) >= 2 && filepath.IsAbs(args[0]) && filepath.Base(args[0]) == manifest.FileName {
		return Caller{
			Family: string(manifest.Firefox),
			ID:     args[1],
			//rule:firefox-caller-is-our-extension
			Known: args[1] == manifest.FirefoxID,
		}, true
	}
	return Caller{}, false
}
