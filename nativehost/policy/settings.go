package policy

import (
	"net/netip"
	"slices"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// Setting is a value and the setting that it comes from, or "" when it is what
// Portside does by itself.
type Setting[T any] struct {
	Value T
	By    string
}

// The values of cspRule.
const (
	RefuseUnsafeEval   = "refuse-unsafe-eval"
	RequireEvalBlocked = "require-eval-blocked"
)

// The values of servers.
const (
	ServersAll      = "all"
	ServersNetwork  = "network"
	ServersComputer = "computer"
	ServersOff      = "off"
)

// The values of boundUDP.
const (
	BoundInternet = "internet"
	BoundNetwork  = "network"
	BoundNamed    = "named"
	BoundOff      = "off"
)

// Settings are what the layers say together about Portside as a whole.
type Settings struct {
	// Enabled: false refuses every socket, which the judgements do by themselves.
	Enabled Setting[bool]
	// Remember: whether grants may be remembered, and remembered ones count.
	Remember Setting[bool]
	// PrivateEntry: whether the user may name an address that is not public.
	PrivateEntry Setting[bool]
	// CSPRule is RefuseUnsafeEval or RequireEvalBlocked.
	CSPRule Setting[string]
	// InstalledOnly: whether only installed web apps may open sockets.
	InstalledOnly Setting[bool]
	// Discovery: whether devices nearby may be looked for.
	Discovery Setting[bool]
	// Servers is where pages may listen for TCP connections at most: ServersAll,
	// ServersNetwork, ServersComputer or ServersOff.
	Servers Setting[string]
	// BoundUDP is whom a UDP socket that is not connected may send to at most:
	// BoundInternet, BoundNetwork, BoundNamed or BoundOff.
	BoundUDP Setting[string]
	// Multicast: whether groups may be joined.
	Multicast Setting[bool]
	// Announce: whether a socket may be announced on the link.
	Announce Setting[bool]
	Limits   Limits
	// DNSServers is empty when the system's are asked.
	DNSServers Setting[[]netip.AddrPort]
	// ErrorDetail: whether a page may know why the network failed at a destination that
	// somebody agreed to.
	ErrorDetail Setting[bool]
	// DataLane: whether bytes may take another way than the native-messaging pipe.
	DataLane Setting[bool]
	// Audit is the audit log that a host file asks for.
	Audit Setting[audit.Settings]
}

// Limits are the limits that layers set; the Value of one that none sets is 0.
type Limits struct {
	AttemptBurst, AttemptsPerSecond, AttemptsPerMinuteOverall Setting[int]
	PendingPerOrigin, OpenPerOrigin, OpenOverall              Setting[int]
	IPTypeOfService                                           Setting[int]
	AcceptedPerOrigin, AcceptedOverall                        Setting[int]
	LocalPerOrigin, NewPeersPerMinute                         Setting[int]
}

// limit is one of the limits: what a layer says, what layers have said together, and
// the cap that it sets.
type limit struct {
	name   string
	said   *int64 // nil when the layer does not set it
	merged *Setting[int]
	cap    *int
}

// each lists the limits.
func each(said *protocol.PolicyLimits, merged *Limits, caps *limits.Caps) []limit {
	return []limit{
		{"limits.attemptBurst", said.AttemptBurst, &merged.AttemptBurst, &caps.AttemptBurst},
		{"limits.attemptsPerSecond", said.AttemptsPerSecond, &merged.AttemptsPerSecond, &caps.AttemptsPerSecond},
		{"limits.attemptsPerMinuteOverall", said.AttemptsPerMinuteOverall, &merged.AttemptsPerMinuteOverall, &caps.AttemptsPerMinuteOverall},
		{"limits.pendingPerOrigin", said.PendingPerOrigin, &merged.PendingPerOrigin, &caps.PendingPerOrigin},
		{"limits.openPerOrigin", said.OpenPerOrigin, &merged.OpenPerOrigin, &caps.PerOrigin},
		{"limits.openOverall", said.OpenOverall, &merged.OpenOverall, &caps.Overall},
		{"limits.acceptedPerOrigin", said.AcceptedPerOrigin, &merged.AcceptedPerOrigin, &caps.AcceptedPerOrigin},
		{"limits.acceptedOverall", said.AcceptedOverall, &merged.AcceptedOverall, &caps.AcceptedOverall},
		{"limits.localPerOrigin", said.LocalPerOrigin, &merged.LocalPerOrigin, &caps.LocalPerOrigin},
		{"limits.newPeersPerMinute", said.NewPeersPerMinute, &merged.NewPeersPerMinute, &caps.NewPeersPerMinute},
		{"limits.ipTypeOfService", said.IPTypeOfService, &merged.IPTypeOfService, &caps.TypeOfService},
	}
}

// Over returns caps with the limits that layers set instead.
func (s *Limits) Over(caps limits.Caps) limits.Caps {
	for _, limit := range each(&protocol.PolicyLimits{}, s, &caps) {
		if limit.merged.By != "" {
			*limit.cap = limit.merged.Value
		}
	}
	return caps
}

// Limit is a limit as it is in force.
type Limit struct {
	// Name is the setting's.
	Name  string
	Value int
	// By is the setting that it comes from, or "" when it is Portside's own.
	By string
}

// InForce lists all limits, those of layers over caps.
func (s *Limits) InForce(caps limits.Caps) []Limit {
	caps = s.Over(caps)
	var list []Limit
	for _, limit := range each(&protocol.PolicyLimits{}, s, &caps) {
		list = append(list, Limit{limit.name, *limit.cap, limit.merged.By})
	}
	return list
}

// usual is what holds where no layer says anything.
func usual() Settings {
	return Settings{
		Enabled: Setting[bool]{Value: true}, Remember: Setting[bool]{Value: true}, PrivateEntry: Setting[bool]{Value: true},
		CSPRule: Setting[string]{Value: RefuseUnsafeEval}, Discovery: Setting[bool]{Value: true},
		Servers: Setting[string]{Value: ServersAll}, BoundUDP: Setting[string]{Value: BoundInternet},
		Multicast: Setting[bool]{Value: true}, Announce: Setting[bool]{Value: true},
		ErrorDetail: Setting[bool]{Value: true}, DataLane: Setting[bool]{Value: true},
	}
}

// merge adds what a layer says: the stricter wins, and between equals the first.
func (s *Settings) merge(l *layer) {
	said := &l.said
	s.Enabled.stricter(said.Enabled, false, l, "enabled")
	s.Remember.stricter(said.Remember, false, l, "remember")
	s.PrivateEntry.stricter(said.PrivateAddressEntry, false, l, "privateAddressEntry")
	s.InstalledOnly.stricter(said.InstalledOnly, true, l, "installedOnly")
	//rule:stricter-discovery-wins
	s.Discovery.stricter(said.Discovery, false, l, "discovery")
	//rule:stricter-multicast-wins
	s.Multicast.stricter(said.Multicast, false, l, "multicast")
	//rule:stricter-announce-wins
	s.Announce.stricter(said.Announce, false, l, "announce")
	//rule:narrower-servers-win
	narrower(&s.Servers, said.Servers, l, "servers", ServersOff, ServersComputer, ServersNetwork, ServersAll)
	//rule:narrower-bound-udp-wins
	narrower(&s.BoundUDP, said.BoundUDP, l, "boundUDP", BoundOff, BoundNamed, BoundNetwork, BoundInternet)
	if said.CSPRule != "" &&
		//rule:stricter-csp-rule-wins
		(s.CSPRule.By == "" || said.CSPRule == RequireEvalBlocked && s.CSPRule.Value != RequireEvalBlocked) {
		s.CSPRule = Setting[string]{said.CSPRule, l.by("cspRule")}
	}
	if said.ErrorDetail != "" {
		reason := said.ErrorDetail == "reason"
		s.ErrorDetail.stricter(&reason, false, l, "errorDetail")
	}
	if said.DataLane != "" {
		lane := said.DataLane == "on"
		s.DataLane.stricter(&lane, false, l, "dataLane")
	}
	if len(l.dnsServers) > 0 && s.DNSServers.By == "" && /*rule:restricting-layer-sets-no-dns*/ !l.onlyRestricts {
		s.DNSServers = Setting[[]netip.AddrPort]{l.dnsServers, l.by("dnsServers")}
	}
	if said.Limits != nil {
		s.Limits.merge(said.Limits, l)
	}
	if said.Audit != nil && /*rule:managed-storage-sets-no-audit*/ !l.managed && s.Audit.By == "" {
		log := audit.Settings{
			File: said.Audit.File, Detail: audit.Detail(said.Audit.Detail), Sink: audit.Sink(said.Audit.Sink),
			Private: audit.PrivateWindows(said.Audit.PrivateWindows), Required: said.Audit.Required != nil && *said.Audit.Required,
		}
		if said.Audit.MaxBytes != nil {
			log.MaxBytes = *said.Audit.MaxBytes
		}
		if said.Audit.Keep != nil {
			keep := int(*said.Audit.Keep)
			log.Keep = &keep
		}
		s.Audit = Setting[audit.Settings]{log, l.by("audit")}
	}
}

// stricter takes over what a layer says about a switch if nobody said anything yet,
// or if it is the strict value and the one so far is not.
func (s *Setting[T]) stricter(said *bool, strict bool, l *layer, name string) {
	value, ok := any(&s.Value).(*bool)
	if said == nil || !ok {
		return
	}
	//rule:stricter-switch-wins
	if s.By == "" || *said == strict && *value != strict {
		*value, s.By = *said, l.by(name)
	}
}

// narrower takes over what a layer says about how far something goes if nobody said
// anything yet, or if it goes less far than what was said. narrowest lists the values,
// the narrowest first.
func narrower(s *Setting[string], said string, l *layer, name string, narrowest ...string) {
	at := slices.Index(narrowest, said)
	if at >= 0 && (s.By == "" || at < slices.Index(narrowest, s.Value)) {
		s.Value, s.By = said, l.by(name)
	}
}

// merge takes the smallest of what layers say. One alone may also raise a limit, if it
// may do more than restrict.
func (s *Limits) merge(said *protocol.PolicyLimits, l *layer) {
	usual := limits.Standard()
	for _, limit := range each(said, s, &usual) {
		if limit.said == nil {
			continue
		}
		value := int(*limit.said)
		//rule:restricting-layer-raises-no-limit
		if l.onlyRestricts && limit.merged.By == "" && value > *limit.cap {
			continue
		}
		//rule:smaller-limit-wins
		if limit.merged.By == "" || value < limit.merged.Value {
			*limit.merged = Setting[int]{value, l.by(limit.name)}
		}
	}
}

// close refuses everything, because of a source that cannot be used.
func (s *Settings) close(broken string) {
	s.Enabled = Setting[bool]{false, broken}
	s.Remember = Setting[bool]{false, broken}
	s.PrivateEntry = Setting[bool]{false, broken}
	s.CSPRule = Setting[string]{RequireEvalBlocked, broken}
	s.Discovery = Setting[bool]{false, broken}
	s.ErrorDetail = Setting[bool]{false, broken}
	s.DataLane = Setting[bool]{false, broken}
	s.Servers, s.BoundUDP = Setting[string]{ServersOff, broken}, Setting[string]{BoundOff, broken}
	s.Multicast, s.Announce = Setting[bool]{false, broken}, Setting[bool]{false, broken}
}
