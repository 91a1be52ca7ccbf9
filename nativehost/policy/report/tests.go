package report

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// anywhere is no computer in particular: what tests of a file want must not depend on the
// addresses of the one that runs them.
type anywhere struct{}

func (anywhere) Class(netip.Addr) address.Class { return address.Public }

// test runs the tests of a source against a policy, and lists those that fail.
func (c *command) test(p *policy.Policy, source policy.Source) []error {
	if source.Said == nil || len(source.Said.Tests) == 0 {
		return nil
	}
	tester := *c
	tester.near = anywhere{}
	var problems []error
	for i := range source.Said.Tests {
		if err := tester.testOne(p, &source.Said.Tests[i]); err != nil {
			problems = append(problems, advise(
				"portside policy explain says which settings have a say; tests go by all files that are named together",
				"%s: tests[%d]: %w", source.Name, i, err))
		}
	}
	c.say("  tests: %d of %d as expected", len(source.Said.Tests)-len(problems), len(source.Said.Tests))
	return problems
}

func (c *command) testOne(p *policy.Policy, t *protocol.PolicyTest) error {
	r, addr, err := request(asked{t.Origin, t.Protocol, t.To, t.Address, policy.ClaimedTLS(t.TLS != nil && *t.TLS, "")})
	if err != nil {
		return fmt.Errorf("this is no test: %s", plain(err))
	}
	o := c.decide(p, r, addr)
	//rule:failing-policy-test-is-told
	if got := o.fate(); string(got) != t.Expect {
		return fmt.Errorf("%s to %s is not %s. %s", t.Origin, t.To, named(fate(t.Expect)), o.headline(p))
	}
	return nil
}

func named(f fate) string {
	return map[fate]string{allowed: "allowed", asks: "asked", refuses: "refused"}[f]
}

// asked is a connection as somebody writes it down.
type asked struct {
	origin, protocol, to, address string
	tls                           policy.TLS
}

// request reads what is asked, and the address that the host's name is to lead to, if any.
func request(a asked) (rules.Request, netip.Addr, error) {
	if err := checkOrigin(a.origin); err != nil {
		return rules.Request{}, netip.Addr{}, err
	}
	q, err := policy.ParseQuery(a.origin, or(a.protocol, "tcp"), a.to, a.tls)
	if err != nil {
		return rules.Request{}, netip.Addr{}, advise("as in mail.example.org:993 or [2001:db8::1]:22", "%w--to: %w", errUsage, err)
	}
	r := rules.Request{Origin: a.origin, Protocol: q.Protocol, Host: q.Host, Port: q.Port, TLS: a.tls}
	if a.address == "" {
		return r, netip.Addr{}, nil
	}
	if q.Host.Kind() == address.Literal {
		return r, netip.Addr{}, misuse("--address goes with a name, and %s is an address", q.Host)
	}
	addr, err := address.ParseAddr(a.address)
	if err != nil {
		return r, netip.Addr{}, misuse("--address: %q is no address", a.address)
	}
	return r, addr, nil
}

func checkOrigin(origin string) error {
	if _, err := address.ParseOrigin(origin); err != nil {
		return advise("it is written as in https://mail.example.org, without a path; http only has sockets on this computer",
			"%w%q is not the origin of a secure page", errUsage, origin)
	}
	return nil
}

// plain takes out of an error's text what is about flags: what marks their wrong use, and
// their dashes.
func plain(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), errUsage.Error()), "--")
}
