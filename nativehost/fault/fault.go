// Package fault is the list of what can go wrong with a socket, and the one table
// that says what a page, the log and the user get to know of it.
//
// It promises that every error has a row, and that a row's text contains nothing
// of the destination: a page sees only the name, a private window's log only the
// reason.
package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// The sentinel errors. Others wrap them; Describe knows them all.
var (
	ErrAborted       = errors.New("given up by the page")
	ErrAddress       = errors.New("address not allowed")
	ErrAddressInUse  = errors.New("address and port in use")
	ErrBrowsings     = errors.New("too many searches for devices")
	ErrCORS          = errors.New("the server speaks for itself by CORS")
	ErrDNS           = errors.New("name not resolved")
	ErrGone          = errors.New("no such socket")
	ErrHalfClosed    = errors.New("already shut down for writing")
	ErrLimitOrigin   = errors.New("too many sockets of this origin")
	ErrLimitOverall  = errors.New("too many sockets")
	ErrLowPort       = errors.New("port too low")
	ErrMessageSize   = errors.New("datagram too large")
	ErrNetwork       = errors.New("network error")
	ErrOrigin        = errors.New("origin not secure")
	ErrPolicy        = errors.New("refused by the administrator")
	ErrPolicyBroken  = fmt.Errorf("%w, whose policy cannot be used", ErrPolicy)
	ErrPortReserved  = errors.New("port reserved by the system")
	ErrPlaintext     = errors.New("plain text out of turn")
	ErrProtocol      = errors.New("credit or order violated")
	ErrRate          = errors.New("too many attempts")
	ErrRateOrigin    = errors.New("too many attempts of this origin")
	ErrRefused       = errors.New("connection refused")
	ErrReset         = errors.New("connection reset")
	ErrRisk          = errors.New("port watched by routers")
	ErrTimeout       = errors.New("timed out")
	ErrTLS           = errors.New("no secure connection")
	ErrUnreachable   = errors.New("not reachable")
	ErrNotApplicable = errors.New("not possible with this socket")
)

// Description is a row of the table.
type Description struct {
	// Name is the DOMException name for the page.
	Name string
	// Reason is the true reason, for the log and the user.
	Reason string
	// Detail is a sentence for the user.
	Detail string
	// Page is what a page may know of the reason, where somebody agreed to the
	// destination and no administrator forbids it; empty where it may know nothing.
	Page string
}

// rows lists the table in the order in which it is asked: an error that wraps two
// sentinels gets the first.
func rows() []row {
	return []row{
		{ErrAborted, Description{"AbortError", "aborted", "The page gave up.", ""}},
		{ErrGone, Description{"InvalidStateError", "gone", "The socket is closed.", ""}},
		{ErrHalfClosed, Description{"InvalidStateError", "protocol", "The socket has been shut down for writing.", ""}},
		{ErrNotApplicable, Description{"InvalidStateError", "protocol", "This kind of socket cannot do that.", ""}},
		{ErrOrigin, Description{"NotAllowedError", "origin", "The page was not loaded over a secure connection.", ""}},
		//rule:refusals-have-no-page-reason
		{ErrAddress, Description{"NotAllowedError", "address", "Pages may not connect to this address.", ""}},
		{ErrLowPort, Description{"NotAllowedError", "port", "Pages may not use so low a port of this computer.", ""}},
		{ErrPolicyBroken, Description{"NotAllowedError", "policy-broken", "The administrator's policy cannot be used, so everything is refused.", ""}},
		{ErrPolicy, Description{"NotAllowedError", "policy", "The administrator of this computer does not allow it.", ""}},
		{ErrRate, Description{"NotAllowedError", "rate", "Connections are being opened too fast.", ""}},
		{ErrRateOrigin, Description{"QuotaExceededError", "rate", "This site opens connections too fast.", ""}},
		{ErrRisk, Description{"NotAllowedError", "risk", "Routers watch this port, and nobody agreed to the danger.", ""}},
		{ErrCORS, Description{"NotAllowedError", "cors", "This server decides by CORS which pages may use it.", ""}},
		{ErrLimitOrigin, Description{"QuotaExceededError", "limit", "This site has too many sockets open.", ""}},
		{ErrLimitOverall, Description{ /*rule:overall-limit-looks-like-refusal*/ "NotAllowedError", "limit", "Too many sockets are open in this browser.", ""}},
		{ErrBrowsings, Description{"NotAllowedError", "limit", "Too many searches for devices nearby are under way.", ""}},
		{ErrMessageSize, Description{"NetworkError", "message-size", "The datagram is too large to be sent.", ""}},
		{ErrAddressInUse, Description{"NetworkError", "in-use", "Another program of this computer uses this address and port.", ""}},
		{ErrPortReserved, Description{"NetworkError", "port", "The system of this computer keeps this port for its administrators.", ""}},
		{ErrProtocol, Description{"NetworkError", "protocol", "The extension sent more than it was allowed to.", ""}},
		{ErrPlaintext, Description{"NetworkError", "plaintext", "The other side sent more in plain text before the secure connection began.", "tls"}},
		{ErrTimeout, Description{"NetworkError", "timeout", "The other side did not answer in time.", "timeout"}},
		{ErrDNS, Description{"NetworkError", "dns", "The host name could not be resolved.", "dns"}},
		{ErrRefused, Description{"NetworkError", "refused", "The other side refused the connection.", "refused"}},
		{ErrReset, Description{"NetworkError", "reset", "The connection was broken by the other side.", "reset"}},
		{ErrUnreachable, Description{"NetworkError", "unreachable", "The network or the host cannot be reached.", "unreachable"}},
		{ErrTLS, Description{"NetworkError", "tls", "A secure connection could not be established, or was cut short.", "tls"}},
		{ErrNetwork, Description{"NetworkError", "network", "The network failed.", ""}},
	}
}

