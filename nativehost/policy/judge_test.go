package policy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

func validator(t testing.TB) *protocol.Validator {
	t.Helper()
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// of makes a policy of texts, as if each were a file named "0", "1" and so on.
func of(v *protocol.Validator, texts ...string) *Policy {
	s := &Store{options: Options{Validator: v, Log: zerolog.Nop()}}
	for i, text := range texts {
		s.texts = append(s.texts, source{name: string(rune('0' + i)), text: []byte(text)})
	}
	s.build()
	return s.policy.Load()
}

// to asks for host, a name or a literal, over TCP without TLS.
func to(host string, port uint16) Query {
	read, _ := address.ParseHost(host)
	return Query{Origin: "https://app.example", Protocol: "tcp", Host: read, Port: port}
}

func at(q Query, change func(*Query)) Query {
	change(&q)
	return q
}

func TestOneLayer(t *testing.T) {
	v := validator(t)
	from := func(origin string) Query { return at(to("h.example", 1), func(q *Query) { q.Origin = origin }) }
	for _, c := range []struct {
		policy string
		query  Query
		by     string // empty: allowed
	}{
		{`{}`, to("h.example", 1), ""},
		{`{"enabled":true}`, to("h.example", 1), ""},
		{`{"enabled":false}`, to("h.example", 1), "0: enabled"},

		{`{"allowedOrigins":["https://app.example"]}`, from("https://app.example"), ""},
		{`{"allowedOrigins":["https://app.example:443"]}`, from("https://app.example"), ""},
		{`{"allowedOrigins":["https://App.Example"]}`, from("https://app.example"), ""},
		{`{"allowedOrigins":["https://app.example"]}`, from("https://app.example:8443"), "0: allowedOrigins"},
		{`{"allowedOrigins":["https://app.example:8443"]}`, from("https://app.example:8443"), ""},
		{`{"allowedOrigins":["https://other.example","https://*.example"]}`, from("https://app.example"), ""},
		{`{"allowedOrigins":["https://*.app.example"]}`, from("https://app.example"), "0: allowedOrigins"},
		{`{"allowedOrigins":["https://*.app.example"]}`, from("https://notapp.example"), "0: allowedOrigins"},
		{`{"allowedOrigins":["https://*.app.example"]}`, from("https://a.b.app.example"), ""},
		{`{"allowedOrigins":["https://bücher.example"]}`, from("https://xn--bcher-kva.example"), ""},
		{`{"allowedOrigins":["http://localhost:8080"]}`, from("http://localhost:8080"), ""},
		{`{"allowedOrigins":["http://localhost"]}`, from("https://localhost"), "0: allowedOrigins"},
		{`{"allowedOrigins":["https://[0:0::1]:8443"]}`, from("https://[::1]:8443"), ""},
		{`{"allowedOrigins":["https://127.1"]}`, from("https://127.0.0.1"), ""},
		{`{"allowedOrigins":["*"]}`, from("https://app.example"), ""},
		{`{"allowedOrigins":["*"]}`, from("null"), ""},
		{`{"allowedOrigins":["https://*.example"]}`, from("null"), "0: allowedOrigins"},
		{`{"allowedOrigins":[]}`, from("https://app.example"), "0: allowedOrigins"},
		{`{"blockedOrigins":["https://a.example","https://app.example"]}`, from("https://app.example"), "0: blockedOrigins[1]"},
		{`{"blockedOrigins":["https://app.example"],"allowedOrigins":["*"]}`, from("https://app.example"), "0: blockedOrigins[0]"},
		{`{"blockedOrigins":["*"]}`, from("null"), "0: blockedOrigins[0]"},

		{`{"blockedDestinations":[{"host":"h.example"}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"H.Example."}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"*.example"}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"*.h.example"}]}`, to("h.example", 1), ""},
		{`{"blockedDestinations":[{"host":"*"}]}`, to("10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{}]}`, to("10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"straße.example"}]}`, to("xn--strae-oqa.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"0x7f.1"}]}`, to("127.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"2130706433"}]}`, to("127.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"[::1]"}]}`, to("::1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"::ffff:10.0.0.1"}]}`, to("10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"host":"10.0.0.1"}]}`, to("::ffff:10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("10.9.8.7", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("11.0.0.0", 1), ""},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("::ffff:10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"::ffff:10.0.0.0/104"}]}`, to("10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.1"}]}`, to("10.0.0.1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"fe80::/10"}]}`, to("fe80::1%eth0", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("64:ff9b::a00:1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("64:ff9b:1::a00:1", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("2002:a00:1::5", 1), "0: blockedDestinations[0]"},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("64:ff9b::a00:1", 1), "0: allowedDestinations"},
		// An IPv6 address that a block rule names stands for itself only.
		{`{"blockedDestinations":[{"host":"64:ff9b::a00:1"}]}`, to("10.0.0.1", 1), ""},
		{`{"blockedDestinations":[{"host":"64:ff9b::a00:1"}]}`, to("2002:a00:1::", 1), ""},
		{`{"blockedDestinations":[{"ports":["22"]}]}`, to("h.example", 22), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"ports":["22"]}]}`, to("h.example", 23), ""},
		{`{"blockedDestinations":[{"ports":["1","5900-5910"]}]}`, to("h.example", 5910), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"ports":["1","5900-5910"]}]}`, to("h.example", 5911), ""},
		{`{"blockedDestinations":[{"protocol":"udp"}]}`, to("h.example", 1), ""},
		{`{"blockedDestinations":[{"protocol":"tcp","host":"*.example","ports":["1"]}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"origins":["https://app.example"]}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"origins":["https://b.example"]}]}`, to("h.example", 1), ""},
		// A name is not blocked before it is known where it leads.
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("h.example", 1), ""},

		{`{"allowedDestinations":[{"host":"h.example"}]}`, to("h.example", 1), ""},
		{`{"allowedDestinations":[{"host":"h.example"}]}`, to("i.example", 1), "0: allowedDestinations"},
		{`{"allowedDestinations":[]}`, to("h.example", 1), "0: allowedDestinations"},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("h.example", 1), ""},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8","ports":["22"]}]}`, to("h.example", 1), "0: allowedDestinations"},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`, to("192.0.2.1", 1), "0: allowedDestinations"},
		{`{"allowedDestinations":[{"tlsOnly":true}]}`, to("h.example", 1), "0: allowedDestinations[0]"},
		{`{"allowedDestinations":[{"tlsOnly":true}]}`, at(to("h.example", 1), func(q *Query) { q.TLS = Verified }), ""},
		{`{"allowedDestinations":[{"host":"h.example"}],"blockedDestinations":[{"host":"*"}]}`, to("h.example", 1), "0: blockedDestinations[0]"},
		// The user is still to name the host.
		{`{"allowedDestinations":[{"host":"h.example"}]}`, at(to("", 1), func(*Query) {}), ""},
		{`{"blockedDestinations":[{"host":"h.example"}]}`, at(to("", 1), func(*Query) {}), ""},
		{`{"blockedDestinations":[{"host":"*"}]}`, at(to("", 1), func(*Query) {}), "0: blockedDestinations[0]"},
		{`{"allowedDestinations":[{"ports":["2"]}]}`, at(to("", 1), func(*Query) {}), "0: allowedDestinations"},
	} {
		p := of(v, c.policy)
		verdict := p.Judge(c.query)
		if verdict.Allowed != (c.by == "") || !verdict.Allowed && verdict.By != c.by {
			t.Errorf("%s\n%+v\n%+v, want %q", c.policy, c.query, verdict, c.by)
		}
		explained, reasons := p.Explain(c.query, netip.Addr{})
		if explained != verdict {
			t.Errorf("%s: explained as %+v, judged as %+v", c.policy, explained, verdict)
		}
		if c.by != "" && (len(reasons) == 0 || !hasReason(reasons, c.by)) {
			t.Errorf("%s: %s is not among %v", c.policy, c.by, reasons)
		}
		if origin := p.JudgeOrigin(c.query.Origin); verdict.Allowed && !origin.Allowed {
			t.Errorf("%s: a socket is allowed, its origin is not", c.policy)
		}
	}
}

// Whatever an IPv4 address is dressed up as, block rules see it, by host and by cidr;
// allow rules see the IPv6 address only, and vouch for nothing else.
func TestEmbeddedAddresses(t *testing.T) {
	v := validator(t)
	forms := map[string]string{
		"NAT64":              "64:ff9b::a01:203",
		"6to4":               "2002:a01:203:7::1",
		"IPv4-compatible":    "::a01:203",
		"IPv4-translated":    "::ffff:0:a01:203",
		"local NAT64 of /48": "64:ff9b:1:a01:2:300::",
		"local NAT64 of /56": "64:ff9b:1:ab0a:1:203::",
		"local NAT64 of /64": "64:ff9b:1:abcd:a:102:300::",
		"local NAT64 of /96": "64:ff9b:1:abcd:0:7:a01:203",
	}
	for form, text := range forms {
		addr := netip.MustParseAddr(text)
		for _, rule := range []string{`"cidr":"10.0.0.0/8"`, `"cidr":"10.1.2.3"`, `"host":"10.1.2.3"`, `"host":"0xa.66051"`} {
			blocked := of(v, `{"blockedDestinations":[{`+rule+`}]}`)
			if got := blocked.Judge(to(text, 22)); got.Allowed {
				t.Errorf("%s: %s does not block %s", form, rule, text)
			}
			// A name that leads there is blocked by the address, not by the host.
			if got := blocked.JudgeAddress(to("h.example", 22), addr); got.Allowed != strings.Contains(rule, "host") {
				t.Errorf("%s: %s and a name that leads to %s: %+v", form, rule, text, got)
			}
			if got := of(v, `{"allowedDestinations":[{`+rule+`}]}`).Judge(to(text, 22)); got.Allowed {
				t.Errorf("%s: %s allows %s", form, rule, text)
			}
			listed := of(v, `{"allowedDestinations":[{`+rule+`,"prompt":"skip"},{}]}`)
			if got := listed.Judge(to(text, 22)); !got.Allowed || got.VouchesPrivate || got.Prompt != Ask {
				t.Errorf("%s: %s vouches for %s: %+v", form, rule, text, got)
			}
		}
		for _, rule := range []string{`"cidr":"11.0.0.0/8"`, `"host":"10.1.2.4"`} {
			if got := of(v, `{"blockedDestinations":[{`+rule+`}]}`).Judge(to(text, 22)); !got.Allowed {
				t.Errorf("%s: %s blocks %s", form, rule, text)
			}
		}
	}
}

func hasReason(reasons []Reason, by string) bool {
	for _, r := range reasons {
		if r.By == by && r.Effect == Refuses {
			return true
		}
	}
	return false
}

func TestJudgeOrigin(t *testing.T) {
	v := validator(t)
	p := of(v, `{"allowedOrigins":["https://a.example","https://b.example"]}`, `{"blockedOrigins":["https://b.example"],"blockedDestinations":[{}]}`)
	for origin, by := range map[string]string{
		"https://a.example": "", "https://b.example": "1: blockedOrigins[0]", "https://c.example": "0: allowedOrigins", "null": "0: allowedOrigins",
	} {
		if got := p.JudgeOrigin(origin); got.Allowed != (by == "") || got.By != by {
			t.Errorf("%s: %+v", origin, got)
		}
	}
	if got := of(v, `{"enabled":false}`).JudgeOrigin("https://a.example"); got.Allowed || got.By != "0: enabled" {
		t.Errorf("%+v", got)
	}
	if got := of(v, `{`).JudgeOrigin("https://a.example"); got.Allowed || got.By == "" {
		t.Errorf("%+v", got)
	}
	if got := of(v).JudgeOrigin("https://a.example"); !got.Allowed {
		t.Errorf("%+v", got)
	}
}

func TestJudgeAddress(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		policy, addr string
		by           string
	}{
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "10.0.0.1", "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "192.0.2.1", ""},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8","host":"i.example"}]}`, "10.0.0.1", ""},
		{`{"blockedDestinations":[{"cidr":"fe80::/10"}]}`, "fe80::1%eth0", "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "::ffff:10.0.0.1", "0: blockedDestinations[0]"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "64:ff9b::10.0.0.1", "0: blockedDestinations[0]"},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "192.0.2.1", "0: allowedDestinations"},
		{`{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`, "10.0.0.1", ""},
		// host is what was asked for, wherever it leads.
		{`{"blockedDestinations":[{"host":"10.0.0.1"}]}`, "10.0.0.1", ""},
	} {
		q := to("h.example", 1)
		p := of(v, c.policy)
		if before := p.Judge(q); !before.Allowed {
			t.Errorf("%s: %+v before the address is known", c.policy, before)
		}
		if got := p.JudgeAddress(q, netip.MustParseAddr(c.addr)); got.Allowed != (c.by == "") || !got.Allowed && got.By != c.by {
			t.Errorf("%s, %s: %+v, want %q", c.policy, c.addr, got, c.by)
		}
	}
}

