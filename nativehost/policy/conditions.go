package policy

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/portside/portside/protocol"
)

// Here is what the conditions of files are judged by. Package policy has the system's.
type Here interface {
	// User returns the number and the name of the user who runs this program; the name is
	// empty if the system does not tell it.
	User() (number, name string, err error)
	// Groups returns the numbers of the groups that the user is in, and their names as far
	// as the system tells them. unnamed: of some it does not.
	Groups() (numbers, names []string, unnamed bool, err error)
	// Machine returns the host name.
	Machine() (string, error)
	// Now returns the time, in the machine's own zone whatever the user's environment says.
	Now() (time.Time, error)
}

// conditions is a compiled PolicyAppliesTo: what is absent fits always.
type conditions struct {
	users, groups, machines []string
	times                   []hours
}

// hours are a time of some days, in minutes since midnight. Where it does not begin before
// it ends, it ends on the next day.
type hours struct {
	days     []time.Weekday
	from, to int
}

const minutesOfDay = 24 * 60

// conditions is nil when there are none.
func (p *parser) conditions(at string, said *protocol.PolicyAppliesTo) *conditions {
	if said == nil {
		return nil
	}
	c := &conditions{users: said.Users, groups: said.Groups, machines: said.Machines}
	for i := range said.Times {
		one, err := parseHours(&said.Times[i])
		if err != nil {
			p.fault(fmt.Sprintf("%s/times/%d", at, i), err.Error(), "")
		}
		c.times = append(c.times, one)
	}
	return c
}

// parseHours reads what the schema has found to be days and times.
func parseHours(said *protocol.PolicyHours) (hours, error) {
	h := hours{to: minutesOfDay}
	for _, day := range said.Days {
		h.days = append(h.days, time.Weekday(slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, day)))
	}
	if said.From != "" {
		h.from = minutes(said.From)
	}
	if said.To != "" {
		h.to = minutes(said.To)
	}
	if h.from == h.to {
		return h, errors.New("it ends when it begins; a whole day has neither from nor to")
	}
	return h, nil
}

func minutes(text string) int {
	const tens, hour = 10, 60
	d := func(i int) int { return int(text[i] - '0') }
	return (d(0)*tens+d(1))*hour + d(3)*tens + d(4)
}

// holds reports whether a time is within the hours.
func (h hours) holds(now time.Time) bool {
	at := now.Hour()*60 + now.Minute()
	on := func(day time.Weekday) bool { return h.days == nil || slices.Contains(h.days, day) }
	today, yesterday := now.Weekday(), (now.Weekday()+6)%7
	if h.from < h.to {
		return on(today) && h.from <= at && at < h.to
	}
	//rule:hours-pass-midnight
	return on(today) && at >= h.from || on(yesterday) && at < h.to
}

// missing says which condition does not hold here and now, or "". The error says why it
// cannot be told, and quotes nothing of the file.
func (c *conditions) missing(here Here) (string, error) {
	for _, one := range []struct {
		given bool
		why   string
		holds func(Here) (bool, error)
	}{
		//rule:condition-names-users
		{c.users != nil, "it is for other users", c.forUser},
		//rule:condition-names-groups
		{c.groups != nil, "it is for other groups", c.forGroups},
		//rule:condition-names-machines
		{c.machines != nil, "it is for other machines", c.forMachine},
		//rule:condition-names-hours
		{c.times != nil, "it is for other hours", c.forNow},
	} {
		if !one.given {
			continue
		}
		holds, err := one.holds(here)
		if err != nil {
			return "", err
		}
		if !holds {
			return one.why, nil
		}
	}
	return "", nil
}

func (c *conditions) forUser(here Here) (bool, error) {
	number, name, err := here.User()
	switch {
	case err != nil:
		return false, err
	case slices.Contains(c.users, number), name != "" && slices.Contains(c.users, name):
		return true, nil
	//rule:unnamed-user-is-undecided
	case name == "" && slices.ContainsFunc(c.users, named):
		return false, fmt.Errorf("this computer does not say what user %s is called; write numbers, which `id` shows", number)
	default:
		return false, nil
	}
}

func (c *conditions) forGroups(here Here) (bool, error) {
	numbers, names, unnamed, err := here.Groups()
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(one string) bool { return slices.Contains(c.groups, one) })
	}
	switch {
	case err != nil:
		return false, err
	case in(numbers), in(names):
		return true, nil
	//rule:unnamed-group-is-undecided
	case unnamed && slices.ContainsFunc(c.groups, named):
		return false, errors.New("this computer does not say what some groups of this user are called; write numbers, which `id` shows")
	default:
		return false, nil
	}
}

// named reports whether somebody is written by name.
func named(text string) bool { return strings.Trim(text, "0123456789") != "" }

// forMachine compares the whole host name, and what is before its first dot.
func (c *conditions) forMachine(here Here) (bool, error) {
	name, err := here.Machine()
	if err != nil {
		return false, err
	}
	whole := strings.ToLower(strings.TrimSuffix(name, "."))
	first, _, _ := strings.Cut(whole, ".")
	return slices.ContainsFunc(c.machines, func(pattern string) bool {
		pattern = strings.ToLower(pattern)
		fitsWhole, _ := path.Match(pattern, whole)
		fitsFirst, _ := path.Match(pattern, first)
		return fitsWhole || fitsFirst
	}), nil
}

func (c *conditions) forNow(here Here) (bool, error) {
	now, err := here.Now()
	return slices.ContainsFunc(c.times, func(h hours) bool { return h.holds(now) }), err
}
