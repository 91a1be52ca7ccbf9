package install

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Each of these was put before Chromium 156, which showed on chrome://policy what it
// made of it.
func TestReadAsChromium(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // empty: the file is no policy
	}{
		{`{"a": true}`, `{"a": true}`},
		{"\xef\xbb\xbf{\"a\": [\"*\"], /* c */ \"b\": \"https://a.example/\", // d\n}", `{"a": ["*"], "b": "https://a.example/"}`},
		{`{"a": [1,2, /* x */ ], "b": {"c":1, // y` + "\n}, }", `{"a": [1,2], "b": {"c": 1}}`},
		{`{"a": true,}/**/`, `{"a": true}`},
		{`/* a * / ** */{"a": 1} // end`, `{"a": 1}`},
		{`{"a": "\x41\/\u00e9\ud83d\ude00"}`, `{"a": "A/é😀"}`},
		{"{\"a\": \"b\nc\rd\x7f\"}", "{\"a\": \"b c d\x7f\"}"},
		{`{"a": "// no /* comment, \"}"}`, `{"a": "// no /* comment, \"}"}`},
		{`{"a": 1, "a": 2}`, `{"a": 2}`},
		{`{"a": "\x00"}`, `{"a": "\u0000"}`},
		{`{"a": true, "b": }`, ""},
		{`{"a": false} x`, ""},
		{`{"a": "\v"}`, ""},
		{`{"a": "\q"}`, ""},
		{`{"a": "\x4g"}`, ""},
		{"{\"a\": \"b\tc\"}", ""},
		{"{\"a\": \"\x01\"}", ""},
		{"{\"a\": \"\xff\"}", ""},
		{"{\"a\": true,\f\"b\": 1}", ""},
		{`{"a": true,, "b": 1}`, ""},
		{`{"a": [,]}`, ""},
		{`{,}`, ""},
		{`{"a": 01}`, ""},
		{`{"a": 1e999}`, ""},
		{`{"a": NaN}`, ""},
		{`{'a': true}`, ""},
		{`{"a": "\ud800"}`, ""},
		{"# c\n{\"a\": 0}", ""},
		{`{"a": false // end`, ""},
		{`{"a": false} /* no end`, ""},
		{"{\"a\": 1 // b\r, \"c\": true}", ""},
		{"\xff\xfe{\x00}\x00", ""},
		{`[]`, ""},
		{``, ""},
		{`{"a": "`, ""},
		{`{"a": "\`, ""},
	} {
		got, err := readAsChromium([]byte(c.text))
		if c.want == "" {
			if err == nil {
				t.Errorf("%q is read as %v", c.text, got)
			}
			continue
		}
		var want map[string]any
		if json.Unmarshal([]byte(c.want), &want) != nil || err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %v, %v; want %v", c.text, got, err, want)
		}
	}
}

// What is JSON means the same.
func FuzzReadAsChromium(f *testing.F) {
	for _, seed := range []string{`{"a": [1, "b\u0041", {}]}`, `{"a": "\\\"/*"}`, `{"a":1,/**/}`, `{"a":"\x41"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readAsChromium(data)
		var want map[string]any
		if json.Unmarshal(data, &want) == nil && err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %v, JSON says %v", data, got, want)
		}
	})
}
