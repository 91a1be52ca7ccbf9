// Package auditschema checks lines of the audit log, for tests, against the schema that
// docs/AUDIT.md promises.
package auditschema

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/qri-io/jsonschema"
)

// The library changes a schema while it validates, so one goroutine does so at a time.
var (
	mu     sync.Mutex
	schema *jsonschema.Schema
)

// Check returns what is wrong with a line, or nil.
func Check(line string) error {
	mu.Lock()
	defer mu.Unlock()
	if schema == nil {
		if err := load(); err != nil {
			return err
		}
	}
	faults, err := schema.ValidateBytes(context.Background(), []byte(line))
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %v", line, faults)
	}
	return nil
}

// load reads the schema in the folder of the module, above the test's.
func load() error {
	folder, err := os.Getwd()
	for ; err == nil; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			return os.ErrNotExist
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "protocol", "schema", "audit.json"))
	if err != nil {
		return err
	}
	schema = &jsonschema.Schema{}
	return json.Unmarshal(text, schema)
}
