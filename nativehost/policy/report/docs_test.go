//go:build unix

package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExplanationInTheDocument runs the command that docs/POLICY.md shows on the
// first example there.
func TestExplanationInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../../docs/POLICY.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`portside (policy explain .*)\n`).FindSubmatch(text)
	shown := regexp.MustCompile("(?s)\n```\n(https://.*?)```").FindSubmatch(text)
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	if line == nil || shown == nil || example == nil {
		t.Fatal("the document shows no command, no answer or no example")
	}
	folder := filepath.Join(t.TempDir(), "portside")
	file := filepath.Join(folder, "policy.d", "10-lab.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, example[1], 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := &command{stdout: &stdout, stderr: &stderr, folder: folder, owner: os.Geteuid()}
	code := c.run(strings.Fields(string(line[1])))
	got := strings.ReplaceAll(stdout.String(), folder, "/etc/portside")
	if code != 0 || stderr.Len() > 0 || got != string(shown[1]) {
		t.Errorf("code %d, %s\ngot\n%s\nwant\n%s", code, &stderr, got, shown[1])
	}
}
