package policy

import (
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	v := validator(t)
	for _, c := range []struct{ text, logged, detailed string }{
		{``, "it is empty; {} sets nothing", ""},
		{"  \n", "it is empty; {} sets nothing", ""},
		{"{\n  \"enabled\": tru\n}", "line 2, column 17: it is not JSON", "line 2, column 17: it is not JSON: invalid character '\\n' in literal true (expecting 'e')"},
		{`{"enabled":true}x`, "line 1, column 17: it is not JSON", "line 1, column 17: it is not JSON: invalid character 'x' after top-level value"},
		{`{"enabled":true,}`, "line 1, column 17: it is not JSON", "line 1, column 17: it is not JSON: invalid character '}' looking for beginning of object key string; there is a comma before it and nothing behind that"},
		{"\xef\xbb\xbf{}", "line 1, column 1: it begins with a byte order mark", ""},
		{"{\"host\":\"\xff\"}", "it is not UTF-8", ""},
		{`[]`, "line 1, column 1: this does not fit the schema", "line 1, column 1: type should be object, got array"},
		{`null`, "line 1, column 1: this does not fit the schema", "line 1, column 1: type should be object, got null"},
		{"{\"enabled\": true,\n \"enabled\": false}", "line 2, column 2: a setting occurs twice", `line 2, column 2: "enabled" occurs twice`},
		{`{"limits":{"openOverall":1,"openOverall":2}}`, "line 1, column 28: limits: a setting occurs twice", `line 1, column 28: limits: "openOverall" occurs twice`},
		{"{\"remember\": true,\n  \"Enabled\": false}", "line 2, column 3: there is no such setting", `line 2, column 3: there is no setting "Enabled"; did you mean "enabled"?`},
		{`{"blockedDestinations":[{},{"hots":"SECRET"}]}`, "line 1, column 29: blockedDestinations[1]: there is no such setting", `line 1, column 29: blockedDestinations[1]: there is no setting "hots"; did you mean "host"?`},
		{`{"enabled":"true"}`, "line 1, column 12: enabled: this is of the wrong type", "line 1, column 12: enabled: write true, without quotes"},
		{`{"enabled":null}`, "line 1, column 12: enabled: this does not fit the schema", "line 1, column 12: enabled: type should be boolean, got null"},
		{`{"limits":{"openOverall":7.0}}`, "line 1, column 26: limits.openOverall: this is of the wrong type", "line 1, column 26: limits.openOverall: this is of the wrong type: a number 7.0"},
		{`{"limits":{"openOverall":0}}`, "line 1, column 26: limits.openOverall: this does not fit the schema", "line 1, column 26: limits.openOverall: must be greater than or equal to 1"},
		{`{"prompt":"never"}`, "line 1, column 11: prompt: this does not fit the schema", `line 1, column 11: prompt: should be one of ["ask", "always", "skip", "forbid"]`},
		{`{"a":[[[[[[[[[]]]]]]]]]}`, "it nests too deeply", ""},
		{`{"allowedOrigins":["mail.example"]}`, `line 1, column 20: allowedOrigins[0]: an origin begins with "https://"`,
			`line 1, column 20: allowedOrigins[0]: "mail.example": an origin begins with "https://"`},
		{`{"allowedOrigins":["https://a.example/"]}`, "line 1, column 20: allowedOrigins[0]: an origin has a host and perhaps a port, and nothing after them", "-"},
		{`{"allowedOrigins":["http://a.example"]}`, "line 1, column 20: allowedOrigins[0]: pages of other computers have sockets only over https", "-"},
		{`{"allowedOrigins":["ftp://a.example"]}`, `line 1, column 20: allowedOrigins[0]: an origin begins with "https://", or "http://" on this computer`, "-"},
		{`{"allowedOrigins":["https://a.example:0"]}`, "line 1, column 20: allowedOrigins[0]: ports are 1 to 65535", "-"},
		{`{"allowedOrigins":["https://*.10.0.0.1"]}`, "line 1, column 20: allowedOrigins[0]: nothing is below an address", "-"},
		{`{"allowedOrigins":["https://a.*.example"]}`, `line 1, column 20: allowedOrigins[0]: "*" stands alone, or in front: "*.example.org"`, "-"},
		{`{"allowedOrigins":["https://[::1"]}`, "line 1, column 20: allowedOrigins[0]: what is in brackets is no IPv6 address", "-"},
		{`{"allowedOrigins":["https://"]}`, "line 1, column 20: allowedOrigins[0]: the parts of a host name have 1 to 63 characters", "-"},
		{`{"blockedDestinations":[{"host":"a b"}]}`, "line 1, column 33: blockedDestinations[0].host: no host name", "-"},
		{`{"blockedDestinations":[{"host":"a..b"}]}`, "line 1, column 33: blockedDestinations[0].host: the parts of a host name have 1 to 63 characters", "-"},
		{`{"blockedDestinations":[{"host":"https://a"}]}`, `line 1, column 33: blockedDestinations[0].host: a host stands alone: "mail.example.org" without "https://"`, "-"},
		{`{"blockedDestinations":[{"host":"a/b"}]}`, "line 1, column 33: blockedDestinations[0].host: a host stands alone, without a path", "-"},
		{`{"blockedDestinations":[{"host":"a.example:993"}]}`, `line 1, column 33: blockedDestinations[0].host: a host stands without its port, which "ports" takes`, "-"},
		{`{"blockedDestinations":[{"host":"[::1]:993"}]}`, `line 1, column 33: blockedDestinations[0].host: a host stands without its port, which "ports" takes`, "-"},
		{`{"blockedDestinations":[{"host":"10.0.0.0/8"}]}`, `line 1, column 33: blockedDestinations[0].host: this is a prefix, which "cidr" takes`, "-"},
		{`{"blockedDestinations":[{"host":"fd00::/8"}]}`, `line 1, column 33: blockedDestinations[0].host: this is a prefix, which "cidr" takes`, "-"},
		{`{"blockedDestinations":[{"cidr":"nas.example"}]}`, `line 1, column 33: blockedDestinations[0].cidr: this is a name, which "host" takes`, "-"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.1-10.0.0.9"}]}`, `line 1, column 33: blockedDestinations[0].cidr: a range of addresses is written as prefixes, as in "10.0.0.0/30"`, "-"},
		{`{"blockedDestinations":[{"ports":[22]}]}`, "line 1, column 35: blockedDestinations[0].ports[0]: this does not fit the schema", `line 1, column 35: blockedDestinations[0].ports[0]: write "22", in quotes`},
		{`{"blockedDestinations":[{"ports":22}]}`, "line 1, column 34: blockedDestinations[0].ports: this does not fit the schema", `line 1, column 34: blockedDestinations[0].ports: write ["22"], as a list`},
		{`{"blockedDestinations":[{"ports":"22"}]}`, "line 1, column 34: blockedDestinations[0].ports: this does not fit the schema", `line 1, column 34: blockedDestinations[0].ports: write ["22"], as a list`},
		{`{"blockedDestinations":[{"ports":["80:90"]}]}`, "line 1, column 35: blockedDestinations[0].ports[0]: this does not fit the schema",
			`line 1, column 35: blockedDestinations[0].ports[0]: "80:90" is neither a port nor a range, as in "22" and "5900-5910"`},
		{`{"limits":{"openOverall":"7"}}`, "line 1, column 26: limits.openOverall: this does not fit the schema", "-"},
		{`{"tlsOnly":true}`, "line 1, column 2: there is no such setting", `line 1, column 2: there is no setting "tlsOnly" here; it belongs into allowedDestinations or blockedDestinations`},
		{`{"audit":{"enabled":true}}`, "line 1, column 11: audit: there is no such setting", `line 1, column 11: audit: there is no setting "enabled" here; it belongs into the file itself`},
		{`{"tlsonly":true}`, "line 1, column 2: there is no such setting", `line 1, column 2: there is no setting "tlsonly"; did you mean "tlsOnly", in allowedDestinations or blockedDestinations?`},
		{`{"nothing like it":true}`, "line 1, column 2: there is no such setting", `line 1, column 2: there is no setting "nothing like it"`},
		{"{\n  // why\n}", "line 2, column 3: it is not JSON", "line 2, column 3: it is not JSON: invalid character '/' looking for beginning of object key string; a file with comments has a name that ends in .jsonc"},
		{`{'enabled': true}`, "line 1, column 2: it is not JSON", "line 1, column 2: it is not JSON: invalid character '\\'' looking for beginning of object key string; texts stand in double quotes, as in \"ask\""},
		{`{"appliesTo":{"times":[{"from":"08:00","to":"08:00"}]}}`, "line 1, column 24: appliesTo.times[0]: it ends when it begins; a whole day has neither from nor to", ""},
		{`{"appliesTo":{"machines":["a/b"]}}`, "line 1, column 27: appliesTo.machines[0]: this does not fit the schema", "-"},
		{`{"appliesTo":{"times":[{"from":"24:00"}]}}`, "line 1, column 32: appliesTo.times[0].from: this does not fit the schema", "-"},
		{`{"blockedDestinations":[{"host":"10.0.0.256"}]}`, "line 1, column 33: blockedDestinations[0].host: no IPv4 address", "-"},
		{`{"blockedDestinations":[{"host":"10.0.0.08"}]}`, "line 1, column 33: blockedDestinations[0].host: no IPv4 address", "-"},
		{`{"blockedDestinations":[{"host":"1.2.3.4.5"}]}`, "line 1, column 33: blockedDestinations[0].host: no IPv4 address", "-"},
		{`{"blockedDestinations":[{"host":"fe80::1%eth0"}]}`, "line 1, column 33: blockedDestinations[0].host: an address stands without its zone", "-"},
		{`{"blockedDestinations":[{"host":"*.10.0.0.1"}]}`, "line 1, column 33: blockedDestinations[0].host: nothing is below an address; cidr takes a prefix", "-"},
		{`{"blockedDestinations":[{"host":"a\u200d.example"}]}`, "line 1, column 33: blockedDestinations[0].host: no domain name", "-"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.0/33"}]}`, "line 1, column 33: blockedDestinations[0].cidr: neither a prefix nor an address", "-"},
		{`{"blockedDestinations":[{"cidr":"10.0.0.1/8"}]}`, "line 1, column 33: blockedDestinations[0].cidr: the address has bits beyond the prefix length", "-"},
		{`{"blockedDestinations":[{"cidr":"fe80::%1/10"}]}`, "line 1, column 33: blockedDestinations[0].cidr: neither a prefix nor an address", "-"},
		{`{"blockedDestinations":[{"ports":["22","9-3"]}]}`, "line 1, column 40: blockedDestinations[0].ports[1]: the range ends before it begins", "-"},
		{`{"blockedDestinations":[{"ports":["1-65536"]}]}`, "line 1, column 35: blockedDestinations[0].ports[0]: ports are 1 to 65535", "-"},
		{`{"blockedDestinations":[{"tlsOnly":true}]}`, "line 1, column 36: blockedDestinations[0].tlsOnly: tlsOnly is for allowedDestinations only", ""},
		{`{"blockedDestinations":[{"prompt":"skip"}]}`, "line 1, column 35: blockedDestinations[0].prompt: prompt is for allowedDestinations only", ""},
		{`{"allowedDestinations":[{"origins":["a"]}]}`, `line 1, column 37: allowedDestinations[0].origins[0]: an origin begins with "https://"`, "-"},
		{`{"localPorts":[{}]}`, "line 1, column 16: localPorts[0]: this does not fit the schema", "-"},
		{`{"localPorts":[{"ports":["90-80"]}]}`, "line 1, column 26: localPorts[0].ports[0]: the range ends before it begins", `line 1, column 26: localPorts[0].ports[0]: "90-80": the range ends before it begins`},
		{`{"localPorts":[{"ports":["80"]},{"ports":["81"],"origins":["a"]}]}`, `line 1, column 60: localPorts[1].origins[0]: an origin begins with "https://"`, "-"},
		{`{"localPorts":[{"ports":["80"],"host":"a"}]}`, "line 1, column 32: localPorts[0]: there is no such setting", "-"},
		{`{"servers":"none"}`, "line 1, column 12: servers: this does not fit the schema", "-"},
		{`{"dnsServers":["dns.example"]}`, `line 1, column 16: dnsServers[0]: neither an address nor an address with a port, as in "[2001:db8::53]:53"`, "-"},
		{`{"dnsServers":["192.0.2.1:0"]}`, `line 1, column 16: dnsServers[0]: neither an address nor an address with a port, as in "[2001:db8::53]:53"`, "-"},
		{`{"audit":{"file":"audit.log"}}`, "line 1, column 18: audit.file: this is no absolute path of a file", `line 1, column 18: audit.file: "audit.log" is no absolute path of a file`},
		{`{"audit":{"file":"/var/log/"}}`, "line 1, column 18: audit.file: this is no absolute path of a file", "-"},
		{`{"audit":{"file":"/a\n"}}`, "line 1, column 18: audit.file: this is no absolute path of a file", "-"},
		{`{"cspRule":"` + strings.Repeat("x", largest) + `"}`, "it is larger than 1 MiB", ""},
	} {
		faults := Check("", []byte(c.text), v)
		short := c.text[:min(len(c.text), 100)]
		if len(faults) != 1 {
			t.Errorf("%s: %v", short, faults)
			continue
		}
		if got := faults[0].String(); got != c.logged {
			t.Errorf("%s\ngot  %s\nwant %s", short, got, c.logged)
		}
		want := c.detailed
		if want == "" {
			want = c.logged
		}
		if got := faults[0].Detailed(); got != want && c.detailed != "-" {
			t.Errorf("%s\ngot  %s\nwant %s", short, got, want)
		}
		if p := of(v, `{}`, c.text); p.Judge(to("h.example", 1)).Allowed {
			t.Errorf("%s: does not refuse", short)
		}
	}
}

// All faults are told at once, in the order of the text, and those that go to a log
// repeat nothing of it.
func TestManyFaults(t *testing.T) {
	text := `{
  "allowedDestinations": [
    {"host": "SECRET!", "cidr": "SECRET", "ports": ["9-3"]}
  ],
  "blockedOrigins": ["SECRET"],
  "dnsServers": ["SECRET"]
}`
	faults := Check("", []byte(text), validator(t))
	var lines []int
	for _, f := range faults {
		lines = append(lines, f.Line)
		if strings.Contains(f.String(), "SECRET") {
			t.Errorf("quotes the text: %s", f)
		}
	}
	if len(lines) != 5 || lines[0] != 3 || lines[3] != 5 || lines[4] != 6 {
		t.Errorf("%v", faults)
	}
	faults = Check("", []byte(`{"prompt":"SECRET","SECRET2":1,"SECRET3":1,"allowedOrigins":["", 5]}`), validator(t))
	for _, f := range faults {
		if strings.Contains(f.String(), "SECRET") {
			t.Errorf("quotes the text: %s", f)
		}
	}
	if len(faults) != 5 {
		t.Errorf("%v", faults)
	}
}

func TestGoodSettings(t *testing.T) {
	v := validator(t)
	for _, text := range []string{
		`{}`, " {\n}\n", `{"allowedOrigins":["https://a_b.example","https://*.localhost","http://app.localhost:3000"]}`,
		`{"allowedDestinations":[{"host":"printer.local."},{"host":"_srv._tcp.example"},{"host":"a--b.example"},{"cidr":"::ffff:0:0/96"}]}`,
		`{"audit":{"maxBytes":65536,"keep":100}}`, `{"enabled":true,"limits":{}}`,
	} {
		if faults := Check("", []byte(text), v); len(faults) > 0 {
			t.Errorf("%s: %v", text, faults)
		}
	}
}
