// What people call the services at ports (IANA service names registry), and the kinds of devices that answer for themselves. The names are
// messages of _locales.

type Protocol = "tcp" | "udp";

const services: Record<number, string> = {
  13: "Time", 21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 37: "Time", 43: "Whois", 53: "DNS", 69: "TFTP", 70: "Gopher", 79: "Finger", 80: "HTTP",
  110: "POP3", 119: "News", 123: "NTP", 139: "SMB", 143: "IMAP", 161: "SNMP", 194: "IRC", 389: "LDAP", 443: "HTTP", 445: "SMB",
  465: "SMTP", 502: "Machine", 514: "Syslog", 515: "Printer", 554: "RTSP", 563: "News", 587: "SMTP", 631: "Printer", 636: "LDAP",
  853: "DNS", 873: "Rsync", 990: "FTP", 993: "IMAP", 995: "POP3", 1194: "VPN", 1433: "Database", 1521: "Database", 1720: "SIP",
  1723: "VPN", 1883: "MQTT", 1965: "Gemini", 2049: "NFS", 2375: "Docker", 2376: "Docker", 3306: "Database", 3389: "RDP", 3478: "STUN",
  4840: "Machine", 4880: "Instrument", 5024: "Instrument", 5025: "Instrument", 5060: "SIP", 5061: "SIP", 5222: "XMPP", 5223: "XMPP", 5269: "XMPP", 5432: "Database", 5900: "VNC", 5901: "VNC",
  6379: "Database", 6566: "Scanner", 5683: "CoAP", 6600: "Music", 6667: "IRC", 6697: "IRC", 8080: "HTTP", 8443: "HTTP", 8009: "Cast", 8883: "MQTT", 9100: "Printer",
  9418: "Git", 11211: "Database", 25565: "Game", 27017: "Database", 47808: "Machine", 51820: "VPN",
}; // prettier-ignore

/** Ports at which datagrams are something else. */
const datagrams: Record<number, string> = { 443: "QUIC", 500: "VPN", 4500: "VPN", 27015: "Game" };

/**
 * The message that names the service at this port; undefined when people have no name for it. No name says whether anything is encrypted: a
 * port does not know.
 */
export function serviceMessage(port: number, protocol: Protocol): string | undefined {
  const service = (protocol === "udp" ? datagrams[port] : undefined) ?? services[port];
  return service && `service${service}`;
}

/** What devices offer (DNS-SD service types, RFC 6763), by the first part of the type. */
const kinds: Record<string, string> = {
  _ipp: "Printer", _ipps: "Printer", _printer: "Printer", "_pdl-datastream": "Printer", _uscan: "Scanner", _uscans: "Scanner",
  _scanner: "Scanner", _ssh: "Terminal", "_sftp-ssh": "Files", _sftp: "Files", _telnet: "Terminal", _mqtt: "SmartHome",
  "_secure-mqtt": "SmartHome", _hap: "SmartHome", _matter: "SmartHome", _esphomelib: "SmartHome", "_home-assistant": "SmartHome",
  _hue: "SmartHome", _coap: "SmartHome", _http: "Website", _https: "Website", _ftp: "Files", _smb: "Files", _nfs: "Files",
  _afpovertcp: "Files", _webdav: "Files", _rsync: "Files", _adisk: "Files", _rfb: "Screen", _rdp: "Screen", _airplay: "Media",
  _raop: "Media", _googlecast: "Media", "_spotify-connect": "Media", _daap: "Media", _mpd: "Media", _sonos: "Media", _rtsp: "Camera",
  _axis: "Camera", "_axis-video": "Camera", _imap: "Mail", _imaps: "Mail", _pop3: "Mail", _smtp: "Mail", _submission: "Mail", _irc: "Chat",
  "_xmpp-client": "Chat", "_xmpp-server": "Chat", _presence: "Chat", _sip: "Phone", _sips: "Phone", _ldap: "Directory", _domain: "Names",
  _ntp: "Clock", _git: "Files", _lxi: "Instrument", _hislip: "Instrument",
  "_scpi-raw": "Instrument", "_scpi-telnet": "Instrument", _tftp: "Files", _workstation: "Computer", "_device-info": "Computer", _postgresql: "Database", _mysql: "Database",
  _redis: "Database", _mongodb: "Database",
}; // prettier-ignore

/** The message that names the kind of device; undefined when the type is not a known one. */
export function kindMessage(service: string): string | undefined {
  const type = service.split(".")[0] ?? "";
  return Object.hasOwn(kinds, type) ? `kind${kinds[type] ?? ""}` : undefined;
}

/** Every message that these tables may ask for. */
export const serviceMessages: readonly string[] = [
  ...Object.values(services).map((name) => `service${name}`),
  ...Object.values(datagrams).map((name) => `service${name}`),
  ...Object.values(kinds).map((name) => `kind${name}`),
];
