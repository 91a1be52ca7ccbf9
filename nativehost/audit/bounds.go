package audit

import (
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/printable"
)

// A line has at most longestLine bytes, with its end: RFC 5424 wants receivers to take 2,048
// bytes, and the usual ones take 8,192. What could be longer is cut.
const (
	longestLine = 8000
	shortText   = 128
	longText    = 512
	// Of a host's addresses and of the settings that list it so many are told.
	mostAddresses, mostRules = 16, 6
)

// add adds a text, cut to so many bytes, unless it is empty.
func add(line *zerolog.Event, name, text string, most int) {
	if text = printable.Text(text, most); text != "" {
		line.Str(name, text)
	}
}

// ending returns a setting's name, of which the end says the most: a long one begins later.
func ending(setting string) string {
	setting = printable.Text(setting, longestLine)
	if len(setting) <= longText {
		return setting
	}
	const sign = "…"
	at := len(setting) - longText + len(sign)
	for !utf8.RuneStart(setting[at]) {
		at++
	}
	return sign + setting[at:]
}

// lists adds which settings list a destination, and which addresses its name has.
func lists(line *zerolog.Event, s Subject) {
	if len(s.Rules) > 0 {
		var rules []string
		for _, rule := range s.Rules[:min(len(s.Rules), mostRules)] {
			rules = append(rules, ending(rule))
		}
		line.Strs("rules", rules)
	}
	if len(s.Rules) > mostRules {
		line.Int("moreRules", len(s.Rules)-mostRules)
	}
	if len(s.Addresses) > 0 {
		var addresses []string
		for _, addr := range s.Addresses[:min(len(s.Addresses), mostAddresses)] {
			addresses = append(addresses, addr.String())
		}
		line.Strs("addresses", addresses)
	}
	if len(s.Addresses) > mostAddresses {
		line.Int("moreAddresses", len(s.Addresses)-mostAddresses)
	}
}
