package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/systemlog"
	"github.com/portside/portside/protocol"
)

// show says what was found, what holds, where each setting comes from, and what is
// probably not meant.
func (c *command) show() error {
	p, err := c.load()
	if err != nil {
		return err
	}
	if len(p.Sources) == 0 {
		c.say("There is no policy on this computer: everything is as usual.")
		c.say("%s", c.places())
	} else {
		c.found(p)
	}
	for _, path := range policy.Overlooked(c.folder) {
		c.say("  note: %s is not looked at: its name is none of those that count", path)
	}
	problems := refused(p)
	if len(problems) > 0 {
		c.say("")
		c.say("Every socket is refused until this is mended.")
		return errors.Join(problems...)
	}
	for _, source := range p.Sources {
		problems = append(problems, c.test(p, source)...)
	}
	c.settings(p)
	c.lists(p)
	return errors.Join(problems...)
}

// found lists the sources, and what is probably not meant.
func (c *command) found(p *policy.Policy) {
	c.say("Files, in the order in which they are asked")
	notices := p.Notices()
	for _, source := range p.Sources {
		state, why := "ok", ""
		switch {
		case source.Said == nil:
			state = "refused"
		case source.Elsewhere != "":
			state, why = "not now", ": "+source.Elsewhere
		}
		c.say("  %-8s %s%s", state, source.Name, why)
		if source.Said == nil {
			continue
		}
		for _, note := range append(notes(source.Said), about(notices, source.Name)...) {
			c.say("    note: %s", note)
		}
	}
	if p.Required != "" {
		c.say("  There has to be a policy: %s", p.Required)
	}
	for _, note := range append(about(notices, ""), p.Notes...) {
		c.say("  note: %s", note)
	}
	for _, note := range c.auditNotes(p) {
		c.say("  note: %s", note)
	}
}

// auditNotes says what is wrong with the places of the audit log. The host runs as the
// user, and makes a file there.
func (c *command) auditNotes(p *policy.Policy) []string {
	by, set := p.Settings.Audit.By, p.Settings.Audit.Value
	otherwise := "lines go to the user's own state folder"
	if set.Required {
		otherwise = "every socket is refused until it is mended (audit.required)"
	}
	var notes []string
	if set.Sink != "" && set.Sink != audit.File {
		without := otherwise
		if set.File != "" && !set.Required {
			without = "lines go to audit.file"
		}
		if err := c.daemon(set.Sink); err != nil {
			notes = append(notes, fmt.Sprintf("%s: %s takes no lines now (%v): %s", by, set.Sink, err, without))
		}
		otherwise = "lines that " + string(set.Sink) + " does not take go to the user's own state folder"
	}
	if set.File != "" {
		if fault := folderFault(set.File); fault != "" {
			notes = append(notes, fmt.Sprintf("%s: %s: %s", by, fault, otherwise))
		}
	}
	return notes
}

// daemon returns why the daemon of a sink cannot be reached, or nil. It writes no line.
func daemon(sink audit.Sink) error {
	open := systemlog.Journal
	if sink == audit.Syslog {
		open = func(app string) (*systemlog.Place, error) { return systemlog.Syslog(app, "") }
	}
	place, err := open("portside")
	if err != nil {
		return err
	}
	return place.Close()
}

// folderFault says why the audit log cannot be made in the folder of a file, or "".
func folderFault(file string) string {
	// What stands for the user or the machine begins with a percent sign: only the folders
	// above it are the same for all.
	fixed, _, _ := strings.Cut(file, "%")
	folder := filepath.Dir(fixed)
	info, err := os.Stat(folder)
	const others = 0o022
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "the folder " + folder + " does not exist"
	case err != nil:
		return "the folder " + folder + " cannot be looked at"
	case !info.IsDir():
		return folder + " is no folder"
	case info.Mode().Perm()&others == 0 && fixed == file:
		return fmt.Sprintf("only the owner of %s may make files in it (mode %04o), and the host runs as the user; for others", folder, info.Mode().Perm())
	default:
		return ""
	}
}

