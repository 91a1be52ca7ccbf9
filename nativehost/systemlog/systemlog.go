// Package systemlog hands lines to the system's log, where the user who has caused them
// cannot change them: to systemd's journal in its native protocol, or to a syslog daemon as
// RFC 5424 messages. Both are datagrams to a socket of the file system, so that the daemon
// has the sender's user and process from the kernel (SO_PASSCRED), whatever a line says.
//
// It promises that a line is handed over whole or not at all, and that no daemon is waited
// for longer than a moment. Package log/syslog of Go knows only the older format, and
// coreos/go-systemd waits for as long as the journal does not read.
package systemlog

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Patience is how long a daemon may be busy before a line goes elsewhere.
const Patience = 50 * time.Millisecond

const (
	// facility is "security/authorization messages" for those who administer (RFC 5424,
	// section 6.2.1, 10), which systems keep from other users; severity "informational".
	facility = 10
	severity = 6
	// What RFC 5424, section 6, allows for HOSTNAME and APP-NAME.
	longestHost, longestApp = 255, 48
)

// Place is a way to a daemon. It implements io.WriteCloser; each Write is one line.
type Place struct {
	paths []string
	wrap  func(line []byte) []byte
	conn  *net.UnixConn
}

// Journal opens the journal's socket, under a name for the program that writes
// (systemd, "Native Journal Protocol").
func Journal(app string) (*Place, error) { return journalAt("/run/systemd/journal/socket", app) }

func journalAt(path, app string) (*Place, error) {
	head := fmt.Sprintf("PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", severity, facility, app)
	return open([]string{path}, func(line []byte) []byte {
		// A field with a line end would need its length in front; a line has none inside.
		return append([]byte(head), append(line, '\n')...)
	})
}

// Syslog opens the socket of whichever syslog daemon there is, under a name for the
// program that writes and for this computer.
func Syslog(app, host string) (*Place, error) {
	return syslogAt([]string{"/dev/log", "/run/systemd/journal/syslog", "/var/run/syslog"}, app, host, time.Now)
}

func syslogAt(paths []string, app, host string, now func() time.Time) (*Place, error) {
	tail := fmt.Sprintf("%s %s %d audit - ", word(host, longestHost), word(app, longestApp), os.Getpid())
	return open(paths, func(line []byte) []byte {
		head := fmt.Sprintf("<%d>1 %s %s", facility*8+severity, now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"), tail)
		return append([]byte(head), line...)
	})
}

// word makes a text one of RFC 5424's header fields: printable ASCII without blanks, or
// "-" for nothing.
func word(text string, longest int) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, text)
	if text == "" {
		return "-"
	}
	return text[:min(len(text), longest)]
}

func open(paths []string, wrap func([]byte) []byte) (*Place, error) {
	p := &Place{paths: paths, wrap: wrap}
	if err := p.connect(); err != nil {
		return nil, err
	}
	return p, nil
}

// connect connects to the first of the sockets that somebody reads from.
func (p *Place) connect() error {
	var errs []error
	for _, path := range p.paths {
		conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
		if err == nil {
			p.conn = conn
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Write hands a line over. A daemon that was started anew has another socket, so the
// first failure is tried once more with a new connection.
func (p *Place) Write(line []byte) (int, error) {
	text := p.wrap([]byte(strings.TrimSuffix(string(line), "\n")))
	err := p.send(text)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = p.Close()
		if err = p.connect(); err == nil {
			err = p.send(text)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("hand a line to the system's log: %w", err)
	}
	return len(line), nil
}

func (p *Place) send(text []byte) error {
	if p.conn == nil {
		return net.ErrClosed
	}
	//rule:busy-system-log-holds-up-nobody
	if err := p.conn.SetWriteDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	n, err := p.conn.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	return err
}

// Close gives the connection up.
func (p *Place) Close() error {
	if p.conn == nil {
		return nil
	}
	err := p.conn.Close()
	p.conn = nil
	return err
}
