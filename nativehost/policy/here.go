package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"sync"
	"time"
)

// system tells conditions of the system. Nothing of it is in the user's hand: numbers are
// the kernel's, and names those of /etc/passwd and /etc/group, not $USER; the zone is that
// of /etc/localtime, not $TZ.
type system struct {
	mu sync.Mutex // guards what follows
	// names are those that the system had for numbers of users ("u1000") and groups
	// ("g100"), "" for none, when somebody looked.
	names  map[string]string
	looked time.Time
}

// namesLast is how long the names of users and groups are taken for what they were: with
// hours, files are judged four times a second.
const namesLast = 10 * time.Second

// name returns the name of a user or a group, or "".
func (s *system) name(kind, number string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := time.Since(s.looked); s.names == nil || age < 0 || age > namesLast {
		s.names, s.looked = map[string]string{}, time.Now()
	}
	name, known := s.names[kind+number]
	if known {
		return name
	}
	if kind == "u" {
		// user.Current would take $USER for the name where there is none.
		//rule:user-name-not-from-environment
		if found, err := user.LookupId(number); err == nil {
			name = found.Username
		}
	} else if found, err := user.LookupGroupId(number); err == nil {
		name = found.Name
	}
	s.names[kind+number] = name
	return name
}

// zoneFile has the machine's time zone; without it that is UTC (localtime(5)).
const zoneFile = "/etc/localtime"

// longestZone bounds that file, in bytes. The largest there is has less than 4 KiB.
const longestZone = 1 << 20

func (s *system) User() (number, name string, err error) {
	number = strconv.Itoa(os.Getuid())
	return number, s.name("u", number), nil
}

func (s *system) Groups() (numbers, names []string, unnamed bool, err error) {
	all, err := os.Getgroups()
	if err != nil {
		return nil, nil, false, errors.New("this computer does not say which groups the user is in")
	}
	for _, group := range append(all, os.Getgid()) {
		number := strconv.Itoa(group)
		numbers = append(numbers, number)
		if name := s.name("g", number); name != "" {
			names = append(names, name)
		} else {
			unnamed = true
		}
	}
	return numbers, names, unnamed, nil
}

func (*system) Machine() (string, error) {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "", errors.New("this computer does not say what it is called")
	}
	return name, nil
}

func (*system) Now() (time.Time, error) {
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
