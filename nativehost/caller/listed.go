package caller

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/trust"
)

// largestManifest is the most that a host manifest may have, in bytes.
const largestManifest = 64 << 10

// Surroundings are what Listed sees of the machine.
type Surroundings struct {
	// Executable is the running program.
	Executable string
	Getenv     func(string) string
	// Browser is the command line of the process that started the program, or nil
	// where the system does not tell. A Chromium browser that was started with a
	// folder for its profile looks for host manifests there.
	Browser []string
	// BrowserDir is where that process is: what its relative paths begin at. Empty
	// where the system does not tell.
	BrowserDir string
	// UID is the user whom the program runs for.
	UID int
	// Folder is where administrators keep their files, or empty where the system has no
	// such place.
	Folder string
	// Administrator is the user to whom these files may belong beside root: also 0, but
	// in tests.
	Administrator int
}

// Listed reports whether a host manifest of Portside's, in a place where browsers
// look, gives the caller this program: a further id that the user gave to
// `portside install --extension-id`. Manifests of other names do not count, nor
// those that lead to another program or that somebody else could change or replace,
// in whichever folder on the way.
func (c Caller) Listed(around Surroundings) bool {
	family := manifest.Family(c.Family)
	if !family.ValidID(c.ID) {
		return false
	}
	for _, dir := range around.places(family) {
		if around.allows(filepath.Join(dir, manifest.FileName), family, c.ID) {
			return true
		}
	}
	return false
}

// places returns the folders where browsers of the family look, of this system and user.
func (around Surroundings) places(family manifest.Family) []string {
	var dirs []string
	for i, arg := range around.Browser {
		if family != manifest.Chromium {
			break // no switch of Firefox leads elsewhere
		}
		const flag = "--user-data-dir"
		folder, found := strings.CutPrefix(arg, flag+"=")
		if arg == flag && i+1 < len(around.Browser) {
			folder, found = around.Browser[i+1], true
		}
		if found && !filepath.IsAbs(folder) && around.BrowserDir != "" {
			//rule:relative-profile-folder
			folder = filepath.Join(around.BrowserDir, folder)
		}
		if found && filepath.IsAbs(folder) {
			dirs = append(dirs, filepath.Join(folder, "NativeMessagingHosts"))
		}
	}
	for _, target := range manifest.Targets() {
		if target.OS != runtime.GOOS || target.Family != family {
			continue
		}
		if dir, err := manifest.Expand(target.Dir, around.Getenv); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// allows reports whether the manifest at path, which nobody but root and the user
// can change, lets the extension with the id start executable.
func (around Surroundings) allows(path string, family manifest.Family, id string) bool {
	text, err := read(path, trust.User(around.UID))
	if err != nil {
		return false
	}
	var m manifest.HostManifest
	if json.Unmarshal(text, &m) != nil || m.Name != manifest.HostName ||
		//rule:other-callers-are-listed
		!m.Admits(family, id) {
		return false
	}
	own, err := os.Stat(around.Executable)
	if err != nil {
		return false
	}
	named, err := os.Stat(m.Path)
	//rule:caller-manifest-names-this-program
	return err == nil && os.SameFile(own, named)
}

// read reads a manifest by a path that the rules trust. What is read is what was
// judged.
func read(path string, rules *trust.Rules) ([]byte, error) {
	//rule:caller-manifest-not-writable
	real, info, err := rules.Follow(path, false)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(real)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(opened, info) || opened.Size() > largestManifest {
		return nil, errors.New("it is another file, or too large")
	}
	return io.ReadAll(io.LimitReader(file, largestManifest))
}
