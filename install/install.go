// Package install is `portside install`, `portside uninstall` and `portside
// status`.
//
// A browser starts the native host only if a host manifest in a directory of
// that browser names it. Install writes these manifests, uninstall removes
// exactly those, and status says what each browser will find. Nothing else on
// the machine is touched: no binary is copied, no service started, no file of
// the browser's own changed.
//
// Install may be run again at any time. It repairs a manifest that is broken,
// stale or writable by others, says what it changed, and otherwise says that
// everything is in place.
//
// # Places
//
// Which directories there are is data, in package manifest. Per-user manifests
// follow HOME and, for Chromium browsers on Linux, CHROME_CONFIG_HOME and
// XDG_CONFIG_HOME, as the browsers do. Without --browser every browser that is
// detected is served; when none is, install prepares for Chromium, Chrome and
// Firefox, so that a browser that comes later, or lives in an unusual place, works.
//
// # Whom the installer trusts
//
// A browser runs what the manifest names with its user's rights. So install
// refuses a binary that somebody else could replace, and status reports one; a
// system-wide manifest is only made for a binary that belongs to root, in
// directories that belong to root. Under sudo, and for root in the home of somebody
// else or in a folder of theirs that --user-data-dir names, per-user scope is refused: it
// would serve root, or leave root's files with the user who typed it.
//
// # Exit codes
//
//	0  done, or nothing to do; for status, a browser can start the host and no manifest is faulty
//	1  a problem, told on stderr as "error:" with a "hint:" on what to do
//	2  wrong usage
package install

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/nativehost/trust"
)

const usage = `Usage:
  portside install   [--system] [--browser NAME]... [--extension-id ID]... [--binary PATH] [--dry-run]
  portside install   --system --extension-id ID... --only [--browser NAME]... [--binary PATH] [--dry-run]
  portside install   --user-data-dir DIR [--extension-id ID]... [--binary PATH] [--dry-run]
  portside uninstall [--system] [--browser NAME]... [--dry-run]
  portside uninstall --user-data-dir DIR [--dry-run]
  portside status    [--system] [--browser NAME]...
  portside status    --user-data-dir DIR

install tells the browsers that are here where the native host is. Run again, it
repairs. uninstall takes that back. status says what each browser will find.

  --system             for everybody on this machine (needs root), not only for you
  --browser NAME       only this browser; repeat it or separate names by commas
  --user-data-dir DIR  a Chromium browser that is started with this switch
  --extension-id ID    also let this extension start the host: an unpacked build in Chromium, a build
                       with an id of its own in Firefox
  --only               let nobody start the host but these extensions: not even Portside's own, whatever
                       a user's files say. It holds for the machine until uninstall --system
  --binary PATH        the host to start; default: this program
  --dry-run            say what would be done, and do nothing
  --help               this text

Browsers: `

// options are what the user asked for.
type options struct {
	system       bool
	browsers     list
	userDataDir  string
	extensionIDs list
	only         bool
	binary       string
	dryRun       bool
}

// list is a flag that may be repeated and takes several values between commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	for v := range strings.SplitSeq(value, ",") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(*l, v) {
			*l = append(*l, v)
		}
	}
	return nil
}

// command is one run: what was asked, and the world in which it is carried out.
type command struct {
	options
	name           string
	stdout, stderr io.Writer
	getenv         func(string) string
	goos           string
	euid           int
	// root stands before every absolute path of the table. It is empty but in tests.
	root string
	// trusted are the users to whom the machine's own files belong: root.
	trusted []int
	// allowed are the only extensions that may start the host, where an administrator
	// has said so: what the machine's allowlist holds or, with --only, will hold.
	allowed caller.Allowlist
	// owner returns the user who owns a file, if the system has such a thing.
	owner func(fs.FileInfo) (uid, gid int, known bool)
	// patience bounds `portside --version`: a host that hangs there would hang in
	// the browser as well.
	patience time.Duration
}

// A problem is an error with advice for the user who meets it.
type problem struct {
	err  error
	hint string
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// advise returns an error that is reported with a hint.
func advise(hint, format string, args ...any) error {
	return &problem{fmt.Errorf(format, args...), hint}
}

// errUsage marks errors that end with exit code 2.
var errUsage = errors.New("usage")

func misuse(format string, args ...any) error {
	return advise("portside install --help shows what can be said", "%w%s", errUsage, fmt.Sprintf(format, args...))
}

// Run carries out args, whose first element is "install", "uninstall" or
// "status" and whose rest are that command's flags, and returns the exit code.
// Results go to stdout, errors and hints to stderr.
func Run(args []string, stdout, stderr io.Writer) int {
	return newCommand(stdout, stderr).run(args)
}

// newCommand returns a command in the world as it is.
func newCommand(stdout, stderr io.Writer) *command {
	return &command{
		stdout: stdout, stderr: stderr,
		getenv: os.Getenv, goos: runtime.GOOS, euid: os.Geteuid(),
		trusted: []int{0}, owner: trust.Owner, patience: 5 * time.Second,
	}
}

func (c *command) run(args []string) int {
	err := c.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(c.stdout, usage, strings.Join(c.known(), ", "), ".\n")
		return 0
	}
	if err != nil {
		return c.report(err)
	}
	return c.report(map[string]func() error{
		"install":   c.install,
		"uninstall": c.uninstall,
		"status":    c.status,
	}[c.name]())
}

