package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// readAsChromium reads a JSON object as Chromium reads policy files. Beyond JSON it
// takes a byte order mark, comments of both kinds, one comma behind the last member or
// element, line ends within strings, and \x41 for a character. What else is not JSON
// it refuses: invalid UTF-8, halves of surrogate pairs, numbers that are too large.
// Tried with Chromium 156, on chrome://policy.
func readAsChromium(data []byte) (map[string]any, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	plain, err := strict(data)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(plain, &object); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	return object, nil
}

// strict rewrites what only Chromium takes as JSON that means the same. What neither
// takes is left for the JSON decoder to find.
func strict(data []byte) ([]byte, error) {
	var out []byte
	for i := 0; i < len(data); {
		switch next := blank(data[i:]); {
		case next < 0:
			return nil, errors.New("a comment has no end")
		case next > 0:
			out = append(out, ' ')
			i += next
		case data[i] == '"':
			end, err := text(data[i:], &out)
			if err != nil {
				return nil, err
			}
			i += end
			//rule:status-reads-policies-as-chromium
		case data[i] == ',' && closes(data[i+1:]) && endsValue(out):
			i++
		default:
			out = append(out, data[i])
			i++
		}
	}
	return out, nil
}

// blank returns the length of the white space and comments that data begins with, or
// -1 if a comment has no end.
func blank(data []byte) int {
	i := 0
	for i < len(data) {
		rest := data[i:]
		var length int
		switch {
		case bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0:
			length = 1
		case bytes.HasPrefix(rest, []byte("//")):
			if length = bytes.IndexByte(rest, '\n'); length < 0 {
				length = len(rest)
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 {
				return -1
			}
			length = end + 4
		default:
			return i
		}
		i += length
	}
	return i
}

// closes reports whether the next thing in data is the end of an object or a list.
func closes(data []byte) bool {
	next := blank(data)
	return next >= 0 && next < len(data) && (data[next] == '}' || data[next] == ']')
}

// endsValue reports whether a value stands at the end of out, which a comma may follow.
func endsValue(out []byte) bool {
	out = bytes.TrimRight(out, " ")
	return len(out) > 0 && bytes.IndexByte([]byte("{[,:"), out[len(out)-1]) < 0
}

// text copies the string that data begins with, and returns its length.
func text(data []byte, out *[]byte) (int, error) {
	*out = append(*out, '"')
	for i := 1; i < len(data); {
		switch rest := data[i:]; {
		case rest[0] == '"':
			*out = append(*out, '"')
			return i + 1, nil
		case rest[0] == '\n' || rest[0] == '\r':
			*out = append(*out, ' ')
			i++
		case rest[0] != '\\' || len(rest) < 2:
			*out = append(*out, rest[0])
			i++
		case rest[1] == 'x':
			if _, ok := hex(rest, 2, 2); !ok {
				return 0, errors.New("a character is not written in full")
			}
			*out = append(append(*out, `\u00`...), rest[2:4]...)
			i += 4
		case rest[1] == 'u':
			length, err := unicodeEscape(rest)
			if err != nil {
				return 0, err
			}
			*out = append(*out, rest[:length]...)
			i += length
		default:
			*out = append(*out, rest[:2]...)
			i += 2
		}
	}
	return 0, errors.New("a string has no end")
}

// unicodeEscape returns the length of the \u1234 that data begins with, or of the two
// that make one character.
func unicodeEscape(data []byte) (int, error) {
	const length = len(`\u1234`)
	first, ok := hex(data, 2, 4)
	if !ok {
		return 0, errors.New("a character is not written in full")
	}
	if !utf16.IsSurrogate(first) {
		return length, nil
	}
	second, ok := hex(data, length+2, 4)
	if !ok || !bytes.HasPrefix(data[length:], []byte(`\u`)) || utf16.DecodeRune(first, second) == utf8.RuneError {
		return 0, errors.New("half a character")
	}
	return 2 * length, nil
}

// hex reads so many hexadecimal digits.
func hex(data []byte, at, digits int) (rune, bool) {
	if len(data) < at+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data[at:at+digits]), 16, 16)
	return rune(n), err == nil
}
