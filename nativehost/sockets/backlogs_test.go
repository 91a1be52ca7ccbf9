package sockets

import "testing"

func TestBacklogsOfAnOriginAreBounded(t *testing.T) {
	var w backlogs
	var over []func()
	for range maxBacklogs {
		done, ok := w.take("https://a.example", false)
		if !ok {
			t.Fatal("too few may wait")
		}
		over = append(over, done)
	}
	if _, ok := w.take("https://a.example", false); ok {
		t.Error("one too many")
	}
	for _, other := range []owner{{"https://b.example", false}, {"https://a.example", true}} {
		done, ok := w.take(other.origin, other.private)
		if !ok {
			t.Fatalf("%v pays for another", other)
		}
		done()
	}
	over[0]()
	done, ok := w.take("https://a.example", false)
	if !ok {
		t.Fatal("a place was not given back")
	}
	done()
	for _, done := range over[1:] {
		done()
	}
	if len(w.count) != 0 {
		t.Errorf("%v is left", w.count)
	}
}
