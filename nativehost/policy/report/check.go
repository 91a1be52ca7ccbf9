package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/protocol"
)

// mostRead is a byte more than a policy file may have.
const mostRead = 1<<20 + 1

// check says of each file whether its text could be a policy. Who may write it is a
// question for show: here it may still lie on the author's desk.
func (c *command) check() error {
	var problems []error
	for _, file := range c.files {
		text, err := read(file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		faults := policy.Check(text, c.validator)
		for _, fault := range faults {
			problems = append(problems, advise("docs/POLICY.md lists the settings", "%s: %s", file, fault.Detailed()))
		}
		if len(faults) > 0 {
			c.say("%s  of no use, and would refuse every socket", file)
			continue
		}
		c.say("%s  ok", file)
		for _, note := range notes(text) {
			c.say("  note: %s", note)
		}
	}
	return errors.Join(problems...)
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
func notes(text []byte) []string {
	var said protocol.PolicySettings
	if err := json.Unmarshal(text, &said); err != nil {
		return nil
	}
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
	return list
}
