// Command far is the far end of the benchmark: what all peers are measured against.
//
//	far [ADDRESS]
//
// It serves TCP and UDP on one port each of 127.0.0.1, or of another address of its network, and is told
// apart by what a client says first, so that a relay needs one destination only and the user at the browser is asked once.
//
// Over TCP the first line says what the connection is for:
//
//	source N        the far end sends N bytes of the pattern (0: without end), then waits for the client to close
//	sink ID         it counts what comes and compares each byte with the pattern, with times
//	sink ID sha256  the same, and hashes it
//	echo            it sends everything back
//
// Over UDP the first byte does: 'E' is sent back; 'S' and a number of four bytes, big-endian, is counted under that number.
//
// The harness holds descriptor 3, a stream of JSON lines both ways: the far end says its ports, then answers questions about sinks and datagrams
// (see control.go). When the harness closes it, the far end ends.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	control := os.NewFile(3, "control")
	if control == nil {
		return fmt.Errorf("descriptor 3 is not open: the benchmark starts this program")
	}
	address := "127.0.0.1"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	listener, err := net.Listen("tcp4", net.JoinHostPort(address, "0"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(address)})
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	far := newFar()
	done := make(chan struct{}, 2)
	go func() { far.serveTCP(ctx, listener); done <- struct{}{} }()
	go func() { far.serveUDP(ctx, datagrams); done <- struct{}{} }()
	err = answer(control, far, ports{
		TCP: listener.Addr().(*net.TCPAddr).Port,
		UDP: datagrams.LocalAddr().(*net.UDPAddr).Port,
	})
	stop()
	<-done
	<-done
	return err
}
