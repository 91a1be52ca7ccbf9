package protocol

import (
	"context"
	_ "embed" // for schemasJSON
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/qri-io/jsonschema"
)

// schemasJSON is generated from schema/: the table of methods, and the schemas without
// references.
//
//go:embed schemas.json
var schemasJSON []byte

// ErrSchema says that a document does not fit its schema. The schema library's own
// texts quote the document, so only Explain hands them out.
var ErrSchema = errors.New("does not fit the schema")

// Kind tells how a method is used.
type Kind string

// The kinds of methods.json.
const (
	// KindRequest methods have an id and are answered.
	KindRequest Kind = "request"
	// KindNotification methods have no id and are never answered.
	KindNotification Kind = "notification"
	// KindData methods carry payload and may have an id.
	KindData Kind = "data"
)

// method is a row of methods.json.
type method struct {
	Kind Kind   `json:"kind"`
	From string `json:"from"`
}

// Validator holds the compiled schemas. Any number of goroutines may use it.
type Validator struct {
	schemas map[string]*jsonschema.Schema
	methods map[string]method
}

// NewValidator compiles the schemas of everything that crosses the host's stdin
// and stdout. Build one per process and pass it down: the schema library keeps a
// global table that it writes to while it compiles, and a schema changes itself at
// its first validation, so each is used once here before anybody else sees it.
func NewValidator() (*Validator, error) {
	var file struct {
		Methods map[string]method          `json:"methods"`
		Schemas map[string]json.RawMessage `json:"schemas"`
	}
	if err := json.Unmarshal(schemasJSON, &file); err != nil {
		return nil, fmt.Errorf("read the schemas: %w", err)
	}
	v := &Validator{schemas: map[string]*jsonschema.Schema{}, methods: file.Methods}
	for name, text := range file.Schemas {
		schema := &jsonschema.Schema{}
		if err := json.Unmarshal(text, schema); err != nil {
			return nil, fmt.Errorf("compile schema %s: %w", name, err)
		}
		v.schemas[name] = schema
		if _, err := schema.ValidateBytes(context.Background(), []byte("{}")); err != nil {
			return nil, fmt.Errorf("warm schema %s: %w", name, err)
		}
	}
	for name := range v.methods {
		if v.schemas[name+".params"] == nil {
			return nil, fmt.Errorf("method %s has no schema", name)
		}
	}
	return v, nil
}

// Check reports whether document fits the schema of the given name: "envelope",
// "error", or a method with ".params" or ".result".
//
// A schema is necessary, not sufficient: the library lets the string "true" pass
// as a boolean and 7.0 as an integer, which DecodeParams refuses.
func (v *Validator) Check(name string, document []byte) error {
	schema, ok := v.schemas[name]
	if !ok {
		return fmt.Errorf("there is no schema %q", name)
	}
	faults, err := schema.ValidateBytes(context.Background(), document)
	if err != nil || len(faults) > 0 {
		//rule:schema-errors-repeat-nothing
		return fmt.Errorf("%s: %w", name, ErrSchema)
	}
	return nil
}

// SchemaFault is one place where a document does not fit its schema.
type SchemaFault struct {
	// Path is a JSON Pointer (RFC 6901) to the value; that of the whole is "".
	Path string
	// Text says what is wrong and quotes the document: it is for who wrote it, not
	// for a log and never for a page.
	Text string
}

// Explain lists what Check finds wrong with a document.
func (v *Validator) Explain(name string, document []byte) ([]SchemaFault, error) {
	schema, ok := v.schemas[name]
	if !ok {
		return nil, fmt.Errorf("there is no schema %q", name)
	}
	faults, err := schema.ValidateBytes(context.Background(), document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrSchema)
	}
	var list []SchemaFault
	for _, f := range faults {
		list = append(list, SchemaFault{Path: strings.TrimSuffix(f.PropertyPath, "/"), Text: f.Message})
	}
	return list, nil
}

// Schema returns the text of the schema of the given name.
func Schema(name string) (json.RawMessage, error) {
	var file struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	}
	if err := json.Unmarshal(schemasJSON, &file); err != nil {
		return nil, fmt.Errorf("read the schemas: %w", err)
	}
	text, ok := file.Schemas[name]
	if !ok {
		return nil, fmt.Errorf("there is no schema %q", name)
	}
	return text, nil
}
