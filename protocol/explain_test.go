package protocol

import (
	"strings"
	"testing"
)

func TestExplainNamesThePlace(t *testing.T) {
	v := newValidator(t)
	for document, want := range map[string]SchemaFault{
		`{"prompt":"never"}`:            {"/prompt", "ask"},
		`{"limits":{"openOverall":0}}`:  {"/limits/openOverall", "1"},
		`{"allowedOrigins":["a",5]}`:    {"/allowedOrigins/1", "string"},
		`{"limits":{"opneOverall":10}}`: {"/limits", "additional"},
		`[]`:                            {"", "object"},
	} {
		faults, err := v.Explain("policy", []byte(document))
		if err != nil || len(faults) != 1 || faults[0].Path != want.Path || !strings.Contains(faults[0].Text, want.Text) {
			t.Errorf("%s: %+v, %v", document, faults, err)
		}
	}
	if faults, err := v.Explain("policy", []byte(`{}`)); err != nil || len(faults) != 0 {
		t.Errorf("%+v, %v", faults, err)
	}
	if _, err := v.Explain("no.such", []byte(`{}`)); err == nil {
		t.Error("a schema that is not there explains")
	}
	if _, err := v.Explain("policy", []byte(`{`)); err == nil {
		t.Error("what is no JSON is explained")
	}
}
