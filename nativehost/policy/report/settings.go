package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/portside/portside/protocol"
)

// schema prints the JSON Schema of a policy, for editors that check while one writes.
func (c *command) schema() error {
	text, err := protocol.Schema("policy")
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return fmt.Errorf("the schema is no JSON: %w", err)
	}
	fmt.Fprintln(c.stdout, indented.String())
	return nil
}

// described is what a schema says of a setting.
type described struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Enum        []string        `json:"enum"`
	Minimum     *int64          `json:"minimum"`
	Maximum     *int64          `json:"maximum"`
	Items       *described      `json:"items"`
	Properties  json.RawMessage `json:"properties"`
}

// listSettings prints what a policy may have, in words, as the schema says it.
func (c *command) listSettings() error {
	text, err := protocol.Schema("policy")
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	var whole described
	if err := json.Unmarshal(text, &whole); err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	return c.members(whole.Properties, "")
}

// members prints the settings of one object, in the order of the schema.
func (c *command) members(properties json.RawMessage, indent string) error {
	decoder := json.NewDecoder(bytes.NewReader(properties))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read the schema: %w", err)
		}
		var d described
		if err := decoder.Decode(&d); err != nil {
			return fmt.Errorf("read the schema: %w", err)
		}
		c.say("%s%-*s %s", indent, 22-len(indent), name, d.kind())
		if d.Description != "" {
			c.say("%s    %s", indent, d.Description)
		}
		inner := d.Properties
		if d.Items != nil {
			inner = d.Items.Properties
		}
		if inner == nil {
			continue
		}
		if err := c.members(inner, indent+"  "); err != nil {
			return err
		}
	}
	return nil
}

// kind says which values a setting takes.
func (d *described) kind() string {
	switch {
	case d.Enum != nil:
		return strings.Join(d.Enum, " | ")
	case d.Type == "boolean":
		return "true | false"
	case d.Type == "integer" && d.Minimum != nil && d.Maximum != nil:
		return fmt.Sprintf("%d to %d", *d.Minimum, *d.Maximum)
	case d.Type == "array" && d.Items.Properties != nil:
		return "a list; each entry has"
	case d.Type == "array":
		return "a list of: " + d.Items.kind()
	case d.Type == "object":
		return "an object with"
	default:
		return "text"
	}
}
