// Command server is the mail server of the Portside mail example: an IMAP server on loopback whose one mailbox lives in
// memory, and beside it a web server for the example's page. It needs no set-up and leaves nothing behind.
//
//	server [--port N] [--www DIR] [--web-port N]
//
// When both listen it prints one line of JSON (see ready). It ends on SIGINT, SIGTERM, or when the pipe at its standard
// input closes, so that it does not outlive the program that started it.
//
// It is for trying things out: the password is known to everybody and travels in the clear.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

const (
	user     = "demo"
	password = "portside"
	loopback = "127.0.0.1"
)

// ready is what the server prints when it can be used.
type ready struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
	// URL of the page; empty without --www.
	URL string `json:"url,omitempty"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if isPipe(os.Stdin) {
		ctx = untilEOF(ctx, os.Stdin)
	}
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// isPipe reports whether f is a pipe or socket that somebody may close. A terminal or /dev/null says nothing about
// whether the server is still wanted.
func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// untilEOF returns a context that is cancelled when r ends.
func untilEOF(parent context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		defer cancel()
		// The process ends with this goroutine at the latest; nobody needs to wait for it.
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	port := flags.Int("port", 0, "IMAP `port` on "+loopback+"; 0 chooses one")
	www := flags.String("www", "", "`folder` to serve on http://localhost")
	webPort := flags.Int("web-port", 0, "`port` of the web server; 0 chooses one")
	if err := flags.Parse(args); err != nil {
		return err
	}

	mail, err := newMailServer(time.Now())
	if err != nil {
		return fmt.Errorf("write the letters: %w", err)
	}
	mailListener, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(*port)))
	if err != nil {
		return fmt.Errorf("listen for IMAP: %w", err)
	}
	errs := make(chan error, 2)
	var serving sync.WaitGroup
	defer serving.Wait()
	serving.Go(func() { errs <- mail.Serve(mailListener) })
	defer mail.Close()

	said := ready{Host: loopback, Port: portOf(mailListener), User: user, Password: password}
	if *www != "" {
		webListener, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(*webPort)))
		if err != nil {
			return fmt.Errorf("listen for HTTP: %w", err)
		}
		web := &http.Server{Handler: noCache(http.FileServer(http.Dir(*www))), ReadHeaderTimeout: 10 * time.Second}
		serving.Go(func() { errs <- web.Serve(webListener) })
		defer web.Close()
		said.URL = fmt.Sprintf("http://localhost:%d/", portOf(webListener))
	}
	if err := json.NewEncoder(out).Encode(said); err != nil {
		return fmt.Errorf("say where the server is: %w", err)
	}

	select {
	case <-ctx.Done():
		return nil
	case err := <-errs:
		if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serve: %w", err)
	}
}

func newMailServer(now time.Time) (*imapserver.Server, error) {
	account := imapmemserver.NewUser(user, password)
	if err := account.Create("INBOX", nil); err != nil {
		return nil, err
	}
	for _, letter := range letters {
		at := now.Add(-letter.age)
		text, err := letter.render(at)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", letter.subject, err)
		}
		options := &imap.AppendOptions{Time: at}
		if letter.read {
			options.Flags = []imap.Flag{imap.FlagSeen}
		}
		if _, err := account.Append("INBOX", literal(text), options); err != nil {
			return nil, fmt.Errorf("%q: %w", letter.subject, err)
		}
	}
	store := imapmemserver.New()
	store.AddUser(account)
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}},
		InsecureAuth: true,
		Logger:       log.New(os.Stderr, "imap: ", 0),
	}), nil
}

func portOf(l net.Listener) int {
	return l.Addr().(*net.TCPAddr).Port
}

// noCache lets whoever edits the page see the change at the next reload.
func noCache(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		h.ServeHTTP(w, r)
	})
}
