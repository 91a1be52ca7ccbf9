package printable

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"plain", "Kitchen printer (2.1)", "Kitchen printer (2.1)"},
		{"other scripts", "Drucker in Zürich, 打印机, طابعة, प्रिंटर", "Drucker in Zürich, 打印机, طابعة, प्रिंटर"},
		{"bidi overrides and isolates", "a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"},
		{"controls", "a\x00b\x1b[31mc\x7fd\u0085e", "ab[31mcd e"},
		{"lines", "a\nb\r\n\tc\u2028d\u2029e", "a b c d e"},
		{"not UTF-8", "a\xffb\xc3(c\xed\xa0\x80", "ab(c"},
		{"a replacement character that was sent", "a\ufffdb", "a\ufffdb"},
		{"what cannot be seen", "a\u200bb\u2060c\ufeffd\u00ade\u3164f\u115fg\u034fh\ufe0fi\U000e0041j", "abcdefghij"},
		{"blanks", "\u00a0\u3000 a \u2003\u2800 b \u2009", "a b"},
		{"private use and nobody's", "a\ue000b\U0010fffdc\u0378d", "abcd"},
		{"a tower of marks", "a" + strings.Repeat("\u0301", 20) + "b", "a\u0301\u0301\u0301\u0301b"},
		{"marks without a character", "\u0301\u0302a \u0301b", "a b"},
		{"nothing", "", ""},
		{"nothing that can be seen", " \u202e\n\xff\u200b ", ""},
	} {
		if got := Text(c.text, 255); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abcdef"}, {"abcde ü", 6, "abcde"}, {"abcde ü", 8, "abcde ü"}, {"abcdeü", 6, "abcde"},
		{"abcdeüx", 6, "abcde"}, {"abcde\u202e\u202ef", 6, "abcdef"}, {"a", 0, ""},
	} {
		if got := Text(c.text, c.most); got != c.want {
			t.Errorf("%q, %d bytes: %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

// FuzzText: whatever comes in, what comes out can be seen, fits, and is the same the
// second time.
func FuzzText(f *testing.F) {
	f.Add("Kitchen \u202eprinter\x00", 63)
	f.Add("a\u0301\u0301\u0301\u0301\u0301\u0301 \xff\u2800", 9)
	f.Fuzz(func(t *testing.T, text string, most int) {
		got := Text(text, most)
		if len(got) > max(most, 0) || !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Errorf("%q from %q, %d", got, text, most)
		}
		for _, r := range got {
			if !unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector, unicode.Zl, unicode.Zp) {
				t.Errorf("%q has %U", got, r)
			}
		}
		if again := Text(got, most); again != got {
			t.Errorf("%q, then %q", got, again)
		}
	})
}
