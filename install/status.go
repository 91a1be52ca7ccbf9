package install

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portside/portside/manifest"
)

// status shows, browser by browser, what each place holds and whether the
// browser could start the host from it.
func (c *command) status() error {
	groups, err := c.byBrowser()
	if err != nil {
		return err
	}
	s := &survey{command: c, shown: map[string]bool{}, versions: map[string]version{}}
	if c.allowed, err = c.readAllowlist(); err != nil {
		s.closed = true
		s.problems = append(s.problems, advise(allowlistRepair, "no browser can start Portside: %w", err))
	} else if c.allowed != nil {
		s.say("Only %s may start Portside, as %s says.", strings.Join(c.allowed, ", "), c.allowlistFile())
	}
	// First the browsers that are here, then manifests for browsers that are not,
	// if no browser before reads the same file.
	for _, group := range groups {
		if isHere(group) {
			s.browser(group, "")
		}
	}
	for _, group := range groups {
		if !isHere(group) && slices.ContainsFunc(group, s.unseen) {
			s.browser(group, " (not found on this machine)")
		}
	}
	c.sayLimits()
	if !s.any {
		s.problems = append(s.problems, advise("portside install", "no browser can start Portside: it is not installed"))
	}
	return errors.Join(s.problems...)
}

// byBrowser returns the places of each browser that was asked for or, if none
// was, of every browser: user scope first, the browser's own order kept.
func (c *command) byBrowser() ([][]place, error) {
	browsers := []string(c.browsers)
	if len(browsers) == 0 {
		browsers = c.known()
	}
	if c.userDataDir != "" {
		browsers = []string{""}
	}
	var groups [][]place
	for _, id := range browsers {
		one := *c
		one.browsers = list{id}
		var group []place
		for _, scope := range []manifest.Scope{manifest.User, manifest.System} {
			if scope == manifest.User && c.system {
				continue
			}
			places, err := one.places(scope)
			if err != nil {
				return nil, err
			}
			group = append(group, places...)
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// A survey is one run of status.
type survey struct {
	*command
	// shown holds the files that have been told of.
	shown    map[string]bool
	versions map[string]version
	problems []error
	// closed reports that the machine's allowlist cannot be used: nobody is let in,
	// whatever manifests say.
	closed bool
	// any reports that some manifest is there, faulty or not.
	any bool
}

type version struct {
	text string
	err  error
}

// unseen reports whether a place holds something that was not told of yet.
func (s *survey) unseen(p place) bool {
	f, err := look(p.file)
	return !s.shown[p.file] && (err != nil || f.present)
}

// isHere reports whether the browser of these places is on this machine.
func isHere(places []place) bool {
	return slices.ContainsFunc(places, func(p place) bool { return p.detected })
}

// browser shows the places of one browser.
func (s *survey) browser(places []place, remark string) {
	s.say("%s%s", places[0].who(), remark)
	hidden := false
	for _, p := range places {
		s.shown[p.file] = true
		f, err := look(p.file)
		switch {
		case err != nil:
			s.any = true
			s.say("  %-6s  unreadable     %s", p.scope, p.file)
			s.problems = append(s.problems, s.denied(err, p))
		case !f.present && isHere(places) && !p.detected:
			// A second folder of the browser that this system has no use for.
		case !f.present:
			s.say("  %-6s  not installed  %s", p.scope, p.file)
		default:
			s.any = true
			s.manifest(p, f)
			if hidden && p.scope == manifest.System {
				s.say("          shadowed       the browser reads the user's manifest first")
			}
			hidden = hidden || p.scope == manifest.User && hides(p, f)
		}
	}
}

// hides reports whether the browser looks no further once it has seen the manifest.
// Firefox passes by one that it cannot read, or that lets in no extension.
func hides(p place, f found) bool {
	return p.family != manifest.Firefox || f.brokenFor(p.family) == nil && len(f.manifest.AllowedExtensions) > 0
}

// manifest shows what is at one place, and collects what is wrong with it.
func (s *survey) manifest(p place, f found) {
	fault := func(hint, format string, args ...any) {
		s.problems = append(s.problems, advise(hint, "%s", p.who()+": "+fmt.Sprintf(format, args...)))
	}
	repair := "portside install"
	switch {
	case s.userDataDir != "":
		repair += " --user-data-dir " + s.userDataDir
	case p.scope == manifest.System:
		repair = "sudo portside install --system"
	}
	if broken := f.brokenFor(p.family); broken != nil {
		s.say("  %-6s  broken         %s", p.scope, p.file)
		fault(repair, "%s is of no use: %v", p.file, broken)
		return
	}
	before := len(s.problems)
	rule, err := s.policy(p)
	if err != nil {
		s.problems = append(s.problems, err)
	}
	if rule.ignoresUser != "" && p.scope == manifest.User {
		fault("sudo portside install --system", "it ignores per-user hosts: %s sets NativeMessagingUserLevelHosts to false", rule.ignoresUser)
	}
	if rule.blocks != "" {
		fault("ask for "+manifest.HostName+" in NativeMessagingAllowlist", "%s blocks native hosts", rule.blocks)
	}
	for _, path := range f.exposed {
		//rule:status-tells-writable-manifest
		fault(repair, "other users can write %s", path)
	}
	if err := s.exposed(p); err != nil && len(f.exposed) == 0 {
		s.problems = append(s.problems, s.denied(err, p))
	}
	s.callers(p, f, func(format string, args ...any) { fault(repair, format, args...) })
	if err := s.findable(f.manifest.Path, p.family); err != nil {
		s.problems = append(s.problems, s.denied(err, p))
	}
	v := s.version(f.manifest.Path, p.scope)
	if v.err != nil {
		var advice *problem
		hint := repair
		if errors.As(v.err, &advice) {
			hint = advice.hint
		}
		fault(hint, "%v", v.err)
	}
	state := "ok"
	if len(s.problems) > before {
		state = "faulty"
	}
	s.say("  %-6s  %-13s  %s", p.scope, state, p.file)
	for _, file := range rule.closed {
		s.say("          not read       %s: you may not, and so your browser may not", file)
	}
	s.say("          starts         %s", strings.TrimSpace(f.manifest.Path+"  "+v.text))
	for _, id := range callers(f.manifest) {
		note := ""
		if id == p.family.OwnID() {
			note = "  (Portside)"
		}
		s.say("          allows         %s%s", id, note)
	}
}

// callers reports extensions that a manifest lets in or keeps out against what the host
// will say.
func (s *survey) callers(p place, f found, fault func(format string, args ...any)) {
	if s.allowed == nil {
		if own := p.family.OwnID(); !s.closed && !f.manifest.Admits(p.family, own) {
			fault("%s does not allow the Portside extension, %s", p.file, own)
		}
		return
	}
	for _, id := range s.allowed {
		if p.family.ValidID(id) && !f.manifest.Admits(p.family, id) {
			fault("%s does not allow %s", p.file, id)
		}
	}
	for _, id := range callers(f.manifest) {
		//rule:status-tells-callers-beyond-allowlist
		if !slices.Contains(s.allowed, id) {
			fault("%s allows %s, which the host refuses: %s does not list it", p.file, id, s.allowlistFile())
		}
	}
}

// version asks the host at path for its version, once. A binary that must not
// be started by a browser is not started here either.
func (s *survey) version(path string, scope manifest.Scope) version {
	key := string(scope) + path
	v, asked := s.versions[key]
	if !asked {
		v = s.run(path, scope)
		s.versions[key] = v
	}
	return v
}

func (s *survey) run(path string, scope manifest.Scope) version {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		resolved = path
	}
	if err := s.checkBinary(resolved, scope); err != nil {
		return version{err: err}
	}
	text, err := s.ask(path)
	return version{text, err}
}
