package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/portside/portside/manifest"
)

// A rule is what an administrator's policy means for host manifests.
type rule struct {
	// ignoresUser is the policy file by which the browser reads system-wide
	// manifests only, or empty.
	ignoresUser string
	// blocks is the policy file by which the browser starts no host of Portside's
	// name, or empty.
	blocks string
	// closed are the files, or the folder, that the user may not read.
	closed []string
}

// largestPolicy bounds a policy file, in bytes. The browser has no bound.
const largestPolicy = 16 << 20

// policy reads the policy files of a place's browser, as Chromium does: every file of
// the folder, whatever its name, in the order of the bytes of the names. Of each
// setting the last file that has it counts, also when what it says there is of the
// wrong type and so means nothing. The browser runs as the user: what the user may
// not read is no policy to it.
func (c *command) policy(p place) (rule, error) {
	if p.policies == "" {
		return rule{}, nil
	}
	dir, err := c.expand(p.policies)
	if err != nil {
		return rule{}, err
	}
	var r rule
	closed := func(file string, err error) bool {
		if !errors.Is(err, fs.ErrPermission) || /*rule:unreadable-browser-policy-skipped*/ c.euid == 0 {
			return false
		}
		r.closed = append(r.closed, file)
		return true
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !closed(dir, err) && !errors.Is(err, fs.ErrNotExist) {
		return rule{}, fmt.Errorf("list the policies of %s: %w", p.who(), err)
	}
	type said struct {
		value any
		file  string
	}
	last := map[string]said{}
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name())
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) || err == nil && /*rule:status-reads-any-policy-name*/ !info.Mode().IsRegular() {
			continue
		}
		if err == nil && info.Size() > largestPolicy {
			err = fmt.Errorf("%s is larger than %d MiB", file, largestPolicy>>20)
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(file)
		}
		if closed(file, err) {
			continue
		}
		if err != nil {
			return rule{}, fmt.Errorf("read the policy of %s: %w", p.who(), err)
		}
		// What the browser cannot read is no policy to it either.
		settings, _ := readAsChromium(data)
		for name, value := range settings {
			last[name] = said{value, file}
		}
	}
	if userLevel := last["NativeMessagingUserLevelHosts"]; userLevel.value == false {
		r.ignoresUser = userLevel.file
	}
	names := func(setting string) []any {
		list, _ := last[setting].value.([]any)
		return list
	}
	has := func(list []any, name string) bool { return slices.Contains(list, any(name)) }
	if blocked := names("NativeMessagingBlocklist"); (has(blocked, "*") || has(blocked, manifest.HostName)) &&
		!has(names("NativeMessagingAllowlist"), manifest.HostName) {
		r.blocks = last["NativeMessagingBlocklist"].file
	}
	return r, nil
}
