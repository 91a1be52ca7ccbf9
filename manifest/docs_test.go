package manifest

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInstallPage holds the table of docs/INSTALL.md against Targets.
func TestInstallPage(t *testing.T) {
	const page = "../docs/INSTALL.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- places: .*? -->\n).*?(<!-- end of places -->)`)
	if !marked.Match(data) {
		t.Fatalf("%s has no marks around the table of places", page)
	}
	// A dollar sign in the table is not a group of the expression.
	table := strings.ReplaceAll(places(), "$", "$$")
	golden(t, page, marked.ReplaceAllString(string(data), "${1}"+table+"${2}"))
}

// places renders the rows of Linux and macOS as a table for people.
func places() string {
	type line struct {
		name, id     string
		user, system []string
	}
	readable := strings.NewReplacer("{config}", "~/.config", "{home}", "~").Replace
	var b strings.Builder
	for _, system := range []struct{ os, title string }{{"linux", "Linux"}, {"darwin", "macOS"}} {
		var lines []*line
		for _, t := range Targets() {
			if t.OS != system.os {
				continue
			}
			i := slices.IndexFunc(lines, func(l *line) bool { return l.id == t.Browser })
			if i < 0 {
				i = len(lines)
				lines = append(lines, &line{name: t.Name, id: t.Browser})
			}
			dir := "`" + readable(t.Dir) + "`"
			if t.Own {
				dir += " (if `" + path.Dir(readable(t.Dir)) + "` is there)"
			}
			if t.Scope == User {
				lines[i].user = append(lines[i].user, dir)
			} else {
				lines[i].system = append(lines[i].system, dir)
			}
		}
		fmt.Fprintf(&b, "| %s | `--browser` | for you | for everybody (`--system`) |\n| --- | --- | --- | --- |\n", system.title)
		for _, l := range lines {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", l.name, l.id, strings.Join(l.user, "<br>"), strings.Join(l.system, "<br>"))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
