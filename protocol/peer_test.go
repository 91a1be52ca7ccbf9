package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestPeers reads the cases that peer.test.ts reads, too.
func TestPeers(t *testing.T) {
	text, err := os.ReadFile("testdata/peers.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Address string
		Family  PeerFamily
		Port    uint16
		Header  string
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range cases {
		want := Peer{c.Address, c.Family, c.Port}
		got, err := AppendPeer(nil, want)
		if err != nil || hex.EncodeToString(got) != c.Header {
			t.Errorf("%v is %x (%v), want %s", want, got, err, c.Header)
		}
		peer, payload, err := ReadPeer(append(got, "payload"...))
		if err != nil || peer != want || string(payload) != "payload" {
			t.Errorf("%s is %v with %q (%v)", c.Header, peer, payload, err)
		}
	}
}

func TestMalformedPeers(t *testing.T) {
	for _, p := range []Peer{
		{}, {"", PeerAny, 9}, {strings.Repeat("a", 256), PeerAny, 9}, {"a b", PeerAny, 9}, {"a\x00", PeerAny, 9},
		{"\u00e4", PeerAny, 9}, {"a", 5, 9},
	} {
		if _, err := AppendPeer(nil, p); !errors.Is(err, ErrPeer) {
			t.Errorf("%v: %v", p, err)
		}
	}
	for _, header := range []string{"", "01", "010009", "01000900", "0200090061", "0000090061", "0105090061", "0100090020", "010009007f"} {
		message, err := hex.DecodeString(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ReadPeer(message); !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %v", header, err)
		}
	}
}

// FuzzReadPeer wants that what is read is written as it was.
func FuzzReadPeer(f *testing.F) {
	f.Add([]byte("\x01\x00\x09\x00apayload"))
	f.Add([]byte("\xff\x04\x09\x00a"))
	f.Fuzz(func(t *testing.T, message []byte) {
		peer, payload, err := ReadPeer(message)
		if err != nil {
			return
		}
		written, err := AppendPeer(nil, peer)
		if err != nil || len(written) > MaxPeerBytes || !bytes.Equal(append(written, payload...), message) {
			t.Errorf("%x became %v, and that %x (%v)", message, peer, written, err)
		}
	})
}
