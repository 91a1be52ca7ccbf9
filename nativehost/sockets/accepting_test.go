package sockets

import (
	"context"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// A policy that comes when the listener has already asked about a connection is asked
// about it all the same.
func TestNewPolicyJudgesWhatIsAccepted(t *testing.T) {
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open("", policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()})
	r := New(Config{Policy: store, Near: nearby.New(zerolog.Nop()), Stdio: carrier.NewStdio(nil)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for managed, allowed := range map[string]bool{`{}`: true, `{"blockedDestinations": [{"cidr": "127.0.0.1/32"}]}`: false, `{"servers": "off"}`: false} {
		if !store.SetManaged([]byte(managed)) {
			t.Fatal("not valid")
		}
		visitor, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn, err := dial.Accepted(tcp.(*net.TCPConn))
		if err != nil {
			t.Fatal(err)
		}
		e := &entry{}
		o := &opening{subject: audit.Subject{Protocol: "tcp"}, local: &rules.LocalRequest{
			Origin: "https://page.example", Protocol: "tcp", Address: netip.MustParseAddr("127.0.0.1"), Reach: rules.ReachComputer,
		}}
		c := r.accepted(o, e, conn)
		if (c != nil) != allowed || (e.local != nil) != allowed || e.remote.IsValid() != allowed {
			t.Errorf("%s: accepted %v, %+v", managed, c != nil, e)
		}
		conn.Close()
		visitor.Close()
	}
}

// A policy that comes while the system is asked to listen is asked about it all the same.
func TestNewPolicyJudgesWhatIsBound(t *testing.T) {
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open("", policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()})
	r := New(Config{Policy: store, Near: nearby.New(zerolog.Nop())})
	k := r.inbound(nil, nil)
	o := newLocal("tcp", 1, protocol.LocalRequest{Origin: "https://page.example", Reach: "computer"})
	o.local.Address = netip.MustParseAddr("127.0.0.1")
	if err := k.judge(context.Background(), o, nil); err != nil {
		t.Error(err)
	}
	if !store.SetManaged([]byte(`{"servers": "off"}`)) {
		t.Fatal("not valid")
	}
	if k.judge(context.Background(), o, nil) == nil {
		t.Error("allowed")
	}
}
