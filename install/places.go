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
		wanted = []string{"chromium", "chrome"}
	}
	for _, p := range places {
		if p.detected || slices.ContainsFunc(p.browsers, func(id string) bool { return slices.Contains(wanted, id) && !detected(id) }) {
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
