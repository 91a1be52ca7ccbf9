package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

// with makes a policy of one file, or of none when its text is empty, and managed
// settings.
func with(t *testing.T, v *protocol.Validator, file, managed string) *Policy {
	t.Helper()
	s := &Store{options: Options{Validator: v, Log: zerolog.Nop()}}
	if file != "" {
		s.texts = []source{{name: "file", text: []byte(file)}}
	}
	s.managed = []byte(managed)
	s.build()
	p := s.policy.Load()
	if p.broken != "" {
		t.Fatal(p.broken)
	}
	return p
}

// What managed settings loosen without a policy file, they do not loosen beside one,
// not even beside one that sets nothing.
func TestManagedLoosensOnlyWithoutFiles(t *testing.T) {
	v := validator(t)
	const settings = `{
		"allowedDestinations": [{"host": "*.example", "cidr": "10.0.0.0/8", "ports": ["5060"], "prompt": "skip"}, {}],
		"limits": {"attemptBurst": 100, "attemptsPerSecond": 10, "attemptsPerMinuteOverall": 3000,
			"pendingPerOrigin": 1000, "openPerOrigin": 2000, "openOverall": 4000, "ipTypeOfService": 63,
			"localPerOrigin": 100, "acceptedPerOrigin": 5000, "acceptedOverall": 6000, "newPeersPerMinute": 700},
		"localPorts": [{"ports": ["8080"]}],
		"dnsServers": ["192.0.2.1"]
	}`
	nas := to("nas.example", 5060)
	inside := netip.MustParseAddr("10.0.0.1")
	alone := with(t, v, "", settings)
	want := Verdict{Allowed: true, By: "managed storage: allowedDestinations[0]", Prompt: Skip, VouchesPrivate: true, VouchesPort: true, VouchesName: true}
	if got := alone.JudgeAddress(nas, inside); got != want {
		t.Errorf("alone: %+v", got)
	}
	if got := alone.Settings.Limits.Over(limits.Standard()); got != (limits.Caps{
		Overall: 4000, PerOrigin: 2000, PendingPerOrigin: 1000, AttemptBurst: 100, AttemptsPerSecond: 10, AttemptsPerMinuteOverall: 3000,
		LocalPerOrigin: 100, AcceptedPerOrigin: 5000, AcceptedOverall: 6000, NewPeersPerMinute: 700, TypeOfService: 63,
	}) || len(alone.Settings.DNSServers.Value) != 1 || len(alone.Notes) != 0 {
		t.Errorf("alone: %+v, %+v", alone.Settings, alone.Notes)
	}
	if opens, by := alone.OpensLowPort("https://app.example", "tcp", 8080); !opens || by != "managed storage: localPorts[0]" {
		t.Errorf("alone: %v by %q", opens, by)
	}
	for _, file := range []string{`{}`, `{"remember": false}`} {
		beside := with(t, v, file, settings)
		if got := beside.JudgeAddress(nas, inside); got != (Verdict{Allowed: true, Prompt: Ask}) {
			t.Errorf("beside %s: %+v", file, got)
		}
		if got := beside.Settings.Limits.Over(limits.Standard()); got != limits.Standard() {
			t.Errorf("beside %s: %+v", file, got)
		}
		if got := beside.Settings.DNSServers; got.By != "" || got.Value != nil {
			t.Errorf("beside %s: %+v", file, got)
		}
		if opens, by := beside.OpensLowPort("https://app.example", "tcp", 8080); opens || by != "" {
			t.Errorf("beside %s: low port %v by %q", file, opens, by)
		}
		notes := strings.Join(beside.Notes, "\n")
		for _, setting := range []string{"allowedDestinations[0]", "limits.attemptBurst", "limits.openOverall", "limits.newPeersPerMinute", "localPorts", "dnsServers"} {
			if !strings.Contains(notes, "managed storage: "+setting+" ") {
				t.Errorf("beside %s nothing is told of %s: %s", file, setting, notes)
			}
		}
	}
	// What the file vouches for, or skips, stays so, as long as the managed settings
	// do not ask for more.
	const ours = `{"allowedDestinations": [{"host": "*.example", "cidr": "10.0.0.0/8", "ports": ["5060"], "prompt": "skip"}]}`
	want.By = "file: allowedDestinations[0]"
	if got := with(t, v, ours, settings).JudgeAddress(nas, inside); got != want {
		t.Errorf("with the file's word: %+v", got)
	}
	if got := with(t, v, ours, `{"prompt": "always"}`).JudgeAddress(nas, inside); got.Prompt != Always || !got.VouchesName {
		t.Errorf("with the file's word, and a stricter prompt: %+v", got)
	}
	// A file may raise a limit; managed settings then lower it, and raise it no further.
	for said, want := range map[int]int{500: 500, 3000: 2000} {
		got := with(t, v, `{"limits": {"openOverall": 2000}}`, fmt.Sprintf(`{"limits": {"openOverall": %d}}`, said))
		if caps := got.Settings.Limits.Over(limits.Standard()); caps.Overall != want {
			t.Errorf("%d sockets, not %d", caps.Overall, want)
		}
	}
}

// Whatever a file and managed settings say, the managed ones add nothing but refusals.
func TestManagedBesideFilesIsNeverMoreLenient(t *testing.T) {
	v := validator(t)
	r := rand.New(rand.NewPCG(11, 12))
	asked := queries()
	strict := 0
	for range 400 {
		file, settings := randomLayer(r), randomLayer(r)
		before, after := with(t, v, file, ""), with(t, v, file, settings)
		if err := stricter(before.Settings, after.Settings); err != nil {
			t.Fatalf("%v\n%s\n%s", err, file, settings)
		}
		was, is := before.Settings.Limits.Over(limits.Standard()), after.Settings.Limits.Over(limits.Standard())
		if is.Overall > was.Overall || !reflect.DeepEqual(before.Settings.DNSServers, after.Settings.DNSServers) {
			t.Fatalf("%+v became %+v\n%s\n%s", was, is, file, settings)
		}
		for range 20 {
			q := asked[r.IntN(len(asked))]
			addr := netip.Addr{}
			if !q.Host.Addr().IsValid() && r.IntN(2) == 0 {
				addr = addresses[r.IntN(len(addresses))]
			}
			was, is := before.JudgeAddress(q, addr), after.JudgeAddress(q, addr)
			if is != was {
				strict++
			}
			if is.Allowed && !was.Allowed || is.Prompt.strictness() < was.Prompt.strictness() || is.VouchesName && !was.VouchesName ||
				is.VouchesPort && !was.VouchesPort || is.VouchesPrivate && !was.VouchesPrivate {
				t.Fatalf("%+v at %v: %+v became %+v\n%s\n%s", q, addr, was, is, file, settings)
			}
		}
		if err := stricterLocal(before, after); err != nil {
			t.Fatalf("%v\n%s\n%s", err, file, settings)
		}
	}
	if strict < 1000 {
		t.Errorf("managed settings changed %d verdicts only", strict)
	}
}
