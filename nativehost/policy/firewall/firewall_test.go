package firewall

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/policy"
	schema "github.com/portside/portside/protocol"
)

func remarks(list []Remark) string {
	var texts []string
	for _, one := range list {
		texts = append(texts, one.String())
	}
	return strings.Join(texts, "\n")
}

func TestPolicy(t *testing.T) {
	const cidrNote = "where a rule that allows has an address (cidr), the user need not type it, though it may be in your own network"
	const askNote = `the user is asked before a destination is used first; "prompt": "skip" in a rule spares that`
	const restNote = "what no line fits is refused, as in a firewall whose last rule denies everything"
	for name, c := range map[string]struct{ table, want, notes string }{
		"a list": {
			"action,destination,port,protocol,comment\nallow,imap.example.org,993,tcp,mail\npermit,10.20.0.0/16,\"22, 5900:5910\",any,lab\ndeny,any,any,any,\n",
			`{"allowedDestinations":[{"host":"imap.example.org","ports":["993"],"protocol":"tcp"},{"cidr":"10.20.0.0/16","ports":["22","5900-5910"]}]}`,
			cidrNote + "\n" + askNote,
		},
		"semicolons, a byte order mark, other names": {
			"\xef\xbb\xbfAction;Dst;Destination Port;Proto;Source\r\nACCEPT;*.example.org 10.0.0.1;443;6;https://app.example.org\r\n",
			`{"allowedDestinations":[{"host":"*.example.org","ports":["443"],"protocol":"tcp","origins":["https://app.example.org"]},{"cidr":"10.0.0.1/32","ports":["443"],"protocol":"tcp","origins":["https://app.example.org"]}]}`,
			restNote + "\n" + cidrNote + "\n" + askNote,
		},
		"only blocks": {
			"action,destination\ndrop,10.0.0.0/8\nreject,fd00::/8\n",
			`{"blockedDestinations":[{"cidr":"10.0.0.0/8"},{"cidr":"fd00::/8"}]}`,
			"no line allows anything: what is not blocked is asked, as without a policy",
		},
		"allow the rest": {
			"action,destination,port\nblock,any,25\nallow,any,any\nallow,never.example,1\n",
			`{"allowedDestinations":[{}],"blockedDestinations":[{"ports":["25"]}]}`,
			"line 4: neither this line nor any behind it counts: a line before it fits everything\n" + askNote,
		},
		"another order than a policy's": {
			"action,destination,port\nallow,mail.example.org,any\ndeny,*.example.org,25\ndeny,other.example,1\n",
			`{"allowedDestinations":[{"host":"mail.example.org"}],"blockedDestinations":[{"host":"*.example.org","ports":["25"]},{"host":"other.example","ports":["1"]}]}`,
			"line 3: it blocks some of what line 2 allows before it: in a policy that is blocked\n" + restNote + "\n" + askNote,
		},
		"nothing is allowed": {"action,destination\ndeny,any\n", `{"blockedDestinations":[{}]}`, "no line allows anything: what is not blocked is asked, as without a policy"},
	} {
		said, notes, faults := Policy([]byte(c.table))
		if len(faults) > 0 {
			t.Errorf("%s: %s", name, remarks(faults))
			continue
		}
		got, err := json.Marshal(said)
		if err != nil || string(got) != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
		if remarks(notes) != c.notes {
			t.Errorf("%s\ngot  %s\nwant %s", name, remarks(notes), c.notes)
		}
	}
}

