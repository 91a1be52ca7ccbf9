package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/resolve"
)

const (
	public  = "93.184.215.14"
	public6 = "2606:2800:21f:cb07::14"
	private = "10.0.0.5"
)

// everywhere is a public address of each family, and what must not be reached.
var everywhere = []string{
	public, public6, private, "127.0.0.1", "::1", "192.168.7.7", "169.254.169.254", "100.64.0.9", "198.18.0.1", "fd00::5", "64:ff9b::a00:5", "2002:a00:5::1",
}

// open opens a socket and closes it again.
func open(t *testing.T, d *Dialer, network, name string, family resolve.Family) (netip.Addr, error) {
	t.Helper()
	to := Target{Network: network, Host: host(t, name), Port: somewhere, Origin: "https://page.example"}
	options := Options{DNSQueryType: family, Timeout: 10 * time.Second}
	if network == "udp" {
		conn, err := d.UDP(t.Context(), to, options)
		if err != nil {
			return netip.Addr{}, err
		}
		defer conn.Close()
		_, err = conn.Write([]byte("packet"))
		return conn.RemoteAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), err
	}
	conn, err := d.TCP(t.Context(), to, options)
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap(), nil
}

// Names that lead inside, in every way that DNS has, get nowhere.
func TestNamesThatLeadInside(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	w := newWorld(t, everywhere...)
	netns.Replace(t, "/etc/hosts", "127.0.0.1 listed.example\n")
	records := []string{
		"--host-record=public.example," + public, "--host-record=public6.example," + public6, "--host-record=dual.example," + public + "," + public6,
		"--host-record=mixed.example," + public, "--host-record=mixed.example," + private,
		"--host-record=mixed6.example," + public6 + "," + private, "--host-record=mixed64.example," + public + ",fd00::5",
		"--host-record=inside.example," + private, "--cname=chain.example,hop.example,inside.example",
		"--host-record=mapped.example,::ffff:" + private, "--host-record=mappedloop.example,::ffff:127.0.0.1",
		"--host-record=zero.example,0.0.0.0", "--host-record=zero6.example,::", "--host-record=compatible.example,::10.0.0.5",
		"--local-ttl=0",
	}
	names := []string{"mixed.example", "mixed6.example", "mixed64.example", "inside.example", "chain.example", "mapped.example", "mappedloop.example",
		"zero.example", "zero6.example", "compatible.example", "listed.example"}
	for i, addr := range everywhere[2:] {
		name := fmt.Sprintf("private%d.example", i)
		records, names = append(records, "--host-record="+name+","+addr), append(names, name)
	}
	netns.Dnsmasq(t, records...)
	rules := &publicOnly{}
	d := &Dialer{Rules: rules}

	before := begun(t)
	for _, network := range []string{"tcp", "udp"} {
		for _, name := range names {
			if to, err := open(t, d, network, name, resolve.Any); !errors.Is(err, fault.ErrAddress) {
				t.Errorf("%s to %s: %v, %v", network, name, to, err)
			}
		}
	}
	// Addresses that were written down go through the same rules.
	for _, literal := range append(everywhere[2:], "127.1", "0x7f.1", "2130706433", "::ffff:10.0.0.5", "localhost", "x.localhost") {
		if to, err := open(t, d, "tcp", literal, resolve.Any); !errors.Is(err, fault.ErrAddress) {
			t.Errorf("%s: %v, %v", literal, to, err)
		}
	}
	if n := begun(t) - before; n != 0 || len(w.visited()) != 0 {
		t.Errorf("%d connections were begun, something came to %v", n, w.visited())
	}

	// So far, nothing. The same world with names that are as they should be:
	for _, c := range []struct {
		name   string
		family resolve.Family
		want   []string
	}{
		{"public.example", resolve.Any, []string{public}},
		{"public6.example", resolve.Any, []string{public6}},
		{"dual.example", resolve.Any, []string{public, public6}},
		{"dual.example", resolve.IPv4, []string{public}},
		{"dual.example", resolve.IPv6, []string{public6}},
		{"mixed6.example", resolve.IPv6, []string{public6}},
	} {
		for _, network := range []string{"tcp", "udp"} {
			rules.asked = nil
			to, err := open(t, d, network, c.name, c.family)
			if err != nil || !slices.Contains(c.want, to.String()) || !slices.Contains(rules.asked, to) {
				t.Errorf("%s to %s %s: %v, %v; asked about %v", network, c.name, c.family, to, err, rules.asked)
			}
		}
	}
	netns.Until(t, "what was sent", func() bool { return len(w.visited()) == 2 })
	if got, want := w.visited(), []netip.Addr{netip.MustParseAddr(public), netip.MustParseAddr(public6)}; !slices.Equal(got, want) {
		t.Errorf("something came to %v", got)
	}
}

// flipper is an authoritative name server that gives another answer each time.
type flipper struct {
	asked [2]atomic.Int64 // for A, for AAAA
	// answer gives the n-th answer for a type.
	answer func(n int64, t dnsmessage.Type) []dnsmessage.ResourceBody
}

