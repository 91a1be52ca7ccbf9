// Package firewall turns the rules of a firewall into a policy. They come as a table of
// comma-separated values (RFC 4180), one rule a line, as firewalls and spreadsheets export
// them; semicolons and tabs are taken for commas.
//
// A firewall goes by the first line that fits, a policy by its block list before its allow
// list. What cannot be said in a policy is a fault of its line, and what means something
// else there is remarked.
package firewall

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// Largest is how many bytes a table may have.
	Largest = 1 << 20
	// mostRemarks bounds how many faults, and how many notes, are told.
	mostRemarks = 50
)

// Remark is about a line; 0 is the table as a whole.
type Remark struct {
	Line int
	Text string
}

func (r Remark) String() string {
	if r.Line == 0 {
		return r.Text
	}
	return fmt.Sprintf("line %d: %s", r.Line, r.Text)
}

// column is what a column of the table has.
type column int

const (
	ignored column = iota
	action
	destination
	port
	protocol
	source
)

// columns are the names that columns may have, in small letters and without spaces.
func columns() map[string]column {
	return map[string]column{
		"action": action, "target": action, "verdict": action, "policy": action,
		"destination": destination, "dest": destination, "dst": destination, "to": destination, "host": destination, "address": destination,
		"port": port, "ports": port, "dport": port, "destinationport": port, "dstport": port,
		"protocol": protocol, "proto": protocol,
		"source": source, "src": source, "from": source, "origin": source,
		"comment": ignored, "comments": ignored, "description": ignored, "name": ignored, "remark": ignored, "id": ignored, "#": ignored, "no": ignored,
	}
}

// row is a line of the table.
type row struct {
	line  int
	cells map[column]string
}

// rows reads the table. The faults are those of the table: where there are any, there are
// no rows.
func rows(text []byte) ([]row, []Remark) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(text) > Largest {
		return nil, []Remark{{0, "it is larger than 1 MiB"}}
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.TrimLeadingSpace = separator(text), true
	head, err := reader.Read()
	if err != nil {
		return nil, []Remark{tableFault(err)}
	}
	kinds, faults := header(head)
	if len(faults) > 0 {
		return nil, faults
	}
	var list []row
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, []Remark{tableFault(err)}
		}
		line, _ := reader.FieldPos(0)
		r := row{line, map[column]string{}}
		for i, cell := range cells {
			if kinds[i] != ignored {
				r.cells[kinds[i]] = strings.TrimSpace(cell)
			}
		}
		list = append(list, r)
	}
}

// separator is what stands most often between the names of the columns.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best := ','
	for _, candidate := range ";\t" {
		if bytes.Count(first, []byte(string(candidate))) > bytes.Count(first, []byte(string(best))) {
			best = candidate
		}
	}
	return best
}

// header says what each column has.
func header(names []string) ([]column, []Remark) {
	var faults []Remark
	kinds := make([]column, len(names))
	for i, name := range names {
		kind, known := columns()[strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", ""))]
		switch {
		case !known:
			faults = append(faults, Remark{1, fmt.Sprintf("a column is called %q; there are action, destination, port, protocol, source and comment", short(name))})
		case kind != ignored && slices.Contains(kinds[:i], kind):
			faults = append(faults, Remark{1, fmt.Sprintf("the column %q says what another one says", short(name))})
		}
		kinds[i] = kind
	}
	for kind, name := range map[column]string{action: "action", destination: "destination"} {
		if len(faults) == 0 && !slices.Contains(kinds, kind) {
			faults = append(faults, Remark{1, "it names the columns, and there is none that is called " + name})
		}
	}
	return kinds, faults[:min(len(faults), mostRemarks)]
}

// tableFault is what makes a text no table.
func tableFault(err error) Remark {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return Remark{0, "it is empty; the first line names the columns"}
	case errors.As(err, &parse) && errors.Is(err, csv.ErrFieldCount):
		return Remark{parse.StartLine, "it has more or fewer columns than the first line"}
	case errors.As(err, &parse):
		return Remark{parse.StartLine, "the quotes are not those of comma-separated values"}
	default:
		return Remark{0, "it cannot be read"}
	}
}

// short bounds what is quoted of a cell.
func short(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
