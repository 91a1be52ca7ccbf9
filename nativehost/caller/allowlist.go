package caller

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/trust"
)

const (
	// AllowlistFile is the name of the file, in the folder of an administrator's
	// policies, that names the only extensions which may start the host.
	AllowlistFile = "extensions.json"
	// MostAllowed is how many extensions an allowlist may name.
	MostAllowed = 64
)

// Allowlist names the only extensions that may start the host: 1 to 64 ids of Chromium
// extensions and Firefox add-ons. Nil stands for a machine without one, where Portside's own extension may,
// and those that host manifests list.
type Allowlist []string

// allowlistFile is how the file has it.
type allowlistFile struct {
	Allowed Allowlist `json:"allowed"`
}

// Render returns the bytes of the file, indented, with a final newline.
func (l Allowlist) Render() ([]byte, error) {
	text, err := json.MarshalIndent(allowlistFile{l}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("render the allowlist: %w", err)
	}
	return append(text, '\n'), nil
}

// ReadAllowlist reads the file in folder, which nobody but the trusted may be able to
// change or replace. The list is nil if there is no such file, or folder is empty: a
// system without a place for such files. An error means that there is a file, or might
// be one, and that it cannot be used: then nobody may start the host.
func ReadAllowlist(folder string, rules *trust.Rules) (Allowlist, error) {
	if folder == "" || missing(folder) {
		return nil, nil
	}
	path := filepath.Join(folder, AllowlistFile)
	if _, _, err := rules.Follow(folder, true); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	if missing(path) {
		return nil, nil
	}
	//rule:allowlist-not-writable
	text, err := read(path, rules)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	list, err := parseAllowlist(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// missing reports whether there is nothing at path, not even a link to nowhere.
func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func parseAllowlist(text []byte) (Allowlist, error) {
	var file allowlistFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf(`it must be {"allowed": ["ID", ...]}: %w`, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows after the list")
	}
	if n := len(file.Allowed); n == 0 || n > MostAllowed {
		return nil, fmt.Errorf("it names %d extensions; it must name 1 to %d", n, MostAllowed)
	}
	for _, id := range file.Allowed {
		if !manifest.ValidID(id) {
			return nil, fmt.Errorf("%q is not an extension id: it must be %s", id, manifest.IDForms)
		}
	}
	return file.Allowed, nil
}

// Admit returns nil if the caller may use the host. Where an administrator has an
// allowlist, that is who stands in it: neither Portside's own id nor a host manifest
// counts then, since users can build an extension with the one, and write the other.
func (c Caller) Admit(around Surroundings) error {
	allowed, err := ReadAllowlist(around.Folder, &trust.Rules{Owners: []int{0, around.Administrator}})
	switch {
	//rule:broken-allowlist-admits-nobody
	case err != nil:
		return fmt.Errorf("the list of extensions that may start Portside cannot be used: %w", err)
	//rule:allowlist-admits-nobody-else
	case allowed != nil && ( /*rule:listed-id-is-of-callers-browser*/ !manifest.Family(c.Family).ValidID(c.ID) || !slices.Contains(allowed, c.ID)):
		return fmt.Errorf("%q is not listed in %s", c.ID, filepath.Join(around.Folder, AllowlistFile))
	case allowed == nil && !c.Known && !c.Listed(around):
		return fmt.Errorf("%q is not Portside's extension", c.ID)
	}
	return nil
}
