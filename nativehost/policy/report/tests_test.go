package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/protocol"
)

// Each test of a policy is as expected or told, whatever the computer has for addresses.
func TestTestsOfAPolicy(t *testing.T) {
	validator, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	const rules = `"allowedDestinations":[{"host":"nas.example","cidr":"10.0.0.0/8","prompt":"skip"},{"host":"93.184.220.8"},{"host":"mail.example","tlsOnly":true}]`
	for test, told := range map[string]string{
		`"to":"nas.example:22","address":"10.0.0.1","expect":"allow"`:        "",
		`"to":"nas.example:22","address":"10.0.0.1","expect":"ask"`:          "is not asked. Allowed without a question: f: allowedDestinations[0]",
		`"to":"nas.example:22","address":"93.184.216.34","expect":"allow"`:   "is not allowed. Refused: f: allowedDestinations",
		`"to":"93.184.220.8:22","expect":"ask"`:                              "",
		`"to":"93.184.220.8:22","expect":"refuse"`:                           "is not refused. Asked, unless the user's answer is remembered",
		`"to":"mail.example:993","tls":true,"expect":"ask"`:                  "",
		`"to":"mail.example:993","expect":"refuse"`:                          "",
		`"to":"mail.example:993","protocol":"udp","tls":true,"expect":"ask"`: "",
		`"to":"mail.example:0","expect":"refuse"`:                            "this is no test: to: ports are 1 to 65535",
		`"to":"nas.example:22","address":"nas.example","expect":"refuse"`:    `this is no test: address: "nas.example" is no address`,
	} {
		text := `{` + rules + `,"tests":[{"origin":"https://app.example",` + test + `}]}`
		p := policy.Of([]policy.Text{{Name: "f", Content: []byte(text)}}, policy.Options{Validator: validator, Log: zerolog.Nop()})
		if p.Broken() {
			t.Fatalf("%s: %v", text, p.Sources)
		}
		var stdout bytes.Buffer
		c := &command{stdout: &stdout, stderr: &stdout, validator: validator, near: campus{}}
		problems := c.test(p, p.Sources[0])
		switch {
		case told == "" && len(problems) > 0, told != "" && len(problems) != 1:
			t.Errorf("%s: %v", test, problems)
		case told != "" && !strings.Contains(problems[0].Error(), told):
			t.Errorf("%s\ngot  %v\nwant %s", test, problems[0], told)
		case !strings.HasPrefix(stdout.String(), map[bool]string{true: "  tests: 1 of 1", false: "  tests: 0 of 1"}[told == ""]):
			t.Errorf("%s: %s", test, &stdout)
		}
	}
}
