package policy

import (
	"encoding/json"
	"testing"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// Whatever a page calls itself or its destination, it is below the blocked name.
func FuzzBlockedNames(f *testing.F) {
	for _, seed := range []string{"a", "xn--a", "xn--zzzzzz", "A.b", "a!b", "1", "0x1", "-", "_", "\u200d", "a..b", "xn--bcher-kva", "[::1]", "%41", "::%0"} {
		f.Add(seed)
	}
	p := of(validator(f), `{"blockedOrigins":["https://*.evil.example"],"blockedDestinations":[{"host":"*.evil.example"}]}`)
	f.Fuzz(func(t *testing.T, label string) {
		page := "https://" + label + ".evil.example"
		_, err := address.ParseOrigin(page)
		if label != "" && err == nil && p.JudgeOrigin(page).Allowed {
			t.Errorf("%q is not blocked", page)
		}
		for _, host := range []string{label + ".evil.example", label + ".evil.example.", label + ".EVIL.example"} {
			// "::%0.evil.example" is an address with an odd zone.
			read, err := address.ParseHost(host)
			if err == nil && read.Kind() != address.Literal && p.Judge(to(host, 1)).Allowed {
				t.Errorf("%q is not blocked", host)
			}
		}
	})
}

func FuzzPolicyFile(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"enabled":false}`, `{"allowedOrigins":["https://*.example","*","http://localhost:1","https://[::1]:2"],"blockedOrigins":[]}`,
		`{"allowedDestinations":[{"host":"*.example","cidr":"10.0.0.0/8","ports":["22","20-30"],"protocol":"tcp","tlsOnly":true,"origins":["*"],"prompt":"skip"}]}`,
		`{"blockedDestinations":[{"host":"0x7f.1"},{"host":"bücher.example"},{"cidr":"::ffff:0:0/96"}],"prompt":"forbid","remember":false}`,
		`{"limits":{"openOverall":7},"dnsServers":["[2001:db8::53]:53"],"errorDetail":"none","dataLane":"off","audit":{"file":"/a","maxBytes":65536,"keep":0,"detail":"counts"}}`,
		`{"servers":"computer","boundUDP":"named","multicast":false,"announce":false,"localPorts":[{"ports":["8080","80-90"],"protocol":"udp","origins":["https://*.example"]},{"ports":["1"]}]}`,
		`{"a":[[[[[[[[[[]]]]]]]]]]}`, `{"enabled":true,"enabled":false}`, `{"enabled":null}`, "\xef\xbb\xbf{}", `{"a~1/b":{}}`, `[1,{"x":"\ud800"}]`,
	} {
		f.Add([]byte(seed))
	}
	v := validator(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		p := of(v, string(text))
		if p.broken != "" {
			faults := Check("", text, v)
			if len(faults) == 0 || p.Settings.Enabled.Value {
				t.Fatalf("broken without a fault: %s", p.broken)
			}
			for _, fault := range faults {
				if fault.String() == "" || fault.Detailed() == "" {
					t.Errorf("a fault without a text: %+v", fault)
				}
			}
			for _, q := range queries()[:8] {
				if p.Judge(q).Allowed || p.JudgeAddress(q, addresses[0]).Allowed || p.JudgeOrigin(q.Origin).Allowed {
					t.Fatal("a broken file allows something")
				}
			}
			prompt, _ := p.LocalPrompt()
			locals(func(origin, protocol string, port uint16) {
				if opens, _ := p.OpensLowPort(origin, protocol, port); opens || prompt != Forbid {
					t.Fatal("a broken file opens a port")
				}
			})
			return
		}
		var settings protocol.PolicySettings
		if err := json.Unmarshal(text, &settings); err != nil {
			t.Fatalf("accepted what cannot be decoded: %v", err)
		}
		again, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		same(t, v, string(text), string(again))
	})
}