func TestVouching(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		rule, host, addr        string
		private, port, nameInto bool
	}{
		{`{"cidr":"10.0.0.0/8"}`, "10.0.0.1", "", true, false, false},
		{`{"host":"10.0.0.1"}`, "10.0.0.1", "", true, false, false},
		{`{"host":"*"}`, "10.0.0.1", "", false, false, false},
		{`{}`, "10.0.0.1", "", false, false, false},
		{`{"cidr":"0.0.0.0/0"}`, "10.0.0.1", "", false, false, false},
		{`{"cidr":"::/0","host":"nas.example"}`, "nas.example", "fd00::1", false, false, false},
		{`{"cidr":"10.0.0.0/8"}`, "nas.example", "10.0.0.1", true, false, false},
		{`{"cidr":"10.0.0.0/8","host":"*"}`, "nas.example", "10.0.0.1", true, false, false},
		{`{"cidr":"10.0.0.0/8","host":"nas.example"}`, "nas.example", "10.0.0.1", true, false, true},
		{`{"cidr":"10.0.0.0/8","host":"*.example"}`, "nas.example", "10.0.0.1", true, false, true},
		{`{"cidr":"10.0.0.0/8","host":"*.example"}`, "nas.example", "", false, false, false},
		{`{"host":"nas.example"}`, "nas.example", "10.0.0.1", false, false, false},
		{`{"ports":["22"]}`, "nas.example", "", false, true, false},
		{`{"ports":["22-22"]}`, "nas.example", "", false, true, false},
		{`{"ports":["20-30"]}`, "nas.example", "", false, false, false},
		// One of the rules that may fit will, or nothing is allowed at all.
		{`{"ports":["22"],"cidr":"10.0.0.0/8"}`, "nas.example", "", false, true, false},
		{`{"ports":["22"],"cidr":"10.0.0.0/8"},{"cidr":"11.0.0.0/8"}`, "nas.example", "", false, false, false},
		{`{"ports":["22"],"cidr":"10.0.0.0/8"},{"cidr":"11.0.0.0/8"}`, "nas.example", "10.0.0.1", true, true, false},
		// A later rule vouches too.
		{`{"host":"*"},{"cidr":"10.0.0.0/8","ports":["22"]}`, "10.0.0.1", "", true, true, false},
	} {
		text := `{"allowedDestinations":[` + c.rule + `]}`
		for _, layers := range [][]string{{text}, {`{}`, text}, {text, `{"prompt":"ask"}`}} {
			p, q := of(v, layers...), to(c.host, 22)
			got := p.Judge(q)
			if c.addr != "" {
				got = p.JudgeAddress(q, netip.MustParseAddr(c.addr))
			}
			if !got.Allowed || got.VouchesPrivate != c.private || got.VouchesPort != c.port || got.VouchesName != c.nameInto {
				t.Errorf("%v, %s at %s: %+v", layers, c.host, c.addr, got)
			}
		}
		blocked := of(v, text, `{"blockedDestinations":[{}]}`).Judge(to(c.host, 22))
		if blocked.Allowed || blocked.VouchesName || blocked.VouchesPort || blocked.VouchesPrivate {
			t.Errorf("%s: vouches for what is blocked: %+v", text, blocked)
		}
	}
}

func BenchmarkNoPolicy(b *testing.B) {
	store := Open("/nonexistent/portside", Options{Log: zerolog.Nop()})
	q := to("h.example", 22)
	b.ReportAllocs()
	for b.Loop() {
		if !store.Current().Judge(q).Allowed {
			b.Fatal("refused")
		}
	}
}

func BenchmarkHundredRules(b *testing.B) {
	text := `{"allowedDestinations":[`
	for range 99 {
		text += `{"host":"*.elsewhere.example","ports":["22"]},`
	}
	p := of(validator(b), text+`{"host":"h.example"}]}`)
	q := to("h.example", 22)
	b.ReportAllocs()
	for b.Loop() {
		if !p.Judge(q).Allowed {
			b.Fatal("refused")
		}
	}
}
