package requests

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/protocol"
)

// world is a Table and what it says.
type world struct {
	*Table
	store *policy.Store
	stdio *carrier.Stdio
	out   bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: policy.Open("", policy.Options{Validator: v, Log: zerolog.Nop()})}
	w.stdio = carrier.NewStdio(&w.out)
	w.Table = New(w.stdio, w.store, zerolog.Nop())
	return w
}

// said returns the messages that were said, in order.
func (w *world) said(t *testing.T) []string {
	t.Helper()
	w.stdio.Finish()
	if err := w.stdio.Run(); err != nil {
		t.Fatal(err)
	}
	frames := protocol.NewFrameReader(&w.out)
	var all []string
	for {
		frame, err := frames.Next()
		if err != nil {
			return all
		}
		all = append(all, string(frame))
	}
}

// An id is taken until its answer is on the way, and no longer.
func TestIDs(t *testing.T) {
	w := newWorld(t)
	for _, answer := range []func(){
		func() { w.Result(1, struct{}{}) },
		func() { w.Failure(1, fault.ErrGone) },
		func() {
			id := int64(1)
			w.Reject(protocol.Message{ID: &id, Params: json.RawMessage(`{}`)}, protocol.NewError(protocol.CodeInvalidParams))
		},
	} {
		if !w.Begin(1) || w.Begin(1) {
			t.Fatal("an id is taken twice, or not at all")
		}
		answer()
	}
	if !w.Begin(1) {
		t.Error("an id that was answered stays taken")
	}
	if got := w.said(t); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	w := newWorld(t)
	for id := range int64(maxOpen) {
		if !w.Begin(id) {
			t.Fatalf("request %d is refused", id)
		}
	}
	if w.Begin(maxOpen) {
		t.Error("one too many")
	}
	w.Result(0, struct{}{})
	if !w.Begin(maxOpen) {
		t.Error("a place was not given back")
	}
}

// What cannot be read answers no request that is open: that one is answered once.
func TestRejectSparesOpenRequests(t *testing.T) {
	w := newWorld(t)
	w.Begin(7)
	for _, id := range []int64{7, 8} {
		w.Reject(protocol.Message{ID: &id}, protocol.NewError(protocol.CodeInvalidRequest))
	}
	w.Reject(protocol.Message{}, protocol.NewError(protocol.CodeParse))
	if w.Begin(7) {
		t.Error("the open request is gone")
	}
	got := w.said(t)
	if len(got) != 3 || !strings.Contains(got[0], `"id":null`) || !strings.Contains(got[1], `"id":8`) || !strings.Contains(got[2], `"id":null`) {
		t.Errorf("%q", got)
	}
}

// A page learns of the network's failures what the policy lets it know, and of refusals
// nothing.
func TestPageReason(t *testing.T) {
	for settings, want := range map[string]string{`{}`: "reset", `{"errorDetail": "reason"}`: "reset", `{"errorDetail": "none"}`: ""} {
		w := newWorld(t)
		if !w.store.SetManaged([]byte(settings)) {
			t.Fatal(settings)
		}
		if got := w.PageReason(fault.Describe(fault.ErrReset)); got != want {
			t.Errorf("%s: %q", settings, got)
		}
		if got := w.PageReason(fault.Describe(fault.ErrPolicy)); got != "" {
			t.Errorf("%s: a refusal has the reason %q", settings, got)
		}
	}
}

// A setting is told to the user, as far as it can be shown.
func TestSetting(t *testing.T) {
	long := fault.Because(fault.ErrPolicy, "a\nb\u202e"+strings.Repeat("x", 2*MaxSettingBytes))
	if got := Setting(long); len(got) > MaxSettingBytes || !strings.HasPrefix(got, "a bx") {
		t.Errorf("%q", got)
	}
	if got := Setting(errors.New("nobody's")); got != "" {
		t.Errorf("%q", got)
	}
	w := newWorld(t)
	w.Begin(1)
	w.Failure(1, fault.Because(fault.ErrPolicy, "the setting"))
	if got := w.said(t); len(got) != 1 || !strings.Contains(got[0], `"by":"the setting"`) {
		t.Errorf("%q", got)
	}
}

func TestSize(t *testing.T) {
	if got := Size("<"); got != len(`"\u003c"`) {
		t.Errorf("%d bytes", got)
	}
	if got := Size(func() {}); got != protocol.MaxControlBytes {
		t.Errorf("what cannot be said has %d bytes", got)
	}
}
