package report

import (
	"fmt"

	"github.com/portside/portside/nativehost/policy"
)

// tlsFlag is --tls, alone or with a kind of TLS. It implements flag.Value.
type tlsFlag policy.TLS

func (f *tlsFlag) String() string { return string(*f) }

// IsBoolFlag has package flag take --tls without a value, as "true".
func (f *tlsFlag) IsBoolFlag() bool { return true }

// Set takes a kind of TLS.
func (f *tlsFlag) Set(text string) error {
	switch kind := policy.TLS(text); {
	case text == "true":
		*f = tlsFlag(policy.Verified)
	case text == "false":
		*f = tlsFlag(policy.NoTLS)
	case kind == policy.Verified, kind == policy.Pinned, kind == policy.OtherName:
		*f = tlsFlag(kind)
	default:
		return fmt.Errorf("it is %s, %s or %s", policy.Verified, policy.Pinned, policy.OtherName)
	}
	return nil
}
