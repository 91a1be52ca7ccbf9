package trust

import (
	"bufio"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	userFile  = "/etc/passwd"
	groupFile = "/etc/group"
	// macAdmins are those who may act as root on macOS anyway, where much belongs to
	// their group.
	macAdmins = 80
	// longestLine bounds a line of these files, in bytes.
	longestLine = 1 << 20
)

// User are the rules of somebody who trusts root and themselves, and groups that
// nobody else is in, such as the private group that many systems make for each user.
func User(uid int) *Rules {
	return &Rules{Owners: []int{0, uid}, GroupsOf: Alone(0, uid), Untold: true}
}

// Alone returns a function that reports whether nobody but these users is in a group.
// It goes by /etc/group and /etc/passwd. Of a group that is not there, as where users
// come from a directory service, it believes only the sign of a private one: that its
// id is the user's.
func Alone(uids ...int) func(gid int) bool {
	return func(gid int) bool { return alone(userFile, groupFile, uids, gid) }
}

func alone(userFile, groupFile string, uids []int, gid int) bool {
	if runtime.GOOS == "darwin" && gid == macAdmins {
		return true
	}
	// name:password:gid:members, and name:password:uid:gid:...
	groups, known := table(groupFile, 4)
	users, told := table(userFile, 4)
	if !known || !told {
		return false
	}
	of := func(group []string) bool { return group[2] == strconv.Itoa(gid) }
	i := slices.IndexFunc(groups, of)
	if i < 0 {
		return gid != 0 && slices.Contains(uids, gid)
	}
	var names []string
	for _, user := range users {
		uid, err := strconv.Atoi(user[2])
		if trusted := err == nil && slices.Contains(uids, uid); trusted {
			names = append(names, user[0])
		} else if /*rule:private-group-has-one-user*/ user[3] == groups[i][2] {
			return false
		}
	}
	for _, group := range groups {
		for member := range strings.SplitSeq(group[3], ",") {
			//rule:private-group-has-no-members
			if of(group) && member != "" && !slices.Contains(names, member) {
				return false
			}
		}
	}
	return true
}

// table reads a file of lines with colons, as far as they have so many fields.
func table(path string, fields int) (rows [][]string, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if row := strings.Split(lines.Text(), ":"); len(row) >= fields {
			rows = append(rows, row)
		}
	}
	return rows, lines.Err() == nil
}

// Unmapped returns the id under which this user namespace shows all users that it has
// no id for, and false where every user has one. In a container that is whoever owns
// what the machine lent it, mostly root.
func Unmapped() (uid int, ok bool) {
	ids, err := os.ReadFile("/proc/self/uid_map")
	if fields := strings.Fields(string(ids)); err != nil || len(fields) == 3 && fields[0] == "0" && fields[2] == "4294967295" {
		return 0, false
	}
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return 0, false
	}
	uid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return uid, err == nil
}
