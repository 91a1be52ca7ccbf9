package resolve

import (
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// note keeps the IPv4-mapped addresses of an answer to a query. Go's resolver leaves them
// out when it is asked for one family, but whoever judges a name must see all it leads to.
func (c *exchange) note(query, packet []byte) {
	found := mapped(query, packet)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mapped = append(c.mapped, found[:min(len(found), maxRecords-len(c.mapped))]...)
}

// mapped returns the IPv4-mapped addresses that a packet gives for the name of a query, or
// for one that this is an alias of. It makes the checks that Go's resolver makes before it
// believes a packet: anybody can send one to the socket, and only who saw the query knows
// its id.
func mapped(query, packet []byte) []netip.Addr {
	answers, asked, ok := answersTo(query, packet)
	if !ok {
		return nil
	}
	type record struct {
		owner string
		addr  netip.Addr
	}
	var records []record
	aliases := map[string]string{}
	for range maxRecords {
		header, err := answers.AnswerHeader()
		if err != nil {
			break
		}
		owner := key(header.Name)
		switch {
		case header.Class == dnsmessage.ClassINET && header.Type == dnsmessage.TypeCNAME:
			body, err := answers.CNAMEResource()
			if err != nil {
				return nil
			}
			aliases[owner] = key(body.CNAME)
		case header.Class == dnsmessage.ClassINET && header.Type == dnsmessage.TypeAAAA:
			body, err := answers.AAAAResource()
			if err != nil {
				return nil
			}
			records = append(records, record{owner, netip.AddrFrom16(body.AAAA)})
		default:
			if answers.SkipAnswer() != nil {
				return nil
			}
		}
	}
	// Aliases may stand in any order, and in a circle.
	names := map[string]bool{}
	for name, more := key(asked.Name), true; more && !names[name]; name, more = aliases[name] {
		names[name] = true
	}
	var found []netip.Addr
	for _, r := range records {
		if /*rule:mapped-record-belongs-to-name*/ names[r.owner] && r.addr.Is4In6() {
			found = append(found, r.addr)
		}
	}
	return found
}

// answersTo returns the answers in a packet, and the question of a query that it answers;
// ok is false unless the packet is a response without an error, to this very query.
func answersTo(query, packet []byte) (answers dnsmessage.Parser, question dnsmessage.Question, ok bool) {
	var asked dnsmessage.Parser
	ours, err := asked.Start(query)
	if err != nil {
		return answers, question, false
	}
	if question, err = asked.Question(); err != nil {
		return answers, question, false
	}
	theirs, err := answers.Start(packet)
	if err != nil ||
		//rule:mapped-answer-is-response
		!theirs.Response || theirs.ID != /*rule:mapped-answer-has-our-id*/ ours.ID || theirs.RCode != dnsmessage.RCodeSuccess {
		return answers, question, false
	}
	repeated, err := answers.Question()
	ok = err == nil && repeated.Type == question.Type && repeated.Class == question.Class &&
		//rule:mapped-answer-repeats-question
		sameName(repeated.Name, question.Name) && answers.SkipAllQuestions() == nil
	return answers, question, ok
}

// key is a name without the case of its ASCII letters, as sameName compares.
func key(name dnsmessage.Name) string {
	for i := range name.Length {
		name.Data[i] = lower(name.Data[i])
	}
	return name.String()
}
