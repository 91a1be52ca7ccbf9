package audit

import (
	"bytes"
	"testing"
)

func TestReported(t *testing.T) {
	for name, c := range map[string]struct {
		private bool
		detail  Detail
		setting any
	}{
		"full":        {false, Full, "10-lab.json: blockedDestinations[0]"},
		"less detail": {false, Origins, nil},
		"private":     {true, Full, nil},
	} {
		var out bytes.Buffer
		log := New(&out, "session-1")
		log.setDetail(c.detail, Counted)
		log.Reported(Subject{SocketID: 7, Protocol: "tcp", Origin: "https://page.example", Private: c.private}, "10-lab.json: blockedDestinations[0]")
		line := parse(t, out.String())
		if line["event"] != "report" || line["would"] != "refuse" || line["rule"] != c.setting || line["socketId"] != 7.0 {
			t.Errorf("%s: %v", name, line)
		}
	}
}
