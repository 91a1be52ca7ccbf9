package netns

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// Count returns one of the kernel's counts for the namespace that it is called in, by
// nstat's name for it: TcpActiveOpens, for example, or UdpInDatagrams, which is of IPv4
// only, and Udp6InDatagrams.
func Count(t *testing.T, name string) int {
	t.Helper()
	counts := map[string]string{}
	var names []string
	for _, file := range []string{"snmp", "snmp6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + file)
		if err != nil {
			t.Fatal(err)
		}
		// In snmp a line of names is followed by one of numbers, and both begin with the
		// protocol; in snmp6 each name has a line of its own.
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			protocol, several := strings.CutSuffix(fields[0], ":")
			switch {
			case !several:
				counts[fields[0]] = fields[1]
			case names == nil:
				names = fields
			default:
				for i, number := range fields[1:] {
					counts[protocol+names[i+1]] = number
				}
				names = nil
			}
		}
	}
	n, err := strconv.Atoi(counts[name])
	if err != nil {
		t.Fatalf("no count of %s: %v", name, err)
	}
	return n
}
