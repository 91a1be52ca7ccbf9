package session_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// judgedLocal asks what the rules make of a socket that others can send to.
func judgedLocal(b *hosttest.Broker, network, addr string, change func(*protocol.PolicyJudgeLocalParams)) protocol.PolicyJudgeLocalResult {
	b.T.Helper()
	params := protocol.PolicyJudgeLocalParams{Origin: "https://page.example", Protocol: network, LocalAddress: addr, LocalPort: 40000}
	if change != nil {
		change(&params)
	}
	var result protocol.PolicyJudgeLocalResult
	b.MustCall(protocol.MethodPolicyJudgeLocal, params, &result)
	return result
}

func TestLocalJudgement(t *testing.T) {
	port := func(n int64) func(*protocol.PolicyJudgeLocalParams) {
		return func(p *protocol.PolicyJudgeLocalParams) { p.LocalPort = n }
	}
	announced := func(p *protocol.PolicyJudgeLocalParams) { p.Announce = true }
	insecure := func(p *protocol.PolicyJudgeLocalParams) { p.Origin = "http://page.example" }
	for _, c := range []struct {
		policy, network, addr string
		change                func(*protocol.PolicyJudgeLocalParams)
		allowed               bool
		reason, by, peers     string
		prompt                string
		multicast             bool
	}{
		{"", "tcp", "127.0.0.1", nil, true, "", "", "", "ask", false},
		{"", "udp", "127.0.0.1", nil, true, "", "", "internet", "ask", true},
		{"", "tcp", "127.0.0.1", port(0), true, "", "", "", "ask", false},
		{"", "tcp", "127.0.0.1", port(8080), false, "port", "", "", "ask", false},
		{"", "udp", "127.0.0.1", port(8080), true, "", "", "internet", "ask", true},
		{"", "udp", "127.0.0.1", port(53), false, "port", "", "", "ask", false},
		{"", "tcp", "[::1]", nil, false, "address", "", "", "ask", false},
		{"", "tcp", "localhost", nil, false, "address", "", "", "ask", false},
		{"", "tcp", "192.0.2.77", nil, false, "address", "", "", "ask", false},
		{"", "udp", "224.0.0.251", nil, false, "address", "", "", "ask", false},
		{"", "tcp", strings.Repeat("1", 1000), nil, false, "address", "", "", "ask", false},
		{"", "tcp", "127.0.0.1", insecure, false, "origin", "", "", "ask", false},
		{`{"enabled": false}`, "tcp", "127.0.0.1", nil, false, "policy", "enabled", "", "ask", false},
		{`{"localPorts": [{"ports": ["8080"]}]}`, "tcp", "127.0.0.1", port(8080), true, "", "", "", "ask", false},
		{`{"prompt": "always"}`, "tcp", "127.0.0.1", nil, true, "", "prompt", "", "always", false},
		{`{"prompt": "skip"}`, "tcp", "127.0.0.1", nil, true, "", "", "", "ask", false},
		{`{"prompt": "forbid"}`, "tcp", "127.0.0.1", nil, false, "policy", "prompt", "", "forbid", false},
		{`{"servers": "off"}`, "tcp", "127.0.0.1", nil, false, "policy", "servers", "", "ask", false},
		{`{"servers": "off"}`, "udp", "127.0.0.1", nil, true, "", "", "internet", "ask", true},
		{`{"boundUDP": "off"}`, "udp", "127.0.0.1", nil, false, "policy", "boundUDP", "", "ask", false},
		{`{"boundUDP": "named", "multicast": false}`, "udp", "127.0.0.1", nil, true, "", "", "named", "ask", false},
		{`{"announce": false}`, "tcp", "127.0.0.1", announced, false, "policy", "announce", "", "ask", false},
		{`{"announce": true}`, "tcp", "127.0.0.1", announced, true, "", "", "", "ask", false},
	} {
		b := hosttest.Start(t, hosttest.Options{Policy: c.policy})
		got := judgedLocal(b, c.network, c.addr, c.change)
		by := strings.TrimPrefix(got.By, "managed storage: ")
		if got.Allowed != c.allowed || got.Reason != c.reason || by != c.by || got.Peers != c.peers || got.Prompt != c.prompt || got.Multicast != c.multicast ||
			(len(got.Places) > 0) != c.allowed || !got.Remember || got.CSPRule != "refuse-unsafe-eval" || got.InstalledOnly || got.ErrorDetail != "reason" {
			t.Errorf("%s %s by %s\n%+v", c.network, c.addr, c.policy, got)
		}
	}
}

// The settings for all sockets are told here as elsewhere.
func TestLocalJudgementTellsTheSettings(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Policy: `{"remember": false, "cspRule": "require-eval-blocked", "installedOnly": true, "errorDetail": "none", "servers": "computer"}`})
	got := judgedLocal(b, "tcp", "0.0.0.0", nil)
	want := protocol.PolicyJudgeLocalResult{
		Allowed: true, Prompt: "ask", CSPRule: "require-eval-blocked", InstalledOnly: true, ErrorDetail: "none", Places: got.Places,
	}
	if !reflect.DeepEqual(got, want) || len(got.Places) != 1 || got.Places[0].Address != "127.0.0.1" || got.Places[0].Reach != "computer" {
		t.Errorf("%+v", got)
	}
	broken := judgedLocal(hosttest.Start(t, hosttest.Options{Folder: brokenFolder(t)}), "tcp", "127.0.0.1", nil)
	if broken.Allowed || broken.Reason != "policy-broken" || !strings.Contains(broken.By, "policy.json") || broken.Prompt != "forbid" {
		t.Errorf("%+v", broken)
	}
}

// brokenFolder is the folder of an administrator who has written a setting wrongly.
func brokenFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "portside")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "policy.json"), []byte(`{"enabeld": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}
