package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// TestPrompts has the layers, and what they say together about h.example:22.
func TestPrompts(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		layers []string
		want   Prompt
		by     string
	}{
		{nil, Ask, ""},
		{[]string{`{}`}, Ask, ""},
		{[]string{`{"prompt":"ask"}`}, Ask, "0: prompt"},
		{[]string{`{"prompt":"always"}`}, Always, "0: prompt"},
		{[]string{`{"prompt":"forbid"}`}, Forbid, "0: prompt"},
		// skip covers what is listed, and nothing is.
		{[]string{`{"prompt":"skip"}`}, Ask, "0: prompt"},
		{[]string{`{"prompt":"skip","allowedDestinations":[{"host":"h.example"}]}`}, Skip, "0: prompt"},
		{[]string{`{"allowedDestinations":[{"host":"h.example"}]}`}, Ask, ""},
		{[]string{`{"allowedDestinations":[{"host":"h.example","prompt":"skip"}]}`}, Skip, "0: allowedDestinations[0]"},
		{[]string{`{"prompt":"always","allowedDestinations":[{"host":"h.example","prompt":"skip"}]}`}, Skip, "0: allowedDestinations[0]"},
		{[]string{`{"prompt":"forbid","allowedDestinations":[{"host":"h.example","prompt":"skip"},{}]}`}, Skip, "0: allowedDestinations[0]"},
		{[]string{`{"prompt":"forbid","allowedDestinations":[{"host":"h.example"}]}`}, Forbid, "0: prompt"},
		{[]string{`{"prompt":"skip","allowedDestinations":[{"host":"h.example","prompt":"always"}]}`}, Always, "0: allowedDestinations[0]"},
		// The first rule that fits decides.
		{[]string{`{"allowedDestinations":[{"host":"i.example","prompt":"always"},{"ports":["22"],"prompt":"skip"},{"prompt":"always"}]}`}, Skip, "0: allowedDestinations[1]"},
		// While only the address can tell which one that is, the strictest.
		{[]string{`{"allowedDestinations":[{"cidr":"10.0.0.0/8","prompt":"skip"},{"cidr":"11.0.0.0/8","prompt":"always"}]}`}, Always, "0: allowedDestinations[1]"},
		{[]string{`{"allowedDestinations":[{"cidr":"10.0.0.0/8","prompt":"skip"},{"prompt":"always"}]}`}, Always, "0: allowedDestinations[1]"},
		{[]string{`{"allowedDestinations":[{"cidr":"10.0.0.0/8","prompt":"skip"}]}`}, Skip, "0: allowedDestinations[0]"},
		{[]string{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"},{"prompt":"skip"}]}`}, Ask, "0: allowedDestinations[0]"},
		{[]string{`{"allowedDestinations":[{"host":"h.example","prompt":"ask"},{"cidr":"10.0.0.0/8","prompt":"always"}]}`}, Ask, "0: allowedDestinations[0]"},
		// The strictest layer that says something.
		{[]string{`{}`, `{"allowedDestinations":[{"prompt":"skip"}]}`, `{"remember":false}`}, Skip, "1: allowedDestinations[0]"},
		{[]string{`{"prompt":"ask"}`, `{"allowedDestinations":[{"prompt":"skip"}]}`}, Ask, "0: prompt"},
		{[]string{`{"allowedDestinations":[{"prompt":"skip"}]}`, `{"prompt":"always"}`, `{"prompt":"always"}`}, Always, "1: prompt"},
		{[]string{`{"prompt":"forbid"}`, `{"allowedDestinations":[{"prompt":"skip"}]}`}, Forbid, "0: prompt"},
		{[]string{`{"prompt":"skip"}`, `{"allowedDestinations":[{"prompt":"skip"}]}`}, Ask, "0: prompt"},
	} {
		if got := of(v, c.layers...).Judge(to("h.example", 22)); !got.Allowed || got.Prompt != c.want || got.By != c.by {
			t.Errorf("%v\n%+v, want %s by %q", c.layers, got, c.want, c.by)
		}
	}
}

func TestEveryAllowListMustAdmit(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		layers []string
		by     string
	}{
		{[]string{`{"allowedDestinations":[{"host":"h.example"}]}`, `{"allowedDestinations":[{"host":"*.example"}]}`}, ""},
		{[]string{`{"allowedDestinations":[{"host":"h.example"}]}`, `{"allowedDestinations":[{"host":"i.example"}]}`}, "1: allowedDestinations"},
		{[]string{`{"allowedOrigins":["*"]}`, `{"allowedOrigins":["https://b.example"]}`}, "1: allowedOrigins"},
		{[]string{`{"allowedDestinations":[{"host":"h.example"}]}`, `{"blockedDestinations":[{"ports":["22"]}]}`}, "1: blockedDestinations[0]"},
		{[]string{`{"enabled":true}`, `{"enabled":false}`}, "1: enabled"},
		{[]string{`{"enabled":false}`, `{"enabled":true}`}, "0: enabled"},
		// The first that refuses is named.
		{[]string{`{"blockedOrigins":["*"]}`, `{"enabled":false}`}, "0: blockedOrigins[0]"},
	} {
		if got := of(v, c.layers...).Judge(to("h.example", 22)); got.Allowed != (c.by == "") || !got.Allowed && got.By != c.by {
			t.Errorf("%v: %+v, want %q", c.layers, got, c.by)
		}
	}
}

