//go:build unix

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// Where there has to be a policy, everything is refused while no file of one is in force.
func TestRequiredPolicy(t *testing.T) {
	folder := place(t)
	marker, file := filepath.Join(folder, requiredName), filepath.Join(folder, "policy.json")
	refused := func() bool {
		t.Helper()
		p, _ := load(t, folder)
		broken := p.broken != ""
		if broken != !p.Judge(to("h.example", 1)).Allowed || broken && !strings.HasPrefix(p.broken, marker+": ") || p.Required != marker {
			t.Fatalf("%q, %q", p.broken, p.Required)
		}
		return broken
	}
	write(t, marker, "")
	if !refused() {
		t.Error("no file is enough")
	}
	write(t, file, `{}`)
	if refused() {
		t.Error("a file that sets nothing is not enough")
	}
	write(t, file, `{"appliesTo":{"machines":["nowhere-at-all"]}}`)
	if !refused() {
		t.Error("a file for others is enough")
	}
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/nonexistent", marker); err != nil {
		t.Fatal(err)
	}
	if !refused() {
		t.Error("a link to nowhere demands nothing")
	}
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.Nop()})
	s.SetManaged([]byte(`{"remember":false}`))
	if s.Current().Judge(to("h.example", 1)).Allowed {
		t.Error("managed storage is enough")
	}
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	s.looked.Store(0)
	if !s.Current().Judge(to("h.example", 1)).Allowed {
		t.Error("it is not noticed that the demand has gone")
	}
}

// What root can read is not what everybody can.
func TestForEverybody(t *testing.T) {
	for name, c := range map[string]struct {
		path  string
		mode  os.FileMode
		fault string
	}{
		"file":          {"policy.json", 0o640, "policy.json cannot be read by everybody (mode 0640)"},
		"drop-in":       {"policy.d/10.jsonc", 0o600, "10.jsonc cannot be read by everybody (mode 0600)"},
		"folder":        {".", 0o750, "cannot be read by everybody (mode 0750)"},
		"policy.d":      {"policy.d", 0o750, "policy.d cannot be read by everybody (mode 0750)"},
		"names only":    {"policy.d", 0o751, "policy.d cannot be read by everybody (mode 0751)"},
		"without names": {".", 0o751, ""},
		"usual":         {"policy.json", 0o644, ""},
	} {
		folder := place(t)
		dir(t, filepath.Dir(filepath.Dir(folder)), 0o755)
		dir(t, filepath.Join(folder, "policy.d"), 0o755)
		write(t, filepath.Join(folder, "policy.json"), `{}`)
		write(t, filepath.Join(folder, "policy.d", "10.jsonc"), `{}`)
		if err := os.Chmod(filepath.Join(folder, c.path), c.mode); err != nil {
			t.Fatal(err)
		}
		o := Options{Validator: validator(t), Owner: os.Geteuid(), Everybody: true, Log: zerolog.Nop()}
		p := Load(folder, o)
		if (p.broken != "") != (c.fault != "") || !strings.Contains(p.broken, c.fault) {
			t.Errorf("%s: %q", name, p.broken)
		}
		if o.Everybody = false; Load(folder, o).broken != "" {
			t.Errorf("%s: refused for the owner, too", name)
		}
	}
}

// Files that nobody looks at are listed, so that nobody waits for them to count.
func TestOverlooked(t *testing.T) {
	folder := place(t)
	dir(t, filepath.Join(folder, "policy.d"), 0o755)
	for _, name := range []string{"policy.json", "policy.jsonc", requiredName, "policy.yaml", "policy.d/10.json", "policy.d/.20.json", "policy.d/30.json.bak", "policy.d/x.jsonc"} {
		write(t, filepath.Join(folder, name), `{}`)
	}
	got := strings.ReplaceAll(strings.Join(Overlooked(folder), " "), folder+"/", "")
	if got != "policy.yaml policy.d/.20.json policy.d/30.json.bak" {
		t.Error(got)
	}
	if p, _ := load(t, folder); len(p.Sources) != 4 || p.Sources[1].Name != filepath.Join(folder, "policy.jsonc") {
		t.Errorf("%+v", p.Sources)
	}
	for i := range 2 * mostOverlooked {
		write(t, filepath.Join(folder, "policy.d", strings.Repeat("x", i+1)), "")
	}
	if got := Overlooked(folder); len(got) != mostOverlooked {
		t.Errorf("%d names", len(got))
	}
	if got := Overlooked(""); got != nil {
		t.Errorf("%v", got)
	}
}
