package caller

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/portside/portside/manifest"
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
}

// Listed reports whether a host manifest of Portside's, in a place where browsers
// look, gives the caller this program: a further id that the person gave to
// `portside install --extension-id`. Manifests of other names do not count, nor
// those that lead to another program or that others may write.
func (c Caller) Listed(around Surroundings) bool {
	if c.Family != string(manifest.Chromium) || !manifest.ValidChromiumID(c.ID) {
		return false
	}
	for _, dir := range around.places() {
		if allows(filepath.Join(dir, manifest.FileName), manifest.Origin(c.ID), around.Executable) {
			return true
		}
	}
	return false
}

// places returns the folders where Chromium browsers of this system and user look.
func (around Surroundings) places() []string {
	var dirs []string
	for i, arg := range around.Browser {
		const folder = "--user-data-dir"
		switch {
		case arg == folder && i+1 < len(around.Browser):
			dirs = append(dirs, filepath.Join(around.Browser[i+1], "NativeMessagingHosts"))
		case len(arg) > len(folder) && arg[:len(folder)+1] == folder+"=":
			dirs = append(dirs, filepath.Join(arg[len(folder)+1:], "NativeMessagingHosts"))
		}
	}
	for _, target := range manifest.Targets() {
		if target.OS != runtime.GOOS || target.Family != manifest.Chromium {
			continue
		}
		if dir, err := manifest.Expand(target.Dir, around.Getenv); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// allows reports whether the manifest at path lets origin start executable.
func allows(path, origin, executable string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > largestManifest || info.Mode().Perm()&0o022 != 0 {
		return false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var m manifest.HostManifest
	if json.Unmarshal(text, &m) != nil || m.Name != manifest.HostName || !slices.Contains(m.AllowedOrigins, origin) {
		return false
	}
	own, err := os.Stat(executable)
	if err != nil {
		return false
	}
	named, err := os.Stat(m.Path)
	return err == nil && os.SameFile(own, named)
}
