package install

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/portside/portside/manifest"
)

// A rule is what an administrator's policy means for host manifests.
type rule struct {
	// ignoresUser is the policy file by which the browser reads system-wide
	// manifests only, or empty.
	ignoresUser string
	// blocks is the policy file by which the browser starts no host of Portside's
	// name, or empty.
	blocks string
}

// policy reads the policy files of a place's browser. Where they say different
// things the browser goes by the file whose name sorts last.
func (c *command) policy(p place) (rule, error) {
	if p.policies == "" {
		return rule{}, nil
	}
	dir, err := c.expand(p.policies)
	if err != nil {
		return rule{}, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return rule{}, fmt.Errorf("list policies: %w", err)
	}
	var blocklist, allowlist []string
	var r rule
	var blockFile string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return rule{}, fmt.Errorf("read the policy of %s: %w", p.who(), err)
		}
		var policy struct {
			UserLevel *bool     `json:"NativeMessagingUserLevelHosts"`
			Blocklist *[]string `json:"NativeMessagingBlocklist"`
			Allowlist *[]string `json:"NativeMessagingAllowlist"`
		}
		// What is not JSON is no policy to the browser either.
		if json.Unmarshal(data, &policy) != nil {
			continue
		}
		if policy.UserLevel != nil {
			r.ignoresUser = ""
			if !*policy.UserLevel {
				r.ignoresUser = file
			}
		}
		if policy.Blocklist != nil {
			blocklist, blockFile = *policy.Blocklist, file
		}
		if policy.Allowlist != nil {
			allowlist = *policy.Allowlist
		}
	}
	blocked := slices.Contains(blocklist, "*") || slices.Contains(blocklist, manifest.HostName)
	if blocked && !slices.Contains(allowlist, manifest.HostName) {
		r.blocks = blockFile
	}
	return r, nil
}
