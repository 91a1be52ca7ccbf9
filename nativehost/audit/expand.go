package audit

import (
	"errors"
	"strings"
)

// longestPart is how much of a file's name a user or a computer may take, in bytes.
const longestPart = 64

// errPercent is about a path with a percent sign that stands for nothing.
var errPercent = errors.New("in the path of the audit log %u is the user, %h this computer, and %% a percent sign; others are not known")

// CheckFile says what is wrong with the percent signs of a path, or returns nil.
func CheckFile(path string) error {
	_, err := Expand(path, "u", "h")
	return err
}

// Expand puts the user and this computer in the place of %u and %h. What could lead to
// another folder is replaced by "_": neither is trusted to be a file's name.
func Expand(path, user, host string) (string, error) {
	var expanded strings.Builder
	for rest := path; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		expanded.WriteString(before)
		if !found {
			break
		}
		if after == "" {
			return "", errPercent
		}
		switch after[0] {
		case 'u':
			expanded.WriteString(part(user))
		case 'h':
			expanded.WriteString(part(host))
		case '%':
			expanded.WriteByte('%')
		default:
			return "", errPercent
		}
		rest = after[1:]
	}
	return expanded.String(), nil
}

// part makes a text a part of a file's name.
func part(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		default:
			return '_'
		}
	}, text)
	//rule:audit-path-stays-in-its-folder
	if strings.Trim(text, ".") == "" {
		text = "_" + strings.ReplaceAll(text, ".", "_")
	}
	return text[:min(len(text), longestPart)]
}
