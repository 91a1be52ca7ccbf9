package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// recorded is a frame of a session that was recorded with protocol.OldestProtocolVersion.
type recorded struct {
	From  string // "extension" or "host"
	Frame json.RawMessage
}

// recording reads the session; what it says to a port goes to this one.
func recording(t *testing.T, port int) []recorded {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("../../protocol/testdata/version%d.json", protocol.OldestProtocolVersion))
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), `"$PORT"`, strconv.Itoa(port)))
	var frames []recorded
	if err := json.Unmarshal(text, &frames); err != nil || len(frames) == 0 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	return frames
}

// shape is what a JSON value is made of: names and kinds, no values.
func shape(value any) any {
	switch v := value.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, member := range v {
			members[name] = shape(member)
		}
		return members
	case []any:
		if len(v) == 0 {
			return "list"
		}
		return []any{shape(v[0])}
	default:
		return reflect.TypeOf(value)
	}
}

// An extension of the version before hears from this host what it heard from its own.
func TestThePreviousVersionIsServed(t *testing.T) {
	port := hosttest.Serve(t, func(c *net.TCPConn) { _, _ = io.Copy(c, c) })
	datagrams, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	go func() {
		buffer := make([]byte, 64)
		for {
			n, from, err := datagrams.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = datagrams.WriteToUDPAddrPort(buffer[:n], from)
		}
	}()
	b := hosttest.Start(t, hosttest.Options{Silent: true, Lanes: true, Browse: func(_ *discover.Browser, ctx context.Context, _ discover.Query, _ func(discover.Device)) error {
		<-ctx.Done()
		return nil
	}})
	received := map[int64]int64{}
	methods := map[string]bool{}
	for _, one := range recording(t, port) {
		var frame struct {
			ID     *int64
			Method string
			Params json.RawMessage
			Result any
			Error  any
		}
		if err := json.Unmarshal(one.Frame, &frame); err != nil {
			t.Fatal(err)
		}
		var about struct {
			SocketID int64
			Data     []byte
		}
		if len(frame.Params) > 0 {
			if err := json.Unmarshal(frame.Params, &about); err != nil && frame.Method != protocol.MethodPolicyManaged {
				t.Fatalf("%s: %v", one.Frame, err)
			}
		}
		r := b.Remote(about.SocketID)
		if one.From == "extension" {
			methods[frame.Method] = true
			if strings.HasSuffix(frame.Method, ".open") && about.SocketID != 0 {
				b.Mu.Lock()
				b.Sockets[about.SocketID] = &hosttest.Remote{ID: about.SocketID, Keep: true, Stalled: true, Hash: sha256.New()}
				b.Mu.Unlock()
			}
			b.Raw(one.Frame)
			continue
		}
		switch frame.Method {
		case protocol.MethodSocketData:
			received[r.ID] += int64(len(about.Data))
			b.WaitReceived(r, received[r.ID])
			if got := b.Bytes(r); !strings.HasSuffix(string(got), string(about.Data)) {
				t.Errorf("socket %d: %q, not %q", r.ID, got, about.Data)
			}
		case protocol.MethodSocketEnd:
			b.WaitEnd(r)
		case protocol.MethodSocketClosed:
			b.WaitClosed(r)
		default:
			m := b.Answer(*frame.ID)
			var got struct{ Result, Error any }
			text, err := json.Marshal(m)
			if err == nil {
				err = json.Unmarshal(text, &got)
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := shape(frame.Result); !reflect.DeepEqual(shape(got.Result), want) {
				t.Errorf("%s\n%s\nis answered with %s", one.Frame, want, m.Result)
			}
			if !reflect.DeepEqual(shape(got.Error), shape(frame.Error)) {
				t.Errorf("%s\nis answered with %s", one.Frame, text)
			}
		}
	}
	for _, method := range []string{"hello", "policy.managed", "policy.judge", "tcp.open", "udp.open", "socket.write", "socket.credit", "socket.close", "lane.open"} {
		if !methods[method] {
			t.Errorf("the recording has no %s", method)
		}
	}
	if len(b.WithoutID) > 0 {
		t.Errorf("errors without an id: %v", b.WithoutID)
	}
}

// The newest version that both sides speak is spoken.
func TestVersionsMeet(t *testing.T) {
	const newest, oldest = protocol.ProtocolVersion, protocol.OldestProtocolVersion
	for _, c := range []struct{ says, oldest, spoken int64 }{
		{newest, oldest, newest}, {newest, 0, newest}, {newest, newest, newest},
		{oldest, 0, oldest}, {oldest, oldest, oldest}, {oldest, 1, oldest},
		{newest + 5, newest, newest}, {newest + 5, 1, newest}, {newest + 5, oldest, newest},
		{newest + 1, 0, 0}, {newest + 5, newest + 1, 0}, {oldest - 1, 0, 0}, {oldest - 1, 1, 0},
	} {
		b := hosttest.Start(t, hosttest.Options{Silent: true})
		m := b.Answer(b.Ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: c.says, OldestVersion: c.oldest, ExtensionVersion: "9"}))
		if c.spoken == 0 {
			hosttest.WantFailure(t, m, "NetworkError", "version")
			continue
		}
		var result protocol.HelloResult
		b.WantResult(protocol.MethodHello, m, &result)
		if result.ProtocolVersion != c.spoken {
			t.Errorf("%+v: %d", c, result.ProtocolVersion)
		}
	}
	b := hosttest.Start(t, hosttest.Options{Silent: true})
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: 2, OldestVersion: 3, ExtensionVersion: "9"})), protocol.CodeInvalidParams)
}
