package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// Hashes name a policy for the audit log, each in hexadecimal, or "" where there is none.
type Hashes struct {
	// Files is the SHA-256 of all policy files one behind the other, in the order in which
	// they are asked: what `cat FILES | sha256sum` says. A file that cannot be read counts
	// as empty.
	Files string
	// Managed is the SHA-256 of the settings that the browser manages, as they came.
	Managed string
}

func hashes(files []source, managed []byte) Hashes {
	var h Hashes
	sum, some := sha256.New(), false
	for _, file := range files {
		if file.demand {
			continue // no policy
		}
		sum.Write(file.text)
		some = true
	}
	if some {
		h.Files = hex.EncodeToString(sum.Sum(nil))
	}
	if len(managed) > 0 {
		sum := sha256.Sum256(managed)
		h.Managed = hex.EncodeToString(sum[:])
	}
	return h
}

// Admitting names the settings that list a socket's page and its destination, for the audit
// log: of each source the first rule that fits.
func (p *Policy) Admitting(q Query, addr netip.Addr) []string {
	if len(p.layers) == 0 {
		return nil
	}
	_, reasons := p.Explain(q, addr)
	var by []string
	for _, reason := range reasons {
		if reason.Effect == Admits {
			by = append(by, reason.By)
		}
	}
	return by
}
