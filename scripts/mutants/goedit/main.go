// Command goedit tells what the rule markers in Go files mark, for scripts/mutants/source.ts.
//
// Standard input is a JSON array of files {"name", "text"}; standard output is one of answers {"fault", "marks"}, in the same order. A fault says that
// the text is not Go. All offsets count UTF-16 code units, as JavaScript does.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

type file struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type answer struct {
	Fault string `json:"fault,omitempty"`
	Marks []mark `json:"marks"`
}

// A mark is one marker. Without a target it marks nothing.
type mark struct {
	ID     string  `json:"id"`
	Start  int     `json:"start"`
	End    int     `json:"end"`
	Target *target `json:"target,omitempty"`
}

type span [2]int

// A target is the node that a marker marks; scripts/mutants/target.ts explains the members.
type target struct {
	Span       span   `json:"span"`
	Cut        *span  `json:"cut,omitempty"`
	Conditions []span `json:"conditions"`
	Guard      bool   `json:"guard"`
	Expression bool   `json:"expression"`
}

func main() {
	var files []file
	if err := json.NewDecoder(os.Stdin).Decode(&files); err != nil {
		fmt.Fprintln(os.Stderr, "goedit:", err)
		os.Exit(1)
	}
	answers := make([]answer, 0, len(files))
	for _, f := range files {
		answers = append(answers, read(f))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "goedit:", err)
		os.Exit(1)
	}
}

// A source is one parsed file.
type source struct {
	text    string
	base    int
	parents map[ast.Node]ast.Node
	// starting holds the nodes that begin at an offset, the outermost first.
	starting map[int][]ast.Node
	tokens   []int
	commas   []int
	// units holds the UTF-16 offset of each byte offset where they differ.
	units []int
}

func read(f file) answer {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, f.Name, f.Text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return answer{Fault: err.Error(), Marks: []mark{}}
	}
	s := &source{text: f.Text, base: files.File(tree.FileStart).Base()}
	s.countUnits()
	s.index(tree)
	s.scan()
	marks := []mark{}
	for _, group := range tree.Comments {
		for _, c := range group.List {
			id, line, ok := marker(c.Text)
			if !ok {
				continue
			}
			start, end := s.offset(c.Pos()), s.offset(c.Pos())+len(c.Text)
			m := mark{ID: id, Start: s.units[start], End: s.units[end]}
			if !line || s.alone(start) {
				m.Target = s.target(end, line)
			}
			marks = append(marks, m)
		}
	}
	return answer{Marks: marks}
}

func marker(comment string) (id string, line, ok bool) {
	if id, ok = strings.CutPrefix(comment, "//rule:"); ok {
		return strings.TrimSpace(id), true, true
	}
	if id, ok = strings.CutPrefix(comment, "/*rule:"); ok {
		return strings.TrimSuffix(id, "*/"), false, true
	}
	return "", false, false
}

func (s *source) countUnits() {
	s.units = make([]int, len(s.text)+1)
	unit := 0
	for i, r := range s.text {
		for j := range utf8.RuneLen(r) {
			s.units[i+j] = unit
		}
		unit++
		if r > 0xffff {
			unit++
		}
	}
	s.units[len(s.text)] = unit
}

func (s *source) index(tree *ast.File) {
	s.parents = make(map[ast.Node]ast.Node)
	s.starting = make(map[int][]ast.Node)
	var path []ast.Node
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n.(type) {
		case nil:
			path = path[:len(path)-1]
			return true
		case *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File, *ast.FieldList:
		default:
			at := s.offset(n.Pos())
			s.starting[at] = append(s.starting[at], n)
		}
		if len(path) > 0 {
			s.parents[n] = path[len(path)-1]
		}
		path = append(path, n)
		return true
	})
}

// scan finds where the tokens begin, without comments.
func (s *source) scan() {
	files := token.NewFileSet()
	var in scanner.Scanner
	f := files.AddFile("", -1, len(s.text))
	in.Init(f, []byte(s.text), nil, 0)
	for {
		pos, kind, text := in.Scan()
		if kind == token.EOF {
			return
		}
		if kind == token.SEMICOLON && text != ";" {
			continue
		}
		s.tokens = append(s.tokens, f.Offset(pos))
		if kind == token.COMMA {
			s.commas = append(s.commas, f.Offset(pos))
		}
	}
}

func (s *source) offset(p token.Pos) int { return int(p) - s.base }

// span returns where a range is, in UTF-16 code units.
func (s *source) span(from, to int) span { return span{s.units[from], s.units[to]} }

func (s *source) of(n ast.Node) span { return s.span(s.offset(n.Pos()), s.offset(n.End())) }

// alone reports whether nothing but white space stands before the offset on its line.
func (s *source) alone(at int) bool {
	return strings.TrimSpace(s.text[strings.LastIndexByte(s.text[:at], '\n')+1:at]) == ""
}

// target returns what a marker that ends at the offset marks.
func (s *source) target(end int, line bool) *target {
	i := sort.SearchInts(s.tokens, end)
	if i == len(s.tokens) {
		return nil
	}
	here := s.starting[s.tokens[i]]
	if line {
		for _, n := range here {
			if isItem(n) {
				return s.describe(n)
			}
		}
	}
	for _, inner := range slices.Backward(here) {
		if !s.isValue(inner) {
			continue
		}
		n := inner
		for s.isValue(s.parents[n]) && s.parents[n].Pos() == n.Pos() && !isLogical(s.parents[n]) {
			n = s.parents[n]
		}
		return s.describe(n)
	}
	return nil
}

