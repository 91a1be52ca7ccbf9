package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/protocol"
)

// mostRead is a byte more than a policy file may have.
const mostRead = 1<<20 + 1

// check says of each file whether it could be a policy, which of its rules never decide
// anything, and whether the files together decide what their tests want. Who may read and
// write a file counts where it is in force: elsewhere it may still be under way.
func (c *command) check() error {
	var problems []error
	var texts []policy.Text
	for _, file := range c.files {
		text, err := read(file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		faults := c.checkOne(file, text)
		problems = append(problems, faults...)
		if len(faults) > 0 {
			c.say("%s  of no use, and would refuse every socket", file)
			continue
		}
		texts = append(texts, policy.Text{Name: file, Content: text})
	}
	together := policy.Of(texts, c.options())
	notices := together.Notices()
	for _, source := range together.Sources {
		c.say("%s  ok", source.Name)
		for _, note := range append(notes(source.Said), about(notices, source.Name)...) {
			c.say("  note: %s", note)
		}
		problems = append(problems, c.test(together, source)...)
	}
	for _, note := range about(notices, "") {
		c.say("note: %s", note)
	}
	return errors.Join(problems...)
}

// checkOne lists what makes a file unusable.
func (c *command) checkOne(file string, text []byte) []error {
	var problems []error
	for _, fault := range policy.Check(file, text, c.validator) {
		problems = append(problems, advise(hintOf(fault), "%s: %s", file, fault.Detailed()))
	}
	if path, inForce := c.inForce(file); inForce {
		if err := policy.Place(path, c.options()); err != nil {
			problems = append(problems, advise(placeHint, "%s: %w", file, err))
		}
	} else if name := filepath.Base(file); !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".jsonc") {
		c.say("note: %s has to be called .json or .jsonc where it is to count", file)
	}
	return problems
}

// inForce reports whether a file is one of those that count, and its absolute path.
func (c *command) inForce(file string) (string, bool) {
	path, err := filepath.Abs(file)
	if err != nil || c.folder == "" {
		return "", false
	}
	folder := filepath.Dir(path)
	if slices.Contains(policy.Overlooked(c.folder), path) {
		return path, false
	}
	return path, folder == filepath.Clean(c.folder) || folder == filepath.Join(c.folder, "policy.d")
}

// about lists the notices about a source.
func about(notices []policy.Notice, source string) []string {
	var list []string
	for _, one := range notices {
		if one.Source == source {
			list = append(list, one.Text)
		}
	}
	return list
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, advise("name the file; portside policy show finds those that count", "%s does not exist", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	if info.IsDir() {
		return nil, advise("name the files in it", "%s is a folder", path)
	}
	text, err := io.ReadAll(io.LimitReader(file, mostRead))
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return text, nil
}

// notes tells of settings that are right and probably not what was meant.
func notes(said *protocol.PolicySettings) []string {
	var list []string
	note := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i, rule := range said.BlockedDestinations {
		if host, err := address.ParsePattern(rule.Host); err == nil && host.Kind() == address.Literal {
			note("blockedDestinations[%d] blocks this address when a page asks for it by number; with cidr also under any name", i)
		}
	}
	if said.AllowedDestinations != nil && len(said.AllowedDestinations) == 0 {
		note("allowedDestinations is empty, so that nothing is allowed")
	}
	if said.AllowedOrigins != nil && len(said.AllowedOrigins) == 0 {
		note("allowedOrigins is empty, so that no page is allowed")
	}
	if policy.Prompt(said.Prompt) == policy.Skip && said.AllowedDestinations == nil {
		note("prompt: skip covers what allowedDestinations lists; without it everything is asked")
	}
	if said.LocalPorts != nil && len(said.LocalPorts) == 0 {
		note("localPorts is empty, so that no low port is open, whatever other places list")
	}
	for i, entry := range said.LocalPorts {
		if len(entry.Origins) == 0 || slices.Contains(entry.Origins, "*") {
			note("localPorts[%d] lets every page that the user agrees to stand where a service of this computer could", i)
		}
	}
	for i, rule := range said.AllowedDestinations {
		any := (rule.Host == "" || rule.Host == "*") && rule.CIDR == "" && rule.Origins == nil
		if any && (policy.Prompt(rule.Prompt) == policy.Skip || rule.Prompt == "" && policy.Prompt(said.Prompt) == policy.Skip) {
			note("allowedDestinations[%d] lets every page connect to any host on these ports without a question", i)
		}
	}
	if said.ReportOnly != nil && *said.ReportOnly {
		note("reportOnly: its lists refuse and allow nothing; what they would refuse is written to the audit log")
	}
	return list
}
