package hosttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/portside/portside/protocol"
)

// Message is anything that the host says.
type Message struct {
	ID     *int64             `json:"id"`
	Method string             `json:"method"`
	Params json.RawMessage    `json:"params"`
	Result json.RawMessage    `json:"result"`
	Error  *protocol.RPCError `json:"error"`
}

// Raw sends body as a frame.
func (b *Broker) Raw(body []byte) {
	frame := append(protocol.BeginFrame(nil), body...)
	if err := protocol.EndFrame(frame); err != nil {
		b.T.Error(err)
		return
	}
	b.RawBytes(frame)
}

// RawBytes sends what need not be a frame.
func (b *Broker) RawBytes(p []byte) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if _, err := b.In.Write(p); err != nil && !errors.Is(err, os.ErrClosed) {
		b.Mu.Lock()
		gone := b.Gone
		b.Mu.Unlock()
		// The test's context ends the session before its cleanup does.
		if !gone && b.T.Context().Err() == nil {
			b.T.Errorf("the host's stdin: %v", err)
		}
	}
}

// Notify sends a notification.
func (b *Broker) Notify(method string, params any) {
	frame, err := protocol.AppendNotification(nil, method, params)
	if err != nil {
		b.T.Error(err)
		return
	}
	b.RawBytes(frame)
}

// Ask sends a request and returns its id.
func (b *Broker) Ask(method string, params any) int64 {
	b.T.Helper()
	b.Mu.Lock()
	b.NextID++
	id := b.NextID
	b.Mu.Unlock()
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		b.T.Fatal(err)
	}
	b.Raw(text)
	return id
}

// Wait waits until condition, which is called with b.Mu held, is true.
func (b *Broker) Wait(what string, condition func() bool) {
	b.T.Helper()
	timer := time.AfterFunc(Patience, func() {
		b.Mu.Lock()
		b.Changed.Broadcast()
		b.Mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(Patience)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	for !condition() {
		if b.Gone {
			b.T.Fatalf("waiting for %s: the host is gone", what)
		}
		if !time.Now().Before(deadline) {
			b.T.Fatalf("waiting for %s: it does not come", what)
		}
		b.Changed.Wait()
	}
}

// Answer waits for the answer to a request.
func (b *Broker) Answer(id int64) Message {
	b.T.Helper()
	b.Wait(fmt.Sprintf("the answer to %d", id), func() bool { _, ok := b.Answers[id]; return ok })
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return b.Answers[id]
}

// MustCall asks and wants a result.
func (b *Broker) MustCall(method string, params, result any) {
	b.T.Helper()
	m := b.Answer(b.Ask(method, params))
	b.WantResult(method, m, result)
}

// WantResult wants the answer m to be a result that fits its schema, and decodes it
// unless result is nil.
func (b *Broker) WantResult(method string, m Message, result any) {
	b.T.Helper()
	if m.Error != nil {
		b.T.Fatalf("%s: %v", method, m.Error)
	}
	if err := b.v.Check(method+".result", m.Result); err != nil {
		b.T.Fatalf("%s: %s: %v", method, m.Result, err)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.T.Fatal(err)
		}
	}
}

// WantFailure wants the answer m to be code 1 with this name and reason.
func WantFailure(t testing.TB, m Message, name, reason string) {
	t.Helper()
	if m.Error == nil || m.Error.Code != protocol.CodeFailed || m.Error.Data == nil ||
		m.Error.Data.Name != name || m.Error.Data.Reason != reason {
		t.Fatalf("got %s, %v; want %s, %s", m.Result, m.Error, name, reason)
	}
}

// WantCode wants the answer m to be an error of this code.
func WantCode(t testing.TB, m Message, code int64) {
	t.Helper()
	if m.Error == nil || m.Error.Code != code {
		t.Fatalf("got %s, %v; want code %d", m.Result, m.Error, code)
	}
}

// Managed sends the browser's managed settings, which must be valid.
func (b *Broker) Managed(settings string) {
	b.T.Helper()
	var result protocol.PolicyManagedResult
	b.MustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: settings}, &result)
	if !result.Valid {
		b.T.Fatalf("not valid: %s", settings)
	}
}

// Judged asks what the rules say of a TCP destination of a secure page.
func (b *Broker) Judged(host string, port int64, entered bool) protocol.PolicyJudgeResult {
	b.T.Helper()
	var result protocol.PolicyJudgeResult
	b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "https://page.example", Protocol: "tcp", Host: host, Port: port, UserEntered: entered,
	}, &result)
	return result
}
