package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

func TestScanWriteKnowsWhatJavaScriptWrites(t *testing.T) {
	for _, frame := range []string{
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":7,"data":"aGVsbG8="}}`,
		`{"method":"socket.write","params":{"data":"aGVsbG8=","socketId":7},"jsonrpc":"2.0"}`,
		`{"id":9,"jsonrpc":"2.0","method":"socket.write","params":{"socketId":7,"data":"aGVsbG8="}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":7,"data":"aGVsbG8="},"id":9}`,
	} {
		w, ok := ScanWrite([]byte(frame))
		if !ok || w.SocketID != 7 || string(w.Text) != "aGVsbG8=" || w.HasID != strings.Contains(frame, `"id"`) || (w.HasID && w.ID != 9) {
			t.Errorf("%s: %+v, %v", frame, w, ok)
		}
	}
}

func TestScanWriteLeavesTheRestToTheGeneralPath(t *testing.T) {
	for _, frame := range []string{
		``, `{}`, `{"jsonrpc":"2.0"}`, `[]`,
		`{"jsonrpc":"2.0","method":"socket.write"}`,
		`{"jsonrpc":"2.0","method":"socket.data","params":{"socketId":7,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":7}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":0,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":01,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":-1,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1.0,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":9007199254740992,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":99999999999999999999,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"socketId":2,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"","x":1}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"",}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{,"socketId":1,"data":""}}`,
		`{"jsonrpc":"2.0","jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":""}}`,
		`{"jsonrpc":"2.0","id":null,"method":"socket.write","params":{"socketId":1,"data":""}}`,
		`{"jsonrpc":"2.0","id":1,"id":1,"method":"socket.write","params":{"socketId":1,"data":""}}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":""}} `,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":""}`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"`,
		`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"` + strings.Repeat("A", 349_532) + `"}}`,
	} {
		if w, ok := ScanWrite([]byte(frame)); ok {
			t.Errorf("%.120s: %+v", frame, w)
		}
	}
}

func TestBase64IsStrict(t *testing.T) {
	dst := make([]byte, MaxPayloadBytes+3)
	for text, want := range map[string]string{"": "", "aGVsbG8=": "hello", "AA==": "\x00", "////": "\xff\xff\xff"} {
		n, err := DecodeBase64(dst, []byte(text))
		if err != nil || string(dst[:n]) != want || n != DecodedLen([]byte(text)) {
			t.Errorf("%q: %q, %v", text, dst[:n], err)
		}
	}
	for name, text := range map[string]string{
		"line feed": "aGVs\nbG8=", "carriage return": "aGVs\rbG8=", "trailing line feeds": "aGVsbG8=\n\n\n\n",
		"only line feeds": "\n\n\n\n", "white space": "aGVs bG8=", "no padding": "aGVsbG8", "too much padding": "aGVsbA===",
		"only padding": "====", "padding inside": "aG==bG8=", "stray bits": "aGVsbG9=", "URL alphabet": "--__",
		"escape": `aGVs\u0041bG8`, "one byte too long": base64.StdEncoding.EncodeToString(make([]byte, MaxPayloadBytes+1)),
	} {
		if n, err := DecodeBase64(dst, []byte(text)); err == nil {
			t.Errorf("%s: decoded to %q", name, dst[:n])
		}
	}
	if _, err := DecodeBase64(make([]byte, 2), []byte("AAAA")); err == nil {
		t.Error("decoded into too little room")
	}
	largest := base64.StdEncoding.EncodeToString(make([]byte, MaxPayloadBytes))
	if n, err := DecodeBase64(dst, []byte(largest)); err != nil || n != MaxPayloadBytes {
		t.Errorf("the largest payload: %d, %v", n, err)
	}
}

func TestAppendDataIsWhatTheSchemaWants(t *testing.T) {
	v := newValidator(t)
	for _, size := range []int{0, 1, 2, 3, 65_507, ChunkBytes, MaxPayloadBytes} {
		payload := bytes.Repeat([]byte{0xfb}, size)
		frame, err := AppendData([]byte("before"), 9, payload)
		if err != nil {
			t.Fatal(err)
		}
		body, err := NewFrameReader(bytes.NewReader(frame[len("before"):])).Next()
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Method string
			Params json.RawMessage
		}
		if err := json.Unmarshal(body, &m); err != nil || m.Method != MethodSocketData {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if err := v.Check("socket.data.params", m.Params); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		var p struct {
			SocketID int64
			Data     []byte
		}
		if err := json.Unmarshal(m.Params, &p); err != nil || p.SocketID != 9 || !bytes.Equal(p.Data, payload) {
			t.Fatalf("%d bytes came back as %d: %v", size, len(p.Data), err)
		}
	}
}

func TestAppendDataDoesNotAllocate(t *testing.T) {
	payload := make([]byte, ChunkBytes)
	dst, err := AppendData(nil, 1, payload)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { dst, _ = AppendData(dst[:0], 1, payload) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func writeFrame(size int) []byte {
	return []byte(`{"jsonrpc":"2.0","id":12,"method":"socket.write","params":{"socketId":7,"data":"` +
		base64.StdEncoding.EncodeToString(make([]byte, size)) + `"}}`)
}

func BenchmarkDataDecode(b *testing.B) {
	for _, size := range []int{64, 4 << 10, ChunkBytes, 128 << 10} {
		b.Run(byteSize(size), func(b *testing.B) {
			frame, dst := writeFrame(size), make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				w, ok := ScanWrite(frame)
				if !ok {
					b.Fatal("not recognised")
				}
				if _, err := DecodeBase64(dst, w.Text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDataEncode(b *testing.B) {
	for _, size := range []int{64, 4 << 10, ChunkBytes, 128 << 10} {
		b.Run(byteSize(size), func(b *testing.B) {
			payload := make([]byte, size)
			var dst []byte
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = AppendData(dst[:0], 7, payload)
			}
		})
	}
}

// The general path, to compare with.
func BenchmarkGeneralDecode(b *testing.B) {
	v := newValidator(b)
	frame := writeFrame(64)
	b.ReportAllocs()
	for b.Loop() {
		if _, fault := v.Decode(frame); fault != nil {
			b.Fatal(fault)
		}
	}
}

func byteSize(n int) string {
	if n < 1<<10 {
		return "64B"
	}
	return map[int]string{4 << 10: "4KiB", ChunkBytes: "64KiB", 128 << 10: "128KiB"}[n]
}
