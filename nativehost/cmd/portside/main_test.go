//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portside/portside/manifest"
	"github.com/portside/portside/protocol"
)

// binary is the path of the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portside")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "portside")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// process is a host that was started as a browser starts it.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     *os.File
	out    *os.File
	frames *protocol.FrameReader
	stderr bytes.Buffer
	state  string
	exited chan struct{}
}

var chromium = []string{manifest.Origin(manifest.ChromiumID)}

func startHost(t *testing.T, args []string, change func(*exec.Cmd)) *process {
	t.Helper()
	hostIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, hostOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, in: in, out: out, frames: protocol.NewFrameReader(out), state: t.TempDir(), exited: make(chan struct{})}
	p.cmd = exec.Command(binary, args...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = hostIn, hostOut, &p.stderr
	p.cmd.Env = append(os.Environ(), "PORTSIDE_STATE_DIR="+p.state)
	if change != nil {
		change(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hostIn.Close()
	hostOut.Close()
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// wantExit wants the process gone with code within limit.
func (p *process) wantExit(code int, limit time.Duration) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		p.t.Fatalf("still there after %v", limit)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("exit code %d, want %d; stderr: %s", got, code, &p.stderr)
	}
}

func (p *process) send(body string) {
	p.t.Helper()
	frame := append(protocol.BeginFrame(nil), body...)
	if err := protocol.EndFrame(frame); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(frame); err != nil {
		p.t.Fatal(err)
	}
}

// next reads one frame.
func (p *process) next() string {
	p.t.Helper()
	if err := p.out.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	body, err := p.frames.Next()
	if err != nil {
		p.t.Fatalf("%v; stderr: %s", err, &p.stderr)
	}
	return string(body)
}

// ask sends a request and wants the next frame to be its result.
func (p *process) ask(id int, method, params string) string {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"%s","params":%s}`, id, method, params))
	answer := p.next()
	if !strings.HasPrefix(answer, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":`, id)) {
		p.t.Fatalf("%s: %s", method, answer)
	}
	return answer
}

func (p *process) hello() {
	p.ask(1, "hello", fmt.Sprintf(`{"protocolVersion":%d,"extensionVersion":"test"}`, protocol.ProtocolVersion))
}

func (p *process) open(id, port, window int) {
	p.t.Helper()
	p.ask(id, "tcp.open", fmt.Sprintf(`{"socketId":%d,"origin":"https://page%d.example","document":"d","private":false,`+
		`"userEntered":true,"host":"127.0.0.1","port":%d,"window":%d}`, id, id%10, port, window))
}

// peer listens and hands connections over.
func peer(t *testing.T) (int, <-chan net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns, done := make(chan net.Conn, 2000), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			conns <- c
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
		for {
			select {
			case c := <-conns:
				c.Close()
			default:
				return
			}
		}
	})
	return listener.Addr().(*net.TCPAddr).Port, conns
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"--version"}, 0, "portside 0.1.0 (protocol 2 to 5)\n", ""},
		{[]string{"--help"}, 0, "usage:", ""},
		{nil, 2, "", "usage:"},
		{[]string{"dance"}, 2, "", `no command "dance"`},
		{[]string{"chrome-extension://someoneelse/"}, 4, "", "someoneelse"},
		{[]string{"/etc/portside.host.json", "else@example.org"}, 4, "", "else@example.org"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			cmd := exec.Command(binary, c.args...)
			cmd.Env = append(os.Environ(), "PORTSIDE_STATE_DIR="+t.TempDir())
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var failed *exec.ExitError
			if err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if !strings.Contains(stdout.String(), c.stdout) || (c.stdout == "" && stdout.Len() > 0) {
				t.Errorf("stdout %q", stdout.String())
			}
			if !strings.Contains(stderr.String(), c.stderr) || (c.stderr == "" && stderr.Len() > 0) {
				t.Errorf("stderr %q", stderr.String())
			}
		})
	}
}

