// Package report is `portside policy`: it tells administrators what their settings
// mean. It reads policy files and the addresses of this computer's interfaces, writes
// to the terminal, and does nothing else: no name is resolved, nothing is connected
// to, no file is changed.
//
//	check    says what is wrong with the text of a policy file, for anybody, anywhere
//	show     says what holds on this computer, and which file says so
//	explain  says what becomes of one socket, and every setting that had a say: one that
//	         connects, listens, or is bound
//	import   turns firewall rules into a policy
//	settings lists what a policy may have
//	schema   prints the JSON Schema of a policy, for editors
//
// What the browser manages (docs/POLICY.md) is known to the browser only: show and explain
// go by the files, and by what --managed names.
//
// # Exit codes
//
//	0  the file is fine; the policy is usable; the socket is allowed without a question
//	1  a problem, told on stderr as "error:" with a "hint:" on what to do; or the socket is refused
//	2  wrong usage
//	3  the user is asked about the socket
//	4  the policy cannot be used, so the socket is refused
package report

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// command is one run: what was asked, and the world in which it is carried out.
type command struct {
	stdout, stderr io.Writer
	// folder and owner are those of the policy files; others than the usual ones in
	// tests only.
	folder string
	owner  int
	// everybody judges as every user will, and not as root, who may read everything.
	everybody bool

	name                          string
	files                         []string
	origin, to, protocol, address string
	listen, bind, from, managed   string
	hinted                        string
	tls                           tlsFlag
	announce, multicast           bool
	validator                     *protocol.Validator
	near                          rules.Near
	// daemon returns why the daemon of an audit log's sink cannot be reached; nil: daemon
	// asks this computer.
	daemon func(audit.Sink) error
	// own lists the addresses of this computer's interfaces.
	own func() ([]nearby.Address, error)
}

// A problem is an error with advice for the user who meets it.
type problem struct {
	err  error
	hint string
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func advise(hint, format string, args ...any) error {
	return &problem{fmt.Errorf(format, args...), hint}
}

var (
	// errUsage marks errors that end with exit code 2.
	errUsage = errors.New("usage")
	// These stand for what was told already, and have exit codes of their own: a refusal, a
	// question to the user, and a policy that cannot be used.
	errRefused  = errors.New("refused")
	errAsked    = errors.New("asked")
	errUnusable = errors.New("the policy cannot be used")
)

// The exit codes but 0.
const (
	exitProblem = 1 + iota
	exitUsage
	exitAsked
	exitUnusable
)

func misuse(format string, args ...any) error {
	return advise("portside policy --help shows what can be said", "%w%s", errUsage, fmt.Sprintf(format, args...))
}

// Run carries out args, whose first element is "policy", and returns the exit code.
// Results go to stdout, errors and hints to stderr.
func Run(args []string, stdout, stderr io.Writer) int {
	c := &command{stdout: stdout, stderr: stderr, folder: policy.Folder, everybody: os.Geteuid() == 0}
	return c.run(args)
}

func (c *command) run(args []string) int {
	err := c.parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(c.stdout, usage, c.places(), "\n")
		return 0
	}
	if err == nil {
		c.validator, err = protocol.NewValidator()
	}
	if c.daemon == nil {
		c.daemon = daemon
	}
	c.near, c.own = nearby.New(zerolog.Nop()), nearby.Addresses
	if err == nil {
		err = c.commands()[c.name]()
	}
	return c.report(err)
}

func (c *command) commands() map[string]func() error {
	return map[string]func() error{
		"check": c.check, "show": c.show, "explain": c.explain, "import": c.importCSV, "settings": c.listSettings, "schema": c.schema,
	}
}

const commandNames = "check, show, explain, import, settings or schema"

func (c *command) parse(args []string) error {
	if len(args) == 0 {
		return misuse("the command must be %s", commandNames)
	}
	c.name = args[0]
	flags := flag.NewFlagSet("policy "+c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	switch c.name {
	case "-h", "-help", "--help", "help":
		return flag.ErrHelp
	case "check", "import", "settings", "schema":
	case "show":
		flags.StringVar(&c.managed, "managed", "", "")
	case "explain":
		flags.StringVar(&c.managed, "managed", "", "")
		flags.StringVar(&c.origin, "origin", "", "")
		flags.StringVar(&c.to, "to", "", "")
		flags.StringVar(&c.protocol, "protocol", "", "")
		flags.StringVar(&c.address, "address", "", "")
		flags.Var(&c.tls, "tls", "")
		flags.StringVar(&c.listen, "listen", "", "")
		flags.StringVar(&c.bind, "bind", "", "")
		flags.StringVar(&c.from, "from", "", "")
		flags.BoolVar(&c.announce, "announce", false, "")
		flags.BoolVar(&c.multicast, "multicast", false, "")
	default:
		return misuse("the command must be %s, not %q", commandNames, c.name)
	}
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return misuse("%v", err)
	}
	c.files = flags.Args()
	switch {
	case (c.name == "check" || c.name == "import") && len(c.files) == 0:
		return misuse("no file is named")
	case c.name == "import" && len(c.files) > 1:
		return misuse("import takes one file")
	case c.name != "check" && c.name != "import" && len(c.files) > 0:
		return misuse("unexpected argument %q", c.files[0])
	case c.name == "explain":
		return c.question()
	}
	return nil
}

