package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the host's packages, from the top to the bottom: each may use only what is
// in a lower layer. So rules know no sockets, sockets no rules, and nobody the session.
func layers() [][]string {
	return [][]string{
		{"cmd/portside"},
		{"session", "policy/report"},
		{"rpc", "lane", "discover", "selftest"},
		{"sockets"},
		{"requests", "corsprobe", "announce", "bound"},
		{"stream", "datagram", "listen"},
		{"dial"},
		{"resolve", "clienthello", "gate", "carrier", "buffer", "sockopt"},
		{"rules", "policy/firewall"},
		{"policy", "nearby", "network"},
		{"limits", "audit", "caller", "peers"},
		{"logfile", "systemlog", "trust", "link", "loopback"},
		{"address"},
		{"fault", "printable", "version"},
	}
}

// TestLayers looks at what packages import, tests and their helpers apart.
func TestLayers(t *testing.T) {
	const root, prefix = "../..", "github.com/portside/portside/nativehost/"
	all := layers()
	layer := func(name string) int {
		return slices.IndexFunc(all, func(names []string) bool { return slices.Contains(names, name) })
	}
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "internal" {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		name := filepath.ToSlash(folder)
		found[name] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if used, ours := strings.CutPrefix(imported, prefix); ours && layer(used) <= layer(name) {
				t.Errorf("%s uses %s, which is in no lower layer", path, used)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range found {
		if layer(name) < 0 {
			t.Errorf("%s is in no layer", name)
		}
	}
	if listed := slices.Concat(all...); len(found) != len(listed) {
		t.Errorf("%d packages are in layers, %d are there", len(listed), len(found))
	}
}
