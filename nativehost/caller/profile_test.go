//go:build !windows

package caller

import "testing"

func TestProfile(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"chromium"}, ""},
		{[]string{"chromium", "--user-data-dir=/home/a/p"}, "/home/a/p"},
		{[]string{"chromium", "--user-data-dir", "p", "--profile-directory=Profile 1"}, "/work/p/Profile 1"},
		{[]string{"chromium", "--profile-directory=Profile 1"}, "Profile 1"},
		{[]string{"firefox", "--profile", "/home/a/x"}, "/home/a/x"},
		{[]string{"firefox", "-P", "work"}, "work"},
		{[]string{"firefox", "-P"}, ""},
		{[]string{"chromium", "--user-data-dir=/a", "--user-data-dir=/b"}, "/b"},
	} {
		if got := Profile(c.args, "/work"); got != c.want {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
}
