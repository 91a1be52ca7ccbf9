package network

import (
	"testing"

	"github.com/portside/portside/nativehost/address"
)

func host(t *testing.T, text string) address.Host {
	t.Helper()
	h, err := address.ParseHost(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return h
}

func TestDependsOn(t *testing.T) {
	for text, want := range map[string]bool{
		"10.0.0.1": true, "192.168.1.1": true, "100.64.0.1": true, "169.254.1.1": true, "fd00::1": true, "fe80::1": true,
		"198.18.0.1": true, "64:ff9b::10.0.0.1": true, "::ffff:192.168.1.1": true, "printer.local": true,
		"127.0.0.1": false, "::1": false, "localhost": false, "a.localhost": false,
		"93.184.215.14": false, "2606:2800:220::1": false, "example.org": false, "intranet": false,
	} {
		if got := DependsOn(host(t, text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestNoSaltNoNetwork(t *testing.T) {
	if got := Of(host(t, "10.0.0.1"), nil); got != Unknown {
		t.Errorf("without a salt the network is %s", got)
	}
}
