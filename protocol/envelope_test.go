package protocol

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	v := newValidator(t)
	shut := `"method":"socket.shutdown","params":{"socketId":3}`
	huge := strings.Repeat(" ", MaxControlBytes)
	for _, c := range []struct {
		name, frame string
		code        int64 // 0: accepted
		id          int64 // -1: none
	}{
		{"request", `{"jsonrpc":"2.0","id":0,` + shut + `}`, 0, 0},
		{"largest id", `{"jsonrpc":"2.0","id":9007199254740991,` + shut + `}`, 0, 9007199254740991},
		{"white space", " {\n\"jsonrpc\" : \"2.0\", \"id\" : 5,\t" + shut + "} ", 0, 5},
		{"escaped name", `{"jsonrpc":"2.0","id":5,"\u006dethod":"socket.shutdown","params":{"socketId":3}}`, 0, 5},
		{"credit", `{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1,"bytes":1}}`, 0, -1},

		{"not UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", CodeParse, -1},
		{"not JSON", `{"jsonrpc":"2.0","id":1,`, CodeParse, -1},
		{"two documents", `{}{}`, CodeParse, -1},
		{"too deep", strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), CodeParse, -1},

		{"batch", `[{"jsonrpc":"2.0","id":1,` + shut + `}]`, CodeInvalidRequest, -1},
		{"null", `null`, CodeInvalidRequest, -1},
		{"number", `7`, CodeInvalidRequest, -1},
		{"empty", `{}`, CodeInvalidRequest, -1},
		{"no version", `{"id":1,` + shut + `}`, CodeInvalidRequest, 1},
		{"version 1.0", `{"jsonrpc":"1.0","id":1,` + shut + `}`, CodeInvalidRequest, 1},
		{"unknown member", `{"jsonrpc":"2.0","id":1,"x":1,` + shut + `}`, CodeInvalidRequest, 1},
		{"other case", `{"jsonrpc":"2.0","ID":1,` + shut + `}`, CodeInvalidRequest, -1},
		{"id is null", `{"jsonrpc":"2.0","id":null,` + shut + `}`, CodeInvalidRequest, -1},
		{"id is a string", `{"jsonrpc":"2.0","id":"1",` + shut + `}`, CodeInvalidRequest, -1},
		{"id is negative", `{"jsonrpc":"2.0","id":-1,` + shut + `}`, CodeInvalidRequest, -1},
		{"id is too large", `{"jsonrpc":"2.0","id":9007199254740992,` + shut + `}`, CodeInvalidRequest, -1},
		{"id is a fraction", `{"jsonrpc":"2.0","id":1.5,` + shut + `}`, CodeInvalidRequest, -1},
		{"id twice", `{"jsonrpc":"2.0","id":1,"id":2,` + shut + `}`, CodeInvalidRequest, -1},
		{"param twice", `{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"socketId":3,"socket\u0049d":4}}`, CodeInvalidRequest, -1},
		{"params is an array", `{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}`, CodeInvalidRequest, 1},
		{"response", `{"jsonrpc":"2.0","id":1,"result":{}}`, CodeInvalidRequest, -1},
		{"error response", `{"jsonrpc":"2.0","id":null,"error":{}}`, CodeInvalidRequest, -1},
		{"request without id", `{"jsonrpc":"2.0",` + shut + `}`, CodeInvalidRequest, -1},
		{"notification with id", `{"jsonrpc":"2.0","id":1,"method":"socket.credit","params":{"socketId":1,"bytes":1}}`, CodeInvalidRequest, 1},
		{"control message over 64 KiB", `{"jsonrpc":"2.0","id":1,` + shut + huge + `}`, CodeInvalidRequest, 1},

		{"unknown method", `{"jsonrpc":"2.0","id":1,"method":"tcp.nonsense"}`, CodeUnknownMethod, 1},
		{"unknown notification", `{"jsonrpc":"2.0","method":"x"}`, CodeUnknownMethod, -1},
		{"the host's method", `{"jsonrpc":"2.0","method":"socket.closed","params":{"socketId":1,"bytesIn":0,"bytesOut":0}}`, CodeUnknownMethod, -1},

		{"no params", `{"jsonrpc":"2.0","id":1,"method":"hello"}`, CodeInvalidParams, 1},
		{"param of a wrong type", `{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"socketId":"3"}}`, CodeInvalidParams, 1},
		{"param is null", `{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"socketId":null}}`, CodeInvalidParams, 1},
		{"unknown param", `{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"socketId":3,"x":1}}`, CodeInvalidParams, 1},
		{"param of another case", `{"jsonrpc":"2.0","id":1,"method":"socket.shutdown","params":{"SocketId":3}}`, CodeInvalidParams, 1},
		{"base64 with a line break", `{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":1,"data":"aGVs\nbG8="}}`, CodeInvalidParams, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, fault := v.Decode([]byte(c.frame))
			if c.code == 0 && fault != nil {
				t.Fatalf("refused: %v", fault)
			}
			if c.code != 0 && (fault == nil || fault.Code != c.code) {
				t.Fatalf("got %v, want code %d", fault, c.code)
			}
			if c.id < 0 && m.ID != nil {
				t.Fatalf("id %d, want none", *m.ID)
			}
			if c.id >= 0 && (m.ID == nil || *m.ID != c.id) {
				t.Fatalf("id %v, want %d", m.ID, c.id)
			}
		})
	}
}

