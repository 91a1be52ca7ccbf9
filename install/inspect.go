package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portside/portside/manifest"
)

// A found manifest is what lies at a place now.
type found struct {
	data []byte
	// present reports that there is something by the manifest's name, be it a
	// link to nowhere.
	present bool
	// manifest is valid only while broken is nil.
	manifest manifest.HostManifest
	// broken says why no browser could use it, whatever its binary.
	broken error
	// link is the target if the manifest is a symbolic link.
	link string
	// exposed lists who else could change what the browser reads.
	exposed []string
}

// ours reports whether the manifest is one that install wrote: it bears the
// host's name, and names a binary of that name.
func (f found) ours() bool {
	return f.present && f.broken == nil && isHostName(f.manifest.Path)
}

// brokenFor says why no browser of the family could use the manifest.
func (f found) brokenFor(family manifest.Family) error {
	if f.broken != nil || family != manifest.Firefox {
		return f.broken
	}
	for _, id := range f.manifest.AllowedExtensions {
		if !family.ValidID(id) {
			return fmt.Errorf("it lists %q, which is not the id of an add-on", id)
		}
	}
	return nil
}

// look reads the manifest at path. An error means that it could not be told
// what is there.
func look(path string) (found, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, nil
	}
	if err != nil {
		return found{}, err
	}
	f := found{present: true}
	if info.Mode()&fs.ModeSymlink != 0 {
		if f.link, err = os.Readlink(path); err != nil {
			return found{}, err
		}
		if info, err = os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			f.broken = fmt.Errorf("it is a link to %s, which does not exist", f.link)
			return f, nil
		} else if err != nil {
			return found{}, err
		}
	}
	if !info.Mode().IsRegular() {
		return found{}, fmt.Errorf("%s is not a file", path)
	}
	if info.Mode()&0o022 != 0 {
		f.exposed = append(f.exposed, path)
	}
	if dir, err := os.Stat(filepath.Dir(path)); err == nil && dir.Mode()&0o002 != 0 {
		f.exposed = append(f.exposed, filepath.Dir(path))
	}
	if f.data, err = os.ReadFile(path); err != nil {
		return found{}, err
	}
	f.manifest, f.broken = decode(f.data)
	return f, nil
}

// decode reads a host manifest, and says why browsers would not take it.
func decode(data []byte) (manifest.HostManifest, error) {
	var m manifest.HostManifest
	if len(bytes.TrimSpace(data)) == 0 {
		return m, errors.New("it is empty")
	}
	// Go's decoder would take "Path" for "path"; browsers do not.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return m, fmt.Errorf("it is not a JSON object: %w", err)
	}
	for _, member := range []struct {
		name     string
		value    any
		required bool
	}{
		{"name", &m.Name, true},
		{"description", &m.Description, true},
		{"path", &m.Path, true},
		{"type", &m.Type, true},
		{"allowed_origins", &m.AllowedOrigins, false},
		{"allowed_extensions", &m.AllowedExtensions, false},
	} {
		raw, ok := members[member.name]
		if !ok && member.required {
			return m, fmt.Errorf("it has no %q", member.name)
		}
		if ok && json.Unmarshal(raw, member.value) != nil {
			return m, fmt.Errorf("its %q is of the wrong type", member.name)
		}
	}
	switch {
	case m.Name != manifest.HostName:
		return m, fmt.Errorf("it names the host %q, not %q", m.Name, manifest.HostName)
	case m.Type != "stdio":
		return m, fmt.Errorf(`its type is %q, not "stdio"`, m.Type)
	case !filepath.IsAbs(m.Path):
		return m, fmt.Errorf("its path %q is not absolute", m.Path)
	}
	return m, nil
}

// callers returns the extension ids that may start the host, whatever the family.
func callers(m manifest.HostManifest) []string {
	ids := slices.Clone(m.AllowedExtensions)
	for _, origin := range m.AllowedOrigins {
		ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(origin, "chrome-extension://"), "/"))
	}
	return ids
}

// changes says, for the user, how want differs from what was found.
func (f found) changes(want manifest.HostManifest, family manifest.Family, data []byte) []string {
	if f.broken != nil {
		return []string{f.broken.Error()}
	}
	var changes []string
	if f.link != "" && !bytes.Equal(f.data, data) {
		changes = append(changes, "it was a link to "+f.link)
	}
	if f.manifest.Path != want.Path {
		changes = append(changes, "it named "+f.manifest.Path)
	}
	before, after := callers(f.manifest), callers(want)
	for _, id := range after {
		if !f.manifest.Admits(family, id) {
			changes = append(changes, "it did not allow "+id)
		}
	}
	for _, id := range before {
		if !slices.Contains(after, id) {
			changes = append(changes, "it allowed "+id)
		}
	}
	for _, path := range f.exposed {
		changes = append(changes, "other users could write "+path)
	}
	if len(changes) == 0 && !bytes.Equal(f.data, data) {
		changes = append(changes, "it was out of date")
	}
	return changes
}
