package clienthello

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// spoken is what a client of TLS says first.
func spoken(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	conn := &recorder{}
	config.InsecureSkipVerify = true
	_ = tls.Client(conn, config).Handshake()
	if len(conn.said) < headerBytes {
		t.Fatal("nothing was said")
	}
	return conn.said
}

// recorder is the end of a connection where somebody speaks and hears what there is.
type recorder struct {
	said  []byte
	heard io.Reader
}

func (r *recorder) Write(p []byte) (int, error) {
	r.said = append(r.said, p...)
	return len(p), nil
}

func (r *recorder) Read(p []byte) (int, error) {
	if r.heard == nil {
		return 0, io.EOF
	}
	return r.heard.Read(p)
}

func (*recorder) Close() error                     { return nil }
func (*recorder) LocalAddr() net.Addr              { return nil }
func (*recorder) RemoteAddr() net.Addr             { return nil }
func (*recorder) SetDeadline(time.Time) error      { return nil }
func (*recorder) SetReadDeadline(time.Time) error  { return nil }
func (*recorder) SetWriteDeadline(time.Time) error { return nil }

// body is the ClientHello in a record of its own.
func body(record []byte) []byte { return record[headerBytes+messageBytes:] }

// record packs bytes of the handshake into records of at most size bytes.
func records(message []byte, size int) []byte {
	var all []byte
	for len(message) > 0 {
		n := min(size, len(message))
		all = append(all, handshake, 3, 3, byte(n>>8), byte(n))
		all = append(all, message[:n]...)
		message = message[n:]
	}
	return all
}

