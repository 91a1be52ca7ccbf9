package install

import (
	"strings"

	"github.com/portside/portside/manifest"
)

// findable says why a browser that is started as this command was would not find the
// program that a manifest names. On Linux, Chromium turns the path into the character
// set of its locale. Where that is not UTF-8, as with LANG=C or without any, a path with
// letters beyond ASCII becomes another one or none, and the browser says that there is
// no host. (Chromium 156; Firefox takes paths as they are.)
func (c *command) findable(path string, family manifest.Family) error {
	if c.goos != "linux" || family != manifest.Chromium || isASCII(path) {
		return nil
	}
	locale, by := "", "no locale"
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := c.getenv(name); value != "" {
			locale, by = strings.ToLower(value), name+"="+value
			break
		}
	}
	if strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8") {
		return nil
	}
	return advise("start the browser with LANG=C.UTF-8, or move portside to a folder with a plainer name, such as /usr/local/bin",
		"with %s, as here, the browser does not find %s: its letters are not all ASCII", by, path)
}

// sayFindable tells of the same where it is not so here, but may be elsewhere.
func (c *command) sayFindable(path string) {
	if c.goos == "linux" && !isASCII(path) {
		c.say("Note: a browser that is started without a UTF-8 locale (with LANG=C, say) does not find %s.", path)
	}
}

func isASCII(text string) bool {
	for _, r := range text {
		if r > 0x7f {
			return false
		}
	}
	return true
}