// settings prints what holds for all sockets.
func (c *command) settings(p *policy.Policy) {
	c.say("")
	c.say("Settings")
	row := func(name, value, by string) {
		if by == "" {
			by = "(Portside's own)"
		}
		c.say("  %-32s %-22s %s", name, value, by)
	}
	s := p.Settings
	onOff := map[bool]string{true: "on", false: "off"}
	row("enabled", fmt.Sprint(s.Enabled.Value), s.Enabled.By)
	row("remember", fmt.Sprint(s.Remember.Value), s.Remember.By)
	row("privateAddressEntry", fmt.Sprint(s.PrivateEntry.Value), s.PrivateEntry.By)
	row("cspRule", s.CSPRule.Value, s.CSPRule.By)
	row("installedOnly", fmt.Sprint(s.InstalledOnly.Value), s.InstalledOnly.By)
	row("discovery", fmt.Sprint(s.Discovery.Value), s.Discovery.By)
	row("servers", s.Servers.Value, s.Servers.By)
	row("boundUDP", s.BoundUDP.Value, s.BoundUDP.By)
	row("multicast", fmt.Sprint(s.Multicast.Value), s.Multicast.By)
	row("announce", fmt.Sprint(s.Announce.Value), s.Announce.By)
	for _, limit := range s.Limits.InForce(limits.Standard()) {
		row(limit.Name, fmt.Sprint(limit.Value), limit.By)
	}
	servers := "the system's"
	if len(s.DNSServers.Value) > 0 {
		servers = strings.Trim(fmt.Sprint(s.DNSServers.Value), "[]")
	}
	row("dnsServers", servers, s.DNSServers.By)
	row("errorDetail", map[bool]string{true: "reason", false: "none"}[s.ErrorDetail.Value], s.ErrorDetail.By)
	row("dataLane", onOff[s.DataLane.Value], s.DataLane.By)
	log := s.Audit.Value
	row("audit.sink", or(string(log.Sink), "file"), only(log.Sink != "", s.Audit.By))
	row("audit.required", fmt.Sprint(log.Required), only(log.Required, s.Audit.By))
	row("audit.privateWindows", or(string(log.Private), "counts"), only(log.Private != "", s.Audit.By))
	row("audit.file", or(log.File, "audit.log"), only(log.File != "", s.Audit.By))
	if log.MaxBytes > 0 {
		row("audit.maxBytes", fmt.Sprint(log.MaxBytes), s.Audit.By)
	}
	if log.Keep != nil {
		row("audit.keep", fmt.Sprint(*log.Keep), s.Audit.By)
	}
	row("audit.detail", or(string(log.Detail), "full"), only(log.Detail != "", s.Audit.By))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func only(set bool, by string) string {
	if !set {
		return ""
	}
	return by
}

// lists prints what files say about origins, destinations, low ports and prompts: each
// is asked by itself.
func (c *command) lists(p *policy.Policy) {
	for _, source := range p.Sources {
		said := source.Said
		if source.Elsewhere != "" {
			continue
		}
		var lines []string
		add := func(setting, text string) { lines = append(lines, fmt.Sprintf("  %-32s %s", setting, text)) }
		origins := func(name string, list []string) {
			if list != nil && len(list) == 0 {
				add(name, "none")
			}
			for i, origin := range list {
				add(fmt.Sprintf("%s[%d]", name, i), origin)
			}
		}
		destinations := func(name string, list []protocol.PolicyDestination) {
			if list != nil && len(list) == 0 {
				add(name, "none")
			}
			for i := range list {
				add(fmt.Sprintf("%s[%d]", name, i), destination(&list[i]))
			}
		}
		origins("blockedOrigins", said.BlockedOrigins)
		origins("allowedOrigins", said.AllowedOrigins)
		destinations("blockedDestinations", said.BlockedDestinations)
		destinations("allowedDestinations", said.AllowedDestinations)
		if said.LocalPorts != nil && len(said.LocalPorts) == 0 {
			add("localPorts", "none")
		}
		for i := range said.LocalPorts {
			add(fmt.Sprintf("localPorts[%d]", i), localPorts(&said.LocalPorts[i]))
		}
		if said.Prompt != "" {
			add("prompt", said.Prompt)
		}
		if len(lines) == 0 {
			continue
		}
		c.say("")
		c.say("%s", source.Name)
		for _, line := range lines {
			c.say("%s", line)
		}
	}
}

// destination writes a rule in one line.
func destination(d *protocol.PolicyDestination) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("host", d.Host)
	add("cidr", d.CIDR)
	add("ports", strings.Join(d.Ports, ","))
	add("protocol", d.Protocol)
	tls := d.TLS
	if d.TLSOnly != nil && *d.TLSOnly {
		tls = string(policy.Verified)
	}
	add("tls", tls)
	add("for", strings.Join(d.Origins, ","))
	add("prompt", d.Prompt)
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

// localPorts writes an entry of low ports in one line.
func localPorts(e *protocol.PolicyLocalPort) string {
	parts := []string{"ports " + strings.Join(e.Ports, ",")}
	if e.Protocol != "" {
		parts = append(parts, "protocol "+e.Protocol)
	}
	if len(e.Origins) > 0 {
		parts = append(parts, "for "+strings.Join(e.Origins, ","))
	}
	return strings.Join(parts, ", ")
}
