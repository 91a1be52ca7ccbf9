package policy

import "testing"

func TestLowPorts(t *testing.T) {
	v := validator(t)
	const app, other = "https://app.example", "https://b.example"
	for _, c := range []struct {
		layers           []string
		origin, protocol string
		port             uint16
		opens            bool
		by               string
	}{
		{nil, app, "tcp", 8080, false, ""},
		{[]string{`{}`}, app, "tcp", 8080, false, ""},
		{[]string{`{"localPorts":[]}`}, app, "tcp", 8080, false, ""},
		{[]string{`{"localPorts":[{"ports":["8080"]}]}`}, app, "tcp", 8080, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"]}]}`}, app, "udp", 8080, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"]}]}`}, app, "tcp", 8081, false, ""},
		{[]string{`{"localPorts":[{"ports":["22","80-90"]}]}`}, app, "tcp", 80, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["22","80-90"]}]}`}, app, "tcp", 90, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["22","80-90"]}]}`}, app, "tcp", 91, false, ""},
		{[]string{`{"localPorts":[{"ports":["8080"],"protocol":"udp"}]}`}, app, "udp", 8080, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"],"protocol":"udp"}]}`}, app, "tcp", 8080, false, ""},
		{[]string{`{"localPorts":[{"ports":["8080"],"origins":["https://*.example"]}]}`}, app, "tcp", 8080, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"],"origins":["` + app + `"]}]}`}, other, "tcp", 8080, false, ""},
		{[]string{`{"localPorts":[{"ports":["8080"],"origins":["https://*.example"]}]}`}, "null", "tcp", 8080, false, ""},
		{[]string{`{"localPorts":[{"ports":["1"]},{"ports":["8080"]}]}`}, app, "tcp", 8080, true, "0: localPorts[1]"},
		// A place without a list has no say; each one that has must list it.
		{[]string{`{}`, `{"localPorts":[{"ports":["8080"]}]}`}, app, "tcp", 8080, true, "1: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"]}]}`, `{"localPorts":[{"ports":["8000-9000"]}]}`}, app, "tcp", 8080, true, "0: localPorts[0]"},
		{[]string{`{"localPorts":[{"ports":["8080"]}]}`, `{"localPorts":[]}`}, app, "tcp", 8080, false, "1: localPorts"},
		{[]string{`{"localPorts":[{"ports":["22"]}]}`, `{"localPorts":[{"ports":["8080"]}]}`}, app, "tcp", 8080, false, "0: localPorts"},
	} {
		if opens, by := of(v, c.layers...).OpensLowPort(c.origin, c.protocol, c.port); opens != c.opens || by != c.by {
			t.Errorf("%v: %s port %d for %s: %v by %q", c.layers, c.protocol, c.port, c.origin, opens, by)
		}
	}
	// What the browser manages narrows what files open, and opens nothing beside them.
	for _, c := range []struct {
		file, managed string
		opens         bool
		by            string
	}{
		{`{"localPorts":[{"ports":["8080"]}]}`, `{"localPorts":[{"ports":["8080"]}]}`, true, "file: localPorts[0]"},
		{`{"localPorts":[{"ports":["8080"]}]}`, `{"localPorts":[{"ports":["22"]}]}`, false, "managed storage: localPorts"},
		{`{"localPorts":[{"ports":["22"]}]}`, `{"localPorts":[{"ports":["8080"]}]}`, false, ""},
		{`{}`, `{"localPorts":[{"ports":["8080"]}]}`, false, ""},
		{``, `{"localPorts":[{"ports":["8080"]}]}`, true, "managed storage: localPorts[0]"},
	} {
		if opens, by := with(t, v, c.file, c.managed).OpensLowPort(app, "tcp", 8080); opens != c.opens || by != c.by {
			t.Errorf("%s beside %s: %v by %q", c.managed, c.file, opens, by)
		}
	}
}

func TestLocalPrompt(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		layers []string
		want   Prompt
		by     string
	}{
		{nil, Ask, ""},
		{[]string{`{"prompt":"ask"}`}, Ask, "0: prompt"},
		// Nothing skips this question, and the rules of lists are about destinations.
		{[]string{`{"prompt":"skip","allowedDestinations":[{"prompt":"always"}]}`}, Ask, ""},
		{[]string{`{"prompt":"always"}`}, Always, "0: prompt"},
		{[]string{`{"prompt":"ask"}`, `{"prompt":"forbid"}`, `{"prompt":"always"}`}, Forbid, "1: prompt"},
		{[]string{`{"prompt":"always"}`, `{"prompt":"skip"}`, `{"prompt":"always"}`}, Always, "0: prompt"},
		{[]string{`{"prompt":"neither"}`}, Forbid, "0: line 1, column 11: prompt: this does not fit the schema"},
	} {
		if got, by := of(v, c.layers...).LocalPrompt(); got != c.want || by != c.by {
			t.Errorf("%v: %s by %q", c.layers, got, by)
		}
	}
}
