package resolve

import (
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// note keeps the IPv4-mapped addresses of an answer. Go's resolver leaves them out when
// it is asked for one family, but whoever judges a name must see all it leads to.
func (c *conversation) note(packet []byte) {
	found := mapped(packet)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mapped = append(c.mapped, found[:min(len(found), maxRecords-len(c.mapped))]...)
}

// mapped returns the IPv4-mapped addresses in the answers of a packet.
func mapped(packet []byte) []netip.Addr {
	var parser dnsmessage.Parser
	if _, err := parser.Start(packet); err != nil || parser.SkipAllQuestions() != nil {
		return nil
	}
	var found []netip.Addr
	for range maxRecords {
		record, err := parser.AnswerHeader()
		if err != nil {
			break
		}
		if record.Type != dnsmessage.TypeAAAA {
			if parser.SkipAnswer() != nil {
				break
			}
			continue
		}
		body, err := parser.AAAAResource()
		if err != nil {
			break
		}
		if addr := netip.AddrFrom16(body.AAAA); addr.Is4In6() {
			found = append(found, addr)
		}
	}
	return found
}
