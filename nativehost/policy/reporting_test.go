package policy

import (
	"net/netip"
	"testing"
)

// What the lists of a file on trial would refuse is told, and allowed; what else the file
// says holds, and nothing is looser than without it.
func TestReportOnly(t *testing.T) {
	v := validator(t)
	nas := to("nas.example", 5060)
	inside := netip.MustParseAddr("10.0.0.1")
	for _, c := range []struct {
		layers []string
		want   Verdict
	}{
		{[]string{`{"reportOnly":true,"blockedDestinations":[{"ports":["5060"]}]}`}, Verdict{Allowed: true, Prompt: Ask, Reported: "0: blockedDestinations[0]"}},
		{[]string{`{"reportOnly":false,"blockedDestinations":[{"ports":["5060"]}]}`}, Verdict{By: "0: blockedDestinations[0]", Prompt: Forbid}},
		{[]string{`{"reportOnly":true,"blockedOrigins":["*"]}`}, Verdict{Allowed: true, Prompt: Ask, Reported: "0: blockedOrigins[0]"}},
		{[]string{`{"reportOnly":true,"allowedOrigins":[]}`}, Verdict{Allowed: true, Prompt: Ask, Reported: "0: allowedOrigins"}},
		{[]string{`{"reportOnly":true,"allowedDestinations":[]}`}, Verdict{Allowed: true, Prompt: Ask, Reported: "0: allowedDestinations"}},
		{[]string{`{"reportOnly":true,"enabled":false}`}, Verdict{By: "0: enabled", Prompt: Forbid}},
		// What it would allow without a question is asked, and it vouches for nothing.
		{[]string{`{"reportOnly":true,"prompt":"skip","allowedDestinations":[{"host":"*.example","cidr":"10.0.0.0/8","ports":["5060"],"prompt":"skip"}]}`}, Verdict{Allowed: true, Prompt: Ask}},
		{[]string{`{"reportOnly":true,"allowedDestinations":[{"prompt":"always"}]}`}, Verdict{Allowed: true, Prompt: Ask}},
		{[]string{`{"reportOnly":true,"prompt":"always"}`}, Verdict{Allowed: true, By: "0: prompt", Prompt: Always}},
		// Other files are as they are.
		{[]string{`{"reportOnly":true,"blockedDestinations":[{}]}`, `{"blockedDestinations":[{}]}`}, Verdict{By: "1: blockedDestinations[0]", Prompt: Forbid}},
		{[]string{`{"reportOnly":true,"blockedDestinations":[{}]}`, `{"reportOnly":true,"blockedOrigins":["*"]}`, `{"allowedDestinations":[{"host":"nas.example","cidr":"10.0.0.0/8","prompt":"skip"}]}`},
			Verdict{Allowed: true, By: "2: allowedDestinations[0]", Prompt: Skip, VouchesPrivate: true, VouchesName: true, Reported: "0: blockedDestinations[0]"}},
	} {
		p := of(v, c.layers...)
		if got := p.JudgeAddress(nas, inside); got != c.want {
			t.Errorf("%v\ngot  %+v\nwant %+v", c.layers, got, c.want)
		}
		if got := p.JudgeOrigin(nas.Origin); got.Allowed != c.want.Allowed && c.want.By != "1: blockedDestinations[0]" && c.want.By != "0: blockedDestinations[0]" {
			t.Errorf("%v: the origin: %+v", c.layers, got)
		}
	}
}

// An explanation has the reported refusals as what they are.
func TestReportOnlyIsExplained(t *testing.T) {
	p := of(validator(t), `{"reportOnly":true,"blockedDestinations":[{"cidr":"10.0.0.0/8"},{"host":"nas.example"}],"prompt":"always"}`)
	_, reasons := p.Explain(to("nas.example", 22), netip.Addr{})
	want := []Reason{
		{By: "0: blockedDestinations[0]", Effect: MayReport}, {By: "0: blockedDestinations[1]", Effect: Reports}, {By: "0: prompt", Effect: Prompts, Prompt: Always},
	}
	if len(reasons) != len(want) {
		t.Fatalf("%+v", reasons)
	}
	for i := range want {
		if reasons[i] != want[i] {
			t.Errorf("got %+v, want %+v", reasons[i], want[i])
		}
	}
}
