package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err          error
		name, reason string
	}{
		{syscall.ECONNREFUSED, "NetworkError", "refused"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "NetworkError", "refused"},
		{syscall.ECONNRESET, "NetworkError", "reset"},
		{syscall.EPIPE, "NetworkError", "reset"},
		{syscall.ETIMEDOUT, "NetworkError", "timeout"},
		{os.ErrDeadlineExceeded, "NetworkError", "timeout"},
		{context.DeadlineExceeded, "NetworkError", "timeout"},
		{context.Canceled, "AbortError", "aborted"},
		{syscall.EHOSTUNREACH, "NetworkError", "unreachable"},
		{syscall.ENETUNREACH, "NetworkError", "unreachable"},
		{syscall.EMSGSIZE, "NetworkError", "message-size"},
		{&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}, "NetworkError", "in-use"},
		{&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, "NetworkError", "port"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}, "NetworkError", "unreachable"},
		{fmt.Errorf("80: %w", ErrLowPort), "NotAllowedError", "port"},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, "NetworkError", "dns"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{}}, "NetworkError", "tls"},
		{tls.AlertError(40), "NetworkError", "tls"},
		{io.ErrUnexpectedEOF, "NetworkError", "tls"},
		{syscall.EACCES, "NetworkError", "unreachable"},
		{syscall.EPERM, "NetworkError", "unreachable"},
		{syscall.EIO, "NetworkError", "network"},
		{errors.New("what is this?"), "NetworkError", "network"},
		{fmt.Errorf("wrapped: %w", ErrAddress), "NotAllowedError", "address"},
		{fmt.Errorf("by a rule: %w", ErrPolicy), "NotAllowedError", "policy"},
		{ErrRate, "NotAllowedError", "rate"},
		{ErrRateOrigin, "QuotaExceededError", "rate"},
		{ErrLimitOrigin, "QuotaExceededError", "limit"},
		{ErrLimitOverall, "NotAllowedError", "limit"},
		{fmt.Errorf("%w: %w", ErrTLS, &tls.CertificateVerificationError{Err: x509.HostnameError{}}), "NetworkError", "tls"},
		{ErrPlaintext, "NetworkError", "plaintext"},
		{fmt.Errorf("%w: Access-Control-Allow-Origin", ErrCORS), "NotAllowedError", "cors"},
		{Because(ErrPolicy, "allowedOrigins"), "NotAllowedError", "policy"},
		{ErrGone, "InvalidStateError", "gone"},
	} {
		got := Describe(Classify(c.err))
		if got.Name != c.name || got.Reason != c.reason || !strings.HasSuffix(got.Detail, ".") {
			t.Errorf("%v: %+v, want %s, %s", c.err, got, c.name, c.reason)
		}
		if again := Classify(Classify(c.err)); Describe(again) != got {
			t.Errorf("%v: twice is %+v", c.err, Describe(again))
		}
	}
	if Classify(nil) != nil {
		t.Error("no error became one")
	}
}

// The schema knows every name and reason of the table.
func TestTableFitsTheSchema(t *testing.T) {
	var schema struct {
		Properties struct {
			Data struct {
				Properties struct{ Name struct{ Enum []string } }
			}
		}
	}
	var definitions struct {
		Defs struct{ HostReason struct{ Enum []string } } `json:"$defs"`
	}
	for file, into := range map[string]any{"error": &schema, "definitions": &definitions} {
		text, err := os.ReadFile("../../protocol/schema/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	names, reasons := schema.Properties.Data.Properties.Name.Enum, definitions.Defs.HostReason.Enum
	for _, row := range rows() {
		if !slices.Contains(names, row.says.Name) || !slices.Contains(reasons, row.says.Reason) {
			t.Errorf("%v: %+v is not in the schema", row.err, row.says)
		}
	}
}

func TestMessagesNameNoDestination(t *testing.T) {
	err := Classify(fmt.Errorf("dial tcp 192.0.2.7:22: %w", syscall.ECONNREFUSED))
	if strings.Contains(err.Error(), "192.0.2.7") {
		t.Errorf("%q", err)
	}
	if !strings.Contains(Cause(err), "192.0.2.7") || Cause(ErrGone) == "" {
		t.Errorf("the cause is %q", Cause(err))
	}
}

func TestSetting(t *testing.T) {
	err := Because(ErrPolicy, "blockedOrigins[0]")
	if err.Error() != ErrPolicy.Error()+": blockedOrigins[0]" || Setting(fmt.Errorf("dial: %w", err)) != "blockedOrigins[0]" {
		t.Errorf("%v, decided by %q", err, Setting(err))
	}
	if err := Because(ErrPolicy, ""); err != ErrPolicy || Setting(err) != "" || Setting(nil) != "" {
		t.Errorf("%v, decided by %q", err, Setting(err))
	}
}
