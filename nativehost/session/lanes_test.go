package session

import (
	"os"
	"testing"
)

// The bound of one kind of windows counts their own lanes only.
func TestLanesOfPrivateWindowsAreCounted(t *testing.T) {
	s := New(Config{Out: os.Stdout})
	for range 3 {
		s.lanes[&openLane{}] = struct{}{}
	}
	s.lanes[&openLane{private: true}] = struct{}{}
	if normal, private := s.lanesLocked(false), s.lanesLocked(true); normal != 3 || private != 1 {
		t.Errorf("%d and %d lanes", normal, private)
	}
}
