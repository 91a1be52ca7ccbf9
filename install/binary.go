package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/trust"
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
	if err := c.checkBinary(resolved, c.scope()); err != nil {
		return "", err
	}
	// This program runs already.
	//rule:install-runs-the-program-once
	if c.binary != "" {
		if _, err := c.ask(resolved); err != nil {
			return "", err
		}
	}
	return resolved, nil
}

// ask runs the binary at path, for its version: only so can one tell that a browser
// could run it.
func (c *command) ask(path string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Dir = filepath.Dir(path)
	cmd.WaitDelay = time.Second
	out := &beginning{}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s --version did not answer within %v", path, c.patience)
	case errors.Is(err, syscall.ENOEXEC):
		return "", advise(anew, "%s is no program for this machine", path)
	case errors.Is(err, fs.ErrPermission):
		return "", advise("look for noexec in the options of its file system (findmnt -T "+path+"), and move portside to one without, such as /usr/local/bin",
			"%s may not be run where it is, though it is executable", path)
	case errors.Is(err, fs.ErrNotExist):
		return "", advise(anew, "%s cannot be run: the program that should run it is not here", path)
	case err != nil:
		return "", advise(anew, "%s --version failed: %w", path, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out.text)), "\n")
	const longest = 80
	if len(line) > longest {
		line = line[:longest]
	}
	switch {
	case line == "":
		return "", advise(anew, "%s --version says nothing", path)
	case !strings.HasPrefix(line, "portside "):
		return "", advise(anew, "%s is not portside: --version says %q", path, line)
	}
	return line, nil
}

// beginning keeps the beginning of what is written to it.
type beginning struct{ text []byte }

func (b *beginning) Write(p []byte) (int, error) {
	const most = 4096
	b.text = append(b.text, p[:min(len(p), most-len(b.text))]...)
	return len(p), nil
}

const anew = "build or download portside anew, then name it with portside install --binary"

// scope is the scope that the user asked for.
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
		//rule:status-tells-writable-program
		return advise("chmod go-w "+path, "other users can change %s", path)
	}
	if err := c.checkOwner(path, info, scope); err != nil {
		return err
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err == nil && info.Mode()&os.ModeSticky != 0 && info.Mode()&0o002 != 0 {
		// Nobody can replace the binary there, but it would not stay for long.
		return advise(elsewhere, "other users can replace %s: they can write %s", path, folder)
	}
	_, _, err = c.trusts(scope).Follow(path, false)
	var fault *trust.Fault
	switch {
	case errors.As(err, &fault) && fault.OtherOwner:
		//rule:install-checks-program-folder
		return c.foreign(path, fault, scope)
	case errors.As(err, &fault) && fault.All:
		return advise(elsewhere+", or chmod o-w "+fault.Path, "other users can replace %s: they can write %s", path, fault.Path)
	case errors.As(err, &fault):
		return advise(elsewhere+", or chmod g-w "+fault.Path, "other users can replace %s: %s can write %s", path, group(fault.GID), fault.Path)
	case err != nil:
		return fmt.Errorf("%s %w", path, err)
	}
	return nil
}

const elsewhere = "move portside to a folder that only you can write, such as ~/.local/bin"

// trusts are the rules for what a browser of a scope starts: it belongs to root or, in
// user scope, to the user.
func (c *command) trusts(scope manifest.Scope) *trust.Rules {
	owners := slices.Clone(c.trusted)
	if scope == manifest.User {
		owners = append(owners, c.euid)
	}
	rules := &trust.Rules{Owners: owners, GroupsOf: /*rule:install-checks-program-group*/ trust.Alone(owners...), Untold: true, OwnerOf: c.owner}
	if uid, ok := trust.Unmapped(); ok {
		rules.Owners = append(rules.Owners, uid)
	}
	return rules
}

// group names a group for the user.
func group(gid int) string {
	if g, err := user.LookupGroupId(strconv.Itoa(gid)); err == nil {
		return "the group " + g.Name
	}
	return fmt.Sprintf("group %d", gid)
}

// foreign says that a folder on the way to the binary belongs to somebody else.
func (c *command) foreign(path string, fault *trust.Fault, scope manifest.Scope) error {
	if scope == manifest.System {
		return c.checkOwner(fault.Path, fault.Info, scope)
	}
	return advise(elsewhere, "%s belongs to user %d, who could replace %s", fault.Path, fault.UID, path)
}

func (c *command) checkOwner(path string, info fs.FileInfo, scope manifest.Scope) error {
	uid, _, known := c.owner(info)
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
