package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/protocol"
)

// What a fault is probably about, in words for who wrote the text. All of it may quote
// the text, and so belongs into Fault.Quote.

// onlyWithComments adds what JSON does not have, when the fault at a place is one of that.
func onlyWithComments(text []byte, at int) string {
	if at < 0 || at >= len(text) {
		return ""
	}
	before := bytes.TrimRight(text[:at], " \t\r\n")
	switch c := text[at]; {
	case c == '/':
		return "; a file with comments has a name that ends in " + withComments
	case (c == '}' || c == ']') && bytes.HasSuffix(before, []byte(",")):
		return "; there is a comma before it and nothing behind that"
	case c == '\'':
		return `; texts stand in double quotes, as in "ask"`
	default:
		return ""
	}
}

// unknownSetting says which setting is probably meant by a name that is none at a path.
func unknownSetting(name, path string) string {
	says := fmt.Sprintf("there is no setting %q", name)
	here := members(path)
	if meant := nearest(name, here); meant != "" {
		return says + fmt.Sprintf("; did you mean %q?", meant)
	}
	if parents := parentsOf(name); len(parents) > 0 {
		return fmt.Sprintf("there is no setting %q here; it belongs into %s", name, strings.Join(parents, " or "))
	}
	everywhere := map[string]bool{}
	for _, one := range settingsTree() {
		everywhere[one.name] = true
	}
	var names []string
	for one := range everywhere {
		names = append(names, one)
	}
	slices.Sort(names)
	if meant := nearest(name, names); meant != "" {
		return says + fmt.Sprintf("; did you mean %q, in %s?", meant, strings.Join(parentsOf(meant), " or "))
	}
	return says
}

// nested is a setting and what it stands in, "" for the file itself.
type nested struct{ name, parent string }

// settingsTree lists every setting with what it stands in.
func settingsTree() []nested {
	var list []nested
	var walk func(t reflect.Type, parent string)
	walk = func(t reflect.Type, parent string) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for i, name := range jsonNames(t) {
			list = append(list, nested{name, parent})
			walk(t.Field(i).Type, name)
		}
	}
	walk(reflect.TypeFor[protocol.PolicySettings](), "")
	return list
}

// parentsOf lists the settings that have a member of a name.
func parentsOf(name string) []string {
	var parents []string
	for _, one := range settingsTree() {
		if one.name != name || slices.Contains(parents, one.parent) {
			continue
		}
		if one.parent == "" {
			return []string{"the file itself"}
		}
		parents = append(parents, one.parent)
	}
	return parents
}

// longestGuessed bounds the names for which another one is looked for, in bytes.
const longestGuessed = 64

// nearest returns the name that another one is probably meant to be: the same in other
// letters, or with no more than two letters left out, added, changed or swapped, of a
// short one with one. It is "" when there is none.
func nearest(text string, names []string) string {
	if len(text) > longestGuessed {
		return ""
	}
	const short = 5
	meant, least := "", 3
	if len(text) < short {
		least = 2
	}
	for _, name := range names {
		if d := distance(strings.ToLower(text), strings.ToLower(name)); d < least {
			meant, least = name, d
		}
	}
	return meant
}

// distance counts how many letters must be left out, added, changed or swapped with their
// neighbour to make one text of the other (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			changed := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

var (
	wrongType = regexp.MustCompile(`^type should be (\w+), got (\w+)`)
	ofPorts   = regexp.MustCompile(`/ports/\d+$`)
)

// longestQuoted bounds what is quoted of a value, in bytes.
const longestQuoted = 64

// instead says what to write in place of a value that does not fit the schema, or "".
func (d *document) instead(path, says string) string {
	raw := d.raw(path)
	text, isText := asText(raw)
	types := wrongType.FindStringSubmatch(says)
	scalar := len(raw) > 0 && raw[0] != '{' && raw[0] != '[' && string(raw) != "null"
	switch {
	case !scalar:
		return ""
	case types != nil && types[1] == "string" && !isText:
		return fmt.Sprintf(`write "%s", in quotes`, raw)
	case types != nil && types[1] == "array" && isText:
		return fmt.Sprintf("write [%s], as a list", raw)
	case types != nil && types[1] == "array":
		return fmt.Sprintf(`write ["%s"], as a list`, raw)
	case types == nil && isText && ofPorts.MatchString(path):
		return fmt.Sprintf(`%q is neither a port nor a range, as in "22" and "5900-5910"`, text)
	default:
		return ""
	}
}

// unquoted says that a value has quotes that do not belong there, or "".
func (d *document) unquoted(path string) string {
	text, isText := asText(d.raw(path))
	if isText && (text == "true" || text == "false" || json.Valid([]byte(text)) && strings.Trim(text, "0123456789") == "") {
		return "write " + text + ", without quotes"
	}
	return ""
}

// raw returns the value at a path as it is written, or nil if it is long.
func (d *document) raw(path string) json.RawMessage {
	at, ok := d.values[path]
	if !ok {
		return nil
	}
	var raw json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(d.text[at:])).Decode(&raw); err != nil || len(raw) > longestQuoted {
		return nil
	}
	return raw
}

func asText(raw json.RawMessage) (string, bool) {
	var text string
	return text, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil
}

// hostMistake says which part of a text belongs elsewhere, or nil: what people write as a
// host and is more than one.
func hostMistake(text string) error {
	addr, _, slash := strings.Cut(text, "/")
	host, port, hasPort := cutPort(text)
	from, to, isRange := strings.Cut(text, "-")
	switch {
	case isRange && isAddr(from) && (isAddr(to) || !named(to)):
		return errRange
	case strings.Contains(text, "://"):
		return errors.New(`a host stands alone: "mail.example.org" without "https://"`)
	case slash && isAddr(addr):
		return errors.New(`this is a prefix, which "cidr" takes`)
	case strings.Contains(text, "/"):
		return errors.New("a host stands alone, without a path")
	case hasPort && host != "" && port != "":
		return errors.New(`a host stands without its port, which "ports" takes`)
	default:
		return nil
	}
}

// cutPort takes "mail.example.org:993" and "[::1]:993" apart, and leaves addresses of
// IPv6 whole.
func cutPort(text string) (host, port string, found bool) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || strings.Contains(text[:at], ":") && !strings.HasSuffix(text[:at], "]") {
		return text, "", false
	}
	return text[:at], text[at+1:], strings.Trim(text[at+1:], "0123456789") == ""
}

var errRange = errors.New(`a range of addresses is written as prefixes, as in "10.0.0.0/30"`)

// prefixMistake says what a text is that is no prefix, or nil.
func prefixMistake(text string) error {
	from, to, isRange := strings.Cut(text, "-")
	if isRange && isAddr(from) && isAddr(to) {
		return errRange
	}
	if prefix, err := netip.ParsePrefix(text); err == nil && prefix != prefix.Masked() {
		return nil // what is wrong with it is said already
	}
	if host, err := parseHostPattern(text); err == nil && (host.any || host.Kind() != address.Literal) {
		return errors.New(`this is a name, which "host" takes`)
	}
	return nil
}

func isAddr(text string) bool {
	_, err := netip.ParseAddr(strings.TrimSpace(text))
	return err == nil
}
