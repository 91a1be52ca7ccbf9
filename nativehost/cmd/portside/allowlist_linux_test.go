package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/caller"
)

// TestAllowlistOfTheMachine starts the program where /etc/portside has an allowlist, in
// a mount namespace of its own. A caller that is let in finds stdin at its end.
func TestAllowlistOfTheMachine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root's files count in /etc/portside, and only root can put one there; the case runs in the suite that runs as root")
	}
	const organisation = "ponmlkjihgfedcbaponmlkjihgfedcba"
	const addOn = "portside@example.org"
	text, err := caller.Allowlist{organisation, addOn}.Render()
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), caller.AllowlistFile)
	if err := os.WriteFile(list, text, 0o644); err != nil {
		t.Fatal(err)
	}
	const prepare = `mount -t tmpfs -o mode=755 tmpfs /etc && mkdir -m 755 /etc/portside && cp "$1" /etc/portside/ && shift && exec "$@"`
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{manifest.Origin(organisation)}, exitOK},
		{[]string{manifest.Origin(manifest.ChromiumID)}, exitStranger},
		{[]string{"/usr/lib/mozilla/native-messaging-hosts/" + manifest.FileName, manifest.FirefoxID}, exitStranger},
		{[]string{"/usr/lib/mozilla/native-messaging-hosts/" + manifest.FileName, addOn}, exitOK},
	} {
		args := append([]string{"--mount", "--propagation", "private", "sh", "-c", prepare, "sh", list, binary}, c.args...)
		cmd := exec.Command("unshare", args...)
		state := t.TempDir()
		cmd.Env = append(os.Environ(), "PORTSIDE_STATE_DIR="+state)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%q: exit code %d, want %d; stderr: %s", c.args, got, c.code, &stderr)
		}
		if told := strings.Contains(stderr.String(), "not listed in /etc/portside/extensions.json"); told != (c.code != exitOK) {
			t.Errorf("%q: stderr: %s", c.args, &stderr)
		}
	}
}
