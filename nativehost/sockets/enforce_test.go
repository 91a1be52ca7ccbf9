package sockets

import (
	"os"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// A policy that comes while a request is being read is not asked about nothing: it may
// allow what is asked for.
func TestNewPolicyWaitsForTheRequest(t *testing.T) {
	v, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open("", policy.Options{Validator: v, Owner: os.Geteuid(), Log: zerolog.Nop()})
	if !store.SetManaged([]byte(`{"allowedOrigins": ["https://page.example"]}`)) {
		t.Fatal("not valid")
	}
	host, err := address.ParseHost("mail.example.org")
	if err != nil {
		t.Fatal(err)
	}
	r := New(Config{Policy: store, Near: nearby.New(zerolog.Nop())})
	for origin, ends := range map[string]bool{"": false, "https://page.example": false, "https://other.example": true} {
		e := &entry{cancel: func() {}}
		if origin != "" {
			e.request = &rules.Request{Origin: origin, Protocol: "tcp", Host: host, Port: 993, TLS: policy.Verified}
		}
		r.sockets[1] = e
		r.Enforce(store.Current())
		if (e.ended != nil) != ends {
			t.Errorf("a request of %q: ended with %v", origin, e.ended)
		}
	}
}
