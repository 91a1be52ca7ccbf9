package policy

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/portside/portside/nativehost/address"
)

// webOrigin is a serialised origin, taken apart. The zero value is that of an
// opaque origin, which only "*" fits.
type webOrigin struct {
	scheme string
	name   string
	addr   netip.Addr
	port   uint16
}

// originPattern is "*", an origin, or an origin whose host begins with "*.".
type originPattern struct {
	any   bool
	below bool
	webOrigin
}

func (p originPattern) fits(asked webOrigin) bool {
	switch {
	case p.any:
		return true
	case p.scheme != asked.scheme || p.port != asked.port || asked.scheme == "":
		return false
	case p.below:
		return strings.HasSuffix(asked.name, "."+p.name)
	default:
		return p.name == asked.name && p.addr == asked.addr
	}
}

// askedOrigin takes the origin of a query apart. A browser may know hosts that are
// none here, by a newer Unicode for instance; they are compared as they are written,
// so that no page escapes a block rule by its name.
func askedOrigin(text string) webOrigin {
	o, host, err := splitOrigin(text)
	if err != nil {
		return webOrigin{}
	}
	o.name, o.addr = askedHost(host)
	return o
}

// askedHost does the same for a host.
func askedHost(text string) (string, netip.Addr) {
	name, addr, err := parseHost(text)
	if err != nil {
		return strings.TrimSuffix(strings.ToLower(text), "."), netip.Addr{}
	}
	return name, addr
}

// parseOrigin takes an origin apart that somebody wrote.
func parseOrigin(text string) (webOrigin, error) {
	o, host, err := splitOrigin(text)
	if err != nil {
		return webOrigin{}, err
	}
	if o.name, o.addr, err = parseHost(host); err != nil {
		return webOrigin{}, err
	}
	return o, nil
}

// splitOrigin leaves the host as it is. Default ports are filled in.
func splitOrigin(text string) (o webOrigin, host string, err error) {
	scheme, rest, found := strings.Cut(text, "://")
	switch o.scheme = strings.ToLower(scheme); {
	case !found:
		return webOrigin{}, "", errors.New(`an origin begins with "https://"`)
	case o.scheme == "https":
		o.port = 443
	case o.scheme == "http":
		o.port = 80
	default:
		return webOrigin{}, "", errors.New(`an origin begins with "https://", or "http://" on this computer`)
	}
	if strings.ContainsAny(rest, "/?#@\\") {
		return webOrigin{}, "", errors.New("an origin has a host and perhaps a port, and nothing after them")
	}
	host = rest
	// The colons of an IPv6 literal are in brackets.
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		port, err := parsePort(rest[i+1:])
		if err != nil {
			return webOrigin{}, "", err
		}
		host, o.port = rest[:i], port
	}
	return o, host, nil
}

func parseOriginPattern(text string) (originPattern, error) {
	if text == "*" {
		return originPattern{any: true}, nil
	}
	plainer := strings.Replace(text, "://*.", "://", 1)
	o, err := parseOrigin(plainer)
	p := originPattern{below: plainer != text, webOrigin: o}
	switch {
	case err != nil:
		return originPattern{}, err
	case p.below && p.addr.IsValid():
		return originPattern{}, errors.New("nothing is below an address")
	case p.scheme == "http" && !loopback(o):
		return originPattern{}, errors.New("pages of other computers have sockets only over https")
	}
	return p, nil
}

// loopback reports whether http pages of the host are secure contexts.
func loopback(o webOrigin) bool {
	return o.addr.IsValid() && o.addr.IsLoopback() || o.name == "localhost" || strings.HasSuffix(o.name, ".localhost")
}

// hostPattern is "*", a name, a name that begins with "*.", or an address.
type hostPattern struct {
	any   bool
	below bool
	name  string
	addr  netip.Addr
}

func parseHostPattern(text string) (*hostPattern, error) {
	if text == "*" {
		return &hostPattern{any: true}, nil
	}
	rest, below := strings.CutPrefix(text, "*.")
	name, addr, err := parseHost(rest)
	if err != nil {
		return nil, err
	}
	if below && addr.IsValid() {
		return nil, errors.New("nothing is below an address; cidr takes a prefix")
	}
	return &hostPattern{below: below, name: name, addr: addr}, nil
}

func (p *hostPattern) fits(s *subject, block bool) bool {
	switch {
	case p.any:
		return true
	case p.addr.IsValid():
		return p.addr == s.literal || block && slices.Contains(address.Readings(s.literal), p.addr)
	case p.below:
		return strings.HasSuffix(s.name, "."+p.name)
	default:
		return s.name != "" && p.name == s.name
	}
}

// parseHost returns a host as a name of lower-case ASCII without a dot at its end,
// or as an address.
func parseHost(text string) (string, netip.Addr, error) {
	if inner, found := strings.CutPrefix(text, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !found || err != nil || !addr.Is6() {
			return "", netip.Addr{}, errors.New("what is in brackets is no IPv6 address")
		}
		return literal(addr)
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return literal(addr)
	}
	name, err := toASCII(text)
	if err != nil {
		return "", netip.Addr{}, err
	}
	name = strings.TrimSuffix(name, ".")
	if addr, numeric, err := oldIPv4(name); numeric {
		return "", addr, err
	}
	return name, netip.Addr{}, checkName(name)
}

func literal(addr netip.Addr) (string, netip.Addr, error) {
	if addr.Zone() != "" {
		return "", netip.Addr{}, errors.New("an address stands without its zone")
	}
	return "", plain(addr), nil
}

// toASCII does what browsers do to a domain (UTS 46, not transitional).
func toASCII(text string) (string, error) {
	if isASCII(text) {
		// Punycode is compared as it is written.
		return strings.ToLower(text), nil
	}
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(false))
	name, err := profile.ToASCII(text)
	if err != nil {
		return "", errors.New("no domain name")
	}
	return name, nil
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// checkName wants labels of letters, digits, "-" and "_" (RFC 1123 2.1; the
// underscore is no letter of a host name, but devices have it).
func checkName(name string) error {
	const longest, longestLabel = 253, 63
	if len(name) > longest {
		return errors.New("a host name has at most 253 characters")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > longestLabel {
			return errors.New("the parts of a host name have 1 to 63 characters")
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				if c == '*' {
					return errors.New(`"*" stands alone, or in front: "*.example.org"`)
				}
				return errors.New("no host name")
			}
		}
	}
	return nil
}

// parsePortRange reads "22" or "5900-5910".
func parsePortRange(text string) (portRange, error) {
	from, to, isRange := strings.Cut(text, "-")
	lo, err := parsePort(from)
	if err != nil {
		return portRange{}, err
	}
	if !isRange {
		return portRange{lo, lo}, nil
	}
	hi, err := parsePort(to)
	if err != nil {
		return portRange{}, err
	}
	if hi < lo {
		return portRange{}, errors.New("the range ends before it begins")
	}
	return portRange{lo, hi}, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || text[0] == '+' {
		return 0, errors.New("ports are 1 to 65535")
	}
	return uint16(port), nil
}
