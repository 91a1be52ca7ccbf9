package resolve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portside/portside/nativehost/fault"
)

// nameServer answers as its function says, which may return nil: it says nothing. It
// is called by one goroutine at a time.
type nameServer struct {
	t      *testing.T
	answer func(query *dnsmessage.Message, edns bool) *dnsmessage.Message
	// ahead, unless it is nil, is what comes by UDP before the answer does.
	ahead func(query *dnsmessage.Message) *dnsmessage.Message

	mu    sync.Mutex // guards what follows
	plain int        // questions without EDNS0
	asked int
}

// start serves on UDP and TCP until the test ends.
func (s *nameServer) start() *Resolver {
	s.t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		s.t.Fatal(err)
	}
	var serving sync.WaitGroup
	s.t.Cleanup(func() {
		conn.Close()
		listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			if s.ahead != nil {
				_, _ = conn.WriteToUDPAddrPort(s.foretell(buffer[:n]), from)
			}
			if reply := s.reply(buffer[:n]); reply != nil {
				_, _ = conn.WriteToUDPAddrPort(reply, from)
			}
		}
	})
	serving.Go(func() {
		for {
			peer, err := listener.Accept()
			if err != nil {
				return
			}
			var length [2]byte
			if _, err := io.ReadFull(peer, length[:]); err == nil {
				query := make([]byte, int(length[0])<<8|int(length[1]))
				if _, err := io.ReadFull(peer, query); err == nil {
					if reply := s.reply(query); reply != nil {
						_, _ = peer.Write(append([]byte{byte(len(reply) >> 8), byte(len(reply))}, reply...))
					}
				}
			}
			peer.Close()
		}
	})
	return &Resolver{Servers: func() []netip.AddrPort { return []netip.AddrPort{at} }}
}

func (s *nameServer) foretell(packet []byte) []byte {
	var query dnsmessage.Message
	if err := query.Unpack(packet); err != nil {
		s.t.Errorf("not a question: %v", err)
	}
	text, err := s.ahead(&query).Pack()
	if err != nil {
		s.t.Error(err)
	}
	return text
}

func (s *nameServer) reply(packet []byte) []byte {
	var query dnsmessage.Message
	if err := query.Unpack(packet); err != nil || len(query.Questions) != 1 {
		s.t.Errorf("not a question: %v", err)
		return nil
	}
	edns := len(query.Additionals) > 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if !edns {
		s.plain++
	}
	reply := s.answer(&query, edns)
	if reply == nil {
		return nil
	}
	text, err := reply.Pack()
	if err != nil {
		s.t.Error(err)
	}
	return text
}

// says is an answer to a question, with these records.
func says(query *dnsmessage.Message, code dnsmessage.RCode, bodies ...dnsmessage.ResourceBody) *dnsmessage.Message {
	m := &dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true, RCode: code},
		Questions: query.Questions,
	}
	for _, body := range bodies {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: query.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: body,
		})
	}
	return m
}

// either answers a question for IPv4 with this address, and one for IPv6 with that.
func either(query *dnsmessage.Message, four, six string) *dnsmessage.Message {
	if query.Questions[0].Type == dnsmessage.TypeA {
		return says(query, dnsmessage.RCodeSuccess, a(four))
	}
	return says(query, dnsmessage.RCodeSuccess, aaaa(six))
}

// A family whose question is not answered costs a moment; its answer comes late, or
// never.
func TestSilentFamily(t *testing.T) {
	const name = "half.example"
	for what, silent := range map[string]dnsmessage.Type{"A is dropped": dnsmessage.TypeA, "AAAA is dropped": dnsmessage.TypeAAAA} {
		s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
			if query.Questions[0].Type == silent {
				return nil
			}
			return either(query, "192.0.2.1", "2001:db8::1")
		}}
		ctx, cancel := context.WithCancel(t.Context())
		want := addrs("192.0.2.1")
		if silent == dnsmessage.TypeA {
			want = addrs("2001:db8::1")
		}
		began := time.Now()
		answer, err := s.start().Ask(ctx, host(t, name), Any)
		took := time.Since(began)
		if err != nil || !slices.Equal(answer.Addrs, want) || answer.Late == nil || took < resolutionDelay || took > 2*time.Second {
			t.Errorf("%s: %v, %v after %v", what, answer.Addrs, err, took)
		}
		t.Logf("%s: %v after %v", what, answer.Addrs, took)
		cancel()
		if late, more := <-answer.Late; more {
			t.Errorf("%s: %v came", what, late)
		}
	}

	// The second answer comes behind the first, whichever it is.
	release := make(chan struct{})
	s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
		if query.Questions[0].Type == dnsmessage.TypeAAAA {
			select {
			case <-release:
			default:
				return nil // it is asked again
			}
		}
		return either(query, "192.0.2.1", "2001:db8::1")
	}}
	answer, err := s.start().Ask(t.Context(), host(t, name), Any)
	if err != nil || !slices.Equal(answer.Addrs, addrs("192.0.2.1")) {
		t.Errorf("%v, %v", answer.Addrs, err)
	}
	close(release)
	if late := <-answer.Late; !slices.Equal(late, addrs("2001:db8::1")) {
		t.Errorf("%v came late", late)
	}
	if late, more := <-answer.Late; more {
		t.Errorf("%v came after all", late)
	}
}

