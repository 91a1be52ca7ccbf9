package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// somewhere is a system of the test's making.
type somewhere struct {
	number, name    string
	numbers, names  []string
	unnamed         bool
	machine         string
	now             time.Time
	machineErr, err error
}

func (s *somewhere) User() (number, name string, err error) { return s.number, s.name, s.err }
func (s *somewhere) Groups() (numbers, names []string, unnamed bool, err error) {
	return s.numbers, s.names, s.unnamed, s.err
}
func (s *somewhere) Machine() (string, error) { return s.machine, s.machineErr }
func (s *somewhere) Now() (time.Time, error)  { return s.now, nil }

// monday is a Monday at a time of the day.
func monday(clock string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-30 "+clock)
	if err != nil {
		panic(err)
	}
	return at
}

func TestConditions(t *testing.T) {
	v := validator(t)
	here := somewhere{number: "1000", name: "ada", numbers: []string{"100", "20"}, names: []string{"users", "dialout"}, machine: "Lab-7.example.org", now: monday("12:00")}
	for _, c := range []struct {
		appliesTo string
		holds     bool
	}{
		{`{}`, true},
		{`{"users":["ada"]}`, true},
		{`{"users":["1000"]}`, true},
		{`{"users":["bob","100"]}`, false},
		{`{"users":["Ada"]}`, false},
		{`{"groups":["dialout","x"]}`, true},
		{`{"groups":["100"]}`, true},
		{`{"groups":["1000","ada"]}`, false},
		{`{"machines":["lab-7.example.org"]}`, true},
		{`{"machines":["LAB-*"]}`, true},
		{`{"machines":["lab-7"]}`, true},
		{`{"machines":["*.example.org"]}`, true},
		{`{"machines":["lab-77","*.example.net","lab"]}`, false},
		{`{"times":[{"from":"08:00","to":"12:01"}]}`, true},
		{`{"times":[{"from":"08:00","to":"12:00"}]}`, false},
		{`{"times":[{"from":"12:00"}]}`, true},
		{`{"times":[{"to":"12:00"}]}`, false},
		{`{"times":[{"days":["mon"]}]}`, true},
		{`{"times":[{"days":["sun","tue"]}]}`, false},
		{`{"times":[{"days":["sun"]},{"from":"11:00","to":"13:00"}]}`, true},
		{`{"times":[{"days":["sun"],"from":"22:00","to":"13:00"}]}`, true},
		{`{"times":[{"days":["mon"],"from":"22:00","to":"13:00"}]}`, false},
		{`{"times":[{"days":["mon"],"from":"11:00","to":"06:00"}]}`, true},
		// All that is given must hold.
		{`{"users":["ada"],"groups":["users"],"machines":["lab-*"],"times":[{"days":["mon"]}]}`, true},
		{`{"users":["bob"],"groups":["users"],"machines":["lab-*"],"times":[{"days":["mon"]}]}`, false},
		{`{"users":["ada"],"groups":["wheel"],"machines":["lab-*"],"times":[{"days":["mon"]}]}`, false},
		{`{"users":["ada"],"groups":["users"],"machines":["desk-*"],"times":[{"days":["mon"]}]}`, false},
		{`{"users":["ada"],"groups":["users"],"machines":["lab-*"],"times":[{"days":["fri"]}]}`, false},
	} {
		p := readAt(t, &here, `{"enabled":false,"appliesTo":`+c.appliesTo+`}`)
		if p.Settings.Enabled.Value == c.holds || p.broken != "" || (p.Sources[0].Elsewhere == "") != c.holds {
			t.Errorf("%s: %+v, %q", c.appliesTo, p.Sources[0], p.broken)
		}
		if got := Of([]Text{{"a", []byte(`{"enabled":false,"appliesTo":` + c.appliesTo + `}`)}}, Options{Validator: v, Here: &here}); got.Settings.Enabled.Value {
			t.Errorf("%s: counts only sometimes on the author's desk", c.appliesTo)
		}
	}
}

// readAt is the policy of files that are read somewhere.
func readAt(t *testing.T, here Here, texts ...string) *Policy {
	t.Helper()
	s := &Store{options: Options{Validator: validator(t), Here: here, Log: zerolog.Nop()}}
	for i, text := range texts {
		s.texts = append(s.texts, source{name: strconv.Itoa(i), text: []byte(text)})
	}
	s.build()
	return s.policy.Load()
}

