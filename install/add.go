package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/portside/portside/manifest"
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
	if len(chosen) == 0 {
		return advise("leave out --system to serve only you", "%s has no system-wide folder for host manifests", strings.Join(c.browsers, ", "))
	}
	if none {
		kind := "browser"
		if c.system {
			kind = "browser with a system-wide folder"
		}
		c.say("No %s found in the usual places; preparing for Chromium and Google Chrome.", kind)
	}
	var problems []error
	served := 0
	for _, p := range chosen {
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
		if rule.blocks != "" {
			problems = append(problems, advise("ask for "+manifest.HostName+" in NativeMessagingAllowlist",
				"%s will not start it: %s blocks native hosts", p.who(), rule.blocks))
			continue
		}
		served++
	}
	c.sayLimits()
	if served > 0 && !c.dryRun {
		if c.userDataDir != "" {
			c.say("Next: start the browser with --user-data-dir=%s and add the Portside extension.", c.userDataDir)
		} else {
			c.say("Next: add the Portside extension to the browser. If it is there, it works now; no restart needed.")
		}
	}
	return errors.Join(problems...)
}

// add makes the manifest at one place name host.
func (c *command) add(p place, host string) error {
	want := manifest.New(p.family, host, c.extensionIDs...)
	data, err := want.Render()
	if err != nil {
		return err
	}
	old, err := look(p.file)
	if err != nil {
		return err
	}
	changes := old.changes(want, p.family, data)
	if old.present && len(changes) == 0 {
		c.say("%s: already in place, %s", p.who(), p.file)
		return nil
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
		if err := closeDir(dir); err != nil {
			return err
		}
		if err := writeFile(p.file, data); err != nil {
			return fmt.Errorf("write %s: %w", p.file, cause(err))
		}
	}
	c.say("%s: %s %s%s", p.who(), verb, p.file, because)
	return nil
}

// closeDir takes the right to write a directory of manifests from everybody
// else: whoever may write there chooses what the browser starts.
func closeDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&0o002 == 0 {
		return err
	}
	return os.Chmod(dir, info.Mode().Perm()&^0o002)
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
	switch {
	case errors.Is(err, fs.ErrPermission) && p.scope == manifest.System && c.euid != 0:
		hint = fmt.Sprintf("this needs root: sudo portside %s --system", c.name)
	case !errors.Is(err, fs.ErrPermission):
		hint = ""
	}
	return advise(hint, "%s: %w", p.who(), err)
}
