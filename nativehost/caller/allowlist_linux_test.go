package caller

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/trust"
)

const organisation = "ponmlkjihgfedcbaponmlkjihgfedcba"

// administered returns a machine with a folder of an administrator's files, and a host
// manifest of the user's own that lists every caller of these tests.
func administered(t *testing.T) Surroundings {
	t.Helper()
	home := t.TempDir()
	folder, program := filepath.Join(home, "etc", "portside"), filepath.Join(home, "portside")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further, organisation), 0o644)
	return Surroundings{
		Executable: program, Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
		UID: os.Getuid(), Folder: folder, Administrator: os.Getuid(),
	}
}

func putList(t *testing.T, around Surroundings, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(around.Folder, AllowlistFile)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode)
}

// TestAllowlist has three callers: Portside's own extension, one that a user's manifest
// lists, and the organisation's, which stands in the administrator's list.
func TestAllowlist(t *testing.T) {
	callers := map[string]Caller{
		"own":          {Family: string(manifest.Chromium), ID: manifest.ChromiumID, Known: true},
		"own, Firefox": {Family: string(manifest.Firefox), ID: manifest.FirefoxID, Known: true},
		"further":      {Family: string(manifest.Chromium), ID: further},
		"organisation": {Family: string(manifest.Chromium), ID: organisation},
		"stranger":     {Family: string(manifest.Chromium), ID: strings.Repeat("b", 32)},
		"by name":      {Family: string(manifest.Firefox), ID: organisation},
		"add-on":       {Family: string(manifest.Firefox), ID: addOn},
		"its name":     {Family: string(manifest.Chromium), ID: addOn},
	}
	const list = `{"allowed": ["` + organisation + `"]}`
	for name, c := range map[string]struct {
		prepare func(t *testing.T, around *Surroundings)
		admits  string
	}{
		"no list":       {func(*testing.T, *Surroundings) {}, "own|own, Firefox|further|organisation"},
		"no folder":     {func(t *testing.T, around *Surroundings) { remove(t, around.Folder) }, "own|own, Firefox|further|organisation"},
		"no such place": {func(_ *testing.T, around *Surroundings) { around.Folder = "" }, "own|own, Firefox|further|organisation"},
		"a list":        {func(t *testing.T, around *Surroundings) { putList(t, *around, list, 0o644) }, "organisation"},
		"a list without a manifest": {func(t *testing.T, around *Surroundings) {
			putList(t, *around, list, 0o644)
			remove(t, around.Getenv("HOME")+"/.config/chromium/NativeMessagingHosts/"+manifest.FileName)
		}, "organisation"},
		"a list with Portside's own": {func(t *testing.T, around *Surroundings) {
			putList(t, *around, fmt.Sprintf(`{"allowed": [%q, %q]}`, manifest.ChromiumID, organisation), 0o644)
		}, "own|organisation"},
		"a list that others may write":  {func(t *testing.T, around *Surroundings) { putList(t, *around, list, 0o666) }, ""},
		"a list that a group may write": {func(t *testing.T, around *Surroundings) { putList(t, *around, list, 0o664) }, ""},
		"a list of the user's": {func(t *testing.T, around *Surroundings) {
			putList(t, *around, list, 0o644)
			around.Administrator = 0
			if os.Geteuid() == 0 {
				give(t, filepath.Join(around.Folder, AllowlistFile), nobody, -1)
			}
		}, ""},
		"a folder that others may write": {func(t *testing.T, around *Surroundings) {
			putList(t, *around, list, 0o644)
			chmod(t, around.Folder, 0o777)
		}, ""},
		"a folder that others may write, without a list": {func(t *testing.T, around *Surroundings) { chmod(t, around.Folder, 0o777) }, ""},
		"a link to nowhere": {func(t *testing.T, around *Surroundings) {
			if err := os.Symlink("nowhere", filepath.Join(around.Folder, AllowlistFile)); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"a folder of that name": {func(t *testing.T, around *Surroundings) {
			if err := os.Mkdir(filepath.Join(around.Folder, AllowlistFile), 0o755); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"a file in the folder's place": {func(t *testing.T, around *Surroundings) {
			around.Folder = around.Executable
		}, ""},
		"a list with an add-on of Firefox": {func(t *testing.T, around *Surroundings) {
			putList(t, *around, fmt.Sprintf(`{"allowed": [%q, %q]}`, organisation, addOn), 0o644)
		}, "organisation|add-on"},
		"an empty file":       broken(""),
		"no list in it":       broken("{}"),
		"nobody":              broken(`{"allowed": []}`),
		"another setting":     broken(`{"allowed": ["` + organisation + `"], "enabled": true}`),
		"no id":               broken(`{"allowed": ["*"]}`),
		"something behind it": broken(list + list),
		"too many":            broken(`{"allowed": ["` + strings.Repeat(organisation+`", "`, MostAllowed) + organisation + `"]}`),
		"too large":           broken(list + strings.Repeat(" ", largestManifest)),
	} {
		t.Run(name, func(t *testing.T) {
			around := administered(t)
			c.prepare(t, &around)
			for who, caller := range callers {
				err := caller.Admit(around)
				if want := strings.Contains("|"+c.admits+"|", "|"+who+"|"); (err == nil) != want {
					t.Errorf("%s: %v", who, err)
				}
			}
		})
	}
}

// broken makes a list with this text, which admits nobody.
func broken(text string) struct {
	prepare func(t *testing.T, around *Surroundings)
	admits  string
} {
	return struct {
		prepare func(t *testing.T, around *Surroundings)
		admits  string
	}{func(t *testing.T, around *Surroundings) { putList(t, *around, text, 0o644) }, ""}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestAllowlistIsRead wants what is written to be read again, up to the bound.
func TestAllowlistIsRead(t *testing.T) {
	around := administered(t)
	var list Allowlist
	for i := range MostAllowed {
		list = append(list, strings.Repeat("a", 30)+string(rune('a'+i/16))+string(rune('a'+i%16)))
	}
	text, err := list.Render()
	if err != nil {
		t.Fatal(err)
	}
	putList(t, around, string(text), 0o644)
	got, err := ReadAllowlist(around.Folder, &trust.Rules{Owners: []int{0, os.Getuid()}})
	if err != nil || len(got) != MostAllowed || got[MostAllowed-1] != list[MostAllowed-1] {
		t.Errorf("%d of %d ids, %v", len(got), MostAllowed, err)
	}
}
