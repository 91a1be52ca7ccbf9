package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/protocol"
)

// domain is the port of name servers (RFC 1035, section 4.2).
const domain = 53

// largest is how many bytes a source may have.
const largest = 1 << 20

// Fault is something that makes a source unusable.
type Fault struct {
	// Line and Column begin with 1; 0 when the fault has no place in the text.
	Line, Column int
	// Setting is where it is, such as "allowedDestinations[2].cidr", or empty.
	Setting string
	// Problem quotes nothing of the text, so that it may be logged.
	Problem string
	// Quote is Problem with what is in the text, for who wrote it, or empty.
	Quote string
}

// String is the fault as it may be logged.
func (f Fault) String() string { return f.place() + f.Problem }

// Detailed is the fault as the author of the text wants it.
func (f Fault) Detailed() string {
	if f.Quote == "" {
		return f.String()
	}
	return f.place() + f.Quote
}

func (f Fault) place() string {
	var place string
	if f.Line > 0 {
		place = fmt.Sprintf("line %d, column %d: ", f.Line, f.Column)
	}
	if f.Setting != "" {
		place += f.Setting + ": "
	}
	return place
}

// Check lists what is wrong with the text of a policy file. Its name says whether it may
// have comments.
func Check(name string, text []byte, v *protocol.Validator) []Fault {
	_, faults := parse(name, text, v)
	return faults
}

// parser reads one source.
type parser struct {
	doc    *document
	faults []Fault
}

// parse returns the layer that a text describes, or what is wrong with it: as text,
// by the schema, by type, and by what the schema cannot say.
func parse(name string, text []byte, v *protocol.Validator) (*layer, []Fault) {
	if len(text) > largest {
		return nil, []Fault{{Problem: "it is larger than 1 MiB"}}
	}
	doc, faults := scan(name, text)
	if len(faults) > 0 {
		return nil, faults
	}
	p := &parser{doc: doc}
	p.schema(v)
	l := &layer{name: name}
	if len(p.faults) == 0 {
		// The schema library takes the string "true" for a boolean and 7.0 for an integer.
		decoder := json.NewDecoder(bytes.NewReader(doc.text))
		//rule:unknown-setting-is-fault.2
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l.said); err != nil {
			p.typeFault(err)
		}
	}
	if len(p.faults) == 0 {
		p.compile(l)
	}
	if len(p.faults) > 0 {
		slices.SortStableFunc(p.faults, func(a, b Fault) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return nil, p.faults
	}
	return l, nil
}

// fault notes a fault of the value at path.
func (p *parser) fault(path, problem, quote string) {
	f := Fault{Setting: settingName(path), Problem: problem, Quote: quote}
	f.Line, f.Column = p.doc.place(path)
	p.faults = append(p.faults, f)
}

// schema notes what the schema says. Of an unknown key the schema library names
// only the object, so these are looked up here.
func (p *parser) schema(v *protocol.Validator) {
	//rule:unknown-setting-is-fault
	if v.Check("policy", p.doc.text) == nil {
		return
	}
	explained, _ := v.Explain("policy", p.doc.text)
	for _, e := range explained {
		unknown := p.doc.unknownKeys(e.Path)
		for _, path := range unknown {
			f := Fault{Setting: settingName(e.Path), Problem: "there is no such setting"}
			f.Quote = unknownSetting(unescape(path[strings.LastIndexByte(path, '/')+1:]), e.Path)
			f.Line, f.Column = p.doc.keyPlace(path)
			if !slices.Contains(p.faults, f) {
				p.faults = append(p.faults, f)
			}
		}
		if len(unknown) == 0 {
			quote := p.doc.instead(e.Path, e.Text)
			if quote == "" {
				quote = e.Text
			}
			p.fault(e.Path, "this does not fit the schema", printable(quote))
		}
	}
	if len(p.faults) == 0 {
		p.fault("", "it does not fit the schema", "")
	}
}

func (p *parser) typeFault(err error) {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		f := Fault{Setting: wrong.Field, Problem: "this is of the wrong type", Quote: "this is of the wrong type: a " + wrong.Value}
		// The offset is where the value ends; with lists on the way it is all there is.
		f.Line, f.Column = p.doc.lineColumn(int(wrong.Offset))
		path := "/" + strings.ReplaceAll(wrong.Field, ".", "/")
		if at, ok := p.doc.values[path]; ok {
			f.Line, f.Column = p.doc.lineColumn(at)
		}
		if quote := p.doc.unquoted(path); quote != "" {
			f.Quote = quote
		}
		p.faults = append(p.faults, f)
		return
	}
	p.fault("", "it is of the wrong shape", "")
}

