package address

import "testing"

func TestServerNames(t *testing.T) {
	for from, want := range map[string]string{
		"Mail.Example": "Mail.Example", "a.example.": "a.example", "_x.example": "_x.example", "192.0.2.7": "192.0.2.7",
		"2001:db8::7": "2001:db8::7", "[2001:db8::7]": "2001:db8::7", "fe80::1%eth0": "fe80::1", "::ffff:192.0.2.7": "192.0.2.7",
	} {
		if got, err := ServerName(from); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", from, got, err, want)
		}
	}
	for _, bad := range []string{"", ".", "a..example", "a b", "a\x00b", "bücher.example", "*.example", "a/b", "[", string(make([]byte, 300))} {
		if got, err := ServerName(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}
