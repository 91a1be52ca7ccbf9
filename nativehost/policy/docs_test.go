package policy

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/protocol"
)

const page = "../../docs/POLICY.md"

// TestExamples checks every piece of JSON of docs/POLICY.md.
func TestExamples(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	v := validator(t)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	withComment := regexp.MustCompile("(?s)```jsonc\n(.*?)```").FindAllSubmatch(text, -1)
	for _, block := range withComment {
		for _, fault := range Check("policy.jsonc", block[1], v) {
			t.Errorf("%s\n%s", fault.Detailed(), block[1])
		}
	}
	managedOnes := 0
	for _, block := range blocks {
		settings := block[1]
		type managed struct {
			ThirdParty struct {
				Extensions map[string]json.RawMessage
			} `json:"3rdparty"`
		}
		var browser struct {
			managed          // Chromium's
			Policies managed // Firefox's
		}
		if err := json.Unmarshal(settings, &browser); err != nil {
			t.Errorf("%v: %s", err, settings)
		}
		for _, one := range []managed{browser.managed, browser.Policies} {
			for _, set := range one.ThirdParty.Extensions {
				settings = set
				managedOnes++
			}
		}
		for _, fault := range Check("", settings, v) {
			t.Errorf("%s\n%s", fault.Detailed(), settings)
		}
	}
	if len(blocks) != 9 || managedOnes != 2 || len(withComment) != 1 {
		t.Errorf("%s has %d examples, %d of them for the browser", page, len(blocks), managedOnes)
	}
}

// TestExamplesSayWhatIsSaidOfThem judges by the examples.
func TestExamplesSayWhatIsSaidOfThem(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	v := validator(t)
	var policies []*Policy
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		policies = append(policies, of(v, string(block[1])))
	}
	lab, mail, silent, off := policies[0], policies[1], policies[2], policies[3]
	from := func(origin, host string, port uint16, secure bool) Query {
		q := to(host, port)
		q.Origin = origin
		if secure {
			q.TLS = Verified
		}
		return q
	}
	app := "https://app.example.org"
	for _, c := range []struct {
		name    string
		policy  *Policy
		query   Query
		allowed bool
		prompt  Prompt
	}{
		{"lab", lab, from(app, "nas.lab.example.org", 22, false), true, Skip},
		{"lab, other port", lab, from(app, "nas.lab.example.org", 23, false), false, Forbid},
		{"lab, other page", lab, from("https://b.example.org", "nas.lab.example.org", 22, false), false, Forbid},
		{"mail", mail, from(app, "imap.example.net", 993, true), true, Ask},
		{"mail without TLS", mail, from(app, "imap.example.net", 993, false), false, Forbid},
		{"mail that is pinned", mail, at(from(app, "imap.example.net", 993, false), func(q *Query) { q.TLS = Pinned }), false, Forbid},
		{"mail, the rest", mail, from(app, "irc.example.net", 6697, true), true, Always},
		{"mail, inside", mail, from(app, "10.1.2.3", 993, true), false, Forbid},
		{"mail, inside by name", mail, from(app, "x.corp.example.org", 993, true), false, Forbid},
		{"silent", silent, from("https://chat.example.org", "irc.example.org", 6697, true), true, Skip},
		{"silent, other page", silent, from(app, "irc.example.org", 6697, true), false, Forbid},
		{"off", off, from(app, "irc.example.org", 6697, true), false, Forbid},
	} {
		if got := c.policy.Judge(c.query); got.Allowed != c.allowed || got.Prompt != c.prompt {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := lab.JudgeAddress(from(app, "nas.lab.example.org", 22, false), addresses[0]); got.Allowed {
		t.Errorf("lab at %v: %+v", addresses[0], got)
	}
}

// TestEverySettingIsExplained wants each setting, and Portside's own limits, in the
// document.
func TestEverySettingIsExplained(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[protocol.PolicySettings](), reflect.TypeFor[protocol.PolicyDestination](),
		reflect.TypeFor[protocol.PolicyLimits](), reflect.TypeFor[protocol.PolicyLocalPort](), reflect.TypeFor[protocol.PolicyAudit](),
		reflect.TypeFor[protocol.PolicyAppliesTo](), reflect.TypeFor[protocol.PolicyHours](), reflect.TypeFor[protocol.PolicyTest](),
	} {
		for _, name := range jsonNames(of) {
			if !strings.Contains(string(text), "\n| `"+name+"`") && !strings.Contains(string(text), ", `"+name+"`") {
				t.Errorf("%s has no row for %s", page, name)
			}
		}
	}
	none := Limits{}
	for _, limit := range none.InForce(limits.Standard()) {
		name, value := strings.TrimPrefix(limit.Name, "limits."), limit.Value
		number, err := json.Marshal(value)
		if err != nil || !strings.Contains(string(text), "| `"+name+"` | "+string(number)+" |") {
			t.Errorf("%s does not say that %s is %d", page, name, value)
		}
	}
}