// message packs a ClientHello's body.
func message(body []byte) []byte {
	return append([]byte{clientHello, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// with adds an extension to a ClientHello's body, whose extensions come last.
func with(t testing.TB, old []byte, kind uint16, data []byte) []byte {
	t.Helper()
	c := cursor{rest: old}
	c.take(34)
	c.vector(1)
	c.vector(2)
	c.vector(1)
	before := old[:len(old)-len(c.rest)]
	extensions := append(bytes.Clone(c.vector(2)), byte(kind>>8), byte(kind), byte(len(data)>>8), byte(len(data)))
	extensions = append(extensions, data...)
	return append(binary.BigEndian.AppendUint16(bytes.Clone(before), uint16(len(extensions))), extensions...)
}

func names(names ...string) []byte {
	var list []byte
	for _, name := range names {
		list = append(list, 0, byte(len(name)>>8), byte(len(name)))
		list = append(list, name...)
	}
	return append([]byte{byte(len(list) >> 8), byte(len(list))}, list...)
}

func TestHellos(t *testing.T) {
	right, wrong := spoken(t, &tls.Config{ServerName: "own.example"}), spoken(t, &tls.Config{ServerName: "victim.example"})
	old := spoken(t, &tls.Config{ServerName: "own.example", MaxVersion: tls.VersionTLS12})
	nobody := spoken(t, &tls.Config{})
	bare := body(nobody)
	c := cursor{rest: bare}
	c.take(34)
	c.vector(1)
	c.vector(2)
	c.vector(1)
	oldest := bare[:len(bare)-len(c.rest)]
	long := make([]byte, maxHello)
	spec := []byte{changeCipherSpec, 3, 3, 0, 1, 1}
	early := append([]byte{applicationData, 3, 3, 0, 200}, make([]byte, 200)...)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

	for what, c := range map[string]struct {
		said           []byte
		named, address error // for own.example, and for 192.0.2.1
	}{
		"the host":                       {right, nil, ErrOther},
		"the host, as by TLS 1.2":        {old, nil, ErrOther},
		"another host":                   {wrong, ErrOther, ErrOther},
		"nobody":                         {nobody, ErrOther, nil},
		"no extensions":                  {records(message(oldest), 100), ErrOther, nil},
		"SSL 2.0":                        {[]byte{0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10}, ErrOther, nil},
		"other letters, a final dot":     {records(message(with(t, bare, extensionServerName, names("OWN.example."))), 1<<14), nil, ErrOther},
		"the address":                    {records(message(with(t, bare, extensionServerName, names("192.0.2.1"))), 1<<14), ErrOther, nil},
		"two names":                      {records(message(with(t, bare, extensionServerName, names("own.example", "victim.example"))), 1<<14), ErrMalformed, ErrMalformed},
		"two lists":                      {records(message(with(t, body(right), extensionServerName, names("victim.example"))), 1<<14), ErrMalformed, ErrMalformed},
		"a name of another kind":         {records(message(with(t, bare, extensionServerName, []byte{0, 4, 1, 0, 1, 'a'})), 1<<14), ErrMalformed, ErrMalformed},
		"an empty name":                  {records(message(with(t, bare, extensionServerName, names(""))), 1<<14), ErrMalformed, ErrMalformed},
		"ECH":                            {records(message(with(t, body(right), extensionECH, []byte{0, 0, 1, 0, 1, 7, 0, 0, 0, 0})), 1<<14), ErrHidden, ErrHidden},
		"records of one byte":            {records(wrong[headerBytes:], 1), ErrOther, ErrOther},
		"records of one byte, the host":  {records(right[headerBytes:], 1), nil, ErrOther},
		"too long":                       {records(message(with(t, body(right), 21, long)), 1<<14), ErrMalformed, ErrMalformed},
		"something after it":             {records(message(append(bytes.Clone(body(right)), 0)), 1<<14), ErrMalformed, ErrMalformed},
		"cut":                            {records(message(body(right)[:60]), 1<<14), ErrMalformed, ErrMalformed},
		"another message first":          {records(append([]byte{16, 0, 0, 1, 0}, right[headerBytes:]...), 1<<14), ErrMalformed, ErrMalformed},
		"a record without a byte":        {[]byte{handshake, 3, 1, 0, 0}, ErrMalformed, ErrMalformed},
		"a record that is too long":      {[]byte{handshake, 3, 1, 0xff, 0xff}, ErrMalformed, ErrMalformed},
		"after an alert":                 {join([]byte{21, 3, 1, 0, 2, 1, 0}, wrong), ErrOther, ErrOther},
		"the second, after a retry":      {join(right, spec, early, wrong), ErrOther, ErrOther},
		"the second, right behind":       {records(join(right[headerBytes:], wrong[headerBytes:]), 1<<14), ErrOther, ErrOther},
		"the second is as the first":     {join(right, spec, right), nil, ErrOther},
		"TLS 1.2 goes on":                {join(old, records([]byte{16, 0, 0, 1, 7}, 9), spec, records(wrong[headerBytes:], 1<<14)), nil, ErrOther},
		"TLS 1.3 goes on":                {join(right, spec, early, early), nil, ErrOther},
		"HTTP":                           {[]byte("GET / HTTP/1.1\r\nHost: victim.example\r\n\r\n"), nil, nil},
		"SSH":                            {[]byte("SSH-2.0-x\r\n"), nil, nil},
		"OpenVPN":                        {[]byte{0, 0x0e, 0x38, 1, 2, 3, 4, 5}, nil, nil},
		"after an alert of TLS 4":        {join([]byte{21, 3, 5, 0, 2, 1, 90}, wrong), ErrOther, ErrOther},
		"after an alert of any version":  {join([]byte{21, 15, 255, 0, 2, 1, 90}, wrong), ErrOther, ErrOther},
		"after two of them":              {join([]byte{21, 5, 5, 0, 2, 1, 90}, []byte{21, 9, 9, 0, 2, 1, 0}, wrong), ErrOther, ErrOther},
		"after an alert, the host":       {join([]byte{21, 5, 5, 0, 2, 1, 90}, right), nil, ErrOther},
		"after a heartbeat":              {join([]byte{24, 3, 3, 0, 3, 1, 0, 0}, wrong), ErrOther, ErrOther},
		"after an empty record":          {join([]byte{23, 9, 9, 0, 0}, wrong), ErrOther, ErrOther},
		"after another kind of record":   {join([]byte{21, 3, 3, 0, 2, 1, 90}, []byte{25, 3, 3, 0, 1, 0}, wrong), ErrMalformed, ErrMalformed},
		"something that begins as TLS":   {append([]byte{21, 7, 7, 0xff, 0xff}, right...), ErrMalformed, ErrMalformed},
		"SSL 2.0, of a later version":    {[]byte{0x80, 0x2e, 1, 4, 1, 0, 0x15, 0, 0, 0, 0x10}, ErrOther, nil},
		"something with the highest bit": {[]byte("\xff\xfd\x03\x04\x05\x06\x07"), nil, nil},
		"nothing":                        {nil, nil, nil},
	} {
		for size := range 3 {
			for host, want := range map[string]error{"own.example": c.named, "192.0.2.1": c.address} {
				w := New(host, host == "192.0.2.1")
				if at, err := see(w, c.said, []int{1, 7, 1 << 20}[size]); !errors.Is(err, want) {
					t.Errorf("%s, to %s, size %d: %v, want %v", what, host, size, err, want)
				} else if want != nil && len(c.said) > 20 && size == 0 && at >= len(c.said) {
					t.Errorf("%s, to %s: all was let through", what, host)
				}
				if len(w.message) > maxHello+maxRecord || w.err != nil && w.message != nil {
					t.Errorf("%s: %d bytes are kept", what, len(w.message))
				}
			}
		}
	}
}

// see sends so many bytes at a time, and returns how many were let through.
func see(w *Watch, said []byte, size int) (int, error) {
	for at := 0; at < len(said); at += size {
		if err := w.See(said[at:min(at+size, len(said))]); err != nil {
			return at, err
		}
	}
	return len(said), nil
}

// FuzzClientHello compares with crypto/tls: whatever is let through, a server hears no
// other name.
func FuzzClientHello(f *testing.F) {
	const host = "own.example"
	hello := spoken(f, &tls.Config{ServerName: host})
	f.Add(hello, byte(3))
	f.Add(spoken(f, &tls.Config{ServerName: "victim.example", MaxVersion: tls.VersionTLS12}), byte(1))
	f.Add(spoken(f, &tls.Config{}), byte(200))
	f.Add(records(hello[headerBytes:], 9), byte(0))
	f.Add(records(message(with(f, body(hello), extensionServerName, names("victim.example"))), 50), byte(5))
	f.Add([]byte("\x80\x2e\x01\x03\x01"), byte(1))
	// A server drops an alert that comes first.
	for _, version := range []string{"\x03\x05", "\x05\x05", "\x0f\xff"} {
		f.Add(append([]byte("\x15"+version+"\x00\x02\x01\x5a"), spoken(f, &tls.Config{ServerName: "victim.example"})...), byte(9))
	}
	f.Fuzz(func(t *testing.T, said []byte, size byte) {
		let, err := see(New(host, false), said, int(size)+1)
		if _, again := see(New(host, false), said, 1); (again == nil) != (err == nil) {
			t.Errorf("%v in pieces, and %v byte by byte", err, again)
		}
		named := ""
		server := tls.Server(&recorder{heard: bytes.NewReader(said[:let])}, &tls.Config{
			MinVersion: tls.VersionTLS10,
			GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
				named = "(nobody)" + info.ServerName
				return nil, errors.New("heard")
			},
		})
		_ = server.Handshake()
		if named != "" && !strings.EqualFold(strings.TrimSuffix(strings.TrimPrefix(named, "(nobody)"), "."), host) {
			t.Errorf("the server heard %q in %x", named, said[:let])
		}
	})
}
