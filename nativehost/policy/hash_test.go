//go:build unix

package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
)

// TestHashes compares the policy's names in the audit log with what `cat FILES | sha256sum`
// says.
func TestHashes(t *testing.T) {
	folder := place(t)
	options := Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()}
	dir(t, filepath.Join(folder, "policy.d"), 0o755)
	put := func(name, text string) { write(t, filepath.Join(folder, name), text) }
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	wants := func(managed, files, settings string) {
		t.Helper()
		p := LoadManaged(folder, []byte(managed), options)
		if p.Hashes.Files != files {
			t.Errorf("the files: %q, not %q", p.Hashes.Files, files)
		}
		if p.Hashes.Managed != settings {
			t.Errorf("managed: %q, not %q", p.Hashes.Managed, settings)
		}
	}
	wants("", "", "")
	put("policy.required", "")
	wants("", "", "")
	put("policy.json", `{}`)
	wants("", hash(`{}`), "")
	put("policy.d/20-b.json", `{"remember": false}`)
	put("policy.d/10-a.jsonc", "// as it is written\n{}")
	wants("", hash("{}// as it is written\n{}"+`{"remember": false}`), "")
	// One that cannot be used counts as it is, too.
	put("policy.json", `{`)
	wants("", hash("{// as it is written\n{}"+`{"remember": false}`), "")
	wants(`{"enabled": false}`, hash("{// as it is written\n{}"+`{"remember": false}`), hash(`{"enabled": false}`))
}
