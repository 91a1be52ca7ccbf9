package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func newValidator(t testing.TB) *Validator {
	t.Helper()
	v, err := NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The schema library fetches a reference that it does not know over the network.
func TestNoReferences(t *testing.T) {
	var file any
	if err := json.Unmarshal(schemasJSON, &file); err != nil {
		t.Fatal(err)
	}
	seen := 0
	walk(file, func(name string, value any) {
		seen++
		switch name {
		case "$ref", "$recursiveRef", "$dynamicRef":
			t.Errorf("%s %v is left", name, value)
		case "$id", "$anchor", "prefixItems", "unevaluatedProperties", "$defs", "allOf", "page", "since":
			if _, member := value.(map[string]any); !member {
				t.Errorf("the schema library does not treat %s as ajv does", name)
			}
		}
	})
	if seen < 500 {
		t.Errorf("%d members are seen", seen)
	}
}

func walk(node any, visit func(name string, value any)) {
	switch node := node.(type) {
	case map[string]any:
		for name, value := range node {
			visit(name, value)
			walk(value, visit)
		}
	case []any:
		for _, value := range node {
			walk(value, visit)
		}
	}
}

// Run with -race: the schema library changes a schema at its first use.
func TestValidatorServesManyGoroutines(t *testing.T) {
	v := newValidator(t)
	good := []byte(`{"socketId":7,"reset":true}`)
	bad := []byte(`{"socketId":0}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if err := v.Check("socket.close.params", good); err != nil {
					t.Errorf("good: %v", err)
				}
				if err := v.Check("socket.close.params", bad); !errors.Is(err, ErrSchema) {
					t.Errorf("bad: %v", err)
				}
				_, fault := v.Decode([]byte(`{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"socketId":3}}`))
				if fault != nil {
					t.Errorf("envelope: %v", fault)
				}
			}
		})
	}
	wg.Wait()
}

func TestSchemaErrorsRepeatNothing(t *testing.T) {
	v := newValidator(t)
	err := v.Check("tcp.open.params", []byte(`{"origin":"SECRET"}`))
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Fatalf("got %v", err)
	}
	if v.Check("no.such", []byte("{}")) == nil {
		t.Fatal("a schema that is not there accepts")
	}
}

// twins pairs each generated type with its schema.
func twins() map[string]any {
	request := OpenRequest{
		SocketID: 1, Origin: "https://a.example", Document: "d", Host: "h", Port: 1, Window: 1,
		Private: true, UserEntered: true, RiskAccepted: true,
	}
	shared := SharedOptions{Timeout: 1, SendBufferSize: 1, ReceiveBufferSize: 1, DNSQueryType: "ipv6", IPTypeOfService: 46}
	open := TCPOpenParams{request, shared, TCPOptions{
		NoDelay: true, KeepAliveDelay: 1000, SecureTransport: "on", TLS: tlsOptions(),
	}}
	opened := Opened{RemoteAddress: "::1", RemotePort: 1, LocalAddress: "::1", LocalPort: 2, Window: 3}
	info := &TLSInfo{Version: "1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", ALPNProtocol: "imap", PeerCertificates: []string{"MAA="}}
	yes, no, seven := true, false, int64(7)
	local := LocalRequest{
		SocketID: 1, Origin: "https://a.example", Document: "d", Private: true, LocalAddress: "::1", LocalPort: 9, Reach: "computer",
		Announce: &Announcement{Type: "_http._tcp", Name: "n", Txt: []string{"path=/"}},
	}
	rules := []PolicyDestination{{
		Host: "*.example", CIDR: "10.0.0.0/8", Ports: []string{"22", "80-90"}, Protocol: "tcp", TLSOnly: &yes,
		Origins: []string{"https://a.example"}, Prompt: "skip",
	}}
	return map[string]any{
		"policy": PolicySettings{
			Enabled: &yes, AllowedOrigins: []string{"*"}, BlockedOrigins: []string{"https://b.example"},
			AllowedDestinations: rules, BlockedDestinations: rules, Prompt: "always", Remember: &yes,
			PrivateAddressEntry: &yes, CSPRule: "require-eval-blocked", InstalledOnly: &yes, Discovery: &no,
			Limits: &PolicyLimits{
				AttemptBurst: &seven, AttemptsPerSecond: &seven, AttemptsPerMinuteOverall: &seven,
				PendingPerOrigin: &seven, OpenPerOrigin: &seven, OpenOverall: &seven, IPTypeOfService: &seven,
				AcceptedPerOrigin: &seven, AcceptedOverall: &seven, LocalPerOrigin: &seven, NewPeersPerMinute: &seven,
			},
			Servers: "computer", BoundUDP: "named", Multicast: &no, Announce: &no,
			LocalPorts: []PolicyLocalPort{{Ports: []string{"80"}, Protocol: "tcp", Origins: []string{"https://a.example"}}},
			DNSServers: []string{"192.0.2.53"}, DataLane: "off", ErrorDetail: "none",
			Audit: &PolicyAudit{File: "/var/log/portside.log", MaxBytes: new(int64(65536)), Keep: &seven, Detail: "origins"},
		},
		"policy.judge.params": PolicyJudgeParams{
			Origin: "https://a.example", Protocol: "tcp", Host: "h", Port: 1, Secure: true, UserEntered: true,
		},
		"policy.judge.result": PolicyJudgeResult{
			Allowed: true, Reason: "policy", By: "file", Host: "h", Place: "network", Prompt: "ask", Remember: true,
			MustEnter: true, Risk: true, CSPRule: "refuse-unsafe-eval", InstalledOnly: true, ErrorDetail: "none",
		},
		"policy.managed.params":  PolicyManagedParams{Settings: "{}"},
		"policy.managed.result":  PolicyManagedResult{Valid: true},
		"socket.startTLS.params": SocketStartTLSParams{SocketID: 1, Received: 2, Sent: 3, TLS: tlsOptions()},
		"socket.startTLS.result": SocketStartTLSResult{SocketID: 1, TLS: info},
		"audit.refused.params": AuditRefusedParams{
			Origin: "https://a.example", Protocol: "udp", Host: "h", Port: 9, Private: true, Rule: "activation", Local: true,
		},
		"policy.get.params": PolicyGetParams{Origin: "https://a.example"},
		"policy.get.result": PolicyGetResult{
			Sources:     []PolicySource{{Name: "/etc/portside/policy.json", Kind: "file", Fault: "line 1, column 1: it is of the wrong shape"}},
			SiteAllowed: &no, SiteBy: "file",
		},
		"resolve.browse.params": ResolveBrowseParams{BrowseID: 1, Origin: "https://a.example", Protocol: "tcp", Port: 631, Secure: true, Timeout: 100},
		"resolve.browse.result": ResolveBrowseResult{Found: 1},
		"resolve.stop.params":   ResolveStopParams{BrowseID: 1},
		"resolve.stop.result":   ResolveStopResult{},
		"resolve.found.params": ResolveFoundParams{
			BrowseID: 1, Name: "Printer", Service: "_ipp._tcp", Host: "printer.local", Address: "10.0.0.1",
		},
		"socket.inspect.params": SocketInspectParams{SocketIDs: []int64{1}},
		"socket.inspect.result": SocketInspectResult{Sockets: []SocketState{{
			SocketID: 1, BytesIn: 2, BytesOut: 3, RemoteAddress: "::1", Accepted: 4, TurnedAway: 5, Peers: 6, Groups: 7, TLSVersion: "1.3", CipherSuite: "TLS_AES_128_GCM_SHA256",
			Certificate: &PeerCertificate{
				Subject: "a.example", Issuer: "A", Names: []string{"a.example"}, NotBefore: 1, NotAfter: 2,
				SHA256: strings.Repeat("a", 64), Trust: "roots",
			},
		}}},
		"policy.judgeLocal.params": PolicyJudgeLocalParams{
			Origin: "https://a.example", Protocol: "udp", LocalAddress: "::", LocalPort: 9, Ipv6Only: true, Announce: true,
			NetworkSalt: strings.Repeat("s", 22),
		},
		"policy.judgeLocal.result": PolicyJudgeLocalResult{
			Allowed: true, Reason: "port", By: "b",
			Places: []LocalPlace{{Address: "192.0.2.1", Reach: "network", Interface: "eth0", Network: "n", Public: true}},
			Peers:  "named", Prompt: "ask", Remember: true, Multicast: true, CSPRule: "refuse-unsafe-eval", InstalledOnly: true, ErrorDetail: "none",
		},
		"tcp.listen.params": TCPListenParams{
			LocalRequest: local, ListenMembers: ListenMembers{Backlog: 5, Ipv6Only: true}, Secure: true,
		},
		"tcp.listen.result": TCPListenResult{LocalAddress: "::1", LocalPort: 9, Certificate: strings.Repeat("A", 43) + "="},
		"tcp.accept.params": TCPAcceptParams{ListenerID: 1, SocketID: 2, Window: 3},
		"tcp.accept.result": TCPAcceptResult{opened, info},
		"udp.bind.params": UDPBindParams{
			LocalRequest: local,
			BindMembers: BindMembers{
				Ipv6Only: true, SendBufferSize: 1, ReceiveBufferSize: 2, IPTypeOfService: 46,
				MulticastTimeToLive: &seven, MulticastLoopback: &no, MulticastAllowAddressSharing: true,
			},
			Window: 1, Peers: "named", Hosts: []NamedPeer{{Host: "a.example", Port: 9}}, Multicast: true,
		},
		"udp.bind.result":        UDPBindResult{LocalAddress: "::1", LocalPort: 9, Window: 1},
		"multicast.join.params":  MulticastJoinParams{SocketID: 1, Group: "ff02::1", Source: "fe80::1"},
		"multicast.join.result":  MulticastJoinResult{SocketID: 1},
		"multicast.leave.params": MulticastLeaveParams{SocketID: 1, Group: "224.0.0.251", Source: "192.0.2.1"},
		"multicast.leave.result": MulticastLeaveResult{SocketID: 1},
		"lane.open.params":       LaneOpenParams{Document: "document"},
		"lane.open.result":       LaneOpenResult{Port: 4711, Ticket: strings.Repeat("x", 43)},
		"tryout.start.params": TryoutStartParams{Lang: "de-CH", Dir: "ltr", Texts: &TryoutTexts{
			Title: "t", Intro: "i", Button: "b", Asking: "a", Done: "d", Denied: "d", Failed: "f", Missing: "m",
		}},
		"tryout.start.result": TryoutStartResult{URL: "http://127.0.0.1:1/", Port: 1},
		"reopen.end.params":   ReopenEndParams{Document: "d"},
		"reopen.end.result":   ReopenEndResult{},
		"reopen.report.params": ReopenReportParams{
			Document: "d",
			Opened:   []Reopened{{SocketID: 1, Of: 2, PageID: 3}},
			Failed:   []ReopenFailed{{Of: 2, PageID: 3, Reason: "refused", By: "b"}},
			Closed:   []ReopenClosed{{SocketEnd{SocketID: 1, Name: "NetworkError", Reason: "reset", PageReason: "reset", By: "b", BytesIn: 1, BytesOut: 2, Dropped: 3}}},
		},
		"tryout.stop.params":      TryoutStopParams{},
		"tryout.stop.result":      TryoutStopResult{},
		"error":                   *NewFailure("NetworkError", "dns", "A sentence."),
		"hello.params":            HelloParams{ProtocolVersion: ProtocolVersion, ExtensionVersion: "0.1.0", Browser: "b"},
		"hello.result":            HelloResult{ProtocolVersion: ProtocolVersion, HostVersion: "0.1.0", Capabilities: []string{"tcp"}},
		"socket.close.params":     SocketCloseParams{SocketID: 1, Reset: true},
		"socket.close.result":     SocketCloseResult{SocketID: 1},
		"socket.closed.params":    SocketClosedParams{SocketEnd: SocketEnd{SocketID: 1, Name: "NetworkError", Reason: "r", PageReason: "reset", BytesIn: 1, BytesOut: 2, Dropped: 3}},
		"socket.credit.params":    SocketCreditParams{SocketID: 1, Bytes: 1},
		"socket.data.params":      SocketDataParams{SocketID: 1, Data: "aGVsbG8="},
		"socket.end.params":       SocketEndParams{SocketID: 1},
		"socket.shutdown.params":  SocketShutdownParams{SocketID: 1},
		"socket.setOption.params": SocketSetOptionParams{SocketID: 1, Option: "keepAlive", Value: 1000},
		"socket.setOption.result": SocketSetOptionResult{SocketID: 1},
		"socket.shutdown.result":  SocketShutdownResult{SocketID: 1},
		"socket.write.params":     SocketWriteParams{SocketID: 1, Data: ""},
		"socket.write.result":     SocketWriteResult{SocketID: 1},
		"tcp.open.params":         open,
		"tcp.open.result":         TCPOpenResult{opened, info},
		"udp.open.params":         UDPOpenParams{request, shared},
		"udp.open.result":         UDPOpenResult{opened},
	}
}

func tlsOptions() *TLSOptions {
	return &TLSOptions{
		ServerName: "mail.example", ALPNProtocols: []string{"imap"},
		ServerCertificateHashes: []CertificateHash{{Algorithm: "sha-256", Value: strings.Repeat("A", 43) + "="}},
	}
}

// Every type, with every member set, fits its schema and comes back as it was; and
// no schema is without a type.
func TestTypesAndSchemasAreTwins(t *testing.T) {
	v := newValidator(t)
	pairs := twins()
	for name := range v.schemas {
		if _, ok := pairs[name]; !ok && name != "envelope" {
			t.Errorf("schema %s has no type here", name)
		}
	}
	for name, value := range pairs {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Check(name, text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			into := reflect.New(reflect.TypeOf(value))
			if fault := DecodeParams(Message{Params: text}, into.Interface()); fault != nil {
				t.Fatal(fault)
			}
			if got := into.Elem().Interface(); !reflect.DeepEqual(got, value) {
				t.Fatalf("got %+v, want %+v", got, value)
			}
			unknown := bytes.Replace(append([]byte(`{"noSuchMember":1,`), text[1:]...), []byte(",}"), []byte("}"), 1)
			if v.Check(name, unknown) == nil {
				t.Error("an unknown member passes")
			}
			if properties := schemaProperties(t, name); len(properties) != members(into.Elem().Type()) {
				t.Errorf("the schema has %d members, the type %d", len(properties), members(into.Elem().Type()))
			}
		})
	}
}

func schemaProperties(t *testing.T, name string) map[string]any {
	t.Helper()
	var file struct {
		Schemas map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(schemasJSON, &file); err != nil {
		t.Fatal(err)
	}
	return file.Schemas[name].Properties
}

// members counts the members of a type, those of embedded types with them.
func members(of reflect.Type) int {
	n := 0
	for i := range of.NumField() {
		if field := of.Field(i); field.Anonymous {
			n += members(field.Type)
		} else {
			n++
		}
	}
	return n
}
