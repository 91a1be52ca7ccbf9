package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portside/portside/protocol"
)

// deepest is how far objects and arrays may nest; the schema needs 4.
const deepest = 8

// document is a JSON text that knows where its values are. Values and keys are
// named by JSON Pointers (RFC 6901).
type document struct {
	text []byte
	// shown is the text as it was written, with its comments: what places are counted in.
	shown  []byte
	values map[string]int
	keys   map[string]int
	faults []Fault
}

// scan reads the JSON text of a file or, with a name that says so, one with comments, and refuses what decoders do not agree upon: other
// encodings than UTF-8, and keys that occur twice (RFC 8259, 4 and 8.1).
func scan(name string, shown []byte) (*document, []Fault) {
	switch {
	case bytes.HasPrefix(shown, []byte("\xef\xbb\xbf")):
		return nil, []Fault{{Line: 1, Column: 1, Problem: "it begins with a byte order mark"}}
	case !utf8.Valid(shown):
		return nil, []Fault{{Problem: "it is not UTF-8"}}
	case len(bytes.TrimSpace(shown)) == 0:
		return nil, []Fault{{Problem: "it is empty; {} sets nothing"}}
	}
	text, faults := standard(name, shown)
	if len(faults) > 0 {
		return nil, faults
	}
	d := &document{text: text, shown: shown, values: map[string]int{}, keys: map[string]int{}}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		f := Fault{Problem: "it is not JSON"}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at := int(syntax.Offset) - 1
			f.Line, f.Column = d.lineColumn(at)
			f.Quote = "it is not JSON: " + syntax.Error() + onlyWithComments(text, at)
		}
		return nil, []Fault{f}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := d.value(decoder, "", 0); err != nil {
		return nil, []Fault{{Problem: err.Error()}}
	}
	return d, d.faults
}

// next returns the offset of the token that the decoder gives next.
func (d *document) next(decoder *json.Decoder) int {
	at := int(decoder.InputOffset())
	for at < len(d.text) && strings.IndexByte(" \t\r\n,:", d.text[at]) >= 0 {
		at++
	}
	return at
}

// value reads one value and all within it.
func (d *document) value(decoder *json.Decoder, path string, depth int) error {
	if depth > deepest {
		return errors.New("it nests too deeply")
	}
	d.values[path] = d.next(decoder)
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	opening, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	for i := 0; decoder.More(); i++ {
		child := path + "/" + strconv.Itoa(i)
		if opening == '{' {
			at := d.next(decoder)
			key, err := decoder.Token()
			if err != nil {
				return fmt.Errorf("it is not JSON: %w", err)
			}
			name, _ := key.(string)
			child = path + "/" + escape(name)
			//rule:duplicate-key-is-fault
			if _, twice := d.keys[child]; twice {
				f := Fault{Setting: settingName(path), Problem: "a setting occurs twice", Quote: fmt.Sprintf("%q occurs twice", name)}
				f.Line, f.Column = d.lineColumn(at)
				d.faults = append(d.faults, f)
			}
			d.keys[child] = at
		}
		if err := d.value(decoder, child, depth+1); err != nil {
			return err
		}
	}
	if _, err = decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return nil
}

// unknownKeys lists, in the order of the text, the keys of the object at path that
// are no settings.
func (d *document) unknownKeys(path string) []string {
	known := members(path)
	if known == nil {
		return nil
	}
	var unknown []string
	for key := range d.keys {
		parent := strings.LastIndexByte(key, '/')
		if key[:parent] == path && !slices.Contains(known, key[parent+1:]) {
			unknown = append(unknown, key)
		}
	}
	slices.SortFunc(unknown, func(a, b string) int { return d.keys[a] - d.keys[b] })
	return unknown
}

// members lists the settings that the object at path may have, or nil when no
// object belongs there. The generated type is the list.
func members(path string) []string {
	t := reflect.TypeFor[protocol.PolicySettings]()
	for _, step := range strings.Split(path, "/")[1:] {
		switch t.Kind() {
		case reflect.Slice:
			t = t.Elem()
		case reflect.Struct:
			index := slices.Index(jsonNames(t), step)
			if index < 0 {
				return nil
			}
			t = t.Field(index).Type
		default:
			return nil
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return jsonNames(t)
}

func jsonNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// place returns the line and column of a value, or of the nearest one around it.
func (d *document) place(path string) (line, column int) {
	for {
		if at, ok := d.values[path]; ok {
			return d.lineColumn(at)
		}
		parent := strings.LastIndexByte(path, '/')
		if parent < 0 {
			return 0, 0
		}
		path = path[:parent]
	}
}

func (d *document) keyPlace(path string) (line, column int) { return d.lineColumn(d.keys[path]) }

func (d *document) lineColumn(at int) (line, column int) { return lineColumn(d.shown, at) }

// lineColumn counts both from 1, columns in characters.
func lineColumn(text []byte, at int) (line, column int) {
	before := text[:min(max(at, 0), len(text))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

// escape makes a key a part of a JSON Pointer.
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// unescape takes it back.
func unescape(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }

// settingName writes a pointer as people do: "/limits/openOverall" is
// "limits.openOverall", "/blockedOrigins/2" is "blockedOrigins[2]".
func settingName(path string) string {
	var name strings.Builder
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if _, err := strconv.Atoi(step); err == nil {
			name.WriteString("[" + step + "]")
			continue
		}
		if name.Len() > 0 {
			name.WriteByte('.')
		}
		name.WriteString(step)
	}
	return name.String()
}
