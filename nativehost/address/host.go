package address

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/portside/portside/nativehost/fault"
)

// Kind says how a host becomes an address.
type Kind int

const (
	// Literal is an address.
	Literal Kind = iota + 1
	// Localhost is "localhost" or a name below it: always this computer, never
	// resolved (RFC 6761, section 6.3).
	Localhost
	// MulticastDNS is a name below "local", which only the link knows (RFC 6762,
	// section 3).
	MulticastDNS
	// Name is any other name.
	Name
)

// Lengths in bytes, without a final dot (RFC 1035, section 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
	// maxInput bounds what is looked at; IDNA can make long input short.
	maxInput = 1024
)

// Host is a host in canonical form. Hosts can be compared with ==; the zero Host is
// none.
type Host struct {
	kind Kind
	name string
	addr netip.Addr
}

// Kind returns how the host becomes an address, and 0 for the zero Host.
func (h Host) Kind() Kind { return h.kind }

// Addr returns a literal's address as it was written, IPv4-mapped for example, and
// the zero Addr for names.
func (h Host) Addr() netip.Addr { return h.addr }

// String returns the canonical form: a lower-case name in A-labels without a final
// dot, or an address as the URL Standard serialises it, without brackets.
func (h Host) String() string {
	if h.kind != Literal {
		return h.name
	}
	if h.addr.Is4In6() {
		// The URL Standard (section 3.5) knows no dotted part.
		b := h.addr.As16()
		return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
	}
	return h.addr.String()
}

// Askable reports whether the host can become an address at all. Name servers are asked
// neither for labels that begin or end with a hyphen (RFC 952), which Go's resolver
// refuses, nor for names below "onion" (RFC 7686, section 2).
func (h Host) Askable() bool {
	if h.kind != Name {
		return true
	}
	last := ""
	for label := range strings.SplitSeq(h.name, ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		last = label
	}
	return last != "onion"
}

// FromAddr returns the host that an address literal is. A zone of an address that is
// not link-local is dropped.
func FromAddr(addr netip.Addr) Host {
	if !linkLocal(addr) {
		addr = addr.WithZone("")
	}
	return Host{kind: Literal, addr: addr}
}

// ParseHost reads a host as the URL Standard's host parser does for http (section
// 3.5), old spellings of IPv4 addresses, IDNA and full-width digits included, and
// returns its canonical form. Unlike a URL, a host may be an IPv6 address without
// brackets, and a link-local one may have a zone. It refuses what no resolver takes:
// empty and over-long labels, and bytes other than letters, digits, hyphen and
// underscore. Errors are fault.ErrDNS.
func ParseHost(text string) (Host, error) {
	host, err := parseHost(text)
	if err != nil {
		return Host{}, fmt.Errorf("%w: not a host: %w", fault.ErrDNS, err)
	}
	return host, nil
}

// parseHost is ParseHost. Its errors say what is wrong and nothing else.
func parseHost(text string) (Host, error) {
	if text == "" || len(text) > maxInput || !utf8.ValidString(text) {
		return Host{}, errors.New("empty, too long or not UTF-8")
	}
	//rule:host-has-no-forbidden-characters
	if strings.ContainsFunc(text, forbidden) {
		return Host{}, errors.New("white space or a control character")
	}
	if strings.ContainsAny(text, ":[]") {
		return parse6(text)
	}
	profile := mapping()
	ascii, err := profile.ToASCII(text)
	if err != nil {
		return Host{}, errors.New("not an internationalised name")
	}
	// Some checks look at the text as it was before it was mapped; whoever reads the
	// result next makes them on what it has become.
	//rule:idna-result-is-reparsed
	if again, err := profile.ToASCII(ascii); err != nil || again != ascii {
		return Host{}, errors.New("not an internationalised name")
	}
	name := strings.TrimSuffix(ascii, ".")
	if err := checkName(name); err != nil {
		return Host{}, err
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	//rule:numeric-host-is-address
	case numeric(last):
		addr, ok := parse4(name)
		if !ok {
			return Host{}, errors.New("ends in a number, but is not an IPv4 address")
		}
		return FromAddr(addr), nil
	case last == "localhost":
		return Host{kind: Localhost, name: name}, nil
	case name == "local":
		return Host{}, errors.New("the domain of multicast DNS is not a host")
	case last == "local":
		return Host{kind: MulticastDNS, name: name}, nil
	default:
		return Host{kind: Name, name: name}, nil
	}
}

// checkName wants labels of letters, digits, "-" and "_" (RFC 1123, section 2.1; the
// underscore is no letter of a host name, but devices have it).
func checkName(name string) error {
	//rule:names-have-253-bytes
	if len(name) > maxName {
		return errors.New("a host name has at most 253 characters")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel {
			return errors.New("the parts of a host name have 1 to 63 characters")
		}
		switch /*rule:labels-are-ldh*/ strings.IndexFunc(label, notInLabel) {
		case -1:
		case strings.IndexByte(label, '*'):
			return errors.New(`"*" stands alone, or in front: "*.example.org"`)
		default:
			return errors.New("no host name")
		}
	}
	return nil
}

// mapping is what the URL Standard (section 3.3, domain to ASCII) asks UTS 46 for, and
// lengths, without which a final label "xn--" would vanish.
func mapping() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true),
		idna.CheckHyphens(false), idna.StrictDomainName(false), idna.VerifyDNSLength( /*rule:names-have-253-bytes.2*/ true))
}

// forbidden reports what may not even be mapped away. UTS 46 would ignore a byte
// order mark, which is white space for ECMAScript and so for the extension.
func forbidden(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff'
}

func notInLabel(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// linkLocal reports whether an address may have a zone. To netip, an IPv4-mapped one
// can be link-local too.
func linkLocal(addr netip.Addr) bool {
	return addr.Is6() && !addr.Is4In6() && addr.IsLinkLocalUnicast()
}
