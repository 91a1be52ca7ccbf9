package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Message is a valid request or notification of the browser side. Its params fit
// the method's schema.
type Message struct {
	// ID is nil for a notification.
	ID     *int64
	Method string
	Params json.RawMessage
}

// Decode reads one frame by the general path: UTF-8, JSON, envelope, method,
// schema, in this order. On failure the message holds the id and the method if they
// could be read, so that the answer can name the id, and no params.
//
// Names that stand twice in one object are refused as an invalid envelope.
// encoding/json and JSON.parse both take the last and say nothing, but a schema
// check and a decoder that disagree about which one counts would be a hole.
func (v *Validator) Decode(frame []byte) (Message, *RPCError) {
	if !utf8.Valid(frame) || !json.Valid(frame) {
		return Message{}, NewError(CodeParse)
	}
	// A map and not a struct: encoding/json matches a struct's names without
	// regard to case.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(frame, &members); err != nil || members == nil {
		return Message{}, NewError(CodeInvalidRequest)
	}
	//rule:duplicate-members-refused
	if !uniqueNames(frame) {
		return Message{}, NewError(CodeInvalidRequest)
	}
	id, idOK := decodeID(members)
	if !idOK || /*rule:envelope-is-validated*/ v.Check("envelope", frame) != nil {
		return Message{ID: id}, NewError(CodeInvalidRequest)
	}
	var name string
	// Only the browser side makes requests, so it has nothing to respond to. A
	// response names an id of ours, so the answer must not.
	if err := json.Unmarshal(members["method"], &name); err != nil {
		return Message{}, NewError(CodeInvalidRequest)
	}
	// In a control message even valid parameters may not grow past the limit.
	//rule:control-messages-are-bounded
	if name != MethodSocketWrite && len(frame) > MaxControlBytes {
		return Message{ID: id}, NewError(CodeInvalidRequest)
	}
	row, known := v.methods[name]
	if !known || row.From == "host" {
		return Message{ID: id, Method: name}, NewError(CodeUnknownMethod)
	}
	if (row.Kind == KindRequest && id == nil) || (row.Kind == KindNotification && id != nil) {
		return Message{ID: id}, NewError(CodeInvalidRequest)
	}
	params := members["params"]
	if params == nil {
		params = json.RawMessage("{}")
	}
	//rule:params-are-validated
	if v.Check(name+".params", params) != nil {
		return Message{ID: id, Method: name}, NewError(CodeInvalidParams)
	}
	return Message{ID: id, Method: name, Params: params}, nil
}

// DecodeParams reads a message's params into into, a pointer to the method's
// generated type. It is stricter than the schema library, which takes the string
// "true" for a boolean and 7.0 for an integer.
func DecodeParams(m Message, into any) *RPCError {
	decoder := json.NewDecoder(bytes.NewReader(m.Params))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		//rule:params-are-decoded-strictly
		return NewError(CodeInvalidParams)
	}
	return nil
}

// decodeID reads the id member. It reports false when there is one that is no id.
func decodeID(members map[string]json.RawMessage) (*int64, bool) {
	raw, present := members["id"]
	if !present {
		return nil, true
	}
	// encoding/json reads null into a number without complaint.
	if string(raw) == "null" {
		return nil, false
	}
	var id int64
	if err := json.Unmarshal(raw, &id); err != nil || id < 0 || id > maxID {
		return nil, false
	}
	return &id, true
}

// uniqueNames reports whether no object in the valid JSON document names a member
// twice, however the names are escaped.
func uniqueNames(document []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	// One entry per open object or array; nil for an array.
	var open []map[string]bool
	atName := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			atName = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if atName {
				seen := open[len(open)-1]
				if seen[token] {
					return false
				}
				seen[token] = true
				atName = false
				continue
			}
		}
		atName = len(open) > 0 && open[len(open)-1] != nil
	}
}

// AppendResult appends a whole frame that answers id with result.
func AppendResult(dst []byte, id int64, result any) ([]byte, error) {
	return appendMessage(dst, struct {
		Version string `json:"jsonrpc"`
		ID      int64  `json:"id"`
		Result  any    `json:"result"`
	}{"2.0", id, result})
}

// AppendError appends a whole frame that answers id, or what could not be read
// when id is nil, with fault.
func AppendError(dst []byte, id *int64, fault *RPCError) ([]byte, error) {
	return appendMessage(dst, struct {
		Version string    `json:"jsonrpc"`
		ID      *int64    `json:"id"`
		Error   *RPCError `json:"error"`
	}{"2.0", id, fault})
}

// AppendNotification appends a whole frame that tells method and params.
func AppendNotification(dst []byte, method string, params any) ([]byte, error) {
	return appendMessage(dst, struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
}

func appendMessage(dst []byte, message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return dst, fmt.Errorf("encode a message: %w", err)
	}
	start := len(dst)
	dst = append(BeginFrame(dst), body...)
	return dst, EndFrame(dst[start:])
}
