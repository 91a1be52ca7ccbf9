package address

import (
	"encoding/json"
	"os"
	"testing"
)

func TestSite(t *testing.T) {
	text, err := os.ReadFile("../../protocol/testdata/sites.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Origin, Site string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		if got := Site(c.Origin); got != c.Site {
			t.Errorf("%s: %s, not %s", c.Origin, got, c.Site)
		}
	}
	// What is no origin is by itself.
	for _, other := range []string{"null", "a", "://", "", "https://.", "https://.."} {
		if got := Site(other); got != other && got != "" {
			t.Errorf("%q: %q", other, got)
		}
	}
}