func TestSettings(t *testing.T) {
	v := validator(t)
	if got, want := of(v).Settings, usual(); !reflect.DeepEqual(got, want) {
		t.Errorf("without a policy: %+v", got)
	}
	s := of(v,
		`{"enabled":true,"remember":true,"privateAddressEntry":true,"cspRule":"refuse-unsafe-eval","installedOnly":false,"discovery":true,"errorDetail":"reason","dataLane":"on",
		  "servers":"network","boundUDP":"network","multicast":true,"announce":true,"limits":{"attemptBurst":100,"openOverall":5000,"acceptedOverall":50}}`,
		`{"remember":false,"privateAddressEntry":false,"cspRule":"require-eval-blocked","installedOnly":true,"discovery":false,"errorDetail":"none","dataLane":"off",
		  "servers":"computer","boundUDP":"named","multicast":false,"announce":false,
		  "limits":{"attemptBurst":50,"pendingPerOrigin":3,"ipTypeOfService":0,"localPerOrigin":2,"acceptedPerOrigin":40,"acceptedOverall":60,"newPeersPerMinute":5},"dnsServers":["192.0.2.53","[2001:db8::53]:5353","2001:db8::54"],
		  "audit":{"file":"/var/log/portside.log","maxBytes":100000,"keep":0,"detail":"origins"}}`,
		`{"remember":true,"privateAddressEntry":true,"cspRule":"refuse-unsafe-eval","installedOnly":false,"discovery":true,"errorDetail":"reason","dataLane":"on",
		  "servers":"all","boundUDP":"internet","multicast":true,"announce":true,
		  "limits":{"attemptBurst":70,"ipTypeOfService":46},"dnsServers":["198.51.100.1"],"audit":{"detail":"full"}}`,
	).Settings
	none := 0
	want := Settings{
		Enabled: Setting[bool]{true, "0: enabled"}, Remember: Setting[bool]{false, "1: remember"},
		PrivateEntry: Setting[bool]{false, "1: privateAddressEntry"}, CSPRule: Setting[string]{RequireEvalBlocked, "1: cspRule"},
		InstalledOnly: Setting[bool]{true, "1: installedOnly"}, Discovery: Setting[bool]{false, "1: discovery"}, DataLane: Setting[bool]{false, "1: dataLane"},
		ErrorDetail: Setting[bool]{false, "1: errorDetail"},
		Servers:     Setting[string]{ServersComputer, "1: servers"}, BoundUDP: Setting[string]{BoundNamed, "1: boundUDP"},
		Multicast: Setting[bool]{false, "1: multicast"}, Announce: Setting[bool]{false, "1: announce"},
		Limits: Limits{
			AttemptBurst: Setting[int]{50, "1: limits.attemptBurst"}, OpenOverall: Setting[int]{5000, "0: limits.openOverall"},
			PendingPerOrigin: Setting[int]{3, "1: limits.pendingPerOrigin"},
			IPTypeOfService:  Setting[int]{0, "1: limits.ipTypeOfService"},
			LocalPerOrigin:   Setting[int]{2, "1: limits.localPerOrigin"}, AcceptedPerOrigin: Setting[int]{40, "1: limits.acceptedPerOrigin"},
			AcceptedOverall: Setting[int]{50, "0: limits.acceptedOverall"}, NewPeersPerMinute: Setting[int]{5, "1: limits.newPeersPerMinute"},
		},
		DNSServers: Setting[[]netip.AddrPort]{[]netip.AddrPort{
			netip.MustParseAddrPort("192.0.2.53:53"), netip.MustParseAddrPort("[2001:db8::53]:5353"), netip.MustParseAddrPort("[2001:db8::54]:53"),
		}, "1: dnsServers"},
		Audit: Setting[audit.Settings]{audit.Settings{File: "/var/log/portside.log", MaxBytes: 100000, Keep: &none, Detail: "origins"}, "1: audit"},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	caps := s.Limits.Over(limits.Standard())
	if caps != (limits.Caps{
		Overall: 5000, PerOrigin: 256, PendingPerOrigin: 3, AttemptBurst: 50, AttemptsPerSecond: 1, AttemptsPerMinuteOverall: 300,
		LocalPerOrigin: 2, AcceptedPerOrigin: 40, AcceptedOverall: 50, NewPeersPerMinute: 5, TypeOfService: 0,
	}) {
		t.Errorf("%+v", caps)
	}
}

func TestParseQuery(t *testing.T) {
	for text, want := range map[string]string{
		"h.example:22": "h.example", "BÜCHER.example.:22": "xn--bcher-kva.example", "127.1:22": "127.0.0.1", "[0::1]:22": "::1",
		"h.example": "", "h.example:": "", ":22": "", "::1:22": "", "h.example:0": "", "h.example:65536": "", "a b:1": "", "h.example:http": "",
	} {
		got, err := ParseQuery("https://app.example", "tcp", text, Verified)
		if want == "" {
			if err == nil || got != (Query{}) {
				t.Errorf("%s: %+v, %v", text, got, err)
			}
			continue
		}
		host, _ := address.ParseHost(want)
		if err != nil || got != (Query{Origin: "https://app.example", Protocol: "tcp", Host: host, Port: 22, TLS: Verified}) || host.String() != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestBrokenRefusesEverything(t *testing.T) {
	v := validator(t)
	p := of(v, `{"allowedDestinations":[{"prompt":"skip"}]}`, `{"remember": maybe}`, `{"limits":{"openOverall":3}}`)
	const by = "1: line 1, column 14: it is not JSON"
	if got := p.Judge(to("h.example", 22)); got != (Verdict{By: by, Prompt: Forbid}) {
		t.Errorf("%+v", got)
	}
	if _, reasons := p.Explain(to("h.example", 22), netip.Addr{}); len(reasons) != 1 || reasons[0].By != by {
		t.Errorf("%+v", reasons)
	}
	s := p.Settings
	if s.Enabled.Value || s.Remember.Value || s.PrivateEntry.Value || s.Discovery.Value || s.ErrorDetail.Value || s.DataLane.Value ||
		s.CSPRule.Value != RequireEvalBlocked || s.Enabled.By != by || s.Servers != (Setting[string]{ServersOff, by}) ||
		s.BoundUDP != (Setting[string]{BoundOff, by}) || s.Multicast.Value || s.Announce.Value {
		t.Errorf("%+v", s)
	}
	if s.Limits.OpenOverall.Value != 3 || len(p.Sources) != 3 || len(p.Sources[1].Faults) != 1 {
		t.Errorf("%+v, %+v", s.Limits, p.Sources)
	}
}

// The protocol bounds what names a setting.
func TestByIsBounded(t *testing.T) {
	s := &Store{options: Options{Validator: validator(t), Log: zerolog.Nop()}}
	s.texts = []source{{name: strings.Repeat("ä", 600), err: "is not a regular file"}}
	s.build()
	if by := s.policy.Load().Judge(to("h.example", 1)).By; utf8.RuneCountInString(by) != 512 || !strings.HasSuffix(by, "…") {
		t.Errorf("%d characters: %s", utf8.RuneCountInString(by), by)
	}
}

// randomLayer draws from few hosts, ports and origins, so that rules often meet.
func randomLayer(r *rand.Rand) string {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	origin := func() string { return pick("*", "https://app.example", "https://*.example", "https://b.example") }
	rule := func(allow bool) map[string]any {
		m := map[string]any{}
		for _, set := range []func(){
			func() {
				m["host"] = pick("*", "h.example", "*.example", "i.example", "10.0.0.1", "127.0.0.1", "fd00::1")
			},
			func() { m["cidr"] = pick("10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "127.0.0.1") },
			func() { m["ports"] = []string{pick("22", "20-30", "443")} },
			func() { m["protocol"] = pick("tcp", "udp") },
			func() { m["origins"] = []string{origin()} },
			func() {
				if allow {
					m["prompt"] = pick("ask", "always", "skip")
				}
			},
			func() {
				if allow {
					m["tlsOnly"] = r.IntN(2) == 0
				}
			},
		} {
			if r.IntN(3) == 0 {
				set()
			}
		}
		return m
	}
	rules := func(allow bool) []any {
		list := []any{}
		for range r.IntN(4) {
			list = append(list, rule(allow))
		}
		return list
	}
	m := map[string]any{}
	for _, set := range []func(){
		func() { m["enabled"] = r.IntN(4) != 0 },
		func() { m["allowedOrigins"] = []string{origin(), origin()} },
		func() { m["blockedOrigins"] = []string{pick("https://b.example", "https://*.b.example")} },
		func() { m["allowedDestinations"] = rules(true) },
		func() { m["allowedDestinations"] = append(rules(true), rule(true), map[string]any{}) },
		func() { m["blockedDestinations"] = rules(false) },
		func() { m["prompt"] = pick("ask", "always", "skip", "forbid") },
		func() { m["remember"] = r.IntN(2) == 0 },
		func() { m["privateAddressEntry"] = r.IntN(2) == 0 },
		func() { m["installedOnly"] = r.IntN(2) == 0 },
		func() { m["discovery"] = r.IntN(2) == 0 },
		func() { m["cspRule"] = pick(RefuseUnsafeEval, RequireEvalBlocked) },
		func() { m["dataLane"] = pick("on", "off") },
		func() { m["errorDetail"] = pick("reason", "none") },
		func() { m["servers"] = pick(ServersAll, ServersNetwork, ServersComputer, ServersOff) },
		func() { m["boundUDP"] = pick(BoundInternet, BoundNetwork, BoundNamed, BoundOff) },
		func() { m["multicast"] = r.IntN(2) == 0 },
		func() { m["announce"] = r.IntN(2) == 0 },
		func() {
			list := []any{}
			for range r.IntN(3) {
				entry := map[string]any{"ports": []string{pick("8080", "80-90", "22")}}
				if r.IntN(2) == 0 {
					entry["protocol"] = pick("tcp", "udp")
				}
				if r.IntN(2) == 0 {
					entry["origins"] = []string{origin()}
				}
				list = append(list, entry)
			}
			m["localPorts"] = list
		},
		func() { m["limits"] = map[string]any{"openOverall": 1 + r.IntN(2000)} },
		func() { m["reportOnly"] = true },
	} {
		if r.IntN(3) == 0 {
			set()
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func queries() []Query {
	var all []Query
	for _, host := range []string{"h.example", "i.example", "j.test", "10.0.0.1", "127.0.0.1", "fd00::1", ""} {
		for _, port := range []uint16{22, 443} {
			for _, origin := range []string{"https://app.example", "https://b.example", "null"} {
				for _, tls := range []TLS{NoTLS, Verified, Pinned} {
					q := to(host, port)
					q.Origin, q.TLS = origin, tls
					all = append(all, q)
				}
			}
		}
	}
	return all
}

var addresses = []netip.Addr{
	netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd00::1"),
	netip.MustParseAddr("::ffff:10.0.0.9"), netip.MustParseAddr("64:ff9b::10.0.0.1"),
}

// Properties that hold for all layers, whatever they say.
func TestMoreLayersAreNeverMoreLenient(t *testing.T) {
	v := validator(t)
	r := rand.New(rand.NewPCG(1, 2))
	asked := queries()
	allowed, refused := 0, 0
	for range 500 {
		var layers []string
		before := of(v, layers...)
		for range 1 + r.IntN(3) {
			layers = append(layers, randomLayer(r))
			after := of(v, layers...)
			if after.broken != "" {
				t.Fatalf("%s\n%s", after.broken, layers)
			}
			if err := stricter(before.Settings, after.Settings); err != nil {
				t.Fatalf("%v\n%s", err, layers)
			}
			for range 20 {
				q := asked[r.IntN(len(asked))]
				was, is := before.Judge(q), after.Judge(q)
				if is.Allowed && !was.Allowed {
					t.Fatalf("%+v was refused by %s, and is allowed by one layer more\n%s", q, was.By, layers)
				}
				// One that says skip where nobody said anything is no exception: nobody did.
				if was.By != "" && is.Prompt.strictness() < was.Prompt.strictness() {
					t.Fatalf("%+v: %+v became %+v\n%s", q, was, is, layers)
				}
				onTrial := strings.Contains(layers[len(layers)-1], "reportOnly")
				if onTrial && (is.VouchesName && !was.VouchesName || is.VouchesPort && !was.VouchesPort || is.VouchesPrivate && !was.VouchesPrivate) {
					t.Fatalf("%+v: %+v became %+v by a layer on trial\n%s", q, was, is, layers)
				}
				if !is.Allowed {
					refused++
					if is.VouchesName || is.VouchesPort || is.VouchesPrivate || is.By == "" {
						t.Fatalf("%+v: %+v\n%s", q, is, layers)
					}
				} else {
					allowed++
				}
				if q.Host.Addr().IsValid() {
					continue
				}
				// What is refused by name is refused at every address, and the address makes
				// nothing stricter but by refusing.
				addr := addresses[r.IntN(len(addresses))]
				final := after.JudgeAddress(q, addr)
				switch {
				case final.Allowed && !is.Allowed,
					final.Allowed && final.Prompt.strictness() > is.Prompt.strictness(),
					final.Allowed && is.VouchesPort && !final.VouchesPort:
					t.Fatalf("%+v at %v: %+v, then %+v\n%s", q, addr, is, final, layers)
				}
			}
			// One that lists ports where nobody did opens them.
			if opened(before) {
				if err := stricterLocal(before, after); err != nil {
					t.Fatalf("%v\n%s", err, layers)
				}
			}
			before = after
		}
	}
	if allowed < 700 || refused < 700 {
		t.Errorf("%d allowed, %d refused: the layers are too much alike", allowed, refused)
	}
}

// stricter wants no switch to go back, and no limit to grow once it was set.
func stricter(was, is Settings) error {
	limit := was.Limits.OpenOverall
	if !was.Enabled.Value && is.Enabled.Value || !was.Remember.Value && is.Remember.Value || !was.PrivateEntry.Value && is.PrivateEntry.Value ||
		!was.DataLane.Value && is.DataLane.Value || !was.ErrorDetail.Value && is.ErrorDetail.Value || was.InstalledOnly.Value && !is.InstalledOnly.Value ||
		!was.Discovery.Value && is.Discovery.Value || was.CSPRule.Value == RequireEvalBlocked && is.CSPRule.Value != RequireEvalBlocked ||
		limit.By != "" && is.Limits.OpenOverall.Value > limit.Value {
		return fmt.Errorf("more lenient: %+v became %+v", was, is)
	}
	for _, way := range [][]string{
		{ServersOff, ServersComputer, ServersNetwork, ServersAll, was.Servers.Value, is.Servers.Value},
		{BoundOff, BoundNamed, BoundNetwork, BoundInternet, was.BoundUDP.Value, is.BoundUDP.Value},
	} {
		if slices.Index(way, way[5]) > slices.Index(way, way[4]) {
			return fmt.Errorf("%s became %s", way[4], way[5])
		}
	}
	if !was.Multicast.Value && is.Multicast.Value || !was.Announce.Value && is.Announce.Value {
		return fmt.Errorf("more lenient: %+v became %+v", was, is)
	}
	return nil
}

// locals are low ports that somebody may want.
func locals(do func(origin, protocol string, port uint16)) {
	for _, origin := range []string{"https://app.example", "https://b.example", "null"} {
		for _, protocol := range []string{"tcp", "udp"} {
			for _, port := range []uint16{22, 80, 8080, 8081} {
				do(origin, protocol, port)
			}
		}
	}
}

// opened reports whether some layer has a list of low ports.
func opened(p *Policy) bool {
	return slices.ContainsFunc(p.layers, func(l *layer) bool { return l.localPorts != nil })
}

// stricterLocal wants no low port to open, and no question to be dropped.
func stricterLocal(before, after *Policy) error {
	var err error
	locals(func(origin, protocol string, port uint16) {
		was, _ := before.OpensLowPort(origin, protocol, port)
		if is, by := after.OpensLowPort(origin, protocol, port); is && !was {
			err = fmt.Errorf("%s port %d for %s is opened by %s", protocol, port, origin, by)
		}
	})
	was, _ := before.LocalPrompt()
	if is, _ := after.LocalPrompt(); was.StricterThan(is) {
		err = fmt.Errorf("prompt %s became %s", was, is)
	}
	return err
}

// Settings that are written out again say the same.
func TestMarshalKeepsVerdicts(t *testing.T) {
	v := validator(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		text := randomLayer(r)
		same(t, v, text, rewrite(t, text))
	}
	same(t, v, `{"allowedOrigins":[]}`, rewrite(t, `{"allowedOrigins":[]}`))
}

// rewrite decodes and encodes settings.
func rewrite(t *testing.T, text string) string {
	t.Helper()
	var settings protocol.PolicySettings
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}

// same wants two texts to say the same about everything.
func same(t *testing.T, v *protocol.Validator, a, b string) {
	t.Helper()
	first, second := of(v, a), of(v, b)
	if !reflect.DeepEqual(first.Settings, second.Settings) {
		t.Fatalf("%+v became %+v\n%s\n%s", first.Settings, second.Settings, a, b)
	}
	if err := errors.Join(stricterLocal(first, second), stricterLocal(second, first)); err != nil {
		t.Fatalf("%v\n%s\n%s", err, a, b)
	}
	for _, q := range queries() {
		if first.Judge(q) != second.Judge(q) {
			t.Fatalf("%+v: %+v became %+v\n%s\n%s", q, first.Judge(q), second.Judge(q), a, b)
		}
		for _, addr := range addresses {
			if first.JudgeAddress(q, addr) != second.JudgeAddress(q, addr) {
				t.Fatalf("%+v at %v\n%s\n%s", q, addr, a, b)
			}
		}
	}
}
