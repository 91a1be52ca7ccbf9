package sockets

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/carrier"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/requests"
	"github.com/portside/portside/protocol"
)

// The close came after the connection was made and before anybody was told: too
// short a moment to be hit from outside.
func TestCloseComesBetweenConnectionAndAnswer(t *testing.T) {
	out, hostOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	stdio, store := carrier.NewStdio(hostOut), policy.Open("", policy.Options{Log: zerolog.Nop()})
	r := New(Config{
		Requests: requests.New(stdio, store, zerolog.Nop()), Stdio: stdio, Policy: store,
		Audit: audit.New(io.Discard, "test"), Log: zerolog.Nop(), Dialer: &dial.Dialer{},
	})
	written := make(chan error, 1)
	go func() { written <- stdio.Run() }()
	dropped := false
	o := &opening{request: 4, subject: audit.Subject{SocketID: 9}}
	e := &entry{state: stateGivenUp, closers: []int64{5, 6}}
	err = r.opened(t.Context(), o, e, &connection{drop: func() { dropped = true }}, r.outgoing(nil), &limits.Ticket{})
	if !errors.Is(err, fault.ErrAborted) || !dropped {
		t.Fatalf("error %v, connection dropped: %v", err, dropped)
	}
	r.notOpened(t.Context(), o, e, err, time.Now())
	stdio.Finish()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	hostOut.Close()
	frames := protocol.NewFrameReader(out)
	for _, want := range []string{
		`{"jsonrpc":"2.0","id":4,"error":{"code":1,"message":"operation failed","data":{"name":"AbortError","reason":"aborted","detail":"The page gave up."}}}`,
		`{"jsonrpc":"2.0","id":5,"result":{"socketId":9}}`,
		`{"jsonrpc":"2.0","id":6,"result":{"socketId":9}}`,
	} {
		if got, err := frames.Next(); string(got) != want || err != nil {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}
