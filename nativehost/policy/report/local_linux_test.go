package report

import (
	"bytes"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

// Where a page may listen is told by the interfaces that are there.
func TestExplainListening(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	n := netns.NewNeighbour(t)
	n.Join(t, "out0", []string{"93.184.220.7/24"}, "eth0", []string{"93.184.220.8/24"})
	n.Join(t, "lan0", []string{"10.9.8.7/24"}, "eth1", []string{"10.9.8.1/24"})
	sent := netns.Watch(t, "lan0")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--listen", "0.0.0.0:40000", "--from", "10.9.8.1:50000"}, 3, `https://a.example asks to listen for TCP at 0.0.0.0, port 40000

Asked, unless the user's answer is remembered

Where it may be open; the user picks one
  127.0.0.1                            programs on this computer
    a connection from 10.9.8.1:50000 would be turned away: another computer
  93.184.220.7                         devices in the network of out0, at an address of the Internet
    a connection from 10.9.8.1:50000 would be let in, if it comes in by out0
  10.9.8.7                             devices in the network of lan0
    a connection from 10.9.8.1:50000 would be let in, if it comes in by lan0
  0.0.0.0                              everybody who can reach this computer
    a connection from 10.9.8.1:50000 would be let in

No setting has a say.
`},
		{[]string{"--bind", "10.9.8.7:40000", "--from", "10.9.8.255:50000"}, 1, `https://a.example asks to bind a UDP socket at 10.9.8.7, port 40000

Refused: 10.9.8.255:50000 would be turned away everywhere
  the user says whom it may send to, and hear from: at most any server on the Internet

Where it may be open; the user picks one
  10.9.8.7                             devices in the network of lan0
    a datagram from 10.9.8.255:50000 would be turned away: nobody can be there

No setting has a say.
`},
		{[]string{"--listen", "10.9.8.1:40000"}, 1, `https://a.example asks to listen for TCP at 10.9.8.1, port 40000

Refused
  this computer has no such address now

No setting has a say.
`},
	} {
		var stdout, stderr bytes.Buffer
		command := &command{stdout: &stdout, stderr: &stderr}
		code := command.run(append([]string{"policy", "explain", "--origin", "https://a.example"}, c.args...))
		if code != c.code || stdout.String() != c.want || stderr.Len() > 0 {
			t.Errorf("%v: code %d, %s\ngot\n%s\nwant\n%s", c.args, code, &stderr, &stdout, c.want)
		}
	}
	if packets := sent.Packets(); len(packets) > 0 {
		t.Errorf("something was sent: %v", packets)
	}
}
