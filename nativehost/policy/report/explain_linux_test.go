package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// Addresses of the Internet that this computer or its link has are told as what they
// are here.
func TestExplainNearby(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "out0", []string{"93.184.220.7/24", "10.9.8.7/24"}, "eth0", []string{"93.184.220.8/24"})
	for _, c := range []struct {
		to, address string
		code        int
		want        []string
	}{
		{"93.184.220.7:22", "", 3, []string{"93.184.220.7 is an address of this computer, not public", "the user has to type it"}},
		{"10.9.8.7:22", "", 3, []string{"10.9.8.7 is an address of this computer, not public"}},
		{"10.9.8.9:22", "", 3, []string{"10.9.8.9 is an address of a private network, not public"}},
		{"127.0.0.1:22", "", 3, []string{"127.0.0.1 is this computer, not public"}},
		{"93.184.220.8:22", "", 3, []string{"93.184.220.8 is an address on a link of this computer, not public", "the user has to type it"}},
		{"93.184.221.8:22", "", 3, []string{"93.184.221.8 is a public address"}},
		{"10.9.8.255:22", "", 1, []string{"10.9.8.255 is an address of everybody on a link, not public", "nobody can be reached there"}},
		{"nas.example:22", "93.184.220.8", 1, []string{"on a link of this computer", "Portside refuses it"}},
		{"nas.example:22", "93.184.221.8", 3, []string{"93.184.221.8 is a public address"}},
	} {
		args := []string{"explain", "--origin", "https://a.example", "--to", c.to}
		if c.address != "" {
			args = append(args, "--address", c.address)
		}
		var stdout, stderr bytes.Buffer
		command := &command{stdout: &stdout, stderr: &stderr}
		if code := command.run(append([]string{"policy"}, args...)); code != c.code {
			t.Errorf("%v: %d: %s%s", args, code, &stdout, &stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v: no %q in %s", args, want, &stdout)
			}
		}
	}
}
