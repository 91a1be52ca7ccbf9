package report

import (
	"bytes"
	"encoding/json"

	"github.com/portside/portside/manifest"
)

// mostManaged is how many bytes of managed settings the extension hands over, as JSON. With
// more it lets nothing be opened.
const mostManaged = 49_152

// managedSettings takes the settings out of a file: it is the settings themselves, or a
// policy file of the browser's that has those of extensions.
func managedSettings(name string, text []byte) ([]byte, error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, advise("it has the settings alone, or is a policy file of the browser's, in JSON without comments", "%s: it is no JSON object", name)
	}
	settings := text
	if third, ok := file["3rdparty"]; ok {
		var of struct {
			Extensions map[string]json.RawMessage `json:"extensions"`
		}
		if err := json.Unmarshal(third, &of); err != nil || len(of.Extensions) == 0 {
			return nil, advise("they are in 3rdparty.extensions, below the id of the extension", "%s: it has no settings of extensions", name)
		}
		if settings = portsides(of.Extensions); settings == nil {
			return nil, advise("portside status shows the id; the file may have one extension, or that one",
				"%s: it has settings of %d extensions, and none of them is Portside's", name, len(of.Extensions))
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, settings); err != nil {
		return nil, advise("", "%s: it is no JSON", name)
	}
	if compact.Len() > mostManaged {
		return nil, advise("longer lists belong in files; there is no other way to have more",
			"%s: %d bytes of settings, at most %d in all: with so many the extension lets nothing be opened", name, compact.Len(), mostManaged)
	}
	return settings, nil
}

// portsides returns the settings of Portside's own extension, or of the only one there is.
func portsides(extensions map[string]json.RawMessage) json.RawMessage {
	if len(extensions) == 1 {
		for _, settings := range extensions {
			return settings
		}
	}
	for id, settings := range extensions {
		if id == manifest.ChromiumID || id == manifest.FirefoxID {
			return settings
		}
	}
	return nil
}
