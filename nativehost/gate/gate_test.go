package gate

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// passing reports whether Pass returns without help.
func passing(g *Gate) (now bool, passed <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Pass()
	}()
	select {
	case <-done:
		return true, done
	case <-time.After(20 * time.Millisecond):
		return false, done
	}
}

func TestPass(t *testing.T) {
	g := New()
	if now, _ := passing(g); !now {
		t.Fatal("an open gate does not let pass")
	}
	g.Enter()
	now, passed := passing(g)
	if now {
		t.Fatal("a shut gate lets pass")
	}
	if !g.Yield() {
		t.Fatal("a shut gate does not yield")
	}
	<-passed
	g.Resume()
	now, passed = passing(g)
	if now {
		t.Fatal("a gate lets pass after Resume")
	}
	g.Leave()
	<-passed
}

// TLS answers the peer in the writer's name, while there is no writer or while it
// comes and goes.
func TestYieldOfSomebodyElse(t *testing.T) {
	g := New()
	if g.Yield() {
		t.Fatal("an open gate yields")
	}
	g.Resume()
	if now, _ := passing(g); !now {
		t.Fatal("Resume shut a gate that nobody entered")
	}
	g.Enter()
	if !g.Yield() || g.Yield() {
		t.Fatal("a gate yields once")
	}
	g.Leave()
	g.Resume()
	if now, _ := passing(g); !now {
		t.Fatal("Resume shut a gate that the writer has left")
	}
}
