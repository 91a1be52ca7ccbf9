package protocol

import (
	"strings"
	"sync"
	"testing"
)

// Run with -race: a new Validator serves settings to many goroutines at once, down to
// the rules that are deep inside.
func TestNewValidatorChecksSettingsForMany(t *testing.T) {
	v := newValidator(t)
	document := []byte(`{"allowedDestinations":[{"host":"a","ports":["22"],"origins":["*"],"prompt":"skip"}],"limits":{"openOverall":7},"audit":{"keep":0}}`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := v.Check("policy", document); err != nil {
				t.Error(err)
			}
			if faults, err := v.Explain("policy", document); err != nil || len(faults) > 0 {
				t.Error(faults, err)
			}
		})
	}
	all.Wait()
}

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