// A name that does not exist is known as soon as one question is answered.
func TestAbsentInOneFamily(t *testing.T) {
	s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
		if query.Questions[0].Type == dnsmessage.TypeAAAA {
			return nil
		}
		return says(query, dnsmessage.RCodeNameError)
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	began := time.Now()
	if answer, err := s.start().Ask(ctx, host(t, "absent.example"), Any); !errors.Is(err, fault.ErrDNS) || time.Since(began) > 2*time.Second {
		t.Errorf("%v, %v after %v", answer, err, time.Since(began))
	}
}

// Servers from before EDNS0 are asked again without it, by UDP and by TCP.
func TestServersWithoutEDNS(t *testing.T) {
	for what, c := range map[string]struct {
		refusal func(query *dnsmessage.Message) *dnsmessage.Message
		at      time.Duration
	}{
		"FORMERR": {func(query *dnsmessage.Message) *dnsmessage.Message { return says(query, dnsmessage.RCodeFormatError) }, 0},
		"FORMERR, nothing but a header": {func(query *dnsmessage.Message) *dnsmessage.Message {
			m := says(query, dnsmessage.RCodeFormatError)
			m.Questions = nil
			return m
		}, 0},
		"NOTIMP": {func(query *dnsmessage.Message) *dnsmessage.Message {
			return says(query, dnsmessage.RCodeNotImplemented)
		}, 0},
		"it drops it":  {func(*dnsmessage.Message) *dnsmessage.Message { return nil }, ednsPatience},
		"FORMERR, TCP": {func(query *dnsmessage.Message) *dnsmessage.Message { return says(query, dnsmessage.RCodeFormatError) }, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cut := map[dnsmessage.Type]bool{}
			s := &nameServer{t: t}
			s.answer = func(query *dnsmessage.Message, edns bool) *dnsmessage.Message {
				if edns {
					return c.refusal(query)
				}
				reply := either(query, "192.0.2.1", "2001:db8::1")
				if kind := query.Questions[0].Type; what == "FORMERR, TCP" && !cut[kind] {
					cut[kind] = true
					reply.Answers, reply.Truncated = nil, true
				}
				return reply
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			got, err := addresses(ctx, s.start(), host(t, "old.example"), Any)
			took := time.Since(began)
			slices.SortFunc(got, netip.Addr.Compare)
			if err != nil || !slices.Equal(got, addrs("192.0.2.1", "2001:db8::1")) || took < c.at || took > c.at+time.Second {
				t.Errorf("%v, %v after %v", got, err, took)
			}
		})
	}
	// A server that knows it is not asked without.
	s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
		return either(query, "192.0.2.1", "2001:db8::1")
	}}
	got, err := addresses(t.Context(), s.start(), host(t, "new.example"), Any)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || len(got) != 2 || s.plain != 0 || s.asked != 2 {
		t.Errorf("%v, %v; asked %d times, %d times without EDNS0", got, err, s.asked, s.plain)
	}
}

// counted wraps what a server says, and counts the questions with EDNS0 and without.
func counted(answer func(query *dnsmessage.Message, edns bool) *dnsmessage.Message) (wrapped func(*dnsmessage.Message, bool) *dnsmessage.Message, edns, plain *int) {
	edns, plain = new(int), new(int)
	return func(query *dnsmessage.Message, with bool) *dnsmessage.Message {
		if with {
			*edns++
		} else {
			*plain++
		}
		return answer(query, with)
	}, edns, plain
}

