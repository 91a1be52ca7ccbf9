package manifest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// alice's environment has what every system sets, and nothing that moves places.
func alice(os string) func(string) string {
	return func(name string) string {
		return map[string]string{
			"linux HOME":           "/home/alice",
			"darwin HOME":          "/Users/alice",
			"windows APPDATA":      `C:\Users\alice\AppData\Roaming`,
			"windows LOCALAPPDATA": `C:\Users\alice\AppData\Local`,
		}[os+" "+name]
	}
}

// row is a target's golden form: what it is, and where that is for alice.
func row(t *testing.T, target Target) string {
	var b strings.Builder
	path := func(word, template string) {
		expanded, err := Expand(template, alice(target.OS))
		if err != nil {
			t.Fatalf("%s: %v", template, err)
		}
		fmt.Fprintf(&b, "%s: %s\n", word, expanded)
	}
	fmt.Fprintf(&b, "name: %s\nfamily: %s\n", target.Name, target.Family)
	if target.OS == "windows" {
		path("key", target.Dir+`\`+HostName)
	} else {
		path("file", target.Dir+"/"+FileName)
	}
	for _, template := range target.Detect {
		path("detect", template)
	}
	if target.Own {
		b.WriteString("own: true\n")
	}
	if target.Policies != "" {
		path("policies", target.Policies)
	}
	return b.String()
}

// TestTargets holds each row of the table against its golden row.
func TestTargets(t *testing.T) {
	const file = "testdata/targets.golden"
	var titles []string
	rows := map[string]string{}
	count := map[string]int{}
	for _, target := range Targets() {
		title := fmt.Sprintf("%s %s %s", target.OS, target.Scope, target.Browser)
		if count[title]++; count[title] > 1 {
			title += fmt.Sprintf(" %d", count[title])
		}
		titles = append(titles, title)
		rows[title] = row(t, target)
	}
	if *update {
		var b strings.Builder
		for _, title := range titles {
			fmt.Fprintf(&b, "# %s\n%s\n", title, rows[title])
		}
		golden(t, file, b.String())
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		title, text, _ := strings.Cut(strings.TrimPrefix(block, "# "), "\n")
		want[title] = strings.TrimSpace(text) + "\n"
		if _, ok := rows[title]; !ok {
			t.Errorf("the row %q is gone", title)
		}
	}
	for _, title := range titles {
		t.Run(title, func(t *testing.T) {
			if rows[title] != want[title] {
				t.Errorf("got\n%swant\n%s", rows[title], want[title])
			}
		})
	}
}

// TestTableSense finds slips that a golden row would preserve.
func TestTableSense(t *testing.T) {
	seen := map[string]bool{}
	names, families := map[string]string{}, map[string]Family{}
	for _, target := range Targets() {
		key := strings.Join([]string{target.Browser, target.OS, string(target.Scope), target.Dir}, " ")
		if seen[key] {
			t.Errorf("%s: twice in the table", key)
		}
		seen[key] = true
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(target.Browser) {
			t.Errorf("%s: not an id", key)
		}
		if name, ok := names[target.Browser]; ok && name != target.Name || target.Name == "" {
			t.Errorf("%s: names %q and %q", key, name, target.Name)
		}
		names[target.Browser] = target.Name
		// One file cannot hold both forms.
		place := target.OS + target.Dir
		if family, ok := families[place]; ok && family != target.Family {
			t.Errorf("%s: a place of two families", key)
		}
		families[place] = target.Family
		if len(target.Detect) == 0 {
			t.Errorf("%s: cannot be detected", key)
		}
		personal := strings.Contains(target.Dir, "{")
		switch {
		case target.OS == "windows":
			hive := map[Scope]string{User: `HKCU\SOFTWARE\`, System: `HKLM\SOFTWARE\`}[target.Scope]
			if !strings.HasPrefix(target.Dir, hive) {
				t.Errorf("%s: not below %s", key, hive)
			}
		case personal != (target.Scope == User):
			t.Errorf("%s: the scope does not fit the place", key)
		case !personal && !strings.HasPrefix(target.Dir, "/"):
			t.Errorf("%s: not absolute", key)
		}
	}
	for _, s := range SandboxedBrowsers() {
		if !slices.Contains([]string{"Flatpak", "Snap"}, s.Kind) || s.Limit == "" || len(s.Detect) == 0 {
			t.Errorf("%+v: incomplete", s)
		}
		for _, template := range s.Detect {
			if _, err := Expand(template, alice("linux")); err != nil {
				t.Errorf("%s: %v", template, err)
			}
		}
	}
}

func TestExpand(t *testing.T) {
	for _, test := range []struct {
		template string
		env      map[string]string
		want     string
	}{
		{"/etc/chromium", nil, "/etc/chromium"},
		{"{home}/x", map[string]string{"HOME": "/h/"}, "/h/x"},
		{"{home}/x", map[string]string{"HOME": "/"}, "/x"},
		{"{home}/x", nil, "HOME is not set"},
		{"{home}/x", map[string]string{"HOME": "h"}, `HOME is "h", not an absolute path`},
		{"{config}/x", map[string]string{"HOME": "/h"}, "/h/.config/x"},
		{"{config}/x", map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "/c"}, "/c/x"},
		{"{config}/x", map[string]string{"HOME": "/h", "XDG_CONFIG_HOME": "/c", "CHROME_CONFIG_HOME": "/d"}, "/d/x"},
		{"{config}/x", map[string]string{"XDG_CONFIG_HOME": "/c"}, "/c/x"},
		{"{config}/x", nil, "HOME is not set"},
		{"{config}/x", map[string]string{"XDG_CONFIG_HOME": "c"}, `XDG_CONFIG_HOME is "c", not an absolute path`},
		{"{xdg}/x", map[string]string{"HOME": "/h", "CHROME_CONFIG_HOME": "/d"}, "/h/.config/x"},
		{"{data}/x", map[string]string{"HOME": "/h"}, "/h/.local/share/x"},
		{"{data}/x", map[string]string{"XDG_DATA_HOME": "/s"}, "/s/x"},
		{`{localappdata}\x`, map[string]string{"LOCALAPPDATA": `C:\L`}, `C:\L\x`},
		{`{appdata}\x`, nil, "APPDATA is not set"},
	} {
		got, err := Expand(test.template, func(name string) string { return test.env[name] })
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("Expand(%q) with %v = %q, want %q", test.template, test.env, got, test.want)
		}
	}
}