// question says what is wrong with what explain was asked.
func (c *command) question() error {
	asked := 0
	for _, what := range []string{c.to, c.listen, c.bind} {
		if what != "" {
			asked++
		}
	}
	switch {
	case c.origin == "" || asked != 1:
		return misuse("explain needs --origin, and one of --to, --listen and --bind")
	case c.to != "" && (c.announce || c.multicast || c.from != ""):
		return misuse("--announce, --multicast and --from go with --listen or --bind")
	case c.to == "" && (c.address != "" || c.tls != "" || c.protocol != ""):
		return misuse("--address, --tls and --protocol go with --to")
	case c.listen != "" && c.multicast:
		return misuse("--multicast goes with --bind")
	case !slices.Contains([]string{"", "tcp", "udp"}, c.protocol):
		return misuse("--protocol is tcp or udp, not %q", c.protocol)
	}
	return nil
}

func (c *command) options() policy.Options {
	return policy.Options{Validator: c.validator, Owner: c.owner, Everybody: c.everybody, Log: zerolog.Nop()}
}

// load reads the policy as the host does, and the managed settings that were given.
func (c *command) load() (*policy.Policy, error) {
	if c.managed == "" {
		return policy.Load(c.folder, c.options()), nil
	}
	text, err := read(c.managed)
	if err != nil {
		return nil, err
	}
	settings, err := managedSettings(c.managed, text)
	if err != nil {
		return nil, err
	}
	return policy.LoadManaged(c.folder, settings, c.options()), nil
}

// refused lists the sources that cannot be used, as errors.
func refused(p *policy.Policy) []error {
	var list []error
	for _, source := range p.Sources {
		for _, fault := range source.Faults {
			hint := hintOf(fault)
			switch {
			case source.Name == p.Required:
				hint = "put a policy beside it, {} for one that sets nothing, or remove it"
			case source.Browser:
				hint = "mend it where the browser is managed; portside policy settings lists what there is"
			case fault.Line == 0 && fault.Setting == "":
				hint = placeHint
			default:
				hint = "portside policy check " + source.Name + " tells all that is wrong there; " + hint
			}
			list = append(list, advise(hint, "%s: %s", source.Name, fault.Detailed()))
		}
	}
	return list
}

// placeHint is what to do about a file that cannot be used where it is.
const placeHint = "a policy is a regular file that belongs to root and that everybody may read (mode 0644); " +
	"the folders above it are root's, and only root may write them (mode 0755)"

// hintOf says what to do about a fault in the text of a file.
func hintOf(f policy.Fault) string {
	if strings.HasPrefix(f.Problem, "it is not JSON") {
		return "portside policy schema prints what an editor needs to check it while it is written"
	}
	return "portside policy settings lists what there is"
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
	for told, code := range map[error]int{errRefused: exitProblem, errAsked: exitAsked, errUnusable: exitUnusable} {
		if errors.Is(err, told) {
			return code
		}
	}
	code, text := exitProblem, err.Error()
	if errors.Is(err, errUsage) {
		code, text = exitUsage, strings.TrimPrefix(text, errUsage.Error())
	}
	fmt.Fprintln(c.stderr, "error:", printable(text))
	var p *problem
	if errors.As(err, &p) && p.hint != "" && p.hint != c.hinted {
		c.hinted = p.hint // said once for all that it is about
		fmt.Fprintln(c.stderr, "hint: ", printable(p.hint))
	}
	return code
}

// say prints one line for the user.
func (c *command) say(format string, args ...any) {
	fmt.Fprintln(c.stdout, printable(strings.TrimRight(fmt.Sprintf(format, args...), " ")))
}

// printable takes control characters out of a line: it may quote a file that
// somebody else wrote, and must not steer the terminal.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}