// A server that drops EDNS0 is asked without it however little time there is.
func TestServersWithoutEDNSInLittleTime(t *testing.T) {
	for _, limit := range []time.Duration{time.Second, 300 * time.Millisecond} {
		t.Run(limit.String(), func(t *testing.T) {
			t.Parallel()
			s := &nameServer{t: t, answer: func(query *dnsmessage.Message, edns bool) *dnsmessage.Message {
				if edns {
					return nil
				}
				return either(query, "192.0.2.1", "2001:db8::1")
			}}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if got, err := addresses(ctx, s.start(), host(t, "old.example"), IPv4); err != nil || !slices.Equal(got, addrs("192.0.2.1")) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// What is no answer, and anybody may send, does not put off the question without EDNS0.
func TestStrayPacketsDoNotPutOff(t *testing.T) {
	owner := &exchange{plain: new(plainServers)}
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	conn, err := owner.dial(t.Context(), "udp4", silent.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer owner.close()
	began := time.Now()
	if err := conn.SetDeadline(began.Add(800 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	// Strays come until the question has come twice.
	var again time.Duration
	var answering sync.WaitGroup
	answering.Go(func() {
		defer silent.Close()
		for buffer, asked := make([]byte, 100), 0; asked < 2 && time.Since(began) < 2*time.Second; {
			_, _ = silent.WriteTo([]byte("stray"), conn.LocalAddr())
			_ = silent.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			if _, err := silent.Read(buffer); err == nil {
				asked++
				again = time.Since(began)
			}
		}
	})
	for buffer := make([]byte, 100); err == nil; {
		_, err = conn.Read(buffer)
	}
	answering.Wait()
	if again < 350*time.Millisecond || again > 600*time.Millisecond {
		t.Errorf("asked the second time after %v", again)
	}
}

// That a server takes no EDNS0 is known once it has answered without after silence: the
// next question, by UDP or TCP, is plain at once.
func TestServersWithoutEDNSAreRemembered(t *testing.T) {
	failure := func(query *dnsmessage.Message) *dnsmessage.Message {
		return says(query, dnsmessage.RCodeServerFailure)
	}
	cut := func(query *dnsmessage.Message) *dnsmessage.Message {
		m := says(query, dnsmessage.RCodeSuccess)
		m.Truncated = true
		return m
	}
	for what, c := range map[string]struct {
		first  func(query *dnsmessage.Message) *dnsmessage.Message // to plain questions
		times  int
		others []netip.AddrPort
	}{
		"by TCP after a cut answer":    {cut, 1, nil},
		"after a failure":              {failure, 1, nil},
		"after a round of all servers": {failure, 2, []netip.AddrPort{mute(t)}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := &nameServer{t: t}
			var edns, plain *int
			s.answer, edns, plain = counted(func(query *dnsmessage.Message, with bool) *dnsmessage.Message {
				switch {
				case with:
					return nil
				case *plain <= c.times:
					return c.first(query)
				}
				return either(query, "192.0.2.1", "")
			})
			servers := append(s.start().Servers(), c.others...)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got, err := addresses(ctx, &Resolver{Servers: func() []netip.AddrPort { return servers }}, host(t, "old.example"), IPv4)
			s.mu.Lock()
			defer s.mu.Unlock()
			if err != nil || !slices.Equal(got, addrs("192.0.2.1")) || *edns != 1 || *plain != c.times+1 {
				t.Errorf("%v, %v; asked %d times with EDNS0, %d times without", got, err, *edns, *plain)
			}
		})
	}
}

// mute is a server that never answers.
func mute(t *testing.T) netip.AddrPort {
	t.Helper()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	return silent.LocalAddr().(*net.UDPAddr).AddrPort()
}

// A server that refuses EDNS0 by TCP only is asked again without it too.
func TestRefusalByTCP(t *testing.T) {
	s := &nameServer{t: t}
	var edns, plain *int
	s.answer, edns, plain = counted(func(query *dnsmessage.Message, with bool) *dnsmessage.Message {
		switch {
		case with && *edns == 1:
			m := says(query, dnsmessage.RCodeSuccess)
			m.Truncated = true
			return m
		case with:
			return says(query, dnsmessage.RCodeFormatError)
		}
		return either(query, "192.0.2.1", "")
	})
	got, err := addresses(t.Context(), s.start(), host(t, "old.example"), IPv4)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !slices.Equal(got, addrs("192.0.2.1")) || *edns != 2 || *plain != 1 {
		t.Errorf("%v, %v; asked %d times with EDNS0, %d times without", got, err, *edns, *plain)
	}
}

// An IPv4-mapped address is told like any other, whoever asked for which family.
func TestMappedAddressesAreTold(t *testing.T) {
	s := &nameServer{t: t, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
		return either(query, "192.0.2.1", "::ffff:10.0.0.5")
	}}
	got, err := addresses(t.Context(), s.start(), host(t, "mapped.example"), Any)
	slices.SortFunc(got, netip.Addr.Compare)
	if err != nil || !slices.Equal(got, addrs("10.0.0.5", "192.0.2.1")) {
		t.Errorf("%v, %v", got, err)
	}
}

// What is no answer to the question adds no address, neither by UDP, where anybody may send
// it, nor by TCP. What answers it counts, behind aliases too.
func TestMappedAddressesOfOthers(t *testing.T) {
	const inside = "::ffff:10.0.0.5"
	other := dnsmessage.MustNewName("other.example.")
	alias := func(m *dnsmessage.Message, from, to dnsmessage.Name) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: from, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: to}})
	}
	for what, c := range map[string]struct {
		change func(m *dnsmessage.Message)
		counts bool
	}{
		"the answer":          {func(*dnsmessage.Message) {}, true},
		"in other letters":    {func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("MAPPED.example.") }, true},
		"another id":          {func(m *dnsmessage.Message) { m.ID++ }, false},
		"no response":         {func(m *dnsmessage.Message) { m.Response = false }, false},
		"another question":    {func(m *dnsmessage.Message) { m.Questions[0].Name = other }, false},
		"another type":        {func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeMX }, false},
		"no question":         {func(m *dnsmessage.Message) { m.Questions = nil }, false},
		"an error":            {func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeServerFailure }, false},
		"the record of other": {func(m *dnsmessage.Message) { m.Answers[0].Header.Name = other }, false},
		"an alias": {func(m *dnsmessage.Message) {
			m.Answers[0].Header.Name = other
			alias(m, dnsmessage.MustNewName("third.example."), other)
			alias(m, m.Questions[0].Name, dnsmessage.MustNewName("THIRD.example."))
		}, true},
		"aliases in a circle": {func(m *dnsmessage.Message) {
			m.Answers[0].Header.Name = other
			alias(m, m.Questions[0].Name, dnsmessage.MustNewName("third.example."))
			alias(m, dnsmessage.MustNewName("third.example."), m.Questions[0].Name)
		}, false},
	} {
		forged := func(query *dnsmessage.Message) *dnsmessage.Message {
			m := says(query, dnsmessage.RCodeSuccess, aaaa(inside))
			m.Questions = slices.Clone(m.Questions)
			c.change(m)
			return m
		}
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if !c.counts {
				s := &nameServer{t: t, ahead: forged, answer: func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
					return either(query, "192.0.2.1", "2001:db8::1")
				}}
				got, err := addresses(ctx, s.start(), host(t, "mapped.example"), Any)
				if slices.Contains(got, netip.MustParseAddr("10.0.0.5")) {
					t.Errorf("by UDP: %v, %v", got, err)
				}
			}
			// By TCP, after an answer that was cut.
			var sent bool
			s := &nameServer{t: t}
			s.answer = func(query *dnsmessage.Message, _ bool) *dnsmessage.Message {
				switch {
				case query.Questions[0].Type == dnsmessage.TypeA:
					return either(query, "192.0.2.1", "")
				case sent:
					sent = false
					return forged(query)
				}
				sent = true
				cut := says(query, dnsmessage.RCodeSuccess)
				cut.Truncated = true
				return cut
			}
			got, err := addresses(ctx, s.start(), host(t, "mapped.example"), Any)
			if slices.Contains(got, netip.MustParseAddr("10.0.0.5")) != c.counts {
				t.Errorf("by TCP: %v, %v", got, err)
			}
		})
	}
}

