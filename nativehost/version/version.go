// Package version says which version of the host this is. It is the only place
// that does.
package version

import (
	"fmt"

	"github.com/portside/portside/protocol"
)

// Host is the version of the host and of the command, without a leading v.
const Host = "0.1.0"

// Line is what `portside --version` prints.
func Line() string {
	return fmt.Sprintf("portside %s (protocol %d to %d)", Host, protocol.OldestProtocolVersion, protocol.ProtocolVersion)
}
