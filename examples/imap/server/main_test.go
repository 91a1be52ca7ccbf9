package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// serve runs the server until the returned function is called, which waits for its end.
func serve(t *testing.T, args ...string) (ready, func()) {
	t.Helper()
	input, closeInput := io.Pipe()
	output, said := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(untilEOF(context.Background(), input), args, said) }()
	var r ready
	if err := json.NewDecoder(bufio.NewReader(output)).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r, func() {
		t.Helper()
		closeInput.Close()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the server does not end when its input does")
		}
	}
}

func TestMailboxIsFull(t *testing.T) {
	r, end := serve(t)
	defer end()
	client, err := imapclient.DialInsecure(net.JoinHostPort(r.Host, strconv.Itoa(r.Port)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Login(r.User, "wrong").Wait(); err == nil {
		t.Fatal("any password will do")
	}
	if err := client.Login(r.User, r.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := client.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if int(box.NumMessages) != len(letters) {
		t.Fatalf("%d messages of %d", box.NumMessages, len(letters))
	}
	found, err := client.Fetch(imap.SeqSetNum(box.NumMessages), &imap.FetchOptions{Envelope: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if subject := found[0].Envelope.Subject; subject != "Welcome aboard" {
		t.Fatalf("the newest letter is %q", subject)
	}
}

func TestPageIsServedUntilTheEnd(t *testing.T) {
	www := t.TempDir()
	if err := os.WriteFile(filepath.Join(www, "index.html"), []byte("<h1>mail</h1>"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, end := serve(t, "--www", www)
	response, err := http.Get(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || string(body) != "<h1>mail</h1>" {
		t.Fatalf("%q, %v", body, err)
	}
	end()
	if _, err := net.DialTimeout("tcp", net.JoinHostPort(r.Host, strconv.Itoa(r.Port)), time.Second); err == nil {
		t.Fatal("somebody still listens")
	}
}

func TestPortInUseIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := run(t.Context(), []string{"--port", strconv.Itoa(portOf(taken))}, io.Discard); err == nil {
		t.Fatal("no error")
	}
}
