package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portside/portside/manifest"
)

// newHost makes a binary that a browser may start, and returns its path.
func newHost(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	host := filepath.Join(dir, "opt", "portside")
	if err := os.Mkdir(filepath.Dir(host), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(host, []byte("#!/bin/sh\necho portside 1.2.3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return host
}

// TestRun goes through the door that the program uses.
func TestRun(t *testing.T) {
	host, dir := newHost(t), t.TempDir()
	file := filepath.Join(dir, "NativeMessagingHosts", manifest.FileName)
	for _, step := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"install", "--user-data-dir", dir, "--binary", host}, 0, "wrote " + file, ""},
		{[]string{"status", "--user-data-dir", dir}, 0, host + "  portside 1.2.3", ""},
		{[]string{"uninstall", "--user-data-dir", dir}, 0, "removed " + file, ""},
		{[]string{"status", "--user-data-dir", dir}, 1, "not installed", "error: no browser can start Portside"},
		{[]string{"install", "--wrong"}, 2, "", "error: flag provided but not defined"},
		{nil, 2, "", "error: the command must be install, uninstall or status"},
	} {
		var stdout, stderr bytes.Buffer
		if code := Run(step.args, &stdout, &stderr); code != step.code {
			t.Errorf("Run(%q) = %d, want %d; stderr: %s", step.args, code, step.code, &stderr)
		}
		if !strings.Contains(stdout.String(), step.stdout) || !strings.Contains(stderr.String(), step.stderr) {
			t.Errorf("Run(%q) printed\n%s\nand\n%s\nwithout %q and %q", step.args, &stdout, &stderr, step.stdout, step.stderr)
		}
		if step.stderr == "" && stderr.Len() > 0 {
			t.Errorf("Run(%q) complained: %s", step.args, &stderr)
		}
	}
}

// TestOwners checks whose files may be named for everybody, which takes files
// of several users.
func TestOwners(t *testing.T) {
	const stranger = 4242
	host := newHost(t)
	for _, test := range []struct {
		strangers string
		scope     manifest.Scope
		refused   bool
	}{
		{"", manifest.System, false},
		{"portside", manifest.System, true},
		{"opt", manifest.System, true},
		{"/", manifest.System, true},
		{"", manifest.User, false},
		{"portside", manifest.User, true},
		{"opt", manifest.User, true},
		{"/", manifest.User, true},
	} {
		c := newCommand(nil, nil)
		c.owner = func(info fs.FileInfo) (int, int, bool) {
			if info.Name() == test.strangers {
				return stranger, 0, true
			}
			return 0, 0, true
		}
		if err := c.checkBinary(host, test.scope); (err != nil) != test.refused {
			t.Errorf("%q belongs to a stranger, %s scope: %v", test.strangers, test.scope, err)
		}
	}
}

// TestWriteFileWhole checks that a failed write leaves the old file and no rest.
func TestWriteFileWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, manifest.FileName)
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(path, []byte("new")); err == nil {
		t.Fatal("a folder was overwritten")
	}
	if err := writeFile(filepath.Join(dir, "missing", "file"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a missing folder: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// FuzzDecode checks that what decode accepts is a manifest that a browser takes,
// and that a manifest of Portside's own survives.
func FuzzDecode(f *testing.F) {
	for _, family := range []manifest.Family{manifest.Chromium, manifest.Firefox} {
		data, err := manifest.New(family, "/opt/portside").Render()
		if err != nil {
			f.Fatal(err)
		}
		if m, err := decode(data); err != nil || m.Path != "/opt/portside" || !m.Admits(family, family.OwnID()) {
			f.Fatalf("our own manifest reads as %+v, %v", m, err)
		}
		f.Add(data)
	}
	for _, seed := range []string{"", "null", "[]", "{}", `{"name":null}`, `{"name":"portside.host","description":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			return
		}
		var members map[string]any
		if json.Unmarshal(data, &members) != nil || members["name"] != manifest.HostName || members["type"] != "stdio" {
			t.Errorf("accepted %q", data)
		}
		if path, _ := members["path"].(string); !filepath.IsAbs(path) || path != m.Path {
			t.Errorf("accepted path %q as %q", path, m.Path)
		}
	})
}
