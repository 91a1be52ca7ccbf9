package discover

import "strings"

// where is a port of a protocol.
type where struct {
	protocol string
	port     uint16
}

// services are the service types (RFC 6763, section 7) that are found at well-known
// ports, by IANA's Service Name and Transport Protocol Port Number Registry (RFC 6335).
// A type that has no port there stands at the one that it is found at: SFTP at SSH's,
// SMB, RDP, Google Cast. The table is never written.
var services = map[where][]string{
	{"tcp", 21}:   {"_ftp._tcp"},
	{"tcp", 22}:   {"_ssh._tcp", "_sftp-ssh._tcp"},
	{"tcp", 23}:   {"_telnet._tcp"},
	{"tcp", 80}:   {"_http._tcp"},
	{"tcp", 139}:  {"_smb._tcp"},
	{"tcp", 143}:  {"_imap._tcp"},
	{"tcp", 443}:  {"_https._tcp"},
	{"tcp", 445}:  {"_smb._tcp"},
	{"tcp", 515}:  {"_printer._tcp"},
	{"tcp", 548}:  {"_afpovertcp._tcp"},
	{"tcp", 554}:  {"_rtsp._tcp"},
	{"tcp", 631}:  {"_ipp._tcp", "_ipps._tcp"},
	{"tcp", 873}:  {"_rsync._tcp"},
	{"tcp", 1883}: {"_mqtt._tcp"},
	{"tcp", 2049}: {"_nfs._tcp"},
	{"tcp", 3389}: {"_rdp._tcp"},
	{"tcp", 4880}: {"_hislip._tcp"},
	{"tcp", 5024}: {"_scpi-telnet._tcp"},
	{"tcp", 5025}: {"_scpi-raw._tcp"},
	{"tcp", 5060}: {"_sip._tcp"},
	{"tcp", 5222}: {"_xmpp-client._tcp"},
	{"tcp", 5900}: {"_rfb._tcp"},
	{"tcp", 6600}: {"_mpd._tcp"},
	{"tcp", 6667}: {"_irc._tcp"},
	{"tcp", 8009}: {"_googlecast._tcp"},
	{"tcp", 8883}: {"_secure-mqtt._tcp"},
	{"tcp", 9100}: {"_pdl-datastream._tcp"},
	{"udp", 53}:   {"_domain._udp"},
	{"udp", 69}:   {"_tftp._udp"},
	{"udp", 123}:  {"_ntp._udp"},
	{"udp", 161}:  {"_snmp._udp"},
	{"udp", 5060}: {"_sip._udp"},
	{"udp", 5683}: {"_coap._udp"},
}

// allTypes is asked which types there are (RFC 6763, section 9).
const allTypes = "_services._dns-sd._udp"

// maxType is the longest service type that is asked for, in bytes. RFC 6335, section
// 5.1, allows 15 for the name; some are longer.
const maxType = 64

// serviceType returns the two labels of a service type as a text, in lower case, and
// whether they are one of the protocol (RFC 6763, section 7: everything that is not TCP
// is "_udp").
func serviceType(labels []string, protocol string) (string, bool) {
	if len(labels) != 2 || !strings.EqualFold(labels[1], "_"+protocol) {
		return "", false
	}
	name, ok := strings.CutPrefix(lower(labels[0]), "_")
	if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return "", false
	}
	text := "_" + name + "._" + protocol
	return text, len(text) <= maxType
}
