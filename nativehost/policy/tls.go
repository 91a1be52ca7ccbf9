package policy

// TLS is how a socket is protected from the first byte on, as far as administrators can
// tell sockets apart by it. TLS that begins later (STARTTLS) is none.
type TLS string

const (
	// NoTLS: plain text, at least at first.
	NoTLS TLS = ""
	// Verified by certificate authorities for the host itself.
	Verified TLS = "verified"
	// Pinned: the page lists the certificates that it accepts.
	Pinned TLS = "pinned"
	// OtherName: verified by certificate authorities, but for another name than the host.
	OtherName TLS = "other-name"
)

// ClaimedTLS reads what the extension says of a socket: whether its TLS is verified for
// the host itself, and else which kind of TLS it has, if any.
func ClaimedTLS(verified bool, kind string) TLS {
	switch {
	case verified:
		return Verified
	case kind == string(Pinned), kind == string(OtherName):
		return TLS(kind)
	default:
		return NoTLS
	}
}

// tlsRule is what a rule asks of TLS: "" nothing, anyTLS any of it, else that very kind.
type tlsRule string

const anyTLS tlsRule = "any"

func (r tlsRule) met(has TLS) bool {
	switch r {
	case "":
		return true
	case anyTLS:
		return has != NoTLS
	default:
		return /*rule:tls-kind-must-match*/ TLS(r) == has
	}
}
