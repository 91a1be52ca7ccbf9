// Package report is `portside policy`: it tells administrators what their settings
// mean. It reads policy files and the addresses of this computer's interfaces, writes
// to the terminal, and does nothing else: no name is resolved, nothing is connected
// to, no file is changed.
//
//	check    says what is wrong with the text of a policy file, for anybody, anywhere
//	show     says what holds on this computer, and which file says so
//	explain  says what becomes of one socket, and every setting that had a say: one that
//	         connects, listens, or is bound
//
// What the browser manages (docs/POLICY.md) is known to the browser only, so that
// show and explain go by the files.
//
// # Exit codes
//
//	0  the file is fine; the policy is usable; the socket is allowed, perhaps after a question
//	1  a problem, told on stderr as "error:" with a "hint:" on what to do; or the socket is refused
//	2  wrong usage
package report

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

const usage = `Usage:
  portside policy check FILE...
  portside policy show
  portside policy explain --origin ORIGIN --to HOST:PORT [--protocol tcp|udp] [--tls[=KIND]]
                          [--address ADDRESS]
  portside policy explain --origin ORIGIN --listen ADDRESS:PORT [--announce] [--from ADDRESS:PORT]
  portside policy explain --origin ORIGIN --bind ADDRESS:PORT [--announce] [--multicast] [--from ADDRESS:PORT]

check says whether policy files could be used, and where they could not. show says
which settings hold here and which file each comes from. explain says what becomes of
one socket, and why. None of them sends anything to the network.

  --origin ORIGIN         the page that asks, as in https://mail.example.org
  --to HOST:PORT          where it wants to go; an IPv6 address is written in brackets
  --protocol PROTOCOL     tcp or udp; default: tcp
  --tls                   with TLS from the first byte, verified for the host itself
  --tls=pinned            with TLS whose certificates the page lists
  --tls=other-name        with TLS that is verified for another name than the host
  --address ADDRESS       what the host's name is to be resolved to
  --listen ADDRESS:PORT   where it wants to listen for TCP; 0.0.0.0 and [::] are every interface
  --bind ADDRESS:PORT     where it wants to bind a UDP socket that is not connected
  --announce              it is to be announced on the link
  --multicast             it is to join multicast groups
  --from ADDRESS:PORT     who connects, or sends a datagram that nobody asked for
  --help                  this text

`

// command is one run: what was asked, and the world in which it is carried out.
type command struct {
	stdout, stderr io.Writer
	// folder and owner are those of the policy files; others than the usual ones in
	// tests only.
	folder string
	owner  int

	name                          string
	files                         []string
	origin, to, protocol, address string
	listen, bind, from            string
	tls                           tlsFlag
	announce, multicast           bool
	validator                     *protocol.Validator
	near                          rules.Near
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
	// errTold marks a refusal that stdout has told of already.
	errTold = errors.New("refused")
)

func misuse(format string, args ...any) error {
	return advise("portside policy --help shows what can be said", "%w%s", errUsage, fmt.Sprintf(format, args...))
}

// Run carries out args, whose first element is "policy", and returns the exit code.
// Results go to stdout, errors and hints to stderr.
func Run(args []string, stdout, stderr io.Writer) int {
	c := &command{stdout: stdout, stderr: stderr, folder: policy.Folder}
	return c.run(args)
}

func (c *command) run(args []string) int {
	err := c.parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(c.stdout, usage, c.where(), "\n")
		return 0
	}
	if err == nil {
		c.validator, err = protocol.NewValidator()
	}
	c.near, c.own = nearby.New(zerolog.Nop()), nearby.Addresses
	if err == nil {
		err = map[string]func() error{"check": c.check, "show": c.show, "explain": c.explain}[c.name]()
	}
	return c.report(err)
}

// where says which files count.
func (c *command) where() string {
	if c.folder == "" {
		return "This system has no place for policy files; what the browser manages counts."
	}
	return fmt.Sprintf("Policy files: %s/policy.json and %[1]s/policy.d/*.json.", c.folder)
}

func (c *command) parse(args []string) error {
	if len(args) == 0 {
		return misuse("the command must be check, show or explain")
	}
	c.name = args[0]
	flags := flag.NewFlagSet("policy "+c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	switch c.name {
	case "-h", "-help", "--help", "help":
		return flag.ErrHelp
	case "check", "show":
	case "explain":
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
		return misuse("the command must be check, show or explain, not %q", c.name)
	}
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return misuse("%v", err)
	}
	c.files = flags.Args()
	switch {
	case c.name == "check" && len(c.files) == 0:
		return misuse("no file is named")
	case c.name != "check" && len(c.files) > 0:
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

// load reads the policy as the host does.
func (c *command) load() *policy.Policy {
	return policy.Load(c.folder, policy.Options{Validator: c.validator, Owner: c.owner, Log: zerolog.Nop()})
}

// refused lists the sources that cannot be used, as errors.
func refused(p *policy.Policy) []error {
	var list []error
	for _, source := range p.Sources {
		for _, fault := range source.Faults {
			hint := "portside policy check " + source.Name
			if fault.Line == 0 && fault.Setting == "" {
				hint = "it must be a regular file of root's, and only root may write it and the folders above; docs/POLICY.md says more"
			}
			list = append(list, advise(hint, "%s: %s", source.Name, fault.Detailed()))
		}
	}
	return list
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
	if errors.Is(err, errTold) {
		return 1
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
