//go:build unix

package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/protocol"
)

// policyFolder makes a folder with these files as an administrator would.
func policyFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "policy.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(folder), folder, filepath.Join(folder, "policy.d")} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func policies(b *hosttest.Broker, origin string) protocol.PolicyGetResult {
	b.T.Helper()
	var result protocol.PolicyGetResult
	b.MustCall(protocol.MethodPolicyGet, protocol.PolicyGetParams{Origin: origin}, &result)
	return result
}

func TestPolicies(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	if got := policies(b, ""); got.Sources == nil || len(got.Sources) != 0 || got.SiteAllowed != nil {
		t.Errorf("nobody has said anything: %+v", got)
	}
	folder := policyFolder(t, map[string]string{
		"policy.json": `{"remember": false}`, "policy.d/10.json": `{"blockedOrigins": ["https://b.example"]}`, "policy.d/no\nname.json": `{}`,
		"policy.d/others.json": `{"appliesTo": {"machines": ["never-this-one"]}, "enabled": false}`,
	})
	b = hosttest.Start(t, hosttest.Options{Folder: folder, Policy: `{"allowedOrigins": ["https://a.example", "https://b.example"]}`})
	got := policies(b, "")
	want := []protocol.PolicySource{
		{Name: filepath.Join(folder, "policy.json"), Kind: "file"}, {Name: filepath.Join(folder, "policy.d/10.json"), Kind: "file"},
		{Name: filepath.Join(folder, "policy.d/no name.json"), Kind: "file"}, {Name: "managed storage", Kind: "browser"},
	}
	if fmt.Sprint(got.Sources) != fmt.Sprint(want) || got.SiteAllowed != nil || got.SiteBy != "" {
		t.Errorf("%+v", got)
	}
	for origin, by := range map[string]string{
		"https://a.example": "", "https://b.example": filepath.Join(folder, "policy.d/10.json") + ": blockedOrigins[0]",
		"https://c.example": "managed storage: allowedOrigins", "http://a.example": "managed storage: allowedOrigins",
	} {
		if got := policies(b, origin); got.SiteAllowed == nil || *got.SiteAllowed != (by == "") || got.SiteBy != by {
			t.Errorf("%s: %v, %q", origin, got.SiteAllowed, got.SiteBy)
		}
	}
	// An insecure site has no sockets, whoever allows it.
	b.Managed(`{}`)
	if got := policies(b, "http://a.example"); got.SiteAllowed == nil || *got.SiteAllowed || got.SiteBy != "" {
		t.Errorf("%+v", got)
	}

	// What cannot be used is told, and refuses every site.
	var result protocol.PolicyManagedResult
	b.MustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: `{"secret-word": 1}`}, &result)
	got = policies(b, "https://a.example")
	last := got.Sources[len(got.Sources)-1]
	if *got.SiteAllowed || last.Kind != "browser" || !strings.HasPrefix(got.SiteBy, "managed storage: ") || !strings.HasSuffix(got.SiteBy, last.Fault) ||
		last.Fault == "" || strings.Contains(last.Fault, "secret-word") {
		t.Errorf("%+v", got)
	}
}

func TestManyPolicies(t *testing.T) {
	files := map[string]string{}
	for i := range 150 {
		files[fmt.Sprintf("policy.d/%03d-%s.json", i, strings.Repeat("x", 200))] = `{}`
	}
	files["policy.d/999-last.json"] = `{"no": "such setting"}`
	b := hosttest.Start(t, hosttest.Options{Folder: policyFolder(t, files)})
	got := policies(b, "https://a.example")
	if n := len(got.Sources); n != session.MaxSources || got.Sources[n-1].Fault == "" || *got.SiteAllowed {
		t.Errorf("%d sources, %+v", n, got.Sources[n-1])
	}
	files = map[string]string{}
	for i := range 100 {
		files[fmt.Sprintf("policy.d/%03d-%s.json", i, strings.Repeat("<", 240))] = `{`
	}
	// The harness wants the answer to fit a control message.
	if got := policies(hosttest.Start(t, hosttest.Options{Folder: policyFolder(t, files)}), ""); len(got.Sources) < 20 {
		t.Errorf("%d sources", len(got.Sources))
	}
}
