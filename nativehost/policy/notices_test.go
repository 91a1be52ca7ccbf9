package policy

import (
	"strings"
	"testing"
)

func TestNotices(t *testing.T) {
	v := validator(t)
	for _, c := range []struct {
		layers []string
		want   string
	}{
		{[]string{`{"allowedDestinations":[{"host":"*.example","ports":["22"]},{"ports":["22"],"cidr":"10.0.0.0/8"},{}]}`}, ""},
		{[]string{`{"blockedDestinations":[{"cidr":"10.0.0.0/8"},{"cidr":"10.1.0.0/16","ports":["22"]}]}`}, "0: blockedDestinations[1] adds nothing: blockedDestinations[0] blocks all of it"},
		{[]string{`{"blockedDestinations":[{"host":"*.example"},{"host":"example"},{"host":"a.b.example"}]}`}, "0: blockedDestinations[2] adds nothing: blockedDestinations[0] blocks all of it"},
		{[]string{`{"allowedDestinations":[{},{"host":"a.example"}]}`}, "0: allowedDestinations[1] adds nothing: allowedDestinations[0] comes before it and fits all of it"},
		{[]string{`{"allowedDestinations":[{"ports":["20-30"]},{"ports":["22","25-30"],"prompt":"skip"}]}`},
			"0: allowedDestinations[1] says nothing about the prompt that counts: allowedDestinations[0] comes before it and fits all of it"},
		// It vouches for the address, also from behind.
		{[]string{`{"allowedDestinations":[{},{"cidr":"10.0.0.0/8"}]}`}, ""},
		{[]string{`{"allowedDestinations":[{"tlsOnly":true},{"host":"a.example"}]}`}, ""},
		{[]string{`{"allowedDestinations":[{"origins":["https://*.example"]},{"origins":["https://a.example"],"protocol":"tcp"}]}`},
			"0: allowedDestinations[1] adds nothing: allowedDestinations[0] comes before it and fits all of it"},
		{[]string{`{"allowedDestinations":[{"host":"a.example"}],"blockedDestinations":[{"host":"*.example"}]}`}, "0: allowedDestinations[0] allows nothing: blockedDestinations[0] blocks all of it"},
		{[]string{`{"allowedOrigins":["https://a.example"],"blockedOrigins":["https://*.example"]}`}, "0: allowedOrigins[0] allows nothing: blockedOrigins[0] blocks all of it"},
		{[]string{`{"allowedOrigins":["https://a.example"],"allowedDestinations":[{"origins":["https://b.example"]}]}`}, "0: allowedDestinations[0] allows nothing: allowedOrigins has none of its origins"},
		{[]string{`{"allowedOrigins":["https://*.example"],"allowedDestinations":[{"origins":["https://b.example"]}]}`}, ""},
		{[]string{`{"allowedDestinations":[{"host":"a.example"}]}`, `{"allowedDestinations":[{"host":"*.net"},{"host":"b.example"}]}`},
			": 0: allowedDestinations and 1: allowedDestinations have nothing in common, so nothing is allowed"},
		{[]string{`{"allowedDestinations":[{"host":"a.example"}]}`, `{"allowedDestinations":[{"cidr":"10.0.0.0/8"}]}`}, ""},
		{[]string{`{"allowedDestinations":[{"ports":["1-10"],"protocol":"tcp"}]}`, `{"allowedDestinations":[{"ports":["10-20"],"protocol":"udp"}]}`},
			": 0: allowedDestinations and 1: allowedDestinations have nothing in common, so nothing is allowed"},
		{[]string{`{"allowedOrigins":["https://a.example"]}`, `{"allowedOrigins":["https://b.example","https://a.example:8443"]}`}, ": 0: allowedOrigins and 1: allowedOrigins have nothing in common, so no page is allowed"},
	} {
		var got []string
		for _, n := range of(v, c.layers...).Notices() {
			got = append(got, n.Source+": "+n.Text)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", c.layers, strings.Join(got, "\n"), c.want)
		}
	}
	long := `{"blockedDestinations":[` + strings.TrimSuffix(strings.Repeat(`{},`, 1000), ",") + `]}`
	if got := of(v, long).Notices(); len(got) != mostNotices {
		t.Errorf("%d notices", len(got))
	}
}

// A rule that covers another one fits whatever that one fits, for every socket.
func TestCoversIsTrue(t *testing.T) {
	v := validator(t)
	texts := []string{
		`{}`, `{"host":"*"}`, `{"host":"*.example"}`, `{"host":"h.example"}`, `{"host":"10.0.0.1"}`, `{"cidr":"10.0.0.0/8"}`, `{"cidr":"10.0.0.0/16","ports":["22"]}`,
		`{"ports":["22"]}`, `{"ports":["20-30","80"]}`, `{"protocol":"udp"}`, `{"tlsOnly":true}`, `{"origins":["https://app.example"]}`, `{"origins":["https://*.example","*"]}`,
		`{"host":"*.example","cidr":"10.0.0.0/8","ports":["22"],"protocol":"tcp","origins":["https://*.example"]}`,
	}
	var rules []rule
	for _, text := range texts {
		l, faults := parse("", []byte(`{"allowedDestinations":[`+text+`]}`), v)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		rules = append(rules, l.allowedDestinations[0])
	}
	covered := 0
	for i := range rules {
		for j := range rules {
			a, b := &rules[i], &rules[j]
			for _, q := range queries() {
				for _, addr := range addresses {
					s := newSubject(q, addr)
					if a.covers(b) && b.fits(s, false) == yes && a.fits(s, false) != yes {
						t.Fatalf("%s covers %s, and does not fit %+v", texts[i], texts[j], q)
					}
					if !a.meets(b) && a.fits(s, false) == yes && b.fits(s, false) == yes {
						t.Fatalf("%s and %s have nothing in common, and both fit %+v", texts[i], texts[j], q)
					}
				}
			}
			if a.covers(b) {
				covered++
			}
		}
	}
	if covered < 30 {
		t.Errorf("%d pairs: too few to tell", covered)
	}
}