// FuzzNameServer reads answers of any kind: none is taken for an answer to another
// question, and a question without EDNS0 stays the same question.
func FuzzNameServer(f *testing.F) {
	pack := func(m *dnsmessage.Message) []byte {
		text, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		return text
	}
	query := &dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 0x1234, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("name.example."), Type: dnsmessage.TypeAAAA, Class: dnsmessage.ClassINET}},
	}
	plain := pack(query)
	query.Additionals = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Type: dnsmessage.TypeOPT, Class: 1232}, Body: &dnsmessage.OPTResource{}}}
	asked := pack(query)
	for _, code := range []dnsmessage.RCode{dnsmessage.RCodeSuccess, dnsmessage.RCodeFormatError, dnsmessage.RCodeNotImplemented, dnsmessage.RCodeNameError} {
		f.Add(asked, pack(says(query, code, aaaa("::ffff:10.0.0.5"), a("192.0.2.1"))))
	}
	f.Add(plain, []byte("\x12\x34\x80\x01"))
	f.Fuzz(func(t *testing.T, question, answer []byte) {
		if again, absent := verdict(question, answer); again || absent {
			if again && absent || !bytes.Equal(question[:2], answer[:2]) || answer[2]&0x80 == 0 {
				t.Errorf("%x, %x: %v, %v", question, answer, again, absent)
			}
		}
		if short := withoutEDNS(question); len(short) != len(question) && len(short) != len(question)-optBytes {
			t.Errorf("%x became %x", question, short)
		}
		for _, addr := range mapped(question, answer) {
			if !addr.Is4In6() {
				t.Errorf("%v is not mapped", addr)
			}
		}
		if !bytes.Equal(withoutEDNS(asked), plain) {
			t.Error("the question has changed")
		}
	})
}
