package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/version"
)

// facts gathers what the audit log says of a session, by what the kernel and the system
// know: the environment, which whoever starts the host chooses, has no say.
func facts(from caller.Caller, p *policy.Policy) audit.Facts {
	uid, name := whoRuns()
	machine, _ := os.Hostname()
	args, dir := caller.Parent()
	return audit.Facts{
		UID: uid, User: name,
		Machine: machine, MachineID: machineID("/etc/machine-id"), PID: os.Getpid(),
		Family: from.Family, ExtensionID: from.ID,
		Program: caller.Program(), Profile: caller.Profile(args, dir),
		Host:   version.Host,
		Policy: p.Hashes.Files, Managed: p.Hashes.Managed,
	}
}

// whoRuns returns the user whom the process runs for. Of those whom the system's files do
// not have, as with a directory service, only the number is known.
func whoRuns() (uid, name string) {
	if runtime.GOOS == "windows" {
		if who, err := user.Current(); err == nil {
			return who.Uid, who.Username
		}
		return "", ""
	}
	uid = strconv.Itoa(os.Getuid())
	// Not user.Current, which takes $USER where it knows nothing better.
	if who, err := user.LookupId(uid); err == nil {
		name = who.Username
	}
	return uid, name
}

// machineID returns an id of this computer that is Portside's own: the system's is not to be
// told to others, says machine-id(5).
func machineID(path string) string {
	text, err := os.ReadFile(path)
	id := strings.TrimSpace(string(text))
	if err != nil || id == "" {
		return ""
	}
	sum := hmac.New(sha256.New, []byte(id))
	sum.Write([]byte("portside audit"))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// known is a user's name, or else their number, for the name of a file.
func known(f audit.Facts) string {
	if f.User != "" {
		return f.User
	}
	return f.UID
}