// report prints err, which may join several, and returns the exit code for it.
func (c *command) report(err error) int {
	if err == nil {
		return 0
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		code := 0
		for _, e := range joined.Unwrap() {
			code = max(code, c.report(e))
		}
		return code
	}
	code, text := 1, err.Error()
	if errors.Is(err, errUsage) {
		code, text = 2, strings.TrimPrefix(text, errUsage.Error())
	}
	fmt.Fprintln(c.stderr, "error:", printable(text))
	var p *problem
	if errors.As(err, &p) && p.hint != "" {
		fmt.Fprintln(c.stderr, "hint: ", printable(p.hint))
	}
	return code
}

func (c *command) parse(args []string) error {
	if len(args) == 0 || !slices.Contains([]string{"install", "uninstall", "status"}, args[0]) {
		return misuse("the command must be install, uninstall or status")
	}
	c.name = args[0]
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&c.system, "system", false, "")
	f.Var(&c.browsers, "browser", "")
	f.StringVar(&c.userDataDir, "user-data-dir", "", "")
	if c.name != "status" {
		f.BoolVar(&c.dryRun, "dry-run", false, "")
	}
	if c.name == "install" {
		f.Var(&c.extensionIDs, "extension-id", "")
		f.BoolVar(&c.only, "only", false, "")
		f.StringVar(&c.binary, "binary", "", "")
	}
	if err := f.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return misuse("%v", err)
	}
	if f.NArg() > 0 {
		return misuse("unexpected argument %q", f.Arg(0))
	}
	// An empty value is a shell variable that was not set. Taking it for "not
	// given" would write where nobody asked.
	var err error
	f.Visit(func(given *flag.Flag) {
		if given.Value.String() == "" {
			err = misuse("--%s is empty", given.Name)
		}
	})
	if err != nil {
		return err
	}
	if c.userDataDir != "" && (c.system || len(c.browsers) > 0) {
		return misuse("--user-data-dir stands alone: it is one profile folder, whatever the browser")
	}
	if c.only && (!c.system || len(c.extensionIDs) == 0) {
		return misuse("--only says whom the whole machine trusts: it stands with --system and --extension-id")
	}
	if c.only && len(c.extensionIDs) > caller.MostAllowed {
		return misuse("--only takes at most %d extensions", caller.MostAllowed)
	}
	for _, id := range c.extensionIDs {
		if !manifest.ValidID(id) {
			return advise("chrome://extensions shows the id when developer mode is on; about:debugging in Firefox",
				"%w%q is not an extension id: it must be %s", errUsage, id, manifest.IDForms)
		}
	}
	known := c.known()
	for _, name := range c.browsers {
		if !slices.Contains(known, name) {
			return advise("known browsers: "+strings.Join(known, ", "), "%wno browser is called %q here", errUsage, name)
		}
	}
	return c.checkSystem()
}

// checkSystem refuses operating systems and users for which the commands would
// do something other than what was meant.
func (c *command) checkSystem() error {
	if c.goos != "linux" && c.goos != "darwin" {
		return advise("docs/INSTALL.md says which systems are supported", "portside %s works on Linux and macOS, not on %s", c.name, c.goos)
	}
	if c.euid != 0 || c.system || /*rule:root-leaves-user-data-dirs-alone*/ c.name == "status" {
		return nil
	}
	if sudo := c.getenv("SUDO_USER"); sudo != "" && sudo != "root" && c.userDataDir == "" {
		return advise(fmt.Sprintf("leave out sudo to serve %s's browsers, or add --system to serve everybody's", sudo),
			"sudo would %s for root, not for %s", c.name, sudo)
	}
	//rule:root-leaves-homes-alone
	return c.checkHome()
}

// checkHome refuses root in somebody's home, where it has come without sudo (by su -m,
// doas, run0, or in a container) or by --user-data-dir. What it made there, that user
// could not change.
func (c *command) checkHome() error {
	places, err := c.places(manifest.User)
	if err != nil {
		return err
	}
	for _, p := range places {
		dir := filepath.Dir(p.file)
		info, err := os.Stat(dir)
		for ; err != nil && dir != filepath.Dir(dir); info, err = os.Stat(dir) {
			dir = filepath.Dir(dir)
		}
		if err != nil {
			continue
		}
		if uid, _, known := c.owner(info); known && uid != c.euid && !slices.Contains(c.trusted, uid) {
			whose := userName(uid)
			hint := "run it as " + whose
			if c.userDataDir == "" {
				hint += ", or add --system to serve everybody's browsers"
			}
			return advise(hint, "root would %s in %s, which belongs to %s", c.name, dir, whose)
		}
	}
	return nil
}

// userName names a user for the user.
func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return fmt.Sprintf("user %d", uid)
}

// known lists the browsers that exist for this operating system.
func (c *command) known() []string {
	var ids []string
	for _, t := range manifest.Targets() {
		if t.OS == c.goos && !slices.Contains(ids, t.Browser) {
			ids = append(ids, t.Browser)
		}
	}
	return ids
}

// say prints one line for the user.
func (c *command) say(format string, args ...any) {
	fmt.Fprintln(c.stdout, printable(fmt.Sprintf(format, args...)))
}

// printable takes control characters out of a line: it may quote a manifest that
// somebody else wrote, and must not steer the terminal.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}
