package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/trust"
)

// allowlistFolder is where the machine's allowlist is, beside the policies.
func (c *command) allowlistFolder() string { return filepath.Join(c.root, policy.Folder) }

func (c *command) allowlistFile() string {
	return filepath.Join(c.allowlistFolder(), caller.AllowlistFile)
}

// readAllowlist reads the machine's allowlist as the host does, which trusts root alone,
// and which runs for users: root can read more than they can.
func (c *command) readAllowlist() (caller.Allowlist, error) {
	if policy.Folder == "" {
		return nil, nil
	}
	closed := ""
	list, err := caller.ReadAllowlist(c.allowlistFolder(), &trust.Rules{
		Owners: c.trusted, OwnerOf: c.owner,
		Met: func(path string, info fs.FileInfo, _ string) {
			needed := map[bool]fs.FileMode{true: 0o001, false: 0o004}[info.IsDir()]
			if info.Mode()&fs.ModeSymlink == 0 && info.Mode()&needed == 0 {
				closed = path
			}
		},
	})
	//rule:install-tells-closed-allowlist
	if err == nil && list != nil && closed != "" {
		err = fmt.Errorf("users cannot read %s, so the host cannot either", closed)
	}
	return list, err
}

// prepareAllowlist makes the machine's allowlist what --only says, or finds out what it
// is, and keeps it: an install without --only, such as one that repairs, lifts nothing.
// The list comes before the manifests, so that there is no moment at which these let in
// somebody whom the host does not turn away.
func (c *command) prepareAllowlist() error {
	old, err := c.readAllowlist()
	switch {
	case c.only:
		return c.writeAllowlist(old, err)
	case err != nil:
		return advise(allowlistRepair, "no browser can start Portside: %w", err)
	case old == nil:
		return nil
	}
	for _, id := range c.extensionIDs {
		//rule:install-keeps-allowlist
		if !slices.Contains(old, id) {
			return advise("an administrator names them all anew with --system --extension-id ID... --only, or lifts the list with portside uninstall --system",
				"%s does not list %s", c.allowlistFile(), id)
		}
	}
	c.allowed = old
	c.say("Only %s may start Portside, as %s says.", strings.Join(old, ", "), c.allowlistFile())
	return nil
}

const allowlistRepair = "an administrator writes it anew with portside install --system --extension-id ID... --only, or lifts it with portside uninstall --system"

// writeAllowlist writes the list that --only asks for, unless it is there already. The
// old one is nil where there is none; fault says why it cannot be used.
func (c *command) writeAllowlist(old caller.Allowlist, fault error) error {
	c.allowed = caller.Allowlist(c.extensionIDs)
	names, file := strings.Join(c.extensionIDs, ", "), c.allowlistFile()
	if fault == nil && slices.Equal(old, c.allowed) {
		c.say("Only %s may start Portside: already so, %s", names, file)
		return nil
	}
	because := ""
	if fault != nil {
		because = fmt.Sprintf(" (it could not be used: %v)", fault)
	} else if old != nil {
		because = fmt.Sprintf(" (it was %s)", strings.Join(old, ", "))
	}
	if c.dryRun {
		c.say("Only %s may start Portside: would write %s%s", names, file, because)
		return nil
	}
	text, err := c.allowed.Render()
	if err != nil {
		return err
	}
	if err := makeDir(c.allowlistFolder(), manifest.System); err != nil {
		return c.allowlistDenied(err)
	}
	if err := writeFile(file, text); err != nil {
		return c.allowlistDenied(err)
	}
	if _, err := c.readAllowlist(); err != nil {
		return advise("look at who owns it, and who may write it: everything on the way must belong to root and be written by nobody else",
			"wrote %s, but the host will let in nobody: %w", file, err)
	}
	c.say("Only %s may start Portside: wrote %s%s", names, file, because)
	c.say("Browsers that are open keep the program that they have started: restart them.")
	return nil
}

// allowlistDenied adds advice to an error of the file system.
func (c *command) allowlistDenied(err error) error {
	hint := "look at who owns " + c.allowlistFolder()
	if errors.Is(err, fs.ErrPermission) && c.euid != 0 {
		hint = fmt.Sprintf("this needs root: sudo portside %s --system", c.name)
	}
	return advise(hint, "%s: %w", c.allowlistFile(), cause(err))
}

// removeAllowlist takes the list away, when nothing else of an installation for
// everybody is left, and reports whether there was one.
func (c *command) removeAllowlist() (bool, error) {
	file := c.allowlistFile()
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if c.dryRun {
		c.say("Allowlist: would remove %s", file)
		return true, nil
	}
	if err := os.Remove(file); err != nil {
		return false, c.allowlistDenied(err)
	}
	c.say("Allowlist: removed %s", file)
	removeEmpty(c.allowlistFolder())
	return true, nil
}

// manifest returns what a place is to hold.
func (c *command) manifest(family manifest.Family, host string) manifest.HostManifest {
	if c.allowed != nil {
		//rule:manifests-follow-allowlist
		return manifest.NewOnly(family, host, c.allowed...)
	}
	return manifest.New(family, host, c.extensionIDs...)
}

// leavesOut reports whether the browsers of a place get no manifest: an allowlist names
// none of their extensions.
func (c *command) leavesOut(p place) bool {
	return c.allowed != nil && !slices.ContainsFunc(c.allowed, p.family.ValidID)
}

// leaveOut takes the manifest away that a browser without an extension on the allowlist
// may have.
func (c *command) leaveOut(p place) error {
	removed, err := c.remove(p)
	if err == nil && !removed {
		c.say("%s: left out, none of its extensions is on the list", p.who())
	}
	return err
}

// outdated returns the places beside the chosen ones whose manifests the allowlist
// changes: those of browsers that have gone, or that are not found.
func (c *command) outdated(all, chosen []place) []place {
	var more []place
	for _, p := range all {
		isChosen := slices.ContainsFunc(chosen, func(other place) bool { return other.file == p.file })
		if f, err := look(p.file); c.allowed != nil && !isChosen && err == nil && f.ours() {
			more = append(more, p)
		}
	}
	return more
}
