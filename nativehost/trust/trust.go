// Package trust tells whether anybody but those one trusts could change what a path
// leads to. It follows the path from the root, folder by folder and link by link:
// whoever can write a folder can put another file, or another folder, under the name
// that is looked for. It promises that, as everything on the way belongs to the
// trusted, nobody else can change it between the look and the use.
//
// It looks at owners, modes and groups; on Linux also at whether a folder that its
// group may write has an access list. It does not see what a file server does by
// itself.
package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mostLinks is how many symbolic links a path may lead over, as in Linux.
const mostLinks = 40

// Rules say whom one trusts. The zero value trusts nobody.
type Rules struct {
	// Owners are the ids of the users to whom everything must belong.
	Owners []int
	// GroupsOf, if set, reports whether a group has no members but trusted users: such
	// a group may write folders. Without it no group may.
	GroupsOf func(gid int) bool
	// Untold trusts what the system tells no owner of.
	Untold bool
	// OwnerOf, if set, stands for Owner.
	OwnerOf func(fs.FileInfo) (uid, gid int, known bool)
	// Met, if set, hears of each thing on the way, and of a link's target.
	Met func(path string, info fs.FileInfo, target string)
}

// Fault is what somebody else could change.
type Fault struct {
	Path string
	Info fs.FileInfo
	// OtherOwner reports that it belongs to somebody else, UID. Otherwise others may
	// write it: the group GID, unless All may.
	OtherOwner bool
	UID, GID   int
	All        bool
	text       string
}

func (f *Fault) Error() string { return f.text }

// Follow returns the path without symbolic links, and what is there: a folder or a
// regular file. The error is a *Fault if somebody else could change what is there.
func (r *Rules) Follow(path string, folder bool) (string, fs.FileInfo, error) {
	if !filepath.IsAbs(path) {
		return "", nil, errors.New("is no absolute path")
	}
	at := filepath.VolumeName(path) + string(filepath.Separator)
	info, err := os.Lstat(at)
	if err != nil {
		return "", nil, fmt.Errorf("cannot be looked at: %w", reason(err))
	}
	rest := steps(path)
	if err := r.judge(at, info, len(rest) > 0); err != nil {
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
		if info, err = /*rule:policy-links-are-followed*/ os.Lstat(next); err != nil {
			return "", nil, fmt.Errorf("leads to %s: %w", next, reason(err))
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := r.link(next, info)
			if err != nil {
				return "", nil, err
			}
			if links++; links > mostLinks {
				return "", nil, errors.New("leads over too many symbolic links")
			}
			if filepath.IsAbs(target) {
				at = filepath.VolumeName(target) + string(filepath.Separator)
			}
			rest = append(steps(target), rest...)
			continue
		}
		if err := r.judge(next, info, len(rest) > 0); err != nil {
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
	return strings.FieldsFunc(path[len(filepath.VolumeName(path)):], func(r rune) bool { return r == filepath.Separator })
}

// link returns where a symbolic link leads. Its own permissions mean nothing.
func (r *Rules) link(path string, info fs.FileInfo) (string, error) {
	target, err := os.Readlink(path)
	if err != nil {
		return "", fmt.Errorf("leads to %s: %w", path, reason(err))
	}
	r.met(path, info, target)
	return target, r.owned(path, info)
}

// judge refuses what somebody else could write. In a sticky folder such as /tmp
// nobody can replace what belongs to a trusted user, so one may be on the way.
func (r *Rules) judge(path string, info fs.FileInfo, onTheWay bool) error {
	r.met(path, info, "")
	if err := r.owned(path, info); err != nil {
		return err
	}
	if sticky := /*rule:sticky-folder-only-on-the-way*/ onTheWay && info.IsDir() && info.Mode()&fs.ModeSticky != 0; sticky ||
		//rule:policy-files-not-writable-by-others
		info.Mode().Perm()&0o022 == 0 {
		return nil
	}
	uid, gid, _ := r.owner(info)
	all := info.Mode().Perm()&0o002 != 0
	if !all && info.IsDir() && r.GroupsOf != nil && r.GroupsOf(gid) &&
		//rule:access-list-counts-as-writable
		!hasAccessList(path) {
		return nil
	}
	return &Fault{
		Path: path, Info: info, UID: uid, GID: gid, All: all,
		text: fmt.Sprintf("%s can be written by others than its owner (mode %04o)", path, info.Mode().Perm()),
	}
}

func (r *Rules) owned(path string, info fs.FileInfo) error {
	uid, gid, known := r.owner(info)
	switch {
	case !known && r.Untold:
		return nil
	case !known:
		return errors.New("this system does not say who could write it")
		//rule:policy-files-belong-to-root
	case !slices.Contains(r.Owners, uid):
		return &Fault{
			Path: path, Info: info, OtherOwner: true, UID: uid, GID: gid,
			text: fmt.Sprintf("%s belongs to user %d", path, uid),
		}
	}
	return nil
}

func (r *Rules) owner(info fs.FileInfo) (uid, gid int, known bool) {
	if r.OwnerOf != nil {
		return r.OwnerOf(info)
	}
	return Owner(info)
}

func (r *Rules) met(path string, info fs.FileInfo, target string) {
	if r.Met != nil {
		r.Met(path, info, target)
	}
}

// reason leaves out the path that an error of the file system repeats.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
