package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"time"
)

// A letter waits in the mailbox when the server starts.
type letter struct {
	from    mail.Address
	subject string
	// age is how long before the start it was sent.
	age  time.Duration
	read bool
	text string
}

// letters are what the mailbox holds, oldest first.
var letters = []letter{
	{
		from:    mail.Address{Name: "Harbour Office", Address: "office@harbour.example"},
		subject: "Your berth for the winter",
		age:     6 * 24 * time.Hour,
		read:    true,
		text: `Dear skipper,

berth 14 on the east pier is yours from the first of December until the end of
March. Water is turned off when it freezes; the showers stay warm.

Fair winds,
the harbour office
`,
	},
	{
		from:    mail.Address{Name: "Café Ankerplatz", Address: "hallo@ankerplatz.example"},
		subject: "Zimtschnecken ab Donnerstag",
		age:     3*24*time.Hour + 5*time.Hour,
		read:    true,
		text: `Moin,

ab Donnerstag gibt es wieder Zimtschnecken, so lange der Vorrat reicht. Wer vor
acht Uhr kommt, bekommt den Kaffee dazu geschenkt.

Bis dann
Eure Backstube
`,
	},
	{
		from:    mail.Address{Name: "Latarnik z Rozewia", Address: "latarnik@rozewie.example"},
		subject: "Zdjęcia z mglistego poranka",
		age:     26 * time.Hour,
		text: `Dzień dobry,

dziś o świcie nad przylądkiem stała gęsta mgła i było widać tylko światło
latarni. Zdjęcia wyślę następnym promem.

Pozdrawiam
latarnik
`,
	},
	{
		from:    mail.Address{Name: "Ada", Address: "ada@engine.example"},
		subject: "Re: how does this page read mail?",
		age:     4 * time.Hour,
		text: `Hi,

you asked which server translates between the page and IMAP. None does.

The page opens a TCP socket to the mail server and speaks IMAP itself; press
"Conversation" below to see every line. The extension asked you first, and the
toolbar button shows that the socket is open.

Ada
`,
	},
	{
		from:    mail.Address{Name: "Tide Tables", Address: "tides@harbour.example"},
		subject: "High water at 18:42",
		age:     50 * time.Minute,
		text: `High water   18:42   3.1 m
Low water    00:57   0.6 m
High water   07:05   2.9 m

Wind south-west 4, later 5. Visibility good.
`,
	},
	{
		from:    mail.Address{Name: "Portside", Address: "welcome@portside.example"},
		subject: "Welcome aboard",
		age:     2 * time.Minute,
		text: `Hello,

if you can read this, a web page has just fetched it over a raw TCP socket.

Things to try:
  * close this tab, and look at the server: the connection is gone within a moment
  * disconnect and connect again: the page does not need to ask twice
  * choose "Deny" next time, and see what the page is told

Have a good voyage!
`,
	},
}

// render writes the letter as a message of RFC 5322, all ASCII on the wire.
func (l letter) render(at time.Time) ([]byte, error) {
	var out bytes.Buffer
	for _, field := range []struct{ name, value string }{
		{"From", l.from.String()},
		{"To", "You <" + user + "@portside.example>"},
		{"Subject", mime.QEncoding.Encode("utf-8", l.subject)},
		{"Date", at.Format(time.RFC1123Z)},
		{"Message-ID", fmt.Sprintf("<%d@portside.example>", at.Unix())},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", field.name, field.value)
	}
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	if _, err := io.WriteString(body, l.text); err != nil {
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sized is a literal of known length, as APPEND wants it.
type sized struct{ *bytes.Reader }

func literal(text []byte) sized { return sized{bytes.NewReader(text)} }

func (s sized) Size() int64 { return s.Reader.Size() }
