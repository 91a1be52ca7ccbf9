package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/portside/portside/manifest"
)

// goRun matches the folder in which `go run` keeps its binary while that runs.
var goRun = regexp.MustCompile(`[/\\]go-build\d+[/\\]`)

// host returns the absolute path, free of symbolic links, of the binary that
// the manifests are to name, or says why it must not be named.
func (c *command) host() (string, error) {
	path := c.binary
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return "", advise("name it with --binary", "this program cannot find itself: %w", err)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("make %s absolute: %w", path, err)
	}
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", advise("build or download portside first, then name it with --binary", "%s does not exist", path)
	}
	if err != nil {
		return "", fmt.Errorf("look at the binary: %w", err)
	}
	if goRun.MatchString(resolved) {
		return "", advise("build it into a place that stays, and run that", "%s is a temporary build, gone when this command ends", resolved)
	}
	if !utf8.ValidString(resolved) {
		return "", advise("move it to a folder with a plainer name", "%q cannot be written in a manifest: it is not UTF-8", resolved)
	}
	return resolved, c.checkBinary(resolved, c.scope())
}

// scope is the scope that the person asked for.
func (c *command) scope() manifest.Scope {
	if c.system {
		return manifest.System
	}
	return manifest.User
}

// isHostName reports whether a path has the name of the host's binary, by which
// uninstall later knows Portside's manifests from others.
func isHostName(path string) bool {
	base := filepath.Base(path)
	return base == "portside" || base == "portside.exe"
}

// checkBinary reports why a browser could not start the binary at path, or why
// it should not: whoever can replace it runs code as the browser's user. For
// system scope root must own it and every directory above it.
func (c *command) checkBinary(path string, scope manifest.Scope) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return advise("run portside install from where portside is now", "%s does not exist", path)
	case err != nil:
		return fmt.Errorf("look at the binary: %w", err)
	case !info.Mode().IsRegular():
		return advise("name the file, not its folder, with --binary", "%s is not a file", path)
	case !isHostName(path):
		return advise("rename it: uninstall knows its own manifests by that name", "%s is not called portside", path)
	case info.Mode()&0o111 == 0:
		return advise("chmod +x "+path, "%s is not executable", path)
	case info.Mode()&0o022 != 0:
		return advise("chmod go-w "+path, "other users can change %s", path)
	}
	if err := c.checkOwner(path, info, scope); err != nil {
		return err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("look at the binary's folder: %w", err)
		}
		// In a sticky directory such as /tmp nobody can replace another's entries,
		// but the binary itself would not stay there for long.
		sticky := info.Mode()&os.ModeSticky != 0 && dir != filepath.Dir(path)
		if info.Mode()&0o002 != 0 && !sticky {
			hint := "move portside to a folder that only you can write, such as ~/.local/bin"
			if info.Mode()&os.ModeSticky == 0 {
				hint += ", or chmod o-w " + dir
			}
			return advise(hint,
				"other users can replace %s: they can write %s", path, dir)
		}
		if scope == manifest.System {
			if err := c.checkOwner(dir, info, scope); err != nil {
				return err
			}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (c *command) checkOwner(path string, info fs.FileInfo, scope manifest.Scope) error {
	uid, known := c.owner(info)
	switch {
	case !known || slices.Contains(c.trusted, uid):
		return nil
	case scope == manifest.System:
		return advise("copy it to a folder of root's: sudo install -m 755 portside /usr/local/bin/, then sudo /usr/local/bin/portside install --system",
			"%s belongs to user %d, who could change what everybody's browser starts", path, uid)
	case uid != c.euid:
		return advise("use a copy that belongs to you or to root", "%s belongs to user %d, who could change it", path, uid)
	}
	return nil
}
