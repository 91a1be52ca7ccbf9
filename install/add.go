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
	"github.com/portside/portside/nativehost/trust"
)

// install writes or repairs the manifests of the chosen places.
func (c *command) install() error {
	host, err := c.host()
	if err != nil {
		return err
	}
	all, err := c.places(c.scope())
	if err != nil {
		return err
	}
	chosen, none := c.chosen(all)
	if len(chosen) == 0 && !c.system {
		return advise("start it once and try again, or serve everybody: sudo portside install --system",
			"%s has no folder of its own in your home yet, and might take one that Portside makes for its profiles", strings.Join(c.browsers, ", "))
	}
	if len(chosen) == 0 {
		return advise("leave out --system to serve only you", "%s has no system-wide folder for host manifests", strings.Join(c.browsers, ", "))
	}
	if err := c.prepareAllowlist(); err != nil {
		return err
	}
	chosen = append(chosen, c.outdated(all, chosen)...)
	if none {
		kind := "browser"
		if c.system {
			kind = "browser with a system-wide folder"
		}
		c.say("No %s found in the usual places; preparing for Chromium, Google Chrome and Firefox.", kind)
	}
	var problems []error
	served := 0
	for _, p := range chosen {
		if c.leavesOut(p) {
			if err := c.leaveOut(p); err != nil {
				problems = append(problems, c.denied(err, p))
			}
			continue
		}
		rule, err := c.policy(p)
		if err != nil {
			problems = append(problems, err)
		}
		if rule.ignoresUser != "" && p.scope == manifest.User {
			problems = append(problems, advise("sudo portside install --system",
				"%s ignores per-user hosts: %s sets NativeMessagingUserLevelHosts to false", p.who(), rule.ignoresUser))
			continue
		}
		if err := c.add(p, host); err != nil {
			problems = append(problems, c.denied(err, p))
			if c.system && errors.Is(err, fs.ErrPermission) {
				break
			}
			continue
		}
		if err := c.findable(host, p.family); err != nil {
			problems = append(problems, c.denied(err, p))
		}
		if rule.blocks != "" {
			problems = append(problems, advise("ask for "+manifest.HostName+" in NativeMessagingAllowlist",
				"%s will not start it: %s blocks native hosts", p.who(), rule.blocks))
			continue
		}
		served++
	}
	c.sayLeftOut()
	c.sayLimits()
	if slices.ContainsFunc(chosen, func(p place) bool { return p.family == manifest.Chromium }) && c.findable(host, manifest.Chromium) == nil {
		c.sayFindable(host)
	}
	if served > 0 && !c.dryRun {
		c.sayNext()
	}
	return errors.Join(problems...)
}

// sayNext says what is left to do.
func (c *command) sayNext() {
	switch {
	case c.userDataDir != "":
		c.say("Next: start the browser with --user-data-dir=%s and add the Portside extension.", c.userDataDir)
	case c.allowed != nil:
		c.say("Next: add the extension with that id to the browser, by its policy for instance.")
	default:
		c.say("Next: add the Portside extension to the browser. If it is there, it works now; no restart needed.")
	}
}

// add makes the manifest at one place name host.
func (c *command) add(p place, host string) error {
	want := c.manifest(p.family, host)
	data, err := want.Render()
	if err != nil {
		return err
	}
	old, err := look(p.file)
	if err != nil {
		return err
	}
	changes := old.changes(want, p.family, data)
	if info, err := os.Lstat(p.file); err == nil {
		if uid, _, known := c.owner(info); known && !slices.Contains(c.trusts(p.scope).Owners, uid) {
			changes = append(changes, fmt.Sprintf("it belonged to user %d", uid))
		}
	}
	if old.present && len(changes) == 0 {
		c.say("%s: already in place, %s", p.who(), p.file)
		return c.exposed(p)
	}
	verb := map[[2]bool]string{
		{false, false}: "wrote", {false, true}: "would write",
		{true, false}: "repaired", {true, true}: "would repair",
	}[[2]bool{old.present, c.dryRun}]
	because := ""
	if old.present {
		because = " (" + strings.Join(changes, "; ") + ")"
	}
	if !c.dryRun {
		dir := filepath.Dir(p.file)
		if err := makeDir(dir, p.scope); err != nil {
			return fmt.Errorf("make %s: %w", dir, cause(err))
		}
		if err := c.closeDir(dir); err != nil {
			return err
		}
		if err := writeFile(p.file, data); err != nil {
			return fmt.Errorf("write %s: %w", p.file, cause(err))
		}
	}
	c.say("%s: %s %s%s", p.who(), verb, p.file, because)
	if c.dryRun {
		return nil
	}
	return c.exposed(p)
}

// closeDir takes the right to write a directory of manifests from everybody
// else: whoever may write there chooses what the browser starts.
func (c *command) closeDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm() &^ 0o002
	if _, gid, known := c.owner(info); known && !c.trusts(c.scope()).GroupsOf(gid) {
		mode &^= 0o020
	}
	if mode == info.Mode().Perm() {
		return nil
	}
	return os.Chmod(dir, mode)
}

// exposed says who else could change the manifest at a place, or put another there.
func (c *command) exposed(p place) error {
	_, _, err := c.trusts(p.scope).Follow(p.file, false)
	var fault *trust.Fault
	switch {
	case !errors.As(err, &fault):
		return nil
	case fault.OtherOwner:
		return advise("look at who owns "+fault.Path, "%s belongs to user %d, who could change what the browser starts", fault.Path, fault.UID)
	case fault.All:
		return advise("chmod go-w "+fault.Path, "other users can write %s", fault.Path)
	default:
		return advise("chmod g-w "+fault.Path, "%s can write %s", group(fault.GID), fault.Path)
	}
}

// cause strips the operation and the path from an error of the file system,
// where both would speak of a temporary file.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// denied adds advice to an error of the file system.
func (c *command) denied(err error, p place) error {
	hint := "look at who owns " + filepath.Dir(p.file)
	var advice *problem
	switch {
	case errors.As(err, &advice):
		hint = advice.hint
	case errors.Is(err, fs.ErrPermission) && p.scope == manifest.System && c.euid != 0:
		hint = fmt.Sprintf("this needs root: sudo portside %s --system", c.name)
	case !errors.Is(err, fs.ErrPermission):
		hint = ""
	}
	return advise(hint, "%s: %w", p.who(), err)
}
