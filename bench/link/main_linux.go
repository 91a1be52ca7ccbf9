package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	device = "wan"
	// offloads lets the system hand over up to 64 KiB of a connection as one packet.
	offloads = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6
	// headBytes stand before each packet (struct virtio_net_hdr).
	headBytes = 10
	mostBytes = headBytes + 64<<10
	// waiting bounds how many packets are on their way in one direction.
	waiting = 1 << 16
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: link PID PID")
	}
	control := os.NewFile(3, "control")
	if control == nil {
		return errors.New("descriptor 3 is not open: the benchmark starts this program")
	}
	var ends [2]*os.File
	for i := range ends {
		var err error
		if ends[i], err = open(os.Args[i+1]); err != nil {
			return err
		}
		defer ends[i].Close()
	}
	lines := [2]*line{newLine(1), newLine(2)}
	for i, l := range lines {
		go carry(ends[i], ends[1-i], l)
	}
	return obey(control, lines, ends)
}

// obey takes conditions until the harness closes the stream.
func obey(control io.ReadWriter, lines [2]*line, ends [2]*os.File) error {
	in, out := json.NewDecoder(control), json.NewEncoder(control)
	if err := out.Encode("ready"); err != nil {
		return err
	}
	for {
		var is condition
		switch err := in.Decode(&is); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read a condition: %w", err)
		}
		// Where packets are lost, each is one as it is on a cable.
		flags := offloads
		if is.Loss > 0 {
			flags = 0
		}
		var all counts
		for i, l := range lines {
			c := l.set(is)
			all.Packets, all.Lost, all.Full = all.Packets+c.Packets, all.Lost+c.Lost, all.Full+c.Full
			if err := unix.IoctlSetInt(int(ends[i].Fd()), unix.TUNSETOFFLOAD, flags); err != nil {
				return fmt.Errorf("set offloads: %w", err)
			}
		}
		if err := out.Encode(all); err != nil {
			return err
		}
	}
}

// open makes the device in the network namespace of a process.
func open(pid string) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // the thread ends with this function, and its namespace with it
		file, err := openHere(pid)
		done <- result{file, err}
	}()
	r := <-done
	return r.file, r.err
}

func openHere(pid string) (*os.File, error) {
	namespace, err := os.Open("/proc/" + pid + "/ns/net")
	if err != nil {
		return nil, err
	}
	defer namespace.Close()
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("enter the network of %s: %w", pid, err)
	}
	tun, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(device)
	if err != nil {
		return nil, err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(tun, unix.TUNSETIFF, request); err != nil {
		return nil, fmt.Errorf("make a TUN device: %w", err)
	}
	return os.NewFile(uintptr(tun), device), nil
}

// packet is on its way.
type packet struct {
	data    []byte
	arrives time.Time
}

// carry takes packets from one end to the other, until an end is gone.
func carry(from io.Reader, to io.Writer, l *line) {
	underWay := make(chan packet, waiting)
	defer close(underWay)
	go func() {
		for p := range underWay {
			time.Sleep(time.Until(p.arrives))
			_, _ = to.Write(p.data) // one that the system does not take is lost
		}
	}()
	buffer := make([]byte, mostBytes)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if arrives, ok := l.accept(time.Now(), n-headBytes); ok {
			underWay <- packet{bytes.Clone(buffer[:n]), arrives}
		}
	}
}
