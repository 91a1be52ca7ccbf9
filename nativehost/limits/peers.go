package limits

import "github.com/portside/portside/nativehost/fault"

// newPeers returns a full bucket for the new peers of an origin, and one of the same
// size for those of a site: origins below one domain have no more together.
func (c *Caps) newPeers() *bucket {
	const minute = 60
	return newBucket(float64(c.NewPeersPerMinute)/minute, c.NewPeersPerMinute)
}

// TakePeer counts a peer that a bound UDP socket of the origin asker is about to send to
// for the first time. Beyond the origin's own rate it is fault.ErrRateOrigin; beyond its
// site's, which the page must not learn of, fault.ErrRate. What is refused here costs
// nothing.
func (c *Counter) TakePeer(asker string, private bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	s := c.side(private)
	s.sweep(now)
	n, all, keep := s.counts(asker, &c.caps)
	switch {
	//rule:new-peers-per-origin
	case !n.peers.has(now):
		return fault.ErrRateOrigin
		//rule:new-peers-per-site
	case !all.peers.has(now):
		return fault.ErrRate
	}
	n.peers.take(now)
	all.peers.take(now)
	keep()
	return nil
}