// serve answers on a UDP socket of its own, whose address it returns.
func (f *flipper) serve(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		conn.Close()
		serving.Wait()
	})
	serving.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(buffer[:n]); err != nil || len(m.Questions) != 1 {
				t.Errorf("not a question: %v", err)
				continue
			}
			question := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			which := 0
			if question.Type == dnsmessage.TypeAAAA {
				which = 1
			}
			for _, body := range f.answer(f.asked[which].Add(1)-1, question.Type) {
				header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 0}
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: body})
			}
			packet, err := m.Pack()
			if err != nil {
				t.Error(err)
				continue
			}
			_, _ = conn.WriteToUDPAddrPort(packet, from)
		}
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// A name that leads outside when it is judged and inside when it is used, or the
// other way round, with a time to live of 0: each time, one answer counts.
func TestAnswersThatChange(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	w := newWorld(t, everywhere...)
	outside, inside := netip.MustParseAddr(public), netip.MustParseAddr(private)
	f := &flipper{answer: func(n int64, which dnsmessage.Type) []dnsmessage.ResourceBody {
		switch {
		case which != dnsmessage.TypeA:
			return nil
		case n%2 == 0:
			return []dnsmessage.ResourceBody{&dnsmessage.AResource{A: outside.As4()}}
		default:
			return []dnsmessage.ResourceBody{&dnsmessage.AResource{A: inside.As4()}}
		}
	}}
	upstream := f.serve(t)
	netns.Dnsmasq(t, "--cache-size=0", fmt.Sprintf("--server=%v#%d", upstream.Addr(), upstream.Port()))
	before := begun(t)
	const tries = 60
	opened := 0
	for i := range tries {
		network := []string{"tcp", "udp"}[i/2%2]
		rules := &publicOnly{}
		to, err := open(t, &Dialer{Rules: rules}, network, "flip.example", resolve.Any)
		if i%2 == 0 {
			if err != nil || to != outside || slices.ContainsFunc(rules.asked, func(a netip.Addr) bool { return a != outside }) {
				t.Errorf("%d: %v, %v, asked about %v", i, to, err, rules.asked)
			}
			if network == "tcp" {
				opened++
			}
		} else if !errors.Is(err, fault.ErrAddress) || !slices.Equal(rules.asked, []netip.Addr{inside}) {
			t.Errorf("%d: %v, %v, asked about %v", i, to, err, rules.asked)
		}
	}
	if got := f.asked[0].Load(); got != tries {
		t.Errorf("%d tries asked %d times", tries, got)
	}
	if n := begun(t) - before; n != opened {
		t.Errorf("%d connections were begun, %d of them rightly", n, opened)
	}
	if got := w.visited(); !slices.Equal(got, []netip.Addr{outside}) {
		t.Errorf("something came to %v", got)
	}
}

// The name server's administrator changes sides between judgement and connection.
func TestReboundWhileItIsJudged(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	w := newWorld(t, everywhere...)
	hosts := filepath.Join(t.TempDir(), "hosts")
	point := func(to string) {
		if err := os.WriteFile(hosts, []byte(to+" turncoat.example\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	point(public)
	server := netns.Dnsmasq(t, "--addn-hosts="+hosts)
	reads := func() int { return strings.Count(server.Output(t), "read "+hosts) }
	rules := &publicOnly{}
	rules.meanwhile = func(asked int) {
		if asked > 0 {
			return
		}
		point(private)
		before := reads()
		server.Signal(syscall.SIGHUP)
		netns.Until(t, "the name server", func() bool { return reads() > before })
	}
	to, err := open(t, &Dialer{Rules: rules}, "tcp", "turncoat.example", resolve.Any)
	if err != nil || to.String() != public {
		t.Errorf("connected to %v, %v", to, err)
	}
	if len(rules.asked) != 2 || rules.asked[0] != to || rules.asked[1] != to {
		t.Errorf("asked about %v", rules.asked)
	}
	before := begun(t)
	if to, err := open(t, &Dialer{Rules: &publicOnly{}}, "tcp", "turncoat.example", resolve.Any); !errors.Is(err, fault.ErrAddress) {
		t.Errorf("connected to %v, %v", to, err)
	}
	if n := begun(t) - before; n != 0 {
		t.Errorf("%d connections were begun", n)
	}
	netns.Until(t, "the connection", func() bool { return len(w.visited()) > 0 })
	if got := w.visited(); len(got) != 1 || got[0].String() != public {
		t.Errorf("something came to %v", got)
	}
}

// turning allows what it is asked about first, and refuses from then on.
type turning struct{ asked atomic.Int64 }

func (r *turning) Judge(context.Context, Target, netip.AddrPort) error {
	if r.asked.Add(1) > 1 {
		return fault.ErrAddress
	}
	return nil
}

// The rules have the last word just before the connection begins.
func TestSecondLook(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	w := newWorld(t, everywhere...)
	for _, network := range []string{"tcp", "udp"} {
		rules := &turning{}
		before := begun(t)
		if to, err := open(t, &Dialer{Rules: rules}, network, public, resolve.Any); !errors.Is(err, fault.ErrAddress) || rules.asked.Load() != 2 {
			t.Errorf("%s: %v, %v after %d looks", network, to, err, rules.asked.Load())
		}
		if n := begun(t) - before; n != 0 || len(w.visited()) != 0 {
			t.Errorf("%s: %d connections were begun, something came to %v", network, n, w.visited())
		}
	}
}
