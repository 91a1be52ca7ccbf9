package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portside/portside/protocol"
)

// What is in a file with comments is what is in it without them, and at the same places.
func TestComments(t *testing.T) {
	v := validator(t)
	const text = "// lab\n{\n  /* ä */ \"enabled\": true, // on\n  \"allowedOrigins\": [\"https://a.example\", \"https://b//c\",],\n} // end"
	for name, want := range map[string]string{
		"a.jsonc": `line 4, column 43: allowedOrigins[1]: an origin has a host and perhaps a port, and nothing after them`,
		"a.json":  "line 1, column 1: it is not JSON",
	} {
		faults := Check(name, []byte(text), v)
		if len(faults) != 1 || faults[0].String() != want {
			t.Errorf("%s: %v", name, faults)
		}
	}
	good := strings.Replace(text, "b//c", "b.example", 1)
	l, faults := parse("a.jsonc", []byte(good), v)
	if len(faults) > 0 || len(l.allowedOrigins) != 2 || l.said.Enabled == nil {
		t.Errorf("%v, %+v", faults, l)
	}
	for text, want := range map[string]string{
		"{\n  \"enabled\": yes\n}":                "line 2, column 14: it is not JSON with comments: invalid literal: yes",
		"{\"enabled\": /* never ends":             "line 1, column 13: it is not JSON with comments: parsing comment: unexpected EOF",
		"// nothing":                              "line 2, column 1: it is not JSON with comments: parsing value: unexpected EOF",
		"{/*\n*/ \"enabeld\": true}":              `line 2, column 4: there is no setting "enabeld"; did you mean "enabled"?`,
		"{\"enabled\": true, \"enabled\": true,}": `line 1, column 19: "enabled" occurs twice`,
		"[" + strings.Repeat("[", 1<<16):          "it nests too deeply",
		"{\"host\": \"\xff\"} //":                 "it is not UTF-8",
		"// \xff\n{}":                             "it is not UTF-8",
		"# not a comment\n{}":                     "line 1, column 1: it is not JSON with comments: invalid character '#' at start of value",
	} {
		faults := Check("a.jsonc", []byte(text), v)
		if len(faults) != 1 || faults[0].Detailed() != want {
			t.Errorf("%.60s\ngot  %v\nwant %s", text, faults, want)
		}
	}
}

func FuzzComments(f *testing.F) {
	for _, seed := range []string{
		"// a\n{}", "{} // b", "/* c */{/**/\"enabled\":true,}", `{"a":"//","b":"/*"}`, "[1,2,]", `{"a":"\"//"}`, "{/", "/*", "//", `"\`, "[[[[[[[[[[]]]]]]]]]]", "{\"a\":1/**/,/**/}//",
	} {
		f.Add([]byte(seed))
	}
	v := validator(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, faults := standard("a.jsonc", text)
		if len(faults) > 0 {
			if faults[0].String() == "" || faults[0].Detailed() == "" {
				t.Errorf("a fault without a text: %+v", faults[0])
			}
			return
		}
		if !json.Valid(plain) || len(plain) != len(text) {
			t.Fatalf("%q became %q", text, plain)
		}
		for i := range plain {
			if plain[i] != text[i] && plain[i] != ' ' {
				t.Fatalf("%q became %q", text, plain)
			}
		}
		if json.Valid(text) && string(plain) != string(text) {
			t.Fatalf("JSON %q became %q", text, plain)
		}
		if nesting(plain) > deepest {
			t.Fatalf("%q nests deeper than the parser may go", text)
		}
		if (len(Check("a.jsonc", text, v)) == 0) != (len(Check("a.json", plain, v)) == 0) {
			t.Fatalf("%q is judged otherwise without comments", text)
		}
	})
}

// A file with comments is one of those that count, behind the one without.
func TestFileWithComments(t *testing.T) {
	p := of(validator(t), `{}`)
	if p.broken != "" {
		t.Fatal(p.broken)
	}
	var settings protocol.PolicySettings
	if err := json.Unmarshal([]byte(`{"$schema":"x"}`), &settings); err != nil || settings.Schema != "x" {
		t.Errorf("%+v, %v", settings, err)
	}
	p = Of([]Text{{"b.jsonc", []byte("{\"enabled\": false, /* off */}")}}, Options{Validator: validator(t)})
	if p.broken != "" || p.Settings.Enabled.Value || p.Settings.Enabled.By != "b.jsonc: enabled" {
		t.Errorf("%q, %+v", p.broken, p.Settings.Enabled)
	}
}
