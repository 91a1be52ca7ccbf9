package room

import "testing"

func TestRoom(t *testing.T) {
	r := New(10)
	for i, want := range []int{4, 4, 2} {
		if got := r.Take(4); got != want {
			t.Errorf("number %d takes %d", i, got)
		}
	}
	taken := make(chan int)
	go func() { taken <- r.Take(4) }()
	r.Give(3)
	if got := <-taken; got != 3 {
		t.Errorf("who waited takes %d", got)
	}
	go func() { taken <- r.Take(4) }()
	r.End()
	if got := <-taken; got != 0 {
		t.Errorf("after the end: %d", got)
	}
	r.Give(5)
	if got := r.Take(4); got != 0 {
		t.Errorf("room that comes after the end is taken: %d", got)
	}
}