// isItem reports whether a node is one of a list of statements, declarations, clauses, fields or members of a literal.
func isItem(n ast.Node) bool {
	switch n.(type) {
	case ast.Stmt, ast.Decl, ast.Spec, *ast.Field, *ast.KeyValueExpr:
		return true
	}
	return false
}

// isValue reports whether a node is an expression, and not only a name in front of something.
func (s *source) isValue(n ast.Node) bool {
	if _, ok := n.(ast.Expr); !ok {
		return false
	}
	switch parent := s.parents[n].(type) {
	case *ast.SelectorExpr:
		return n != ast.Node(parent.Sel)
	case *ast.KeyValueExpr:
		return n != ast.Node(parent.Key)
	case *ast.Field, *ast.FuncDecl, *ast.LabeledStmt, *ast.BranchStmt, *ast.TypeSpec, *ast.ImportSpec:
		return false
	case *ast.ValueSpec:
		name, ok := n.(*ast.Ident)
		return !ok || !slices.Contains(parent.Names, name)
	}
	return true
}

func isLogical(n ast.Node) bool {
	b, ok := n.(*ast.BinaryExpr)
	return ok && (b.Op == token.LAND || b.Op == token.LOR)
}

func (s *source) describe(n ast.Node) *target {
	t := &target{Span: s.of(n), Cut: s.cut(n), Conditions: []span{}}
	_, t.Expression = n.(ast.Expr)
	if _, pair := n.(*ast.KeyValueExpr); pair {
		t.Expression = false
	}
	conditions := []ast.Expr(nil)
	switch n := n.(type) {
	case *ast.IfStmt:
		conditions, t.Guard = []ast.Expr{n.Cond}, true
	case *ast.ForStmt:
		if n.Cond != nil {
			conditions = []ast.Expr{n.Cond}
		}
	case *ast.CaseClause:
		if s.isTagless(n) {
			conditions, t.Guard = n.List, len(n.List) > 0
		}
	case ast.Expr:
		if s.isCondition(n) {
			conditions, t.Guard = []ast.Expr{n}, true
		}
	}
	for _, c := range conditions {
		t.Conditions = append(t.Conditions, s.of(c))
	}
	return t
}

// isTagless reports whether a clause is one of a switch whose cases are conditions.
func (s *source) isTagless(n *ast.CaseClause) bool {
	of, ok := s.parents[s.parents[n]].(*ast.SwitchStmt)
	return ok && of.Tag == nil
}

func (s *source) isCondition(n ast.Expr) bool {
	switch parent := s.parents[n].(type) {
	case *ast.IfStmt:
		return parent.Cond == n
	case *ast.ForStmt:
		return parent.Cond == n
	case *ast.CaseClause:
		return s.isTagless(parent) && slices.Contains(parent.List, n)
	}
	return false
}

// cut returns the range without which the node is gone.
func (s *source) cut(n ast.Node) *span {
	var cut span
	switch parent := s.parents[n].(type) {
	case *ast.BinaryExpr:
		if !isLogical(parent) {
			return nil
		}
		if n == ast.Node(parent.X) {
			cut = s.span(s.offset(n.Pos()), s.offset(parent.Y.Pos()))
		} else {
			cut = s.span(s.offset(parent.X.End()), s.offset(n.End()))
		}
		return &cut
	case *ast.CallExpr:
		return s.cutOf(n, parent.Args)
	case *ast.CompositeLit:
		return s.cutOf(n, parent.Elts)
	case *ast.CaseClause:
		if e, ok := n.(ast.Expr); ok && slices.Contains(parent.List, e) {
			return s.cutOf(n, parent.List)
		}
	case *ast.IfStmt, *ast.ForStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.CommClause, *ast.LabeledStmt, *ast.RangeStmt:
		// A part of the statement, unless it is one of the statements of a clause.
		clause, ok := parent.(*ast.CommClause)
		if !ok || n == ast.Node(clause.Comm) {
			return nil
		}
	}
	switch n.(type) {
	case ast.Stmt, ast.Decl, ast.Spec, *ast.Field:
		cut = s.of(n)
		return &cut
	}
	return nil
}

// cutOf returns the range of one of a list's members with its comma. The comma behind the last stays where others are left: a closing bracket may
// stand on the next line.
func (s *source) cutOf(n ast.Node, list []ast.Expr) *span {
	i := slices.IndexFunc(list, func(e ast.Expr) bool { return ast.Node(e) == n })
	if i < 0 {
		return nil
	}
	from, to := s.offset(n.Pos()), s.offset(n.End())
	switch {
	case i < len(list)-1:
		to = s.offset(list[i+1].Pos())
	case i > 0:
		from = s.offset(list[i-1].End())
	default:
		next := sort.SearchInts(s.tokens, to)
		if next < len(s.tokens) && slices.Contains(s.commas, s.tokens[next]) {
			to = s.tokens[next] + 1
		}
	}
	cut := s.span(from, to)
	return &cut
}