// The schema library takes these, so the decoder must not.
func TestDecodeParamsIsStricterThanTheSchemas(t *testing.T) {
	v := newValidator(t)
	for _, params := range []string{`{"socketId":3.0}`, `{"socketId":3e0}`, `{"socketId":3,"reset":"true"}`} {
		m, fault := v.Decode([]byte(`{"jsonrpc":"2.0","id":1,"method":"socket.close","params":` + params + `}`))
		if fault != nil {
			continue
		}
		var into SocketCloseParams
		if fault := DecodeParams(m, &into); fault == nil || fault.Code != CodeInvalidParams {
			t.Errorf("%s: %+v, %v", params, into, fault)
		}
	}
}

func TestEncodedMessagesFitTheEnvelope(t *testing.T) {
	v := newValidator(t)
	id := int64(3)
	for name, encode := range map[string]func() ([]byte, error){
		"result":       func() ([]byte, error) { return AppendResult(nil, id, SocketCloseResult{SocketID: 1}) },
		"error":        func() ([]byte, error) { return AppendError(nil, &id, NewError(CodeInvalidParams)) },
		"orphan error": func() ([]byte, error) { return AppendError(nil, nil, NewFailure("NetworkError", "dns", "")) },
		"notification": func() ([]byte, error) {
			return AppendNotification(nil, MethodSocketEnd, SocketEndParams{SocketID: 1})
		},
		"data": func() ([]byte, error) { return AppendData(nil, 1, []byte("hello")) },
	} {
		t.Run(name, func(t *testing.T) {
			encoded, err := encode()
			if err != nil {
				t.Fatal(err)
			}
			body, err := NewFrameReader(bytes.NewReader(encoded)).Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Check("envelope", body); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
		})
	}
	if _, err := AppendResult(nil, 1, func() {}); err == nil {
		t.Error("what cannot be encoded was encoded")
	}
}

func TestErrorsNameNothingOfTheOtherSide(t *testing.T) {
	for _, code := range []int64{CodeParse, CodeInvalidRequest, CodeUnknownMethod, CodeInvalidParams, CodeInternal} {
		if e := NewError(code); e.Message == "" || e.Data != nil || !strings.Contains(e.Error(), strconv.FormatInt(code, 10)) {
			t.Errorf("%d: %+v, %q", code, e, e.Error())
		}
	}
	e := NewFailure("NetworkError", "dns", "detail")
	if e.Code != CodeFailed || strings.Contains(e.Error(), "detail") || !strings.Contains(e.Error(), "dns") {
		t.Errorf("%q", e.Error())
	}
}

func FuzzDecode(f *testing.F) {
	v := newValidator(f)
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocolVersion":2,"extensionVersion":"1"}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","method":"socket.credit","params":{"socketId":1,"bytes":1}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"socket.close","params":{"socketId":1,"reset":"true"}}`))
	f.Add([]byte(`{"a":{"b":[{"c":1}],"b":2}}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, fault := v.Decode(frame)
		if fault != nil {
			if m.Params != nil {
				t.Fatal("a refused message with params")
			}
			return
		}
		if v.methods[m.Method].From == "host" || !json.Valid(m.Params) || v.Check(m.Method+".params", m.Params) != nil {
			t.Fatalf("accepted %q", frame)
		}
	})
}
