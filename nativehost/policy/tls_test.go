package policy

import (
	"net/netip"
	"testing"
)

// TestTLSRules has lists, and which kinds of TLS they admit to h.example:993.
func TestTLSRules(t *testing.T) {
	v := validator(t)
	kinds := []TLS{NoTLS, Verified, Pinned, OtherName}
	for _, c := range []struct {
		list string
		// by is "" for each kind that is admitted, else what refuses it.
		by [4]string
	}{
		{`[{"tls":"verified"}]`, [4]string{"[0]", "", "[0]", "[0]"}},
		{`[{"tlsOnly":true}]`, [4]string{"[0]", "", "[0]", "[0]"}},
		{`[{"tls":"pinned"}]`, [4]string{"[0]", "[0]", "", "[0]"}},
		{`[{"tls":"any"}]`, [4]string{"[0]", "", "", ""}},
		{`[{"tlsOnly":false}]`, [4]string{}},
		// Several say which kinds there may be.
		{`[{"tls":"verified"},{"tls":"pinned"}]`, [4]string{"[0]", "", "", "[0]"}},
		// What is for all the rest takes back nothing that was asked for.
		{`[{"ports":["993"],"tls":"verified"},{"prompt":"always"}]`, [4]string{"[0]", "", "[0]", "[0]"}},
		{`[{"ports":["993"],"tls":"verified"},{"host":"h.example"},{"tls":"any"}]`, [4]string{"[0]", "", "", ""}},
		// It is not about what the rule does not name.
		{`[{"ports":["995"],"tls":"verified"},{}]`, [4]string{}},
		{`[{"protocol":"udp","tls":"verified"},{}]`, [4]string{}},
		{`[{"host":"i.example","tls":"verified"},{}]`, [4]string{}},
		// An exception stands before it.
		{`[{"host":"h.example"},{"tls":"verified"}]`, [4]string{}},
	} {
		p := of(v, `{"allowedDestinations":`+c.list+`}`)
		for i, kind := range kinds {
			q := at(to("h.example", 993), func(q *Query) { q.TLS = kind })
			want := c.by[i]
			if want != "" {
				want = "0: allowedDestinations" + want
			}
			verdict, reasons := p.Explain(q, netip.Addr{})
			if judged := p.Judge(q); judged != verdict || judged.Allowed != (want == "") || !judged.Allowed && judged.By != want {
				t.Errorf("%s with TLS %q: %+v, explained as %+v; want %q", c.list, kind, judged, verdict, want)
			}
			if want != "" && !hasReason(reasons, want) {
				t.Errorf("%s with TLS %q: %v does not name %s", c.list, kind, reasons, want)
			}
		}
	}
}

// Whether a rule with addresses asks for TLS shows once the address is known.
func TestTLSRulesWithAddresses(t *testing.T) {
	p := of(validator(t), `{"allowedDestinations":[{"cidr":"192.0.2.0/24","tls":"verified"},{"prompt":"always"}]}`)
	plain := to("h.example", 993)
	if got := p.Judge(plain); !got.Allowed || got.Prompt != Always {
		t.Errorf("before its address is known: %+v", got)
	}
	if _, reasons := p.Explain(plain, netip.Addr{}); len(reasons) == 0 || reasons[0].Effect != MayWantTLS {
		t.Errorf("%v", reasons)
	}
	for addr, allowed := range map[string]bool{"192.0.2.7": false, "198.51.100.7": true} {
		if got := p.JudgeAddress(plain, netip.MustParseAddr(addr)); got.Allowed != allowed {
			t.Errorf("%s: %+v", addr, got)
		}
	}
}

func TestTLSIsSaidOnce(t *testing.T) {
	v := validator(t)
	for _, text := range []string{
		`{"allowedDestinations":[{"tls":"verified","tlsOnly":true}]}`,
		`{"allowedDestinations":[{"tls":"verified","tlsOnly":false}]}`,
		`{"allowedDestinations":[{"tls":"off"}]}`,
		`{"allowedDestinations":[{"tls":true}]}`,
		`{"blockedDestinations":[{"tls":"any"}]}`,
	} {
		if len(Check("policy.json", []byte(text), v)) == 0 {
			t.Errorf("%s passes", text)
		}
	}
}
