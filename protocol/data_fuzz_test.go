package protocol

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// FuzzDataScanner proves that the two ways to read a socket.write never disagree:
// what the scanner accepts the schema and the general decoder accept with the same
// meaning, and what they accept the scanner reads the same or leaves to them.
func FuzzDataScanner(f *testing.F) {
	v := newValidator(f)
	for _, seed := range []string{
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":7,"data":"aGVsbG8="}}`,
		`{"params":{"data":"","socketId":9007199254740991},"id":0,"method":"socket.write","jsonrpc":"2.0"}`,
		`{"jsonrpc":"2.0","id":1,"method":"socket.write","params":{"socketId":7,"data":"aGVsbG9="}}`,
		`{"jsonrpc":"2.0","id":1,"method":"socket.write","params":{"socketId":7,"data":"aGVs\nbG8="}}`,
		`{"jsonrpc":"2.0","id":1,"method":"socket.write","params":{"socketId":7,"data":"aGVsbG8=","data":""}}`,
		`{ "jsonrpc":"2.0","id":1,"method":"socket.write","params":{"socketId":7.0,"data":"AAAA"}}`,
		`{"jsonrpc":"2.0","id":01,"method":"socket.write","params":{"socketId":7,"data":"AA=="}}`,
		`{"jsonrpc":"2.0","id":1,"\u006dethod":"socket.write","params":{"socketId":7,"data":"\u0041A=="}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		fast, fastPayload, fastOK := scanAndDecode(frame)
		slow, slowPayload, slowOK := generalDecode(v, frame)
		if fastOK && !slowOK {
			t.Fatalf("only the scanner accepts %q", frame)
		}
		if !fastOK {
			return
		}
		if fast.SocketID != slow.SocketID || fast.HasID != slow.HasID || fast.ID != slow.ID {
			t.Fatalf("%q: scanner %+v, general %+v", frame, fast, slow)
		}
		if !bytes.Equal(fastPayload, slowPayload) {
			t.Fatalf("%q: scanner %x, general %x", frame, fastPayload, slowPayload)
		}
	})
}

func scanAndDecode(frame []byte) (Write, []byte, bool) {
	w, ok := ScanWrite(frame)
	if !ok {
		return w, nil, false
	}
	payload := make([]byte, DecodedLen(w.Text))
	n, err := DecodeBase64(payload, w.Text)
	return w, payload[:n], err == nil
}

// generalDecode decodes base64 with the standard library alone, so that the two
// sides share nothing but the standard.
func generalDecode(v *Validator, frame []byte) (Write, []byte, bool) {
	m, fault := v.Decode(frame)
	if fault != nil || m.Method != MethodSocketWrite {
		return Write{}, nil, false
	}
	var params SocketWriteParams
	if DecodeParams(m, &params) != nil {
		return Write{}, nil, false
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(params.Data)
	if err != nil || len(payload) > MaxPayloadBytes {
		return Write{}, nil, false
	}
	w := Write{SocketID: params.SocketID, HasID: m.ID != nil}
	if m.ID != nil {
		w.ID = *m.ID
	}
	return w, payload, true
}

// FuzzBase64 compares the decoder with the schema's pattern and the encoder.
func FuzzBase64(f *testing.F) {
	f.Add([]byte("aGVsbG8="))
	f.Add([]byte("A===A==="))
	f.Add([]byte("\n\n\n="))
	f.Fuzz(func(t *testing.T, text []byte) {
		dst := make([]byte, DecodedLen(text))
		n, err := DecodeBase64(dst, text)
		if err != nil {
			return
		}
		if n != len(dst) || base64.StdEncoding.EncodeToString(dst) != string(text) {
			t.Fatalf("%q decoded to %x", text, dst[:n])
		}
	})
}
