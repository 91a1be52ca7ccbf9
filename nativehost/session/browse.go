package session

import (
	"context"
	"net/netip"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// maxBrowsings is how many searches for devices may be under way. Nobody looks at more
// questions than that.
const maxBrowsings = 4

// browsing is a resolve.browse until it is answered. The session's mutex guards it.
type browsing struct {
	params protocol.ResolveBrowseParams
	// cancel ends it.
	cancel context.CancelFunc
	// stoppers are the ids of the resolve.stop that came.
	stoppers []int64
	// revoked is why a new policy has ended it, or nil.
	revoked error
}

// ResolveBrowse serves resolve.browse: it leaves the request to a goroutine that looks for
// devices.
func (s calls) ResolveBrowse(ctx context.Context, id int64, params protocol.ResolveBrowseParams) *protocol.RPCError {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(params.Timeout)*time.Millisecond)
	b := &browsing{params: params, cancel: cancel}
	err := s.mayBrowse(s.Policy.Current(), params)
	// Once it is listed, enforce finds it: what changed until then is seen here.
	defer func() { s.revoke(s.Policy.Current(), b) }()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, taken := s.browsings[params.BrowseID]
	switch {
	case taken:
		cancel()
		return protocol.NewError(protocol.CodeInvalidRequest)
	case err == nil && len(s.browsings) >= /*rule:device-searches-are-bounded*/ maxBrowsings:
		err = fault.ErrBrowsings
	}
	if err != nil {
		cancel()
		s.requests.Failure(id, err)
		return nil
	}
	s.browsings[params.BrowseID] = b
	s.owners.Go(func() {
		defer cancel()
		s.look(ctx, id, b)
	})
	return nil
}

// revoke ends a search that a policy does not allow.
func (s *Session) revoke(p *policy.Policy, b *browsing) {
	err := s.mayBrowse(p, b.params)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && /*rule:forbidden-search-ends*/ b.revoked == nil {
		b.revoked = err
		b.cancel()
	}
}

// mayBrowse says why nobody may look for devices on behalf of an origin: an
// administrator does not want it, or the origin could not open any of them.
func (s *Session) mayBrowse(p *policy.Policy, params protocol.ResolveBrowseParams) error {
	//rule:admin-may-forbid-discovery
	if !p.Settings.Discovery.Value {
		return rules.Forbidden(p, p.Settings.Discovery.By)
	}
	//rule:search-checks-origin
	if _, err := address.ParseOrigin(params.Origin); err != nil {
		return err
	}
	j := rules.Before(p, s.Near, wanted(params, address.Host{}))
	//rule:search-needs-openable-target
	if j.Refused != nil {
		return fault.Because(j.Refused, j.By)
	}
	return nil
}

// wanted is the socket that whoever picks a device would want.
func wanted(params protocol.ResolveBrowseParams, host address.Host) rules.Request {
	return rules.Request{
		Origin: params.Origin, Protocol: params.Protocol, Host: host, Port: uint16(params.Port),
		TLS: policy.ClaimedTLS(params.Secure, params.TLS), UserEntered: true,
	}
}

// look looks for devices until the time is over, tells of each, and answers.
func (s *Session) look(ctx context.Context, request int64, b *browsing) {
	browser := &discover.Browser{Near: s.Near, May: func(host address.Host, addr netip.Addr) bool {
		//rule:device-rules-are-the-sessions
		return rules.Resolved(s.Policy.Current(), s.Near, wanted(b.params, host), addr) == nil
	}}
	var found int64
	err := s.Browse(browser, ctx, discover.Query{Protocol: b.params.Protocol, Port: uint16(b.params.Port)}, func(d discover.Device) {
		found++
		s.out.Notify(protocol.MethodResolveFound, protocol.ResolveFoundParams{
			BrowseID: b.params.BrowseID, Name: d.Name, Service: d.Service, Host: d.Host.String(), Address: d.Address.String(),
		})
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.browsings, b.params.BrowseID)
	if b.revoked != nil {
		err = b.revoked
	}
	if err != nil {
		s.requests.Failure(request, err)
	} else {
		s.requests.Result(request, protocol.ResolveBrowseResult{Found: found})
	}
	for _, id := range b.stoppers {
		s.requests.Result(id, protocol.ResolveStopResult{})
	}
}

// ResolveStop serves resolve.stop. The goroutine that looks answers both requests, in
// order.
func (s calls) ResolveStop(_ context.Context, id int64, params protocol.ResolveStopParams) *protocol.RPCError {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.browsings[params.BrowseID]
	if b == nil {
		s.requests.Result(id, protocol.ResolveStopResult{})
		return nil
	}
	b.stoppers = append(b.stoppers, id)
	b.cancel()
	return nil
}