// compile fills the layer's lists from its settings.
func (p *parser) compile(l *layer) {
	said := &l.said
	l.allowedOrigins = p.origins("/allowedOrigins", said.AllowedOrigins)
	l.blockedOrigins = p.origins("/blockedOrigins", said.BlockedOrigins)
	l.allowedDestinations = p.rules("/allowedDestinations", said.AllowedDestinations, true)
	l.blockedDestinations = p.rules("/blockedDestinations", said.BlockedDestinations, false)
	l.localPorts = p.localPorts("/localPorts", said.LocalPorts)
	l.appliesTo = p.conditions("/appliesTo", said.AppliesTo)
	for i, text := range said.DNSServers {
		server, err := address.ParseServer(text, domain)
		if err != nil {
			p.fault(fmt.Sprintf("/dnsServers/%d", i), err.Error(), fmt.Sprintf("%q: %v", text, err))
		}
		l.dnsServers = append(l.dnsServers, server)
	}
	if said.Audit != nil && said.Audit.File != "" {
		file := said.Audit.File
		if !filepath.IsAbs(file) || strings.ContainsFunc(file, unicode.IsControl) || strings.HasSuffix(file, "/") {
			p.fault("/audit/file", "this is no absolute path of a file", fmt.Sprintf("%q is no absolute path of a file", file))
		} else if err := audit.CheckFile(file); err != nil {
			p.fault("/audit/file", err.Error(), "")
		}
	}
}

// origins keeps the difference between an absent list and an empty one.
func (p *parser) origins(path string, texts []string) []originPattern {
	if texts == nil {
		return nil
	}
	patterns := make([]originPattern, 0, len(texts))
	for i, text := range texts {
		pattern, err := parseOriginPattern(text)
		if err != nil {
			p.fault(fmt.Sprintf("%s/%d", path, i), err.Error(), fmt.Sprintf("%q: %v", text, err))
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

func (p *parser) rules(path string, said []protocol.PolicyDestination, allow bool) []rule {
	if said == nil {
		return nil
	}
	rules := make([]rule, 0, len(said))
	for i := range said {
		rules = append(rules, p.rule(fmt.Sprintf("%s/%d", path, i), &said[i], allow))
	}
	return rules
}

func (p *parser) rule(path string, said *protocol.PolicyDestination, allow bool) rule {
	r := rule{protocol: said.Protocol, prompt: Prompt(said.Prompt), origins: p.origins(path+"/origins", said.Origins)}
	wrong := func(member, text string, err error) {
		if err != nil {
			p.fault(path+"/"+member, err.Error(), fmt.Sprintf("%q: %v", text, err))
		}
	}
	var err error
	if said.Host != "" {
		r.host, err = parseHostPattern(said.Host)
		wrong("host", said.Host, err)
	}
	if said.CIDR != "" {
		if r.prefix, err = address.ParsePrefix(said.CIDR); err != nil {
			err = cmp.Or(prefixMistake(said.CIDR), err)
		}
		wrong("cidr", said.CIDR, err)
	}
	for i, text := range said.Ports {
		ports, err := parsePortRange(text)
		wrong(fmt.Sprintf("ports/%d", i), text, err)
		r.ports = append(r.ports, ports)
	}
	// In a block rule these would say the opposite of what a hurried reader takes
	// them for, or nothing.
	r.tls = p.tls(path, said, allow)
	if said.Prompt != "" && !allow {
		p.fault(path+"/prompt", "prompt is for allowedDestinations only", "")
	}
	return r
}

// tls reads what a rule asks of TLS. tlsOnly is how verified was said first.
func (p *parser) tls(path string, said *protocol.PolicyDestination, allow bool) tlsRule {
	if said.TLSOnly != nil && !allow {
		p.fault(path+"/tlsOnly", "tlsOnly is for allowedDestinations only", "")
	}
	if said.TLS != "" && !allow {
		p.fault(path+"/tls", "tls is for allowedDestinations only", "")
	}
	if said.TLS != "" && said.TLSOnly != nil {
		p.fault(path+"/tlsOnly", "tls says it already; leave tlsOnly out", "")
	}
	if said.TLSOnly != nil && *said.TLSOnly {
		return tlsRule(Verified)
	}
	return tlsRule(said.TLS)
}

// printable takes control characters out of what quotes a file.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
