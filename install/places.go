package install

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portside/portside/manifest"
)

// A place is one manifest file, with the browsers that read it. Browsers share
// places: all channels of Chrome read one system directory.
type place struct {
	browsers []string
	names    []string
	family   manifest.Family
	scope    manifest.Scope
	file     string
	// detected reports whether a browser that reads this place is here.
	detected bool
	// policies is the first such browser's policy directory, if it has one.
	policies string
}

func (p place) who() string { return strings.Join(p.names, ", ") }

// only returns the place with the browsers that are wanted.
func (p place) only(wanted func(id string) bool) place {
	all := p
	p.browsers, p.names = nil, nil
	for i, id := range all.browsers {
		if wanted(id) {
			p.browsers, p.names = append(p.browsers, id), append(p.names, all.names[i])
		}
	}
	return p
}

// places returns the places of a scope in the order of the table, for the
// browsers asked for or, if none was, for all of them.
func (c *command) places(scope manifest.Scope) ([]place, error) {
	if c.userDataDir != "" {
		if scope == manifest.System {
			return nil, nil
		}
		dir, err := filepath.Abs(c.userDataDir)
		if err != nil {
			return nil, fmt.Errorf("make %s absolute: %w", c.userDataDir, err)
		}
		return []place{{
			names:  []string{"Chromium with --user-data-dir"},
			family: manifest.Chromium, scope: manifest.User, detected: true,
			file: filepath.Join(dir, "NativeMessagingHosts", manifest.FileName),
		}}, nil
	}
	var places []place
	for _, t := range manifest.Targets() {
		if t.OS != c.goos || t.Scope != scope || len(c.browsers) > 0 && !slices.Contains(c.browsers, t.Browser) {
			continue
		}
		dir, err := c.expand(t.Dir)
		if err != nil {
			return nil, advise("set it, or say where with --user-data-dir or --system", "%v, so %s's folder is not known", err, t.Name)
		}
		if t.Own && c.lacks(filepath.Dir(dir)) {
			continue
		}
		file := filepath.Join(dir, manifest.FileName)
		detected := c.anyExists(t.Detect)
		i := slices.IndexFunc(places, func(p place) bool { return p.file == file })
		if i < 0 {
			places = append(places, place{family: t.Family, scope: scope, file: file})
			i = len(places) - 1
		}
		p := &places[i]
		// A line about a shared place names the browsers that are here.
		if detected && !p.detected {
			p.browsers, p.names, p.policies, p.detected = nil, nil, "", true
		}
		if detected == p.detected {
			p.browsers, p.names = append(p.browsers, t.Browser), append(p.names, t.Name)
			if p.policies == "" {
				p.policies = t.Policies
			}
		}
	}
	return places, nil
}

// chosen narrows places to those to install into: the detected ones and, for a
// browser that was named but not detected, all of its places. The second
// result reports that no browser was found and none was named.
func (c *command) chosen(places []place) (chosen []place, none bool) {
	detected := func(id string) bool {
		return slices.ContainsFunc(places, func(p place) bool { return p.detected && slices.Contains(p.browsers, id) })
	}
	wanted := []string(c.browsers)
	none = len(wanted) == 0 && !slices.ContainsFunc(places, func(p place) bool { return p.detected })
	if none {
		wanted = []string{"chromium", "chrome", "firefox"}
	}
	for _, p := range places {
		if !p.detected {
			p = p.only(func(id string) bool { return slices.Contains(wanted, id) && !detected(id) })
		}
		if len(p.browsers) > 0 || c.userDataDir != "" {
			chosen = append(chosen, p)
		}
	}
	return chosen, none
}

// expand turns a template of the table into a path on this machine.
func (c *command) expand(template string) (string, error) {
	path, err := manifest.Expand(template, c.getenv)
	if err == nil && strings.HasPrefix(template, "/") {
		path = filepath.Join(c.root, path)
	}
	return path, err
}

func (c *command) lacks(dir string) bool {
	info, err := os.Stat(dir)
	return err != nil || !info.IsDir()
}

// sayLeftOut names the browsers that are here, and that a manifest for one user cannot
// reach: the folder in which they look is not there, and install does not make it, since
// they might take it for the folder of their profiles.
func (c *command) sayLeftOut() {
	if c.userDataDir != "" || c.system {
		return
	}
	for _, t := range manifest.Targets() {
		asked := len(c.browsers) == 0 || slices.Contains(c.browsers, t.Browser)
		if !t.Own || t.OS != c.goos || !asked || c.hasOther(t) || !c.anyExists(t.Detect) {
			continue
		}
		if dir, err := c.expand(t.Dir); err == nil && c.lacks(filepath.Dir(dir)) {
			c.say("Note: %s is left out: it looks in %s, which is not there, and might take a new one for its profiles. To serve it: sudo portside install --system", t.Name, filepath.Dir(dir))
		}
	}
}

// hasOther reports whether the browser of a target in its own folder looks in another
// folder of the user's as well.
func (c *command) hasOther(own manifest.Target) bool {
	return slices.ContainsFunc(manifest.Targets(), func(t manifest.Target) bool {
		return t.Browser == own.Browser && t.OS == own.OS && t.Scope == own.Scope && !t.Own
	})
}

func (c *command) anyExists(templates []string) bool {
	return slices.ContainsFunc(templates, func(template string) bool {
		path, err := c.expand(template)
		if err != nil {
			return false
		}
		_, err = os.Stat(path)
		return err == nil
	})
}

// sayLimits names the sandboxed browsers on this machine, which a manifest
// alone does not help.
func (c *command) sayLimits() {
	if c.goos != "linux" || c.userDataDir != "" || len(c.browsers) > 0 {
		return
	}
	for _, s := range manifest.SandboxedBrowsers() {
		if c.anyExists(s.Detect) {
			c.say("Note: %s from %s is here, but %s. See docs/INSTALL.md.", s.Name, s.Kind, s.Limit)
		}
	}
}
