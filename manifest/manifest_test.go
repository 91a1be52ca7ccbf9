package manifest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files and the table of docs/INSTALL.md anew")

// readJSON decodes a file of this folder into v.
func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestChromiumID derives the id as Chromium does: the first half of the SHA-256
// of the public key's DER form, in hexadecimal digits written from a to p.
func TestChromiumID(t *testing.T) {
	var extension struct{ Key string }
	readJSON(t, "chromium.json", &extension)
	der, err := base64.StdEncoding.DecodeString(extension.Key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	id := strings.Map(func(digit rune) rune {
		return 'a' + rune(strings.IndexRune("0123456789abcdef", digit))
	}, hex.EncodeToString(sum[:16]))
	if id != ChromiumID {
		t.Errorf("the key of chromium.json gives the id %s, ChromiumID is %s", id, ChromiumID)
	}
	if !ValidChromiumID(ChromiumID) {
		t.Errorf("ValidChromiumID(%q) = false", ChromiumID)
	}
}

func TestFirefoxID(t *testing.T) {
	var extension struct {
		Settings struct {
			Gecko struct{ ID string }
		} `json:"browser_specific_settings"`
	}
	readJSON(t, "firefox.json", &extension)
	if got := extension.Settings.Gecko.ID; got != FirefoxID {
		t.Errorf("firefox.json says %q, FirefoxID is %q", got, FirefoxID)
	}
}

// TestFirefoxSettings holds what README.md says of the smallest version, of data and of Android.
func TestFirefoxSettings(t *testing.T) {
	var extension struct {
		Settings map[string]struct {
			StrictMinVersion string `json:"strict_min_version"`
			Data             struct {
				Required []string
			} `json:"data_collection_permissions"`
		} `json:"browser_specific_settings"`
	}
	readJSON(t, "firefox.json", &extension)
	if len(extension.Settings) != 1 {
		t.Errorf("settings for %d sorts of Firefox, want gecko only", len(extension.Settings))
	}
	gecko := extension.Settings["gecko"]
	if gecko.StrictMinVersion != "153.0" {
		t.Errorf("strict_min_version is %q", gecko.StrictMinVersion)
	}
	// Native messaging counts as handing data on.
	if want := []string{"browsingActivity", "websiteContent"}; !slices.Equal(gecko.Data.Required, want) {
		t.Errorf("data_collection_permissions: %q, want %q", gecko.Data.Required, want)
	}
}

// TestHostName holds the name against the grammar that both families have.
func TestHostName(t *testing.T) {
	if !regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`).MatchString(HostName) {
		t.Errorf("browsers do not accept %q as a host's name", HostName)
	}
}

func TestRender(t *testing.T) {
	const other = "aaaabbbbccccddddeeeeffffgggghhhh"
	for _, test := range []struct {
		golden string
		family Family
		path   string
		extra  []string
	}{
		{"chromium.golden", Chromium, "/usr/local/bin/portside", nil},
		{"firefox.golden", Firefox, "/usr/local/bin/portside", nil},
		{"extra.golden", Chromium, `/home/a & b/"q"/portside`, []string{other, ChromiumID, other}},
		// Each family's manifest has ids of its own.
		{"firefox.golden", Firefox, "/usr/local/bin/portside", []string{other}},
		{"chromium.golden", Chromium, "/usr/local/bin/portside", []string{"portside@example.org"}},
		{"firefox_extra.golden", Firefox, "/usr/local/bin/portside", []string{"portside@example.org", FirefoxID, other, "portside@example.org"}},
	} {
		data, err := New(test.family, test.path, test.extra...).Render()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/"+test.golden, string(data))
		var back HostManifest
		if err := json.Unmarshal(data, &back); err != nil || back.Path != test.path {
			t.Errorf("%s: read back as path %q, %v", test.golden, back.Path, err)
		}
	}
}

// TestRenderOnly wants the ids that were named, in their order, and Portside's own only
// where it is one of them.
func TestRenderOnly(t *testing.T) {
	const other = "aaaabbbbccccddddeeeeffffgggghhhh"
	for _, ids := range [][]string{{other}, {other, ChromiumID}} {
		m := NewOnly(Chromium, "/usr/local/bin/portside", ids...)
		var want []string
		for _, id := range ids {
			want = append(want, Origin(id))
		}
		if !slices.Equal(m.AllowedOrigins, want) || len(m.AllowedExtensions) > 0 || m.Path != "/usr/local/bin/portside" || m.Name != HostName {
			t.Errorf("%q: %+v", ids, m)
		}
	}
}

// TestRenderOnlyFirefox wants of a list for all browsers what is Firefox's.
func TestRenderOnlyFirefox(t *testing.T) {
	m := NewOnly(Firefox, "/usr/local/bin/portside", ChromiumID, "portside@example.org", "{7ee5b3b7-3b1c-4a4f-8f6c-0123456789ab}")
	if want := []string{"portside@example.org", "{7ee5b3b7-3b1c-4a4f-8f6c-0123456789ab}"}; !slices.Equal(m.AllowedExtensions, want) || len(m.AllowedOrigins) > 0 {
		t.Errorf("%+v", m)
	}
}

func TestAdmits(t *testing.T) {
	const add = "portside@example.org"
	m := HostManifest{AllowedOrigins: []string{Origin(ChromiumID)}, AllowedExtensions: []string{add}}
	for _, c := range []struct {
		family Family
		id     string
		want   bool
	}{
		{Chromium, ChromiumID, true}, {Firefox, add, true}, {Firefox, ChromiumID, false}, {Chromium, add, false}, {Firefox, "Portside@example.org", false}, {"", "", false},
	} {
		if got := m.Admits(c.family, c.id); got != c.want {
			t.Errorf("%s %q: %v", c.family, c.id, got)
		}
	}
}

// TestValidFirefoxID has what Firefox ESR 153 takes and refuses in a host manifest; it
// has no bound for the length.
func TestValidFirefoxID(t *testing.T) {
	for id, want := range map[string]bool{
		FirefoxID:                                true,
		"{7ee5b3b7-3b1c-4a4f-8f6c-0123456789ab}": true,
		"{7EE5B3B7-3B1C-4A4F-8F6C-0123456789AB}": true,
		"@example":                               true,
		"a.b_c-d@e.f":                            true,
		"":                                       false,
		"*":                                      false,
		"portside":                               false,
		"portside@":                              false,
		"a@b@c":                                  false,
		"port side@example.org":                  false,
		"portside@example.org\n":                 false,
		"7ee5b3b7-3b1c-4a4f-8f6c-0123456789ab":   false,
		"{7ee5b3b7-3b1c-4a4f-8f6c-0123456789ab}x":              false,
		"größe@example.org":                                    false,
		strings.Repeat("a", longestFirefoxID) + "@example.org": false,
		ChromiumID: false,
	} {
		if got := ValidFirefoxID(id); got != want {
			t.Errorf("ValidFirefoxID(%q) = %v", id, got)
		}
	}
}

func TestValidChromiumID(t *testing.T) {
	for id, want := range map[string]bool{
		"aaaabbbbccccddddeeeeffffgggghhhh":  true,
		"ponmlkjihgfedcbaponmlkjihgfedcba":  true,
		"":                                  false,
		"aaaabbbbccccddddeeeeffffgggghhh":   false,
		"aaaabbbbccccddddeeeeffffgggghhhhh": false,
		"aaaabbbbccccddddeeeeffffgggghhhq":  false,
		"AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHH":  false,
		"aaaabbbbccccddddeeeeffffgggghh*/":  false,
		"aaaabbbbccccddddeeeeffffgggghhé":   false,
	} {
		if got := ValidChromiumID(id); got != want {
			t.Errorf("ValidChromiumID(%q) = %v", id, got)
		}
	}
}

// golden compares got with a file, or with -update makes it the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs. Got:\n%s\nwant:\n%s\nIf the new one is right: go test ./manifest -update", name, got, want)
	}
}
