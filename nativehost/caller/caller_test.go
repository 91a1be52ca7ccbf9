package caller

import (
	"testing"

	"github.com/portside/portside/manifest"
)

func TestIdentify(t *testing.T) {
	own := manifest.Origin(manifest.ChromiumID)
	for _, c := range []struct {
		args    []string
		browser bool
		known   bool
		id      string
	}{
		{[]string{own}, true, true, manifest.ChromiumID},
		{[]string{own, "--parent-window=4711"}, true, true, manifest.ChromiumID},
		{[]string{"chrome-extension://" + manifest.ChromiumID}, true, false, manifest.ChromiumID},
		{[]string{own + "x"}, true, false, manifest.ChromiumID + "/x"},
		{[]string{"chrome-extension://abcdefghijklmnopabcdefghijklmnop/"}, true, false, "abcdefghijklmnopabcdefghijklmnop"},
		{[]string{"/usr/lib/mozilla/native-messaging-hosts/portside.host.json", manifest.FirefoxID}, true, true, manifest.FirefoxID},
		{[]string{"/usr/lib/mozilla/native-messaging-hosts/portside.host.json", "x@example.org"}, true, false, "x@example.org"},
		{[]string{"/usr/lib/mozilla/native-messaging-hosts/portside.host.json"}, false, false, ""},
		{[]string{"portside.host.json", manifest.FirefoxID}, false, false, ""},
		{[]string{"install", own}, false, false, ""},
		{[]string{"--version"}, false, false, ""},
		{nil, false, false, ""},
	} {
		got, browser := Identify(c.args)
		if browser != c.browser || got.Known != c.known || got.ID != c.id {
			t.Errorf("%q: %+v, %v", c.args, got, browser)
		}
	}
}
