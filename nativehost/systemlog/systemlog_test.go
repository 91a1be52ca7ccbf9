//go:build unix

package systemlog

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// daemon is a socket such as journald and syslog daemons read from.
func daemon(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func next(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buffer := make([]byte, 1<<17)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	journal := daemon(t, path)
	p, err := journalAt(path, "portside-audit")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if n, err := p.Write([]byte("{\"event\":\"open\"}\n")); n != 17 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	const want = "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=portside-audit\nMESSAGE={\"event\":\"open\"}\n"
	if got := next(t, journal); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSyslog(t *testing.T) {
	folder := t.TempDir()
	log := daemon(t, filepath.Join(folder, "log"))
	at := time.Date(2026, 11, 28, 7, 0, 0, 123456789, time.FixedZone("", 3600))
	p, err := syslogAt([]string{filepath.Join(folder, "none"), filepath.Join(folder, "log")}, "portside-audit", "my pc\u00e9", func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, _ = p.Write([]byte("{\"event\":\"open\"}\n"))
	want := fmt.Sprintf("<86>1 2026-11-28T06:00:00.123456Z my_pc_ portside-audit %d audit - {\"event\":\"open\"}", os.Getpid())
	if got := next(t, log); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// RFC 5424, section 6: HEADER SP STRUCTURED-DATA SP MSG.
	header := regexp.MustCompile(`^<(\d{1,3})>1 \S{20,32} \S{1,255} \S{1,48} \S{1,128} \S{1,32} - \{`)
	if !header.MatchString(want) {
		t.Errorf("%q is no RFC 5424 message", want)
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{"": "-", "host": "host", "a b\n\x7f": "a_b__", strings.Repeat("x", 300): strings.Repeat("x", 255)} {
		if got := word(text, 255); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// A daemon that is started anew binds another socket at the same path.
func TestDaemonThatIsStartedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	journal := daemon(t, path)
	p, err := journalAt(path, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	journal.Close()
	if _, err := p.Write([]byte("lost\n")); err == nil {
		t.Error("a line without a daemon passes for written")
	}
	_ = os.Remove(path)
	journal = daemon(t, path)
	if _, err := p.Write([]byte("kept\n")); err != nil {
		t.Error(err)
	}
	if got := next(t, journal); !strings.HasSuffix(got, "MESSAGE=kept\n") {
		t.Errorf("%q", got)
	}
}

// A daemon that does not read holds nobody up, and what it does not take is not written.
func TestDaemonThatDoesNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	daemon(t, path)
	p, err := journalAt(path, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	line := []byte(strings.Repeat("x", 4000) + "\n")
	refused := make(chan time.Duration, 1)
	go func() {
		defer close(refused)
		for range 10_000 {
			began := time.Now()
			if _, err := p.Write(line); err != nil {
				refused <- time.Since(began)
				return
			}
		}
	}()
	select {
	case took, ok := <-refused:
		if !ok {
			t.Error("a socket that nobody reads from takes everything")
		}
		if took > 20*Patience {
			t.Errorf("it took %v", took)
		}
	case <-time.After(10 * time.Second):
		t.Error("a line waits for a daemon that does not read")
	}
}

func TestNoDaemon(t *testing.T) {
	if _, err := journalAt(filepath.Join(t.TempDir(), "none"), "x"); err == nil {
		t.Error("a socket that is not there passes for one")
	}
	if _, err := syslogAt([]string{filepath.Join(t.TempDir(), "none")}, "x", "y", time.Now); err == nil {
		t.Error("a socket that is not there passes for one")
	}
}
