package protocol

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
)

// maxID is the largest id: 2^53-1, the last integer that JavaScript counts to.
const maxID = 1<<53 - 1

// ErrBase64 says that data is not base64 as RFC 4648, section 4, writes it, with
// padding and nothing else in between.
var ErrBase64 = errors.New("not strict base64")

// Write is a socket.write frame that the scanner knows.
type Write struct {
	// ID is the request's id; it means nothing unless HasID.
	ID       int64
	HasID    bool
	SocketID int64
	// Text is the base64, not yet decoded, inside the frame.
	Text []byte
}

// ScanWrite reads a socket.write frame in the form in which JSON.stringify writes
// it: known names in any order, each once, no white space, no escapes. For any
// other frame it reports false, which says nothing about the frame: the general
// path judges it. DecodeBase64 must still accept the text.
func ScanWrite(frame []byte) (Write, bool) {
	s := scanner{rest: frame}
	var w Write
	var version, method, params bool
	if !s.take("{") {
		return w, false
	}
	for first := true; ; first = false {
		if s.take("}") {
			return w, version && method && params && len(s.rest) == 0
		}
		if !first && !s.take(",") {
			return w, false
		}
		switch {
		case !version && s.take(`"jsonrpc":"2.0"`):
			version = true
		case !method && s.take(`"method":"`+MethodSocketWrite+`"`):
			method = true
		case !params && s.take(`"params":{`):
			params = true
			if !s.params(&w) {
				return w, false
			}
		case !w.HasID && s.take(`"id":`):
			w.HasID = true
			if !s.integer(&w.ID) {
				return w, false
			}
		default:
			return w, false
		}
	}
}

// scanner is what is left of a frame.
type scanner struct{ rest []byte }

// take steps over literal and reports whether it was there.
func (s *scanner) take(literal string) bool {
	if len(s.rest) < len(literal) || string(s.rest[:len(literal)]) != literal {
		return false
	}
	s.rest = s.rest[len(literal):]
	return true
}

// params reads the members of socket.write's params, up to and with the brace.
func (s *scanner) params(w *Write) bool {
	var socket, data bool
	for first := true; ; first = false {
		if s.take("}") {
			return socket && data
		}
		if !first && !s.take(",") {
			return false
		}
		switch {
		case !socket && s.take(`"socketId":`):
			socket = true
			if !s.integer(&w.SocketID) || w.SocketID == 0 {
				return false
			}
		case !data && s.take(`"data":"`):
			data = true
			end := bytes.IndexByte(s.rest, '"')
			if end < 0 || end > base64.StdEncoding.EncodedLen(MaxPayloadBytes) {
				return false
			}
			w.Text, s.rest = s.rest[:end], s.rest[end+1:]
		default:
			return false
		}
	}
}

// integer reads a number from 0 to 2^53-1 without sign, fraction, exponent or
// leading zeros.
func (s *scanner) integer(into *int64) bool {
	n := 0
	var value int64
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		value = value*10 + int64(s.rest[n]-'0')
		n++
		if value > maxID {
			return false
		}
	}
	if n == 0 || (n > 1 && s.rest[0] == '0') {
		return false
	}
	*into, s.rest = value, s.rest[n:]
	return true
}

// DecodedLen returns how many bytes text stands for, if it is strict base64 at
// all.
func DecodedLen(text []byte) int {
	n := len(text) / 4 * 3
	for i := len(text) - 1; i >= 0 && i >= len(text)-2 && text[i] == '='; i-- {
		n--
	}
	return max(n, 0)
}

// DecodeBase64 decodes text into dst, which holds at least DecodedLen(text)
// bytes, and returns how many it wrote.
//
// The standard library's decoder steps over line breaks, which a schema refuses,
// and tolerates stray bits in the last character unless it is told not to. It may
// also write up to two bytes more than it decodes, so dst is cut to length.
func DecodeBase64(dst, text []byte) (int, error) {
	length := DecodedLen(text)
	if len(text)%4 != 0 || length > MaxPayloadBytes || length > len(dst) ||
		bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return 0, ErrBase64
	}
	n, err := base64.StdEncoding.Strict().Decode(dst[:length], text)
	if err != nil {
		return 0, ErrBase64
	}
	return n, nil
}

// AppendData appends a whole socket.data frame, length and all. With room in dst
// it does not allocate.
func AppendData(dst []byte, socketID int64, payload []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, `{"jsonrpc":"2.0","method":"`+MethodSocketData+`","params":{"socketId":`...)
	dst = strconv.AppendInt(dst, socketID, 10)
	dst = append(dst, `,"data":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, payload)
	dst = append(dst, `"}}`...)
	return dst, EndFrame(dst[start:])
}
