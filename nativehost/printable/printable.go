// Package printable makes what others call themselves fit to be shown to the user:
// a device's name, a certificate's subject. It promises valid UTF-8 in which every
// character can be seen, so that nothing turns the direction of the text around,
// breaks the line, hides, or climbs over its neighbours.
//
// It does not judge who the name resembles. Whoever shows it keeps it apart from their
// own words.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many marks one character may carry. Languages need three or four; a
// tower of them covers the lines above and below.
const maxMarks = 4

// Text returns the part of text that can be shown, with at most so many bytes. Space
// of any kind is one blank, at the ends it is none; what cannot be seen is left out.
// Nothing may be left.
func Text(text string, most int) string {
	var kept strings.Builder
	gap, marks := false, maxMarks
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			continue // a byte that is no UTF-8
		case blank(r):
			gap = kept.Len() > 0
			continue
		case /*rule:printable-text-is-graphic*/ !unicode.IsGraphic(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			continue
		case unicode.IsMark(r) && (gap || marks >= maxMarks):
			continue
		case unicode.IsMark(r):
			marks++
		default:
			marks = 0
		}
		size := utf8.RuneLen(r)
		if gap {
			size++
		}
		if kept.Len()+size > most {
			break
		}
		if gap {
			kept.WriteByte(' ')
		}
		gap = false
		kept.WriteRune(r)
	}
	return kept.String()
}

// blank reports what looks like nothing but takes its place.
func blank(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || r == brailleBlank
}
