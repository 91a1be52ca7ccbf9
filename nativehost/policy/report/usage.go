package report

import "fmt"

const usage = `Usage:
  portside policy check FILE...
  portside policy show [--managed FILE]
  portside policy explain --origin ORIGIN --to HOST:PORT [--protocol tcp|udp] [--tls[=KIND]]
                          [--address ADDRESS]
  portside policy explain --origin ORIGIN --listen ADDRESS:PORT [--announce] [--from ADDRESS:PORT]
  portside policy explain --origin ORIGIN --bind ADDRESS:PORT [--announce] [--multicast] [--from ADDRESS:PORT]
  portside policy import FILE.csv
  portside policy settings
  portside policy schema

check says whether policy files could be used, and where they could not; which rules
never decide anything; and whether the files together do what their tests want. show
says which settings hold here and which file each comes from. explain says what becomes
of one socket, and why. import prints a policy that does what firewall rules do. settings
lists what a policy may have, schema prints it for editors. None of them sends anything to
the network or changes a file.

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
  --managed FILE          what the browser's managed storage has: the settings, or the
                          browser's policy file that they are in; with explain, too
  --help                  this text

Exit codes: 0 all is well, or the socket is allowed without a question; 1 a file is of no
use, a test fails, or the socket is refused; 2 the command was not understood; 3 the user
is asked; 4 the policy cannot be used, so every socket is refused.

`

// places says which files count.
func (c *command) places() string {
	if c.folder == "" {
		return "This system has no place for policy files; what the browser manages counts."
	}
	return fmt.Sprintf("Policy files: %s/policy.json and %[1]s/policy.d/*.json; also .jsonc, with comments.", c.folder)
}