type row struct {
	err  error
	says Description
}

// Describe looks err up. An error that nobody classified is a network error: it
// is the name that tells a page least.
func Describe(err error) Description {
	table := rows()
	for _, row := range table {
		if errors.Is(err, row.err) {
			return row.says
		}
	}
	return table[len(table)-1].says
}

// Classify wraps an error of the operating system, the resolver or TLS in the
// sentinel that it amounts to. An error that has one already, and nil, come back
// as they are.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	for _, row := range rows() {
		if errors.Is(err, row.err) {
			return err
		}
	}
	return &classified{kind: kind(err), cause: err}
}

// classified keeps the cause for the log without adding its text to the message,
// since it names addresses.
type classified struct{ kind, cause error }

func (c *classified) Error() string   { return /*rule:host-errors-name-no-destination*/ c.kind.Error() }
func (c *classified) Unwrap() []error { return []error{c.kind, c.cause} }

// Cause returns the text of what lies under a classified error. It may name the
// destination.
func Cause(err error) string {
	var c *classified
	if errors.As(err, &c) {
		return c.cause.Error()
	}
	return err.Error()
}

// decided keeps the administrator's setting that an error comes from.
type decided struct {
	error
	setting string
}

func (d *decided) Error() string { return d.error.Error() + ": " + d.setting }
func (d *decided) Unwrap() error { return d.error }

// Because adds the administrator's setting that decided to an error, for the log and
// the user. An empty one adds nothing.
func Because(err error, setting string) error {
	if setting == "" {
		return err
	}
	return &decided{err, setting}
}

// Setting returns the administrator's setting that an error comes from, or "".
func Setting(err error) string {
	var d *decided
	if errors.As(err, &d) {
		return d.setting
	}
	return ""
}

func kind(err error) error {
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var operation *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return ErrAborted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	case errors.As(err, &dns):
		return ErrDNS
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert),
		errors.As(err, &authority), errors.As(err, &hostname):
		return ErrTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return ErrReset
	case errors.Is(err, syscall.ETIMEDOUT):
		return ErrTimeout
	case errors.As(err, &operation) && operation.Op == "listen" && errors.Is(err, syscall.EACCES):
		return ErrPortReserved
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		// A firewall, or a route that prohibits, here or on the way.
		errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM),
		errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.ENETDOWN), errors.Is(err, syscall.EHOSTDOWN):
		return ErrUnreachable
	case errors.Is(err, syscall.EADDRINUSE):
		return ErrAddressInUse
	case errors.Is(err, syscall.EMSGSIZE):
		return ErrMessageSize
	case errors.Is(err, io.ErrUnexpectedEOF):
		// Only TLS reports it: the peer ended TCP without ending TLS first.
		return ErrTLS
	}
	if known := errno(err); known != nil {
		return known
	}
	return ErrNetwork
}
