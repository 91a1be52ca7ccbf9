package policy

import (
	"errors"
	"slices"
	"strings"

	"github.com/portside/portside/nativehost/address"
)

// originPattern is "*", an origin, or an origin whose host begins with "*.".
type originPattern struct {
	any   bool
	below bool
	address.Origin
}

func (p originPattern) fits(asked address.Origin) bool {
	switch {
	case p.any:
		return true
	case p.Scheme != asked.Scheme || p.Port != asked.Port || asked.Scheme == "":
		return false
	case p.below:
		return belowDomain(asked.Host, p.Host)
	default:
		return asked.Host == p.Host
	}
}

// belowDomain reports whether a host is a name below a domain.
func belowDomain(host, domain address.Host) bool {
	return host.Kind() != address.Literal && strings.HasSuffix(host.String(), "."+domain.String())
}

func parseOriginPattern(text string) (originPattern, error) {
	if text == "*" {
		return originPattern{any: true}, nil
	}
	plainer := strings.Replace(text, "://*.", "://", 1)
	o, err := address.ParsePatternOrigin(plainer)
	p := originPattern{below: plainer != text, Origin: o}
	switch {
	case err != nil:
		return originPattern{}, err
	case p.below && p.Host.Kind() == address.Literal:
		return originPattern{}, errors.New("nothing is below an address")
	case !o.Secure():
		return originPattern{}, errors.New("pages of other computers have sockets only over https")
	}
	return p, nil
}

// hostPattern is "*", a name, a name that begins with "*.", or an address.
type hostPattern struct {
	any   bool
	below bool
	address.Host
}

func parseHostPattern(text string) (*hostPattern, error) {
	if text == "*" {
		return &hostPattern{any: true}, nil
	}
	if err := hostMistake(text); err != nil {
		return nil, err
	}
	rest, below := strings.CutPrefix(text, "*.")
	host, err := address.ParsePattern(rest)
	if err != nil {
		return nil, err
	}
	if below && host.Kind() == address.Literal {
		return nil, errors.New("nothing is below an address; cidr takes a prefix")
	}
	return &hostPattern{below: below, Host: host}, nil
}

func (p *hostPattern) fits(s *subject, block bool) bool {
	switch {
	case p.any:
		return true
	case p.below:
		return belowDomain(s.host, p.Host)
	default:
		return s.host == p.Host ||
			//rule:allow-host-ignores-embedded-ipv4
			block &&
				//rule:block-host-sees-embedded-ipv4
				slices.Contains(address.Readings(s.literal), p.Addr())
	}
}

// parsePortRange reads "22" or "5900-5910".
func parsePortRange(text string) (portRange, error) {
	from, to, isRange := strings.Cut(text, "-")
	lo, err := address.ParsePort(from)
	if err != nil {
		return portRange{}, err
	}
	if !isRange {
		return portRange{lo, lo}, nil
	}
	hi, err := address.ParsePort(to)
	if err != nil {
		return portRange{}, err
	}
	if hi < lo {
		return portRange{}, errors.New("the range ends before it begins")
	}
	return portRange{lo, hi}, nil
}
