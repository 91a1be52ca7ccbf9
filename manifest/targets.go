package manifest

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Scope says for whom a host manifest is installed.
type Scope string

const (
	// User manifests serve one user and need no privilege. A Chromium browser
	// and Firefox look at the user's manifest before the system's.
	User Scope = "user"
	// System manifests serve everybody on the machine and belong to root.
	System Scope = "system"
)

// A Target is one place where one browser looks for host manifests.
type Target struct {
	// Browser is the browser's id, as `portside install --browser` takes it.
	Browser string
	// Name is the browser's name for people.
	Name   string
	Family Family
	// OS is the operating system in the spelling of runtime.GOOS.
	OS    string
	Scope Scope
	// Dir is the directory that holds FileName, as a template for Expand. On
	// Windows it is instead the registry key below which a key named HostName has
	// the manifest's absolute path as its default value.
	Dir string
	// Own says that Dir is in a folder that the browser has for itself and that is
	// used only where it is there: a browser which has moved its profiles elsewhere
	// would take a new one for the folder of its old profiles.
	Own bool
	// Detect lists templates of paths. The browser counts as present when any of
	// them exists.
	Detect []string
	// Policies is the directory of the administrator's policy files, or empty
	// where the browser's policy is not kept in files that Portside can read.
	Policies string
}

// Targets returns every place that Portside knows, a browser's rows together
// and its user scope first.
func Targets() []Target {
	var targets []Target
	for _, b := range browsers() {
		for _, p := range b.places {
			for _, scope := range []struct {
				name Scope
				dirs []string
				own  bool
			}{{User, p.user, false}, {User, p.own, true}, {System, p.system, false}} {
				for _, dir := range scope.dirs {
					targets = append(targets, Target{
						Browser: b.id, Name: b.name, Family: b.family,
						OS: p.os, Scope: scope.name, Dir: dir, Own: scope.own, Detect: p.detect, Policies: p.policies,
					})
				}
			}
		}
	}
	return targets
}

// A Sandboxed browser comes from a package format that keeps it from starting
// programs of the machine, so that a manifest alone does not make it work.
type Sandboxed struct {
	Name string
	// Kind is the package format: "Flatpak" or "Snap".
	Kind   string
	Detect []string
	// Limit is a sentence for people on what does not work.
	Limit string
}

// SandboxedBrowsers returns the sandboxed browsers that Portside recognises, all
// of them on Linux.
func SandboxedBrowsers() []Sandboxed {
	const (
		cannot = "a sandboxed browser cannot start programs of the machine"
		proxy  = "it needs Firefox 157 or newer and the service xdg-native-messaging-proxy"
		made   = "it needs the service xdg-native-messaging-proxy, and to be made from Firefox 157 or newer"
	)
	flatpak := func(name, id, limit string) Sandboxed {
		return Sandboxed{name, "Flatpak", []string{"/var/lib/flatpak/app/" + id, "{data}/flatpak/app/" + id}, limit}
	}
	snap := func(name, id string) Sandboxed {
		return Sandboxed{name, "Snap", []string{"/snap/" + id, "/var/lib/snapd/snap/" + id}, cannot}
	}
	return []Sandboxed{
		flatpak("Chromium", "org.chromium.Chromium", cannot),
		flatpak("Google Chrome", "com.google.Chrome", cannot),
		flatpak("Microsoft Edge", "com.microsoft.Edge", cannot),
		flatpak("Brave", "com.brave.Browser", cannot),
		flatpak("Vivaldi", "com.vivaldi.Vivaldi", cannot),
		flatpak("Firefox", "org.mozilla.firefox", proxy),
		flatpak("LibreWolf", "io.gitlab.librewolf-community", made),
		flatpak("Waterfox", "net.waterfox.waterfox", made),
		flatpak("Floorp", "one.ablaze.floorp", made),
		flatpak("Zen", "app.zen_browser.zen", made),
		snap("Chromium", "chromium"),
		snap("Brave", "brave"),
	}
}

// Expand replaces the words in braces of a template by directories of the user
// whose environment getenv reads:
//
//	{home}          HOME
//	{config}        where Chromium browsers on Linux keep profiles: CHROME_CONFIG_HOME,
//	                else XDG_CONFIG_HOME, else ~/.config
//	{xdg}           XDG_CONFIG_HOME, else ~/.config
//	{data}          XDG_DATA_HOME, else ~/.local/share
//	{appdata}       APPDATA (Windows)
//	{localappdata}  LOCALAPPDATA (Windows)
//
// An error says which variable is missing or not an absolute path.
func Expand(template string, getenv func(string) string) (string, error) {
	for _, w := range []struct {
		word, fallback string
		variables      []string
	}{
		{"{config}", "{home}/.config", []string{"CHROME_CONFIG_HOME", "XDG_CONFIG_HOME"}},
		{"{xdg}", "{home}/.config", []string{"XDG_CONFIG_HOME"}},
		{"{data}", "{home}/.local/share", []string{"XDG_DATA_HOME"}},
		{"{appdata}", "", []string{"APPDATA"}},
		{"{localappdata}", "", []string{"LOCALAPPDATA"}},
		// Last, because the fallbacks above contain it.
		{"{home}", "", []string{"HOME"}},
	} {
		if !strings.Contains(template, w.word) {
			continue
		}
		directory := w.fallback
		for _, variable := range w.variables {
			if value := getenv(variable); value != "" {
				if !isAbsolute(value) {
					return "", fmt.Errorf("%s is %q, not an absolute path", variable, value)
				}
				directory = strings.TrimRight(value, `/\`)
				break
			}
		}
		if directory == "" && getenv(w.variables[0]) == "" {
			return "", fmt.Errorf("%s is not set", w.variables[0])
		}
		template = strings.ReplaceAll(template, w.word, directory)
	}
	return template, nil
}

// isAbsolute also knows Windows paths on other systems, so that the whole table
// can be checked anywhere.
func isAbsolute(path string) bool {
	return filepath.IsAbs(path) || len(path) > 2 && path[1:3] == `:\`
}