func TestBothBrowsersStartIt(t *testing.T) {
	for name, args := range map[string][]string{
		"chromium":            chromium,
		"chromium on Windows": append(chromium[:1:1], "--parent-window=0"),
		"firefox":             {"/usr/lib/mozilla/native-messaging-hosts/" + manifest.FileName, manifest.FirefoxID},
	} {
		t.Run(name, func(t *testing.T) {
			// Firefox leaves one more pipe open in its children.
			extra, other, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer extra.Close()
			defer other.Close()
			p := startHost(t, args, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{other} })
			port, conns := peer(t)
			p.hello()
			p.open(2, port, protocol.WindowBytes)
			c := <-conns
			defer c.Close()
			p.ask(3, "socket.write", `{"socketId":2,"data":"aGVsbG8="}`)
			got := make([]byte, 5)
			if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
				t.Fatalf("the peer got %q, %v", got, err)
			}
			if _, err := c.Write(got); err != nil {
				t.Fatal(err)
			}
			if data := p.next(); data != `{"jsonrpc":"2.0","method":"socket.data","params":{"socketId":2,"data":"aGVsbG8="}}` {
				t.Fatal(data)
			}
			p.in.Close()
			p.wantExit(0, time.Second)
			p.wantLogs()
		})
	}
}

// wantLogs looks at what the process left behind.
func (p *process) wantLogs() {
	p.t.Helper()
	for name, want := range map[string][]string{
		"audit.log":    {`"event":"open"`, `"event":"close"`, `"bytesIn":5`, `"bytesOut":5`},
		"portside.log": {`"version":"0.1.0"`, `"code":0`},
	} {
		path := filepath.Join(p.state, name)
		text, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, piece := range want {
			if !bytes.Contains(text, []byte(piece)) {
				p.t.Errorf("%s lacks %s: %s", name, piece, text)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			p.t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		for line := range bytes.Lines(text) {
			if !json.Valid(line) {
				p.t.Errorf("%s: %s", name, line)
			}
		}
	}
	if p.stderr.Len() > 0 {
		p.t.Errorf("stderr: %s", &p.stderr)
	}
}

// However the browser goes, the host is gone within a second and its sockets with
// it.
func TestNothingOutlivesTheBrowser(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*process)
		code int
	}{
		"stdin ends": {func(p *process) { p.in.Close() }, 0},
		"stdout closes": {func(p *process) {
			p.out.Close()
			p.send(`{"jsonrpc":"2.0","id":9,"method":"no.such"}`)
		}, 0},
		"SIGTERM":      {func(p *process) { _ = p.cmd.Process.Signal(syscall.SIGTERM) }, 0},
		"broken frame": {func(p *process) { _, _ = p.in.Write([]byte{0, 0, 0, 0}) }, 3},
		"cut frame":    {func(p *process) { _, _ = p.in.Write([]byte{9, 0}); p.in.Close() }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := startHost(t, chromium, nil)
			port, conns := peer(t)
			p.hello()
			p.open(2, port, protocol.WindowBytes)
			conn := <-conns
			defer conn.Close()
			c.end(p)
			p.wantExit(c.code, time.Second)
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the socket outlives the host: %v", err)
			}
		})
	}
}

// The same while the browser takes nothing and the peer sends and takes nothing.
func TestEndWhileEverythingIsBlocked(t *testing.T) {
	for name, end := range map[string]func(*process){
		"stdin ends": func(p *process) { p.in.Close() },
		"SIGTERM":    func(p *process) { _ = p.cmd.Process.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			p := startHost(t, chromium, nil)
			port, conns := peer(t)
			p.hello()
			p.open(2, port, protocol.WindowBytes)
			conn := <-conns
			defer conn.Close()
			// More than a pipe holds.
			if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				p.send(`{"jsonrpc":"2.0","method":"socket.write","params":{"socketId":2,"data":"` + strings.Repeat("A", 262_144) + `"}}`)
			}
			end(p)
			p.wantExit(0, time.Second)
			// It ended by itself, not because time was up.
			log, err := os.ReadFile(filepath.Join(p.state, "portside.log"))
			if err != nil || bytes.Contains(log, []byte("without waiting")) {
				t.Errorf("%s, %v", log, err)
			}
		})
	}
}

func TestLogsGoToStderrWithoutAPlace(t *testing.T) {
	p := startHost(t, chromium, func(cmd *exec.Cmd) { cmd.Env = []string{"PATH=" + os.Getenv("PATH")} })
	p.hello()
	p.in.Close()
	p.wantExit(0, time.Second)
	if !strings.Contains(p.stderr.String(), "logging to stderr") {
		t.Errorf("stderr: %s", &p.stderr)
	}
}
