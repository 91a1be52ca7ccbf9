package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// mostLinks is how many symbolic links a path may lead over, as in Linux.
const mostLinks = 40

// walker follows paths from the root, link by link, and trusts only what nobody but
// the owner can change: whoever can write a folder can put another file, or another
// folder, under the name that is looked for. As everything on the way belongs to the
// owner, nobody else can change it between the look and the reading.
type walker struct {
	// owner is trusted beside root.
	owner int
	// print gathers what was met.
	print strings.Builder
	// youngest is the time of the last change of a file that was met.
	youngest time.Time
}

// follow returns the path without symbolic links, and what is there: a folder or a
// regular file.
func (w *walker) follow(path string, folder bool) (string, fs.FileInfo, error) {
	if !filepath.IsAbs(path) {
		return "", nil, errors.New("is no absolute path")
	}
	at := string(filepath.Separator)
	info, err := os.Lstat(at)
	if err != nil {
		return "", nil, fmt.Errorf("cannot be looked at: %w", reason(err))
	}
	rest := steps(path)
	if err := w.trust(at, info, len(rest) > 0); err != nil {
		return "", nil, err
	}
	for links := 0; len(rest) > 0; {
		next := filepath.Join(at, rest[0])
		step := rest[0]
		rest = rest[1:]
		if step == ".." {
			// at has no links, so its parent is the one that its name says.
			at = next
			continue
		}
		if info, err = os.Lstat(next); err != nil {
			return "", nil, fmt.Errorf("leads to %s: %w", next, reason(err))
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := w.link(next, info)
			if err != nil {
				return "", nil, err
			}
			if links++; links > mostLinks {
				return "", nil, errors.New("leads over too many symbolic links")
			}
			if filepath.IsAbs(target) {
				at = string(filepath.Separator)
			}
			rest = append(steps(target), rest...)
			continue
		}
		if err := w.trust(next, info, len(rest) > 0); err != nil {
			return "", nil, err
		}
		at = next
	}
	switch {
	case folder && !info.IsDir():
		return "", nil, errors.New("is not a folder")
	case !folder && !info.Mode().IsRegular():
		return "", nil, errors.New("is not a regular file")
	}
	return at, info, nil
}

func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == filepath.Separator })
}

// link returns where a symbolic link leads. Its own permissions mean nothing.
func (w *walker) link(path string, info fs.FileInfo) (string, error) {
	w.note(path, info)
	if err := w.owned(path, info); err != nil {
		return "", err
	}
	target, err := os.Readlink(path)
	if err != nil {
		return "", fmt.Errorf("leads to %s: %w", path, reason(err))
	}
	w.print.WriteString(target)
	return target, nil
}

// trust refuses what somebody else could write. In a sticky folder such as /tmp
// nobody can replace what belongs to the owner, so one may be on the way.
func (w *walker) trust(path string, info fs.FileInfo, onTheWay bool) error {
	w.note(path, info)
	if err := w.owned(path, info); err != nil {
		return err
	}
	sticky := onTheWay && info.IsDir() && info.Mode()&fs.ModeSticky != 0
	if info.Mode().Perm()&0o022 != 0 && !sticky {
		return fmt.Errorf("%s can be written by others than its owner (mode %04o)", path, info.Mode().Perm())
	}
	return nil
}

func (w *walker) owned(path string, info fs.FileInfo) error {
	uid, known := owner(info)
	switch {
	case !known:
		return errors.New("this system does not say who could write it")
	case uid != 0 && uid != w.owner:
		return fmt.Errorf("%s belongs to user %d, not to root", path, uid)
	}
	return nil
}

// note remembers how a thing was. A folder changes with everything that comes and
// goes in it, so of folders only the identity and who may write counts.
func (w *walker) note(path string, info fs.FileInfo) {
	uid, _ := owner(info)
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
}
