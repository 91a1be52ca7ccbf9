//go:build unix

package policy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
)

// place makes a folder as an administrator would. Whoever runs the tests stands in
// for root; the folders above belong to root or to them.
func place(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "portside")
	dir(t, filepath.Dir(folder), 0o755)
	dir(t, folder, 0o755)
	return folder
}

func dir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// write makes a file, whatever the umask.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, folder string) (*Policy, string) {
	t.Helper()
	var log bytes.Buffer
	return Load(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Log: zerolog.New(&log)}), log.String()
}

const (
	blocksAll  = `{"blockedDestinations":[{}]}`
	blocksNone = `{"blockedDestinations":[]}`
)

func TestNothingThereIsNoPolicy(t *testing.T) {
	folder := place(t)
	dir(t, filepath.Join(folder, "policy.d"), 0o755)
	write(t, filepath.Join(folder, "policy.d", ".hidden.json"), blocksAll)
	write(t, filepath.Join(folder, "policy.d", "10-lab.json.dpkg-new"), blocksAll)
	write(t, filepath.Join(folder, "policy.d", "README"), "x")
	write(t, filepath.Join(folder, "other.json"), blocksAll)
	for _, at := range []string{"", "/nonexistent", filepath.Join(folder, "none"), folder} {
		p, log := load(t, at)
		if got := p.Judge(to("h.example", 1)); got != (Verdict{Allowed: true, Prompt: Ask}) || log != "" {
			t.Errorf("%q: %+v, %s", at, got, log)
		}
	}
}

func TestFilesInOrder(t *testing.T) {
	folder := place(t)
	dir(t, filepath.Join(folder, "policy.d"), 0o755)
	write(t, filepath.Join(folder, "policy.json"), `{"prompt":"ask"}`)
	for _, name := range []string{"b.json", "a.json", "B.json", "10.json", "9.json", "ü.json"} {
		write(t, filepath.Join(folder, "policy.d", name), `{}`)
	}
	write(t, filepath.Join(folder, "policy.d", "9.json"), blocksAll)
	p, _ := load(t, folder)
	var names []string
	for _, s := range p.Sources {
		names = append(names, strings.TrimPrefix(s.Name, folder+"/"))
	}
	want := "policy.json policy.d/10.json policy.d/9.json policy.d/B.json policy.d/a.json policy.d/b.json policy.d/ü.json"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := p.Judge(to("h.example", 1)); got.By != filepath.Join(folder, "policy.d/9.json")+": blockedDestinations[0]" {
		t.Errorf("%+v", got)
	}
}

