// Package requests keeps the requests of the browser's side that wait for their answers.
// It promises that each is answered exactly once, that an id that is open is not taken
// twice, and that what a page may know of a failure is decided in one place.
//
// It knows no sockets: whoever serves a request answers it by its id.
package requests

import (
	"encoding/json"
	"sync"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/printable"
	"github.com/portside/portside/protocol"
)

const (
	// maxOpen is how many requests may wait for their answers.
	maxOpen = 1 << 17
	// MaxSettingBytes is how long a setting's text may be in an answer, as the schema
	// says.
	MaxSettingBytes = 512
)

// Table is the requests that are open. Its methods return at once, and may be called by
// any goroutine, also by one that holds a lock of its own.
type Table struct {
	out    *carrier.Stdio
	policy *policy.Store
	log    zerolog.Logger

	// mu guards open. The carrier's is taken while it is held, so that an id is free as
	// soon as its answer is on the way, and not before.
	mu   sync.Mutex
	open map[int64]struct{}
}

// New returns an empty Table that answers by out. The policy says whether pages learn
// reasons; log is for faults of the protocol.
func New(out *carrier.Stdio, policy *policy.Store, log zerolog.Logger) *Table {
	return &Table{out: out, policy: policy, log: log, open: map[int64]struct{}{}}
}

// Begin notes that a request waits for its answer. It reports false when the id is
// taken, or when too many are.
func (t *Table) Begin(id int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.open[id]; /*rule:request-ids-are-unique*/ taken || len(t.open) >= /*rule:request-ids-are-unique.2*/ maxOpen {
		return false
	}
	t.open[id] = struct{}{}
	return true
}

// Result answers a request that was begun.
func (t *Table) Result(id int64, result any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, id)
	t.out.Result(id, result)
}

// Failure answers a request that was begun with what the table of package fault says
// about err.
func (t *Table) Failure(id int64, err error) {
	says := fault.Describe(err)
	failure := protocol.NewFailure(says.Name, says.Reason, says.Detail)
	//rule:host-names-deciding-setting
	failure.Data.By = Setting(err)
	failure.Data.PageReason = t.PageReason(says)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, id)
	t.out.Error(&id, failure)
}

// Reject logs a message that cannot be served and answers it, or says so without
// an id when it has none or one that another request holds.
func (t *Table) Reject(message protocol.Message, fault *protocol.RPCError) {
	t.log.Warn().Str("method", message.Method).Int64("code", fault.Code).Msg("message refused")
	t.mu.Lock()
	defer t.mu.Unlock()
	if message.ID == nil {
		t.out.Error(nil, fault)
		return
	}
	if message.Params == nil {
		// The message was refused before its id was noted. An id that is taken
		// belongs to the request that is still open, which is to be answered once.
		id := message.ID
		if _, taken := t.open[*id]; taken {
			id = nil
		}
		t.out.Error(id, fault)
		return
	}
	delete(t.open, *message.ID)
	t.out.Error(message.ID, fault)
}

// PageReason returns what a page may know of why the network failed. Whoever passes it
// on answers for it that somebody agreed to the destination.
func (t *Table) PageReason(says fault.Description) string {
	// Callers may hold locks, so it is the policy that is known: no file is read.
	//rule:admin-may-hide-error-detail
	if !t.policy.Known().Settings.ErrorDetail.Value {
		return ""
	}
	return says.Page
}

// Setting returns the administrator's setting that an error comes from, or "", as the
// user may read it.
func Setting(err error) string {
	return printable.Text(fault.Setting(err), MaxSettingBytes)
}

// Size is how many bytes a part of an answer takes.
func Size(part any) int {
	text, err := json.Marshal(part)
	if err != nil {
		return protocol.MaxControlBytes // what cannot be said has no room
	}
	return len(text)
}
