package caller

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/trust"
)

const further = "abcdefghijklmnopabcdefghijklmnop"

const addOn = "portside@example.org"

// put writes a host manifest into a folder of manifests.
func put(t *testing.T, dir, name string, m manifest.HostManifest, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := m.Render()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

const nobody = 65534

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func give(t *testing.T, path string, uid, gid int) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away; the case runs in the suite that runs as root")
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func TestListed(t *testing.T) {
	binary := func(t *testing.T, home string) string {
		path := filepath.Join(home, "portside")
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	caller := Caller{Family: string(manifest.Chromium), ID: further}
	for name, c := range map[string]struct {
		caller  Caller
		prepare func(t *testing.T, home, program string)
		want    bool
	}{
		"listed for the user": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
		}, true},
		"listed for another browser of the family": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/google-chrome/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
		}, true},
		"listed for the profile of the browser that calls": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/profile/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
		}, true},
		"no manifest": {caller, func(*testing.T, string, string) {}, false},
		"not listed": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program), 0o644)
		}, false},
		"a manifest of another name": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", "evil.host.json", manifest.New(manifest.Chromium, program, further), 0o644)
		}, false},
		"a manifest that leads elsewhere": {caller, func(t *testing.T, home, _ string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, "/bin/sh", further), 0o644)
		}, false},
		"a manifest that others may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o666)
		}, false},
		"a manifest in a folder that all may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			chmod(t, home+"/.config/chromium/NativeMessagingHosts", 0o777)
		}, false},
		"below a folder that all may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			chmod(t, home+"/.config", 0o777)
		}, false},
		"below a folder that a group of others may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			give(t, home+"/.config", -1, nobody)
			chmod(t, home+"/.config", 0o775)
		}, false},
		"below a folder that the user's own group may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			if !trust.Alone(0, os.Getuid())(os.Getgid()) {
				t.Skip("whoever runs this has no group of their own")
			}
			chmod(t, home+"/.config", 0o775)
		}, true},
		"a manifest of somebody else": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			give(t, home+"/.config/chromium/NativeMessagingHosts/"+manifest.FileName, nobody, -1)
		}, false},
		"a folder of somebody else": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			give(t, home+"/.config/chromium", nobody, -1)
		}, false},
		"a link into a folder that all may write": {caller, func(t *testing.T, home, program string) {
			put(t, home+"/open", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
			chmod(t, home+"/open", 0o777)
			if err := os.MkdirAll(home+"/.config/chromium", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(home+"/open", home+"/.config/chromium/NativeMessagingHosts"); err != nil {
				t.Fatal(err)
			}
		}, false},
		"an id that is none": {Caller{Family: string(manifest.Chromium), ID: further + "/x"}, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further+"/x"), 0o644)
		}, false},
		"a Firefox add-on, listed": {Caller{Family: string(manifest.Firefox), ID: addOn}, func(t *testing.T, home, program string) {
			put(t, home+"/.mozilla/native-messaging-hosts", manifest.FileName, manifest.New(manifest.Firefox, program, addOn), 0o644)
		}, true},
		"a Firefox add-on, not listed": {Caller{Family: string(manifest.Firefox), ID: addOn}, func(t *testing.T, home, program string) {
			put(t, home+"/.mozilla/native-messaging-hosts", manifest.FileName, manifest.New(manifest.Firefox, program), 0o644)
		}, false},
		"a Firefox add-on in a manifest that others may write": {Caller{Family: string(manifest.Firefox), ID: addOn}, func(t *testing.T, home, program string) {
			put(t, home+"/.mozilla/native-messaging-hosts", manifest.FileName, manifest.New(manifest.Firefox, program, addOn), 0o666)
		}, false},
		"a Firefox add-on in a manifest where Chromium looks": {Caller{Family: string(manifest.Firefox), ID: addOn}, func(t *testing.T, home, program string) {
			put(t, home+"/profile/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Firefox, program, addOn), 0o644)
		}, false},
		"a Firefox add-on with an id of Chromium's": {Caller{Family: string(manifest.Firefox), ID: further}, func(t *testing.T, home, program string) {
			put(t, home+"/.config/chromium/NativeMessagingHosts", manifest.FileName, manifest.New(manifest.Chromium, program, further), 0o644)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			program := binary(t, home)
			c.prepare(t, home, program)
			getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
			for _, browser := range [][]string{
				{"/usr/lib/chromium/chromium", "--user-data-dir=" + home + "/profile", "about:blank"},
				{"/usr/lib/chromium/chromium", "--user-data-dir", home + "/profile"},
				{"chromium", "--user-data-dir=profile"},
				{"chromium", "--user-data-dir", "../" + filepath.Base(home) + "/profile"},
			} {
				around := Surroundings{Executable: program, Getenv: getenv, Browser: browser, BrowserDir: home, UID: os.Getuid()}
				if got := c.caller.Listed(around); got != c.want {
					t.Errorf("browser %q: %v, want %v", browser, got, c.want)
				}
			}
		})
	}
}

func TestParent(t *testing.T) {
	args, dir := Parent()
	if len(args) == 0 || !filepath.IsAbs(dir) {
		t.Errorf("the kernel does not know who started this test: %q in %q", args, dir)
	}
}