func TestFaults(t *testing.T) {
	for table, want := range map[string]string{
		"":                         "it is empty; the first line names the columns",
		"action,destination\n":     "it has no rules",
		"allow,10.0.0.0/8\n":       `line 1: a column is called "allow"; there are action, destination, port, protocol, source and comment` + "\n" + `line 1: a column is called "10.0.0.0/8"; there are action, destination, port, protocol, source and comment`,
		"action,port\nallow,22\n":  "line 1: it names the columns, and there is none that is called destination",
		"destination,dst,action\n": `line 1: the column "dst" says what another one says`,
		"action,destination\nallow,a.example,1\n":                                          "line 2: it has more or fewer columns than the first line",
		"action,destination\nallow,\"a\n":                                                  "line 2: the quotes are not those of comma-separated values",
		"action,destination\nlog,a.example\n":                                              `line 2: the action "log" is neither allow (accept, permit, pass) nor deny (drop, reject, block)`,
		"action,destination\nallow,a b!\n":                                                 `line 2: the destination "b!": no host name`,
		"action,destination\nallow,10.0.0.1/8\n":                                           `line 2: the destination "10.0.0.1/8" has bits beyond the prefix length; 10.0.0.0/8 has none`,
		"action,destination\nallow,10.0.0.1-9\n":                                           `line 2: the destination "10.0.0.1-9": a range of addresses is written as prefixes, as in "10.0.0.0/30"`,
		"action,destination,port\nallow,a,ssh\n":                                           `line 2: the port "ssh" is neither a number from 1 to 65535 nor a range, as in 5900-5910`,
		"action,destination,port\n\nallow,a,90-80\n":                                       `line 3: the port "90-80" is neither a number from 1 to 65535 nor a range, as in 5900-5910`,
		"action,destination,proto\nallow,a,icmp\n":                                         `line 2: the protocol is "icmp": there are tcp and udp only, so take the line out`,
		"action,destination,src\nallow,a,10.0.0.9\n":                                       `line 2: the source is "10.0.0.9": who asks here is always a page, so it is an origin, as in https://app.example.org, or any`,
		"action,destination,src\nallow,a,https://x/\n":                                     `line 2: the source "https://x/": an origin has a host and perhaps a port, and nothing after them`,
		"action,destination\n" + strings.Repeat("deny,a.example\n", mostRules+1):           fmt.Sprintf("line %d: a policy has at most 1024 rules in a list", mostRules+2),
		"action,destination,port\nallow,a,\"" + strings.Repeat("1 ", mostPorts+1) + "\"\n": "line 2: it has 65 ports; a rule has at most 64",
		"action,destination\n" + strings.Repeat("x", Largest):                              "it is larger than 1 MiB",
	} {
		said, _, faults := Policy([]byte(table))
		if got := remarks(faults); got != want || said != nil {
			t.Errorf("%.60q\ngot  %s\nwant %s", table, got, want)
		}
	}
	_, _, faults := Policy([]byte("action,destination\n" + strings.Repeat("x,y z!\n", 1000)))
	if len(faults) != mostRemarks {
		t.Errorf("%d faults", len(faults))
	}
}

// Whatever a table has, what comes out of it is a policy that can be used.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"action,destination,port,protocol,source\nallow,a.example,22,tcp,https://b.example\ndeny,any,any,any,any\n",
		"action;dst\nallow;10.0.0.0/8\n", "action\tto\nblock\t*\n", "\xef\xbb\xbfaction,host\n\"allow\",\"[::1]\"\n", "#,action,to\n1,pass,::ffff:10.0.0.0/104\n", "\"", "a,b", ",",
		"action,to,ports\nallow,*.local,1:2|3;4 5\n", "action,to\nallow,bücher.example\n", "action,to\nallow,_a.example localhost\n",
	} {
		f.Add([]byte(seed))
	}
	v, err := schema.NewValidator()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, table []byte) {
		said, notes, faults := Policy(table)
		if len(notes) > mostRemarks+3 || len(faults) > mostRemarks {
			t.Fatalf("%d notes, %d faults", len(notes), len(faults))
		}
		if said == nil {
			if len(faults) == 0 {
				t.Fatal("neither a policy nor a fault")
			}
			return
		}
		text, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range policy.Check("policy.json", text, v) {
			t.Errorf("%s\n%s", fault.Detailed(), text)
		}
	})
}
