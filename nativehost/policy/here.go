package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"time"
)

// system tells conditions of the system. Nothing of it is in the user's hand: numbers are
// the kernel's, and names those of /etc/passwd and /etc/group, not $USER; the zone is that
// of /etc/localtime, not $TZ.
type system struct{}

// zoneFile has the machine's time zone; without it that is UTC (localtime(5)).
const zoneFile = "/etc/localtime"

// longestZone bounds that file, in bytes. The largest there is has less than 4 KiB.
const longestZone = 1 << 20

func (system) User() (number, name string, err error) {
	number = strconv.Itoa(os.Getuid())
	// user.Current would take $USER for the name where there is none.
	//rule:user-name-not-from-environment
	if known, err := user.LookupId(number); err == nil {
		name = known.Username
	}
	return number, name, nil
}

func (system) Groups() (numbers, names []string, unnamed bool, err error) {
	all, err := os.Getgroups()
	if err != nil {
		return nil, nil, false, errors.New("this computer does not say which groups the user is in")
	}
	for _, group := range append(all, os.Getgid()) {
		number := strconv.Itoa(group)
		numbers = append(numbers, number)
		if known, err := user.LookupGroupId(number); err == nil {
			names = append(names, known.Name)
		} else {
			unnamed = true
		}
	}
	return numbers, names, unnamed, nil
}

func (system) Machine() (string, error) {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "", errors.New("this computer does not say what it is called")
	}
	return name, nil
}

func (system) Now() (time.Time, error) {
	//rule:hours-not-in-zone-of-environment
	zone, err := zoneOf(zoneFile)
	return time.Now().In(zone), err
}

// zoneOf reads a time zone from a file (RFC 9636).
func zoneOf(path string) (*time.Location, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.UTC, nil
	}
	if err != nil {
		return time.UTC, fmt.Errorf("this computer does not say in which time zone it is: %w", reason(err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, longestZone))
	if err != nil {
		return time.UTC, fmt.Errorf("this computer does not say in which time zone it is: %w", reason(err))
	}
	zone, err := time.LoadLocationFromTZData(path, data)
	if err != nil {
		return time.UTC, errors.New("this computer does not say in which time zone it is: its " + path + " has none")
	}
	return zone, nil
}
