package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// withComments is how the names of files end that may have comments, and a comma after
// the last member (JSON with Commas and Comments, https://nigeltao.github.io/blog/2021/json-with-commas-comments.html).
const withComments = ".jsonc"

// standard returns the text of a file as JSON of RFC 8259. Where its name lets it have
// comments and a comma after the last member, spaces stand in their place, so that
// everything else is where it was.
func standard(name string, text []byte) ([]byte, []Fault) {
	if !strings.HasSuffix(name, withComments) {
		return text, nil
	}
	// The parser calls itself for each object and array within another one.
	//rule:jsonc-depth-is-bounded
	if nesting(text) > deepest {
		return nil, []Fault{{Problem: "it nests too deeply"}}
	}
	// The parser wants a comment that ends with the line, also in the last one.
	copied := append(bytes.Clone(text), '\n')
	value, err := hujson.Parse(copied)
	if err != nil {
		return nil, []Fault{syntaxFault(copied, err)}
	}
	value.Standardize()
	plain := value.Pack()
	if len(plain) != len(copied) {
		return nil, []Fault{{Problem: "it is not JSON with comments"}}
	}
	return plain[:len(text)], nil
}

// syntaxFault is what the parser says, which names a line and a column in bytes.
func syntaxFault(text []byte, err error) Fault {
	f := Fault{Problem: "it is not JSON with comments"}
	var line, column int
	if _, scanned := fmt.Sscanf(strings.TrimPrefix(err.Error(), "hujson: "), "line %d, column %d:", &line, &column); scanned == nil {
		at := 0
		for range line - 1 {
			at += bytes.IndexByte(text[at:], '\n') + 1
		}
		f.Line, f.Column = lineColumn(text, at+column-1)
	}
	if inner := errors.Unwrap(err); inner != nil {
		f.Quote = f.Problem + ": " + printable(inner.Error())
	}
	return f
}

// nesting returns how deep objects and arrays nest, with an idea of what strings and
// comments are and of nothing else.
func nesting(text []byte) int {
	depth, most := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i = endOfString(text, i)
		case c == '/' && bytes.HasPrefix(text[i:], []byte("//")):
			i = after(text, i, "\n")
		case c == '/' && bytes.HasPrefix(text[i:], []byte("/*")):
			i = after(text, i+len("/*"), "*/")
		case c == '{' || c == '[':
			depth++
			most = max(most, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return most
}

// endOfString returns where the quotation mark is that ends the string at i.
func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// after returns where the next occurrence of what ends a comment has its last byte.
func after(text []byte, i int, end string) int {
	if i >= len(text) {
		return len(text)
	}
	found := bytes.Index(text[i:], []byte(end))
	if found < 0 {
		return len(text)
	}
	return i + found + len(end) - 1
}

// complete reports whether a file that was read has a whole value, and not the beginning
// of one that is being written.
func (s *source) complete() bool {
	text, faults := standard(s.name, s.text)
	return s.err == "" && len(faults) == 0 && json.Valid(text)
}
