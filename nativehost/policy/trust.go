package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/portside/portside/nativehost/trust"
)

// walker follows paths, trusts only what nobody but the owner can change, and notes
// how all that was on the way.
type walker struct {
	// owner is trusted beside root.
	owner int
	// everybody refuses what not everybody may read, whoever runs this.
	everybody bool
	// closed is the first thing on the way that not everybody may read, or "".
	closed string
	// print gathers what was met.
	print strings.Builder
	// youngest is the time of the last change of a file that was met.
	youngest time.Time
}

// follow returns the path without symbolic links, and what is there: a folder or a
// regular file.
func (w *walker) follow(path string, folder bool) (string, fs.FileInfo, error) {
	w.closed = ""
	rules := trust.Rules{Owners: []int{0, w.owner}, Met: w.note}
	real, info, err := rules.Follow(path, folder)
	//rule:root-judges-for-everybody
	if err == nil && w.everybody && w.closed != "" {
		return "", nil, errors.New(w.closed)
	}
	var fault *trust.Fault
	if errors.As(err, &fault) && fault.OtherOwner {
		err = fmt.Errorf("%w, not to root", err)
	}
	return real, info, err
}

// note remembers how a thing was. A folder changes with everything that comes and
// goes in it, so of folders only the identity and who may write counts.
func (w *walker) note(path string, info fs.FileInfo, target string) {
	uid, _, _ := trust.Owner(info)
	fmt.Fprintf(&w.print, "%s %v %d %s", path, info.Mode(), uid, identity(info))
	if !info.IsDir() {
		changed := changed(info)
		fmt.Fprintf(&w.print, " %d %d %d", info.Size(), info.ModTime().UnixNano(), changed.UnixNano())
		for _, t := range []time.Time{info.ModTime(), changed} {
			if t.After(w.youngest) {
				w.youngest = t
			}
		}
	}
	w.print.WriteByte('\n')
	w.print.WriteString(target)
	if w.closed == "" && target == "" && !open(info, info.IsDir()) {
		w.closed = notForEverybody(path, info)
	}
}

// open reports whether others than its owner and its group may read a file, or look for
// names in a folder.
func open(info fs.FileInfo, folder bool) bool {
	const read, search = 0o004, 0o001
	if folder {
		return info.Mode().Perm()&search != 0
	}
	return info.Mode().Perm()&read != 0
}

func notForEverybody(path string, info fs.FileInfo) string {
	return fmt.Sprintf("%s cannot be read by everybody (mode %04o), and refuses everything for those who cannot", path, info.Mode().Perm())
}
