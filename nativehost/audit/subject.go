package audit

import "net/netip"

// Subject is what a line is about.
type Subject struct {
	SocketID int64
	Protocol string
	Origin   string
	Document string
	Host     string
	Port     int64
	// Local: others can send to it; Host and Port are this computer's.
	Local bool
	// Secure: TLS from the first byte is asked for; StartTLS: it may come later.
	Secure, StartTLS bool
	UserEntered      bool
	Private          bool
	// Admitted is whose word the extension says that it stands on: "asked", "document",
	// "remembered" or "policy"; "" where it does not say.
	Admitted string
	// Rules are the administrators' settings that list what is opened.
	Rules []string
	// Policy is the hash of the policy files by which it was judged; "": there are none.
	Policy string
	// Addresses are what the host was resolved to.
	Addresses []netip.Addr
}

// Peer is how the other end of TLS was authenticated, and what was agreed with it.
type Peer struct {
	// Trust is "roots": certificate authorities vouch for Name; or "hash": the page
	// listed the certificate, and nobody vouches for anything.
	Trust string
	// Name is what the certificate was verified for, and "" where no name counts.
	Name string
	// Version is "1.2" or "1.3", CipherSuite its name in IANA's registry, ALPN the
	// protocol that was agreed upon, or "".
	Version, CipherSuite, ALPN string
	// Certificate is the SHA-256 of the peer's certificate in DER, in hexadecimal.
	Certificate string
}

// Traffic is what a socket carried, in bytes of payload.
type Traffic struct {
	In, Out int64
	// Dropped counts datagrams that found too little credit.
	Dropped int64
	// Accepted counts the connections that a socket has accepted, TurnedAway those that
	// came from where nobody may reach it.
	Accepted, TurnedAway int64
}
