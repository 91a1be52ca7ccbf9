package bound

import (
	"net"
	"net/netip"

	"github.com/portside/portside/nativehost/fault"
)

// groupsApart: here every socket gets what comes to the groups that it has joined, and none
// can be bound to a group.
const groupsApart = false

func (s *Socket) listenGroup(netip.AddrPort) (*net.UDPConn, error) {
	return nil, fault.ErrNotApplicable
}
