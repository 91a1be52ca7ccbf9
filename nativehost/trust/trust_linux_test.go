package trust

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const otherUser = 65534

// tree is a folder with a folder and a file in it.
func tree(t *testing.T) (folder, file string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "a", "b")
	file = filepath.Join(folder, "file")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return folder, file
}

func TestFollow(t *testing.T) {
	root := func(t *testing.T) {
		t.Helper()
		if os.Geteuid() != 0 {
			t.Skip("only root can give files away; the case runs in the suite that runs as root")
		}
	}
	mine := func(gid int) bool { return gid == os.Getgid() }
	for name, c := range map[string]struct {
		change func(t *testing.T, folder, file string)
		want   string
	}{
		"as it should be": {func(*testing.T, string, string) {}, ""},
		"my group may write a folder": {func(t *testing.T, folder, _ string) {
			must(t, os.Chmod(folder, 0o775))
		}, ""},
		"but not the file": {func(t *testing.T, _, file string) { must(t, os.Chmod(file, 0o664)) }, "(mode 0664)"},
		"nor a folder with an access list": {func(t *testing.T, folder, _ string) {
			// acl(5): version 2; the owner, the other user, the group, the mask, the others.
			list := []byte{2, 0, 0, 0}
			for _, entry := range [][2]byte{{1, 7}, {2, 7}, {4, 5}, {16, 7}, {32, 5}} {
				id := uint32(math.MaxUint32)
				if entry[0] == 2 {
					id = otherUser
				}
				list = binary.LittleEndian.AppendUint32(append(list, entry[0], 0, entry[1], 0), id)
			}
			if err := unix.Setxattr(folder, "system.posix_acl_access", list, 0); err != nil {
				t.Skipf("no access lists here: %v", err)
			}
		}, "(mode 0775)"},
		"a strange group may write a folder": {func(t *testing.T, folder, _ string) {
			root(t)
			must(t, os.Chown(folder, -1, otherUser))
			must(t, os.Chmod(folder, 0o775))
		}, "(mode 0775)"},
		"or one above": {func(t *testing.T, folder, _ string) {
			root(t)
			must(t, os.Chown(filepath.Dir(folder), -1, otherUser))
			must(t, os.Chmod(filepath.Dir(folder), 0o775))
		}, "(mode 0775)"},
		"all may write a folder": {func(t *testing.T, folder, _ string) { must(t, os.Chmod(folder, 0o757)) }, "(mode 0757)"},
		"a sticky folder": {func(t *testing.T, folder, _ string) {
			must(t, os.Chmod(folder, 0o777|fs.ModeSticky))
		}, ""},
		"in which another user has the file": {func(t *testing.T, folder, file string) {
			root(t)
			must(t, os.Chmod(folder, 0o777|fs.ModeSticky))
			must(t, os.Chown(file, otherUser, -1))
		}, "belongs to user 65534"},
		"another user's folder": {func(t *testing.T, folder, _ string) {
			root(t)
			must(t, os.Chown(filepath.Dir(folder), otherUser, -1))
		}, "belongs to user 65534"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, file := tree(t)
			c.change(t, folder, file)
			rules := Rules{Owners: []int{0, os.Getuid()}, GroupsOf: mine}
			_, _, err := rules.Follow(file, false)
			var fault *Fault
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &fault) || !strings.HasSuffix(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAlone(t *testing.T) {
	dir := t.TempDir()
	users, groups := filepath.Join(dir, "passwd"), filepath.Join(dir, "group")
	must(t, os.WriteFile(users, []byte(`root:x:0:0:root:/root:/bin/sh
alice:x:1000:1000:,,,:/home/alice:/bin/sh
bob:x:1001:1001::/home/bob:/bin/sh
carol:x:1002:100::/home/carol:/bin/sh
dave:x:1003:1005::/home/dave:/bin/sh
nonsense
`), 0o600))
	must(t, os.WriteFile(groups, []byte(`root:x:0:
users:x:100:
staff:x:50:
sudo:x:27:alice,bob
alice:x:1000:
bob:x:1001:alice
projects:x:1004:alice
shared:x:1005:
twice:x:1006:alice
again:x:1006:bob
short:x
`), 0o600))
	for gid, want := range map[int]bool{
		0: true, 50: true, 1000: true, 1004: true,
		27:   false, // bob is in it, too
		100:  false, // it is carol's
		1001: false, // bob's own, whatever alice may do there
		1005: false, // dave's, who is not named in it
		1006: false, // two entries of one id
		4711: false, // nobody knows
	} {
		if got := alone(users, groups, []int{0, 1000}, gid); got != want {
			t.Errorf("group %d: %v", gid, got)
		}
	}
	// From a directory service: the private group is that of the same number.
	if !alone(users, groups, []int{0, 5000}, 5000) || alone(users, groups, []int{0, 5000}, 5001) {
		t.Error("a group that is in no file")
	}
	if alone(filepath.Join(dir, "none"), groups, []int{0, 1000}, 1000) || alone(users, filepath.Join(dir, "none"), []int{0, 1000}, 1000) {
		t.Error("without the files nobody can tell")
	}
}
