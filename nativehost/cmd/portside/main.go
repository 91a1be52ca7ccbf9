// Command portside is two programs in one binary. Started by a browser it is the
// native host of Portside's extension: it opens sockets for web pages and speaks
// the protocol of docs/PROTOCOL.md over stdin and stdout. Started by a user it is
// the command that tells browsers where the host is, and administrators what their
// settings mean.
//
// Exit codes of the host: 0 the browser closed the connection; 1 a fault of the
// host; 3 framing was lost; 4 the caller is no extension that may use the host.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/portside/portside/install"
	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/nativehost/policy/report"
	"github.com/portside/portside/nativehost/version"
)

const (
	exitOK       = 0
	exitFault    = 1
	exitUsage    = 2
	exitFraming  = 3
	exitStranger = 4
)

func main() {
	args := os.Args[1:]
	if from, ok := caller.Identify(args); ok {
		os.Exit(host(from))
	}
	os.Exit(command(args, os.Stdout, os.Stderr))
}

const usage = `portside gives web pages TCP and UDP sockets, through its browser extension.

usage:
  portside install      tell the browsers of this computer where portside is
  portside uninstall    take that back
  portside status       say which browsers know portside
  portside policy       say what administrators allow: check, show, explain, import
  portside --version    print the version
  portside --help       print this

Browsers start portside by themselves. Its log and its audit log are in
$XDG_STATE_HOME/portside, or ~/.local/state/portside.
`

// command is what a user runs.
func command(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "--version", "-version", "version":
		fmt.Fprintln(stdout, version.Line())
		return exitOK
	case "--help", "-help", "-h", "help":
		fmt.Fprint(stdout, usage)
		return exitOK
	case "install", "uninstall", "status":
		return install.Run(args, stdout, stderr)
	case "policy":
		return report.Run(args, stdout, stderr)
	default:
		fmt.Fprintf(stderr, "error: portside has no command %q\nhint: portside --help lists them\n", args[0])
		return exitUsage
	}
}
