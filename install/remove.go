package install

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/portside/portside/manifest"
)

// uninstall removes Portside's manifests from every place of the scope, of
// browsers that are detected and of those that are not, and from nowhere else.
//
// Directories are left unless they are empty. Then the directory of manifests
// goes, and in a user's home also the profile above it, which install makes when
// the browser has never run.
func (c *command) uninstall() error {
	places, err := c.places(c.scope())
	if err != nil {
		return err
	}
	var problems []error
	removed := 0
	for _, p := range places {
		done, err := c.remove(p)
		if err != nil {
			problems = append(problems, c.denied(err, p))
			if c.system && errors.Is(err, fs.ErrPermission) {
				break
			}
		}
		if done {
			removed++
		}
	}
	if c.system && /*rule:uninstall-of-one-browser-keeps-allowlist*/ len(c.browsers) == 0 && len(problems) == 0 {
		done, err := c.removeAllowlist()
		if err != nil {
			problems = append(problems, err)
		}
		if done {
			removed++
		}
	}
	switch {
	case removed > 0 && !c.dryRun:
		c.say("Next: remove the Portside extension in the browser, if it is not wanted any more.")
	case removed == 0 && len(problems) == 0:
		c.say("Nothing to remove.")
	}
	if !c.system && c.userDataDir == "" {
		c.sayOtherScope()
	}
	return errors.Join(problems...)
}

// remove takes Portside's manifest away from one place, and reports whether
// there was one.
func (c *command) remove(p place) (bool, error) {
	f, err := look(p.file)
	switch {
	case err != nil:
		return false, err
	case !f.present:
		return false, nil
	case f.broken != nil:
		c.say("%s: left %s alone, it is not known to be ours: %v", p.who(), p.file, f.broken)
		return false, nil
	case !f.ours():
		c.say("%s: left %s alone, it is not ours: it names %s", p.who(), p.file, f.manifest.Path)
		return false, nil
	case c.dryRun:
		c.say("%s: would remove %s", p.who(), p.file)
		return true, nil
	}
	if err := os.Remove(p.file); err != nil {
		return false, err
	}
	c.say("%s: removed %s", p.who(), p.file)
	c.removeDirs(filepath.Dir(p.file), p.scope)
	return true, nil
}

// removeDirs removes the directory of manifests if it is empty, and in user
// scope the empty ones above it, up to but not with those that hold the folders
// of all programs.
func (c *command) removeDirs(dir string, scope manifest.Scope) {
	if !removeEmpty(dir) || scope != manifest.User || c.userDataDir != "" {
		return
	}
	var shared []string
	for _, template := range []string{"{home}", "{config}", "{home}/Library/Application Support"} {
		if path, err := c.expand(template); err == nil {
			shared = append(shared, filepath.Clean(path))
		}
	}
	for dir = filepath.Dir(dir); !slices.Contains(shared, dir) && removeEmpty(dir); dir = filepath.Dir(dir) {
	}
}

// sayOtherScope tells of system-wide manifests that a per-user uninstall leaves.
func (c *command) sayOtherScope() {
	places, err := c.places(manifest.System)
	if err != nil {
		return
	}
	for _, p := range places {
		if f, err := look(p.file); err == nil && f.ours() {
			c.say("Portside is still installed for everybody, in %s. To remove that: sudo portside uninstall --system", filepath.Dir(p.file))
			return
		}
	}
}
