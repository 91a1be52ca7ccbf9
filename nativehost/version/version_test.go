package version

import "testing"

func TestLine(t *testing.T) {
	if got := Line(); got != "portside 0.1.0 (protocol 2 to 5)" {
		t.Errorf("%q", got)
	}
}
