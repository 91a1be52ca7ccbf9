package report

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/portside/portside/nativehost/policy/firewall"
)

// importCSV prints the policy that the rules of a firewall come to. What is worth knowing
// about it goes to stderr, so that stdout is the policy alone.
func (c *command) importCSV() error {
	file := c.files[0]
	text, err := read(file)
	if err != nil {
		return err
	}
	said, notes, faults := firewall.Policy(text)
	var problems []error
	for _, fault := range faults {
		problems = append(problems, advise("the first line names the columns: action, destination, port, protocol, source, comment",
			"%s: %v", file, fault))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	rendered, err := json.MarshalIndent(said, "", "  ")
	if err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	fmt.Fprintln(c.stdout, string(rendered))
	for _, note := range notes {
		fmt.Fprintln(c.stderr, "note: ", printable(file+": "+note.String()))
	}
	return nil
}