// Where nobody can tell whether a file counts, everything is refused.
func TestUndecidedConditionsRefuse(t *testing.T) {
	good := somewhere{number: "70001", name: "ada", numbers: []string{"70000"}, names: []string{"staff"}, machine: "m"}
	for name, c := range map[string]struct {
		change    func(*somewhere)
		appliesTo string
		refuses   bool
	}{
		"nothing is unknown":            {func(*somewhere) {}, `{"users":["bob"],"groups":["wheel"]}`, false},
		"user without a name":           {func(s *somewhere) { s.name = "" }, `{"users":["bob"]}`, true},
		"user without a name, by id":    {func(s *somewhere) { s.name = "" }, `{"users":["bob","70001"]}`, false},
		"user without a name, other id": {func(s *somewhere) { s.name = "" }, `{"users":["70002"]}`, false},
		"group without a name":          {func(s *somewhere) { s.unnamed = true }, `{"groups":["wheel"]}`, true},
		"group without a name, by id":   {func(s *somewhere) { s.unnamed = true }, `{"groups":["wheel","70000"]}`, false},
		"group without a name, by name": {func(s *somewhere) { s.unnamed = true }, `{"groups":["staff"]}`, false},
		"group without a name, numbers": {func(s *somewhere) { s.unnamed = true }, `{"groups":["1","2"]}`, false},
		"no user":                       {func(s *somewhere) { s.err = errors.New("no user") }, `{"users":["70001"]}`, true},
		"no groups":                     {func(s *somewhere) { s.err = errors.New("no groups") }, `{"groups":["70001"]}`, true},
		"no machine":                    {func(s *somewhere) { s.machineErr = errors.New("no name") }, `{"machines":["*"]}`, true},
	} {
		here := good
		c.change(&here)
		p := readAt(t, &here, `{"appliesTo":`+c.appliesTo+`}`)
		if (p.broken != "") != c.refuses || p.Judge(to("h.example", 1)).Allowed == c.refuses {
			t.Errorf("%s: %q", name, p.broken)
		}
		if c.refuses && !strings.HasPrefix(p.broken, "0: appliesTo: ") {
			t.Errorf("%s: %q", name, p.broken)
		}
	}
}

// A file for others leaves no trace, but that managed settings beside it only restrict.
func TestFileForOthers(t *testing.T) {
	here := &somewhere{number: "1", name: "ada"}
	p := readAt(t, here, `{"appliesTo":{"users":["bob"]},"blockedOrigins":["*"],"limits":{"openOverall":1},"audit":{"file":"/x"},"prompt":"forbid"}`)
	if got := p.Judge(to("h.example", 22)); got != (Verdict{Allowed: true, Prompt: Ask}) || p.Settings.Limits.OpenOverall.By != "" || p.Settings.Audit.By != "" {
		t.Errorf("%+v, %+v", got, p.Settings)
	}
	s := &Store{options: Options{Validator: validator(t), Here: here, Log: zerolog.Nop()}, texts: []source{{name: "file", text: []byte(`{"appliesTo":{"users":["bob"]}}`)}}}
	s.SetManaged([]byte(`{"allowedDestinations":[{"host":"h.example","prompt":"skip"}]}`))
	if got := s.policy.Load().Judge(to("h.example", 22)); got.Prompt != Ask {
		t.Errorf("%+v", got)
	}
}

// Hours begin and end without anybody touching a file.
func TestHoursPass(t *testing.T) {
	folder := place(t)
	write(t, filepath.Join(folder, "policy.json"), `{"enabled":false,"appliesTo":{"times":[{"days":["mon"],"from":"08:00","to":"18:00"}]}}`)
	here := &somewhere{now: monday("07:59")}
	s := Open(folder, Options{Validator: validator(t), Owner: os.Geteuid(), Here: here, Log: zerolog.Nop()})
	enabled := func(clock string) bool {
		here.now = monday(clock)
		s.looked.Store(0) // time for another look
		return s.Current().Settings.Enabled.Value
	}
	if !enabled("07:59") || enabled("08:00") || enabled("17:59") || !enabled("18:00") || enabled("08:30") {
		t.Error("the hours do not begin and end")
	}
}

// What the system says is not what the user's environment says.
func TestSystemIsNotTheEnvironment(t *testing.T) {
	t.Setenv("USER", "somebody-else")
	t.Setenv("TZ", "Pacific/Kiritimati")
	here := &system{}
	number, name, err := here.User()
	if err != nil || number != strconv.Itoa(os.Getuid()) || name == "somebody-else" {
		t.Errorf("%q, %q, %v", number, name, err)
	}
	numbers, _, _, err := here.Groups()
	if err != nil || len(numbers) == 0 {
		t.Errorf("%v, %v", numbers, err)
	}
	if machine, err := here.Machine(); err != nil || machine == "" {
		t.Errorf("%q, %v", machine, err)
	}
	now, err := here.Now()
	zone, zoneErr := zoneOf(zoneFile)
	if err != nil || zoneErr != nil || now.Location().String() != zone.String() || time.Since(now).Abs() > time.Minute {
		t.Errorf("%v, %v, %v", now, err, zoneErr)
	}
	if zone, err := zoneOf(filepath.Join(t.TempDir(), "none")); err != nil || zone != time.UTC {
		t.Errorf("%v, %v", zone, err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	write(t, bad, "no zone")
	if _, err := zoneOf(bad); err == nil || strings.Contains(err.Error(), "no zone") {
		t.Errorf("%v", err)
	}
}