// What each case does to a good policy must refuse everything and be logged.
func TestUntrustedFilesRefuseEverything(t *testing.T) {
	type paths struct{ folder, file, inD, d string }
	const nobody = 65534
	chown := func(path func(paths) string) func(*testing.T, paths) {
		return func(t *testing.T, p paths) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give files away; the case runs in the suite that runs as root")
			}
			if err := os.Lchown(path(p), nobody, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	chmod := func(mode os.FileMode, path func(paths) string) func(*testing.T, paths) {
		return func(t *testing.T, p paths) {
			if err := os.Chmod(path(p), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := func(t *testing.T, target, name string) {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, paths)
		reason string
	}{
		"file of another user":     {chown(func(p paths) string { return p.file }), "belongs to user 65534, not to root"},
		"drop-in of another user":  {chown(func(p paths) string { return p.inD }), "belongs to user 65534, not to root"},
		"policy.d of another user": {chown(func(p paths) string { return p.d }), "belongs to user 65534, not to root"},
		"folder of another user":   {chown(func(p paths) string { return p.folder }), "belongs to user 65534, not to root"},
		"folder above":             {chown(func(p paths) string { return filepath.Dir(p.folder) }), "belongs to user 65534, not to root"},
		"file for the group":       {chmod(0o664, func(p paths) string { return p.file }), "written by others than its owner (mode 0664)"},
		"file for all":             {chmod(0o646, func(p paths) string { return p.inD }), "written by others than its owner (mode 0646)"},
		"policy.d for the group":   {chmod(0o775, func(p paths) string { return p.d }), "written by others than its owner (mode 0775)"},
		"folder for all":           {chmod(0o757, func(p paths) string { return p.folder }), "written by others than its owner (mode 0757)"},
		"folder above for all":     {chmod(0o777, func(p paths) string { return filepath.Dir(p.folder) }), "written by others than its owner (mode 0777)"},
		"sticky policy.d":          {chmod(0o777|os.ModeSticky, func(p paths) string { return p.d }), "written by others than its owner (mode 0777)"},
		"link to nowhere": {func(t *testing.T, p paths) { link(t, "/nonexistent", p.file) },
			"leads to /nonexistent: no such file or directory"},
		"folder linked to nowhere": {func(t *testing.T, p paths) { link(t, "nonexistent", p.folder) }, "no such file or directory"},
		"policy.d linked to nowhere": {func(t *testing.T, p paths) { link(t, "nonexistent", p.d) },
			"no such file or directory"},
		"link in circles":   {func(t *testing.T, p paths) { link(t, "policy.json", p.file) }, "too many symbolic links"},
		"link to a device":  {func(t *testing.T, p paths) { link(t, "/dev/null", p.file) }, ""},
		"folder for a file": {func(t *testing.T, p paths) { link(t, "policy.d", p.file) }, "is not a regular file"},
		"file for a folder": {func(t *testing.T, p paths) { link(t, "policy.json", p.d) }, "is not a folder"},
		"link over a folder that others write": {func(t *testing.T, p paths) {
			open := filepath.Join(filepath.Dir(p.folder), "open")
			dir(t, open, 0o777)
			link(t, p.folder+"/policy.d/10.json", filepath.Join(open, "there"))
			link(t, filepath.Join(open, "there"), p.file)
		}, "written by others than its owner (mode 0777)"},
		"link of another user": {func(t *testing.T, p paths) {
			link(t, "policy.d/10.json", p.file)
			chown(func(p paths) string { return p.file })(t, p)
		}, "belongs to user 65534, not to root"},
		"pipe": {func(t *testing.T, p paths) {
			if err := os.Remove(p.file); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(p.file, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "is not a regular file"},
		"too large": {func(t *testing.T, p paths) { write(t, p.file, "{"+strings.Repeat(" ", largest)+"}") }, "larger than 1 MiB"},
		"broken":    {func(t *testing.T, p paths) { write(t, p.inD, `{"enabled": yes}`) }, "line 1, column 13: it is not JSON"},
		"a file that its owner cannot read": {func(t *testing.T, p paths) {
			if os.Geteuid() == 0 {
				t.Skip("root reads everything; the case runs where an ordinary user runs the suite")
			}
			chmod(0, func(p paths) string { return p.file })(t, p)
		}, "cannot be read: permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := place(t)
			p := paths{folder, filepath.Join(folder, "policy.json"), filepath.Join(folder, "policy.d", "10.json"), filepath.Join(folder, "policy.d")}
			dir(t, p.d, 0o755)
			write(t, p.file, blocksNone)
			write(t, p.inD, blocksNone)
			if before, log := load(t, folder); !before.Judge(to("h.example", 1)).Allowed {
				t.Fatalf("refused before: %s", log)
			}
			c.change(t, p)
			after, log := load(t, folder)
			got := after.Judge(to("h.example", 1))
			if got.Allowed || !strings.Contains(got.By, c.reason) || !strings.HasPrefix(got.By, folder) {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(log, `"level":"error"`) || !strings.Contains(log, c.reason) || !strings.Contains(log, `"file":"`+folder) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// Links are fine as long as all they lead over is the administrator's.
func TestTrustedLinks(t *testing.T) {
	folder := place(t)
	elsewhere := filepath.Join(filepath.Dir(folder), "elsewhere", "deep")
	dir(t, elsewhere, 0o755)
	write(t, filepath.Join(elsewhere, "real.json"), blocksAll)
	for name, target := range map[string]string{
		filepath.Join(folder, "policy.json"):                         "../elsewhere/deep/../deep/hop.json",
		filepath.Join(elsewhere, "hop.json"):                         filepath.Join(elsewhere, "real.json"),
		filepath.Join(filepath.Dir(folder), "whole"):                 folder,
		filepath.Join(filepath.Dir(folder), "elsewhere", "policy.d"): "deep",
		filepath.Join(folder, "policy.d"):                            "../elsewhere/policy.d",
	} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []string{folder, filepath.Join(filepath.Dir(folder), "whole")} {
		p, log := load(t, at)
		got := p.Judge(to("h.example", 1))
		if got.By != filepath.Join(at, "policy.json")+": blockedDestinations[0]" || len(p.Sources) != 3 {
			t.Errorf("%+v, %v, %s", got, p.Sources, log)
		}
	}
}

// An owner other than the one who runs the tests: their files are a stranger's.
func TestOwnerIsRootUnlessSaid(t *testing.T) {
	if os.Geteuid() == 0 {
		// As root the files are root's, so give one away: see above.
		t.Log("running as root: the ordinary user's files are judged by TestUntrustedFilesRefuseEverything")
	}
	folder := place(t)
	write(t, filepath.Join(folder, "policy.json"), blocksNone)
	p := Load(folder, Options{Validator: validator(t), Log: zerolog.Nop()})
	if got := p.Judge(to("h.example", 1)); got.Allowed != (os.Geteuid() == 0) {
		t.Errorf("%+v", got)
	}
}

// With an existing relative folder nobody could say what is above it.
func TestRelativeFolderIsRefused(t *testing.T) {
	t.Chdir(place(t))
	if p, _ := load(t, "."); p.Judge(to("h.example", 1)).Allowed {
		t.Error("allowed")
	}
}

// What is read is what was judged, and not what took its name meanwhile.
func TestReplacedWhileRead(t *testing.T) {
	folder := place(t)
	path := filepath.Join(folder, "policy.json")
	write(t, path, blocksNone)
	found := find(folder, Options{Owner: os.Geteuid()})
	write(t, path+".new", blocksNone)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if text, err := found.files[0].read(); err == nil {
		t.Errorf("%s", text)
	}
}
