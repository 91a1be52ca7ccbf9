package session_test

import (
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

func TestJudgement(t *testing.T) {
	const usual = "refuse-unsafe-eval"
	lab := `{"allowedDestinations": [{"cidr": "10.0.0.0/8", "prompt": "skip"}, {"host": "*.example.org"}],
		"remember": false, "cspRule": "require-eval-blocked", "installedOnly": true, "errorDetail": "none"}`
	for _, c := range []struct {
		policy, host string
		port         int64
		entered      bool
		want         protocol.PolicyJudgeResult
	}{
		{"", "Mail.Example.ORG.", 993, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "mail.example.org", Place: "internet", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "127.1", 80, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "127.0.0.1", Place: "computer", Prompt: "ask", Remember: true, MustEnter: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "127.1", 80, true, protocol.PolicyJudgeResult{
			Allowed: true, Host: "127.0.0.1", Place: "computer", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "224.0.0.1", 80, true, protocol.PolicyJudgeResult{
			Reason: "address", Host: "224.0.0.1", Place: "special", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "no such / host", 80, true, protocol.PolicyJudgeResult{
			Reason: "dns", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "-lead.example", 80, true, protocol.PolicyJudgeResult{
			Reason: "dns", Host: "-lead.example", Place: "internet", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "", 5060, false, protocol.PolicyJudgeResult{
			Allowed: true, Prompt: "ask", Remember: true, Risk: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{lab, "10.231.77.9", 22, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "10.231.77.9", Place: "network", Prompt: "skip", CSPRule: "require-eval-blocked", InstalledOnly: true, ErrorDetail: "none",
		}},
		{lab, "192.168.233.77", 22, true, protocol.PolicyJudgeResult{
			Reason: "policy", Host: "192.168.233.77", Place: "network", Prompt: "forbid", CSPRule: "require-eval-blocked", InstalledOnly: true, ErrorDetail: "none",
		}},
	} {
		b := hosttest.Start(t, hosttest.Options{Policy: c.policy})
		got := b.Judged(c.host, c.port, c.entered)
		got.By, got.Verdict = "", ""
		if got != c.want {
			t.Errorf("%s\n got %+v\nwant %+v", c.host, got, c.want)
		}
	}
}

// In which network a destination is, is told for what is another machine elsewhere, and
// for those only who bring a salt.
func TestJudgementTellsTheNetwork(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	for host, depends := range map[string]bool{
		"192.168.1.1": true, "fd00::1": true, "nas.local": true,
		"127.0.0.1": false, "localhost": false, "mail.example.org": false, "93.184.215.14": false, "": false,
	} {
		for _, salt := range []string{"", "AAAAAAAAAAAAAAAAAAAAAA"} {
			var result protocol.PolicyJudgeResult
			b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
				Origin: "https://page.example", Protocol: "tcp", Host: host, Port: 993, UserEntered: true, NetworkSalt: salt,
			}, &result)
			if told := result.Network != ""; told != (depends && salt != "") {
				t.Errorf("%q with the salt %q: network %q", host, salt, result.Network)
			}
		}
	}
}

func TestJudgementOfAnInsecureOrigin(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	var result protocol.PolicyJudgeResult
	b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "http://page.example", Protocol: "tcp", Host: "mail.example.org", Port: 993,
	}, &result)
	if result.Allowed || result.Reason != "origin" {
		t.Errorf("%+v", result)
	}
}

func TestBrokenManagedSettingsRefuseEverything(t *testing.T) {
	peer := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{})
	lost, _ := b.Open(peer, nil)
	for _, settings := range []string{`{"enabled": "perhaps"}`, `{"allowedOrigin": []}`, `{`, `[]`} {
		var result protocol.PolicyManagedResult
		b.MustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: settings}, &result)
		if result.Valid {
			t.Errorf("valid: %s", settings)
		}
		// That it is broken is the reason, and by which source.
		refused := b.Answer(b.Ask(protocol.MethodTCPOpen, b.TCP(peer)))
		hosttest.WantFailure(t, refused, "NotAllowedError", "policy-broken")
		judged := b.Judged("mail.example.org", 993, false)
		if judged.Allowed || judged.Reason != "policy-broken" {
			t.Errorf("%s: judged as %+v", settings, judged)
		}
		for _, by := range []string{refused.Error.Data.By, judged.By} {
			if !strings.HasPrefix(by, "managed storage: ") {
				t.Errorf("%s: by %q", settings, by)
			}
		}
	}
	b.WantClosed(lost, "NotAllowedError", "policy-broken")
	b.Managed(`{"enabled": false}`)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, b.TCP(peer))), "NotAllowedError", "policy")
}
