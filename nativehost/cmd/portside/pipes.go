package main

import (
	"io"
	"os"
	"sync"
)

// pipes returns stdin and stdout in such a form that closing them interrupts who
// reads or writes, wherever the system can do that.
func pipes() (io.ReadCloser, io.WriteCloser) {
	return interruptible(os.Stdin), interruptible(os.Stdout)
}

// isPipe reports whether nobody else shares the state of file's description, as
// the other end of a pipe does not, but a shell that shares a terminal does.
func isPipe(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// watched is an input that tells when it has ended, failed, or been closed.
type watched struct {
	io.ReadCloser
	over chan struct{}
	once sync.Once
}

func watch(in io.ReadCloser) *watched {
	return &watched{ReadCloser: in, over: make(chan struct{})}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil {
		w.once.Do(func() { close(w.over) })
	}
	return n, err
}

func (w *watched) Close() error {
	w.once.Do(func() { close(w.over) })
	return w.ReadCloser.Close()
}
