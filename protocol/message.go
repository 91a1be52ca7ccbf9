// Code generated from protocol/schema by `make generate`. DO NOT EDIT.

package protocol

// Limits and versions that both sides share.
const (
	// Newest version of the wire contract that this side speaks. The newest that both sides speak is spoken.
	ProtocolVersion = 5
	// Oldest version that this side still speaks.
	OldestProtocolVersion = 2
	// Largest frame body either side may send, in bytes. It is the browsers' own limit towards an extension.
	MaxFrameBytes = 1048576
	// Largest control message (anything but a data frame), in bytes.
	MaxControlBytes = 65536
	// Most payload bytes that one data frame may carry, before base64.
	MaxPayloadBytes = 262144
	// Payload bytes that senders put into one data frame of a bulk transfer: larger ones are no faster, and hold up other sockets longer.
	ChunkBytes = 65536
	// Payload bytes that one bulk frame of the lane may carry: there a browser pays for each message more than for its bytes.
	LaneChunkBytes = 262144
	// From so many payload bytes on, senders on the lane say them in a bulk frame.
	BulkBytes = 32768
	// The most that a frame of the lane with several datagrams has, with its header; a larger datagram goes alone. Browsers make shared memory for a larger message.
	BatchBytes = 65536
	// The most datagrams that one frame of the lane has.
	BatchDatagrams = 256
	// Initial credit of a socket towards the host, in bytes: what of one socket the host holds at most for a peer that takes nothing.
	WindowBytes = 1048576
	// The most that a page lets be on its way towards it of a TCP socket on the lane, in bytes.
	LaneWindowBytes = 2097152
	// The most that a page lets be on its way of a TCP socket in each direction over native messaging, in bytes, and its credit at the beginning.
	StdioWindowBytes = 524288
	// Initial credit of a UDP socket towards the browser, in bytes. What does not fit waits in the host and the system, as far as they have room.
	DatagramWindowBytes = 1048576
	// A socket's credit may never exceed this many bytes.
	MaxWindowBytes = 16777216
	// Credit that a received datagram costs besides its length, in bytes, so that empty ones are not free.
	DatagramOverhead = 64
	// A page numbers the sockets that it opens on its lane from here: its own number for one comes on top. The broker's own ids are smaller.
	FirstReopenedID = 2147483648
	// How many sockets a lane may be opening at a time.
	ReopensAtOnce = 128
	// How many sockets a lane may open in a row.
	ReopenBurst = 1500
	// How many sockets a lane may open in a second from then on.
	ReopensPerSecond = 100
	// How many destinations a document may open again on its lane: of more, the oldest is opened by the broker.
	ReopenableOfDocument = 16
	// Largest UDP payload over IPv4, in bytes (RFC 768, RFC 791).
	MaxDatagramBytes = 65507
	// Each payload of a bound UDP socket begins with the peer: the length of its address (u8), an address family (u8; 0, 4 or 6), its port (u16, little-endian), and so many bytes of address in ASCII.
	PeerHeaderBytes = 4
	// The longest peer header with its address, in bytes.
	MaxPeerBytes = 259
	// The audit log's bounds on lines that a page can cause hold for so long.
	AuditPeriodSeconds = 600
	// Lines of the audit log about refused and failed opens of one origin in a period; the others are counted.
	AuditLinesPerOrigin = 30
	// The same for a site (a registrable domain), which has as many origins as it likes.
	AuditLinesPerSite = 60
	// The same for all sites together. Private windows have all three bounds for themselves.
	AuditLinesOverall = 300
)

// Methods.
const (
	// First exchange on every connection: versions and capabilities.
	MethodHello = "hello"
	// Hands the host the administrator's settings that the browser keeps; the stricter of these and the host's own win.
	MethodPolicyManaged = "policy.managed"
	// Asks what the rules say of a destination before anybody is asked. Sends nothing to the network.
	MethodPolicyJudge = "policy.judge"
	// Tells the user which policy is in force, and by whom.
	MethodPolicyGet = "policy.get"
	// Looks for devices nearby that offer a service at a port, by DNS-SD over multicast DNS. Each is told by resolve.found; answered when the time is over or resolve.stop came.
	MethodResolveBrowse = "resolve.browse"
	// Ends a resolve.browse, which is answered first. Nothing is wrong when it has ended by itself.
	MethodResolveStop = "resolve.stop"
	// Connects a TCP socket.
	MethodTCPOpen = "tcp.open"
	// Opens a UDP socket connected to one remote address and port.
	MethodUDPOpen = "udp.open"
	// Asks what the rules say of a socket that others could send to, and where it could be open, before anybody is asked. Opens nothing.
	MethodPolicyJudgeLocal = "policy.judgeLocal"
	// Listens for TCP connections. None is accepted before a tcp.accept.
	MethodTCPListen = "tcp.listen"
	// Takes the next connection of a socket that listens, and waits for one. Given up by socket.close of the connection's id, or of the listening socket's.
	MethodTCPAccept = "tcp.accept"
	// Opens a UDP socket that is bound to a local address, and not connected. Each payload of it begins with a peer header.
	MethodUDPBind = "udp.bind"
	// Has a bound UDP socket join a multicast group.
	MethodMulticastJoin = "multicast.join"
	// Has a bound UDP socket leave a multicast group.
	MethodMulticastLeave = "multicast.leave"
	// Bytes for a TCP socket, or one datagram. With an id it is answered once the system has taken the bytes.
	MethodSocketWrite = "socket.write"
	// Half-close: sends FIN after everything written before. Answered once the FIN is with the system.
	MethodSocketShutdown = "socket.shutdown"
	// Puts TLS on an open TCP socket that was opened with secureTransport "starttls", after everything written before.
	MethodSocketStartTLS = "socket.startTLS"
	// Sets TCP_NODELAY or keep-alive on an open TCP socket.
	MethodSocketSetOption = "socket.setOption"
	// Closes a socket, or gives up one that is still opening. Bytes written before are still delivered, unless reset is set.
	MethodSocketClose = "socket.close"
	// Tells the user about open sockets: bytes so far, the peer's address and certificate.
	MethodSocketInspect = "socket.inspect"
	// Lets a document bring a connection of its own for the bytes of its sockets.
	MethodLaneOpen = "lane.open"
	// Takes back that a document may open again on its lane what it has opened. All that came of it is told before the answer.
	MethodReopenEnd = "reopen.end"
	// Starts a small server on loopback, and a page beside it that connects to it by the API, so that the user can try that everything works. A second call replaces the first.
	MethodTryoutStart = "tryout.start"
	// Stops both.
	MethodTryoutStop = "tryout.stop"
	// The extension refused an open, or several; the host writes the audit line, or counts.
	MethodAuditRefused = "audit.refused"
	// Bytes received, or one datagram.
	MethodSocketData = "socket.data"
	// A device nearby, as long as its resolve.browse is not answered.
	MethodResolveFound = "resolve.found"
	// The sender of this has consumed bytes: the other side may send as many more.
	MethodSocketCredit = "socket.credit"
	// The peer has sent FIN: no more data will come.
	MethodSocketEnd = "socket.end"
	// The socket is gone. Nothing more will be said about it.
	MethodSocketClosed = "socket.closed"
	// What a document has opened again on its lane, and what has ended of it.
	MethodReopenReport = "reopen.report"
)

// AuditRefusedParams is defined by protocol/schema.
type AuditRefusedParams struct {
	// Absent only beside more, where there are too many.
	Origin   string `json:"origin,omitempty"`
	Protocol string `json:"protocol"`
	// True: a socket that others could send to; host and port are this computer's.
	Local bool `json:"local,omitempty"`
	// Absent when the user was to name the destination and did not.
	Host    string `json:"host,omitempty"`
	Port    int64  `json:"port,omitempty"`
	Private bool   `json:"private"`
	// Which rule refused.
	Rule string `json:"rule"`
	// The administrator's setting that decided, if one did. Hosts of version 3 do not know it.
	By string `json:"by,omitempty"`
	// So many refusals are not told one by one; then there is no destination.
	More int64 `json:"more,omitempty"`
}

// ErrorData: What the extension needs to answer the page and to inform the user.
type ErrorData struct {
	// The DOMException name that the page sees.
	Name string `json:"name"`
	// The true reason, for the log and the user; never for the page.
	Reason string `json:"reason"`
	// What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing.
	PageReason string `json:"pageReason,omitempty"`
	// The administrator's setting that decided, for the log and the user.
	By string `json:"by,omitempty"`
	// One sentence for the user, in English.
	Detail string `json:"detail,omitempty"`
}

// RPCError: The error member of a response (JSON-RPC 2.0, section 5.1).
type RPCError struct {
	Code    int64  `json:"code"`
	Message string `json:"message"`
	// What the extension needs to answer the page and to inform the user.
	Data *ErrorData `json:"data,omitempty"`
}

// HelloParams is defined by protocol/schema.
type HelloParams struct {
	// The newest version that the extension speaks.
	ProtocolVersion int64 `json:"protocolVersion"`
	// The oldest one; absent: it speaks no other. Hosts of version 2 do not know this member.
	OldestVersion    int64  `json:"oldestVersion,omitempty"`
	ExtensionVersion string `json:"extensionVersion"`
	// The browser's name and version, for the log.
	Browser string `json:"browser,omitempty"`
}

// HelloResult is defined by protocol/schema.
type HelloResult struct {
	// The version that is spoken from now on.
	ProtocolVersion int64  `json:"protocolVersion"`
	HostVersion     string `json:"hostVersion"`
	// What this host can do, such as "tcp", "udp", "tls".
	Capabilities []string `json:"capabilities"`
}

// LaneOpenParams is defined by protocol/schema.
type LaneOpenParams struct {
	// Opaque key of the document, as in tcp.open: its sockets alone may take the lane.
	Document string `json:"document"`
	// The origin of the extension's pages, for a host that says laneOrigin: Firefox has another one in each profile, and does not tell the host.
	Origin string `json:"origin,omitempty"`
	// The most that one message to the browser should have, with its header: it takes larger ones for more than they are worth, and none of these is bulk. Absent: any.
	MessageBytes int64 `json:"messageBytes,omitempty"`
	// The document is in a private window: what others use up does not concern it.
	Private bool `json:"private"`
}

// LaneOpenResult is defined by protocol/schema.
type LaneOpenResult struct {
	// The host listens on this port of 127.0.0.1, until the ticket is used or too old.
	Port int64 `json:"port"`
	// Lets one connection in, once, within ten seconds. A subprotocol that is offered: portside.ticket. and this.
	Ticket string `json:"ticket"`
}

// MulticastJoinParams is defined by protocol/schema.
type MulticastJoinParams struct {
	SocketID int64 `json:"socketId"`
	// A multicast address.
	Group string `json:"group"`
	// Only what this address sends (source-specific); absent: whoever sends.
	Source string `json:"source,omitempty"`
}

// MulticastJoinResult is defined by protocol/schema.
type MulticastJoinResult struct {
	SocketID int64 `json:"socketId"`
}

// MulticastLeaveParams is defined by protocol/schema.
type MulticastLeaveParams struct {
	SocketID int64 `json:"socketId"`
	// A multicast address.
	Group string `json:"group"`
	// Only what this address sends (source-specific); absent: whoever sends.
	Source string `json:"source,omitempty"`
}

// MulticastLeaveResult is defined by protocol/schema.
type MulticastLeaveResult struct {
	SocketID int64 `json:"socketId"`
}

// PolicyGetParams is defined by protocol/schema.
type PolicyGetParams struct {
	// A site to tell about.
	Origin string `json:"origin,omitempty"`
}

// PolicySource: Somewhere that administrators have said something.
type PolicySource struct {
	// A file's path, or what the browser's managed settings are called.
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Why it cannot be used, in English: everything is refused until it can. Absent: it is in force.
	Fault string `json:"fault,omitempty"`
}

// PolicyGetResult is defined by protocol/schema.
type PolicyGetResult struct {
	// In the order in which they are asked; empty: nobody has said anything.
	Sources []PolicySource `json:"sources"`
	// Whether the site may open sockets at all. Absent when none was named.
	SiteAllowed *bool `json:"siteAllowed,omitempty"`
	// Why the place that an administrator wants for the audit log takes no lines, in English. Absent: it does.
	AuditFault string `json:"auditFault,omitempty"`
	// True: nothing is opened while there is an auditFault.
	AuditRequired *bool `json:"auditRequired,omitempty"`
	// True: the audit log tells as much of private windows as of others.
	AuditPrivate *bool `json:"auditPrivate,omitempty"`
	// The setting that refuses the site.
	SiteBy string `json:"siteBy,omitempty"`
}

// PolicyHours: From one time of the day to another; where it ends before it begins, on the next day.
type PolicyHours struct {
	// The days on which it begins. Absent: every day.
	Days []string `json:"days,omitzero"`
	// "08:00". Absent: "00:00".
	From string `json:"from,omitempty"`
	// "18:00". Absent: "24:00".
	To string `json:"to,omitempty"`
}

// PolicyAppliesTo: For whom, where and when this file counts; all that is given must fit. Absent: always.
type PolicyAppliesTo struct {
	// Names or numbers of users: "ada", "1000".
	Users []string `json:"users,omitzero"`
	// Names or numbers of groups that the user is in: "staff", "100".
	Groups []string `json:"groups,omitzero"`
	// Host names; * stands for any characters: "lab-*", "*.example.org".
	Machines []string `json:"machines,omitzero"`
	// Hours of the week, in the machine's own time zone.
	Times []PolicyHours `json:"times,omitzero"`
}

// PolicyDestination: Destinations: all that is given must fit.
type PolicyDestination struct {
	// A name or address as asked for: "mail.example.org", "*.example.org" (any name below it), "*".
	Host string `json:"host,omitempty"`
	// The address that is connected to lies in this prefix: "10.0.0.0/8", "fd00::/8", or one address.
	CIDR string `json:"cidr,omitempty"`
	// Ports or ranges: "22", "5900-5910".
	Ports    []string `json:"ports,omitzero"`
	Protocol string   `json:"protocol,omitempty"`
	// In allowedDestinations: only with TLS from the first byte. verified: certificate authorities vouch for the host itself. pinned: the page lists the certificates. any: however the other end is authenticated. What the rule names no later rule without tls admits.
	TLS string `json:"tls,omitempty"`
	// true: the same as tls "verified". In allowedDestinations.
	TLSOnly *bool `json:"tlsOnly,omitempty"`
	// Only for these origins, written as in allowedOrigins.
	Origins []string `json:"origins,omitzero"`
	// In allowedDestinations: instead of the general prompt setting.
	Prompt string `json:"prompt,omitempty"`
}

// PolicyLocalPort: Ports of this computer: all that is given must fit.
type PolicyLocalPort struct {
	// Ports or ranges: "8080", "5900-5910".
	Ports    []string `json:"ports"`
	Protocol string   `json:"protocol,omitempty"`
	// Only for these origins, written as in allowedOrigins.
	Origins []string `json:"origins,omitzero"`
}

// PolicyLimits: Instead of the limits that Portside comes with.
type PolicyLimits struct {
	// Attempts of one origin at once.
	AttemptBurst *int64 `json:"attemptBurst,omitempty"`
	// Attempts of one origin in the long run.
	AttemptsPerSecond *int64 `json:"attemptsPerSecond,omitempty"`
	// Attempts of all origins together, per minute.
	AttemptsPerMinuteOverall *int64 `json:"attemptsPerMinuteOverall,omitempty"`
	// Sockets of one origin that are opening at a time.
	PendingPerOrigin *int64 `json:"pendingPerOrigin,omitempty"`
	// Open sockets of one origin.
	OpenPerOrigin *int64 `json:"openPerOrigin,omitempty"`
	// Open sockets in all.
	OpenOverall *int64 `json:"openOverall,omitempty"`
	// Accepted connections of one origin that are open.
	AcceptedPerOrigin *int64 `json:"acceptedPerOrigin,omitempty"`
	// Accepted connections that are open in all.
	AcceptedOverall *int64 `json:"acceptedOverall,omitempty"`
	// Sockets of one origin that listen or are bound.
	LocalPerOrigin *int64 `json:"localPerOrigin,omitempty"`
	// Peers that the bound UDP sockets of one origin may begin to send to, per minute.
	NewPeersPerMinute *int64 `json:"newPeersPerMinute,omitempty"`
	// The highest DSCP that a page may give its packets (RFC 2474). Those of a page that asks for more have 0.
	IPTypeOfService *int64 `json:"ipTypeOfService,omitempty"`
}

// PolicyAudit: The audit log.
type PolicyAudit struct {
	// Where lines go: to the file, to systemd's journal, or to the syslog daemon (RFC 5424). What the latter do not take goes to the file.
	Sink string `json:"sink,omitempty"`
	// Absolute path; %u is the user, %h this computer. Absent: audit.log in the user's own state folder.
	File string `json:"file,omitempty"`
	// True: nothing is opened while the sink takes no lines.
	Required *bool `json:"required,omitempty"`
	// What is written of private windows. counts: kind, time and bytes. none: nothing. as-others: as much as of other windows.
	PrivateWindows string `json:"privateWindows,omitempty"`
	// A file that has grown to this many bytes is put aside.
	MaxBytes *int64 `json:"maxBytes,omitempty"`
	// How many files are kept aside.
	Keep *int64 `json:"keep,omitempty"`
	// full: everything. origins: no destinations. counts: neither origins nor destinations.
	Detail string `json:"detail,omitempty"`
}

// PolicyTest: A socket, and what is to become of it.
type PolicyTest struct {
	// The page that asks: "https://app.example.org".
	Origin string `json:"origin"`
	// Where it wants to go: "nas.example.org:22", "[2001:db8::1]:22".
	To       string `json:"to"`
	Protocol string `json:"protocol,omitempty"`
	// True: with TLS from the first byte, verified for the host itself.
	TLS *bool `json:"tls,omitempty"`
	// What the host's name leads to.
	Address string `json:"address,omitempty"`
	// allow: without a question. ask: the user decides. refuse: neither.
	Expect string `json:"expect"`
}

// PolicySettings: What an administrator may set, in /etc/portside/policy.json, in policy.d/*.json and in the browser's managed storage. What several of them set, the stricter wins.
type PolicySettings struct {
	// For editors: where this schema is (portside policy schema prints it). It sets nothing.
	Schema string `json:"$schema,omitempty"`
	// For whom, where and when this file counts; all that is given must fit. Absent: always.
	AppliesTo *PolicyAppliesTo `json:"appliesTo,omitempty"`
	// True: what the four lists of this file refuse is written to the audit log, and not refused. They allow nothing either.
	ReportOnly *bool `json:"reportOnly,omitempty"`
	// False: no page may open sockets.
	Enabled *bool `json:"enabled,omitempty"`
	// Only these origins may open sockets: "https://mail.example.org", "https://*.example.org", "*".
	AllowedOrigins []string `json:"allowedOrigins,omitzero"`
	// These origins may not, whatever else is said.
	BlockedOrigins []string `json:"blockedOrigins,omitzero"`
	// Only these destinations; the first rule that fits also says about prompts.
	AllowedDestinations []PolicyDestination `json:"allowedDestinations,omitzero"`
	// Not these, whatever else is said.
	BlockedDestinations []PolicyDestination `json:"blockedDestinations,omitzero"`
	// ask: as usual. always: remembered grants do not count. skip: what allowedDestinations lists needs no prompt. forbid: what would have to be asked is refused.
	Prompt string `json:"prompt,omitempty"`
	// False: grants cannot be remembered, and remembered ones do not count.
	Remember *bool `json:"remember,omitempty"`
	// False: not even the user may name an address that is not public.
	PrivateAddressEntry *bool `json:"privateAddressEntry,omitempty"`
	// refuse-unsafe-eval: pages whose Content-Security-Policy allows 'unsafe-eval' are refused. require-eval-blocked: so are pages that do not block eval.
	CSPRule string `json:"cspRule,omitempty"`
	// True: only installed web apps may open sockets.
	InstalledOnly *bool `json:"installedOnly,omitempty"`
	// False: nobody looks for devices nearby, so the user types where a socket leads.
	Discovery *bool `json:"discovery,omitempty"`
	// Where pages may listen for TCP connections: on every interface (all), in the network of one (network), on this computer only (computer), or nowhere (off).
	Servers string `json:"servers,omitempty"`
	// Whom a UDP socket that is not connected may send to, at most: any server on the Internet (internet), any device in the own network (network), those that the user names (named), or nobody (off).
	BoundUDP string `json:"boundUDP,omitempty"`
	// False: no page may join a multicast group.
	Multicast *bool `json:"multicast,omitempty"`
	// False: no socket is announced on the link.
	Announce *bool `json:"announce,omitempty"`
	// Ports that pages may use though they are low: below 32768 for TCP, below 1024 for UDP.
	LocalPorts []PolicyLocalPort `json:"localPorts,omitzero"`
	// Instead of the limits that Portside comes with.
	Limits *PolicyLimits `json:"limits,omitempty"`
	// DNS servers to ask instead of the system's: an address, or address and port ("192.0.2.53", "[2001:db8::53]:53").
	DNSServers []string `json:"dnsServers,omitzero"`
	// reason: a page is told why the network failed at a destination that somebody agreed to. none: it is not.
	ErrorDetail string `json:"errorDetail,omitempty"`
	// off: bytes take the native-messaging pipe only.
	DataLane string `json:"dataLane,omitempty"`
	// The audit log.
	Audit *PolicyAudit `json:"audit,omitempty"`
	// What this policy has to decide, for portside policy check. It changes nothing that is decided.
	Tests []PolicyTest `json:"tests,omitzero"`
}

// PolicyJudgeParams is defined by protocol/schema.
type PolicyJudgeParams struct {
	// The asking origin, serialised, as the browser attests it.
	Origin   string `json:"origin"`
	Protocol string `json:"protocol"`
	// As the page or the user wrote it; absent: the user is still to name it.
	Host string `json:"host,omitempty"`
	Port int64  `json:"port"`
	// TLS from the first byte, verified by certificate authorities for the host itself: neither by the page's list of certificates nor for another name.
	Secure bool `json:"secure"`
	// Where secure is false, how TLS from the first byte authenticates the other end all the same: by the page's list of certificates (pinned), or by certificate authorities for another name than the host (other-name). Absent: there is no such TLS.
	TLS string `json:"tls,omitempty"`
	// True when the user typed or picked this destination.
	UserEntered bool `json:"userEntered"`
	// A secret of this profile, base64url, under which networks have their ids. Absent: no network is told.
	NetworkSalt string `json:"networkSalt,omitempty"`
}

// PolicyJudgeResult is defined by protocol/schema.
type PolicyJudgeResult struct {
	// False: no answer of the user could make the host open it.
	Allowed bool `json:"allowed"`
	// Why not; present when it is not allowed.
	Reason string `json:"reason,omitempty"`
	// The setting that decided, for the user and the log.
	By string `json:"by,omitempty"`
	// The canonical form: what is to be shown, remembered and asked for. Absent when none was given or it is no host.
	Host string `json:"host,omitempty"`
	// What kind of place it is, as far as the name alone tells: the internet, a device in the own network, this computer, or a special address.
	Place string `json:"place,omitempty"`
	// In which network the destination would be looked for, where it is another machine in another network: an id, or "unknown" when it cannot be told from others. Absent: it is the same everywhere, or no salt was given. Not for pages.
	Network string `json:"network,omitempty"`
	// What the administrator wants: ask as usual, ask always, ask not at all, or refuse what would have to be asked.
	Prompt string `json:"prompt"`
	// Whether a grant may be remembered.
	Remember bool `json:"remember"`
	// True: the user has to type or pick this destination; a page's word is not enough.
	MustEnter bool `json:"mustEnter"`
	// True: routers watch this port and may open a way in; the prompt must say so.
	Risk    bool   `json:"risk"`
	CSPRule string `json:"cspRule"`
	// True: only installed web apps may open sockets.
	InstalledOnly bool `json:"installedOnly"`
	// Names all of this. An open that carries it is judged anew, and not opened where it would have another. Absent to versions before 4.
	Verdict string `json:"verdict,omitempty"`
	// Whether a page may know why the network failed at a destination that somebody agreed to.
	ErrorDetail string `json:"errorDetail"`
}

// PolicyJudgeLocalParams is defined by protocol/schema.
type PolicyJudgeLocalParams struct {
	// The asking origin, serialised, as the browser attests it.
	Origin   string `json:"origin"`
	Protocol string `json:"protocol"`
	// As the page wrote it.
	LocalAddress string `json:"localAddress"`
	// Absent: the system picks one.
	LocalPort int64 `json:"localPort,omitempty"`
	Ipv6Only  bool  `json:"ipv6Only,omitempty"`
	// True: it is to be announced on the link.
	Announce bool `json:"announce,omitempty"`
	// A secret of this profile, base64url, under which networks have their ids. Absent: no network is told.
	NetworkSalt string `json:"networkSalt,omitempty"`
}

// LocalPlace: An address of this computer, or every one.
type LocalPlace struct {
	// What is to be bound.
	Address string `json:"address"`
	// computer: programs on this computer. network: devices in the network of one interface. anybody: whoever can reach any interface.
	Reach string `json:"reach"`
	// The system's name of the interface; absent for every one.
	Interface string `json:"interface,omitempty"`
	// In which network it is: an id, or "unknown" when it cannot be told from others. Absent: it is the same everywhere, or no salt was given.
	Network string `json:"network,omitempty"`
	// True: an address of the Internet.
	Public bool `json:"public,omitempty"`
}

// PolicyJudgeLocalResult is defined by protocol/schema.
type PolicyJudgeLocalResult struct {
	// False: no answer of the user could make the host open it.
	Allowed bool `json:"allowed"`
	// Why not; present when it is not allowed. address: this computer has no such address. port: the port is too low.
	Reason string `json:"reason,omitempty"`
	// The setting that decided, for the user and the log.
	By string `json:"by,omitempty"`
	// Where it may be open, narrowest first: what the user may choose from. Not for pages.
	Places []LocalPlace `json:"places"`
	// UDP: the widest choice that the user may be given of whom it may send to.
	Peers string `json:"peers,omitempty"`
	// What the administrator wants: ask as usual, ask always, ask not at all, or refuse what would have to be asked.
	Prompt string `json:"prompt"`
	// Whether a grant may be remembered.
	Remember bool `json:"remember"`
	// UDP: whether groups may be joined.
	Multicast bool   `json:"multicast"`
	CSPRule   string `json:"cspRule"`
	// True: only installed web apps may open sockets.
	InstalledOnly bool `json:"installedOnly"`
	// Whether a page may know why the network failed.
	ErrorDetail string `json:"errorDetail"`
}

// PolicyManagedParams is defined by protocol/schema.
type PolicyManagedParams struct {
	// The extension's managed storage as JSON text: the administrator's settings in the browser. It replaces what was sent before.
	Settings string `json:"settings"`
}

// PolicyManagedResult is defined by protocol/schema.
type PolicyManagedResult struct {
	// False: the settings do not fit their schema, and everything is refused until they do.
	Valid bool `json:"valid"`
}

// ReopenEndParams is defined by protocol/schema.
type ReopenEndParams struct {
	// Opaque key of the document, as in tcp.open.
	Document string `json:"document"`
}

// ReopenEndResult is defined by protocol/schema.
type ReopenEndResult struct {
}

// Reopened: A socket that is open.
type Reopened struct {
	// Given by the host, and never used twice.
	SocketID int64 `json:"socketId"`
	// The socket that was opened with reopen.
	Of int64 `json:"of"`
	// The page's number for it, as its id on the lane says. A claim.
	PageID int64 `json:"pageId"`
}

// ReopenFailed: One that did not open. Its page has heard it on the lane.
type ReopenFailed struct {
	Of     int64 `json:"of"`
	PageID int64 `json:"pageId"`
	// The true reason, for the log and the user; never for the page.
	Reason string `json:"reason"`
	// The administrator's setting that decided, for the log and the user.
	By string `json:"by,omitempty"`
}

// SocketEnd: The end of a socket that was open.
type SocketEnd struct {
	SocketID int64 `json:"socketId"`
	// The DOMException name that the page sees; absent after an orderly close.
	Name string `json:"name,omitempty"`
	// The true reason, for the log and the user.
	Reason string `json:"reason,omitempty"`
	// What the page may know of the reason, after a NetworkError of a destination that somebody agreed to; absent where it may know nothing.
	PageReason string `json:"pageReason,omitempty"`
	// The administrator's setting that decided, for the user.
	By       string `json:"by,omitempty"`
	BytesIn  int64  `json:"bytesIn"`
	BytesOut int64  `json:"bytesOut"`
	// UDP: datagrams that came and were dropped because the page did not read, as far as the system tells.
	Dropped int64 `json:"dropped,omitempty"`
}

// ReopenClosed: One that was open.
type ReopenClosed struct {
	SocketEnd
}

// ReopenReportParams: In the order in which it happened: a socket is told to be open before it is told to be closed, here or by a later report.
type ReopenReportParams struct {
	// Opaque key of the asking document.
	Document string         `json:"document"`
	Opened   []Reopened     `json:"opened"`
	Failed   []ReopenFailed `json:"failed"`
	Closed   []ReopenClosed `json:"closed"`
}

// ResolveBrowseParams is defined by protocol/schema.
type ResolveBrowseParams struct {
	// Chosen by the extension, never used twice on a connection.
	BrowseID int64 `json:"browseId"`
	// The asking origin, serialised, as the browser attests it: only what it may reach is told.
	Origin   string `json:"origin"`
	Protocol string `json:"protocol"`
	// The port that the page asked for: only services at this port are told.
	Port int64 `json:"port"`
	// TLS from the first byte, verified by certificate authorities for the host itself: neither by the page's list of certificates nor for another name.
	Secure bool `json:"secure"`
	// Where secure is false, how TLS from the first byte authenticates the other end all the same: by the page's list of certificates (pinned), or by certificate authorities for another name than the host (other-name). Absent: there is no such TLS.
	TLS string `json:"tls,omitempty"`
	// Milliseconds to look for.
	Timeout int64 `json:"timeout"`
}

// ResolveBrowseResult is defined by protocol/schema.
type ResolveBrowseResult struct {
	// How many devices were told.
	Found int64 `json:"found"`
}

// ResolveFoundParams: A device nearby. The same name, service and host are told once.
type ResolveFoundParams struct {
	BrowseID int64 `json:"browseId"`
	// What the device calls itself (RFC 6763, section 4.1.1): untrusted text, without control and formatting characters.
	Name string `json:"name"`
	// Its service type, such as "_ipp._tcp" (RFC 6763, section 7).
	Service string `json:"service"`
	// What to ask for when it is picked: its name in multicast DNS, or its address, canonical.
	Host string `json:"host"`
	// An address of it, canonical, without zone.
	Address string `json:"address"`
}

// ResolveStopParams is defined by protocol/schema.
type ResolveStopParams struct {
	// Chosen by the extension, never used twice on a connection.
	BrowseID int64 `json:"browseId"`
}

// ResolveStopResult is defined by protocol/schema.
type ResolveStopResult struct {
}

// SocketCloseParams is defined by protocol/schema.
type SocketCloseParams struct {
	SocketID int64 `json:"socketId"`
	// Send RST instead of FIN and drop what is still unsent.
	Reset bool `json:"reset,omitempty"`
}

// SocketCloseResult is defined by protocol/schema.
type SocketCloseResult struct {
	SocketID int64 `json:"socketId"`
}

// SocketClosedParams is defined by protocol/schema.
type SocketClosedParams struct {
	SocketEnd
	// The same was said on the lane, behind the socket's last data.
	OnLane bool `json:"onLane,omitempty"`
}

// SocketCreditParams is defined by protocol/schema.
type SocketCreditParams struct {
	SocketID int64 `json:"socketId"`
	Bytes    int64 `json:"bytes"`
}

// SocketDataParams is defined by protocol/schema.
type SocketDataParams struct {
	SocketID int64 `json:"socketId"`
	// Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
	Data string `json:"data"`
}

// SocketEndParams is defined by protocol/schema.
type SocketEndParams struct {
	SocketID int64 `json:"socketId"`
}

// SocketInspectParams is defined by protocol/schema.
type SocketInspectParams struct {
	SocketIDs []int64 `json:"socketIds"`
}

// PeerCertificate: The peer's own certificate, for the user to read. All texts are the peer's: printable, and cut where they are long.
type PeerCertificate struct {
	// Its common name, or its organisation; empty when it has neither.
	Subject string `json:"subject"`
	// The same of whoever signed it.
	Issuer string `json:"issuer"`
	// The first of the names and addresses that it is for.
	Names []string `json:"names"`
	// Milliseconds since 1970.
	NotBefore int64 `json:"notBefore"`
	// Milliseconds since 1970.
	NotAfter int64 `json:"notAfter"`
	// Of the certificate in DER, in lower-case hexadecimal.
	SHA256 string `json:"sha256"`
	// roots: the system's roots vouch for it; hash: the page named its hash.
	Trust string `json:"trust"`
}

// SocketState: An open socket as it is now.
type SocketState struct {
	SocketID int64 `json:"socketId"`
	BytesIn  int64 `json:"bytesIn"`
	BytesOut int64 `json:"bytesOut"`
	// The address that it is connected to; absent on a socket that is not connected.
	RemoteAddress string `json:"remoteAddress,omitempty"`
	// On a socket that listens: the connections that the page has taken so far.
	Accepted int64 `json:"accepted,omitempty"`
	// On a socket that listens or is bound: connections or datagrams that came from where nobody may reach it, and, of a bound socket, those that were not sent.
	TurnedAway int64 `json:"turnedAway,omitempty"`
	// On a bound UDP socket: the peers that it exchanges datagrams with.
	Peers int64 `json:"peers,omitempty"`
	// On a bound UDP socket: the multicast groups that it has joined.
	Groups int64 `json:"groups,omitempty"`
	// Absent on a plain connection.
	TLSVersion  string `json:"tlsVersion,omitempty"`
	CipherSuite string `json:"cipherSuite,omitempty"`
	// The peer's own certificate, for the user to read. All texts are the peer's: printable, and cut where they are long.
	Certificate *PeerCertificate `json:"certificate,omitempty"`
}

// SocketInspectResult is defined by protocol/schema.
type SocketInspectResult struct {
	// Those of the sockets asked for that are open.
	Sockets []SocketState `json:"sockets"`
}

// SocketSetOptionParams is defined by protocol/schema.
type SocketSetOptionParams struct {
	SocketID int64  `json:"socketId"`
	Option   string `json:"option"`
	// 0: off. noDelay: anything else is on. keepAlive: milliseconds of silence before the first probe.
	Value int64 `json:"value"`
}

// SocketSetOptionResult is defined by protocol/schema.
type SocketSetOptionResult struct {
	SocketID int64 `json:"socketId"`
}

// SocketShutdownParams is defined by protocol/schema.
type SocketShutdownParams struct {
	SocketID int64 `json:"socketId"`
}

// SocketShutdownResult is defined by protocol/schema.
type SocketShutdownResult struct {
	SocketID int64 `json:"socketId"`
}

// CertificateHash is defined by protocol/schema.
type CertificateHash struct {
	Algorithm string `json:"algorithm"`
	// Base64 of the SHA-256 of the certificate in DER: 32 bytes.
	Value string `json:"value"`
}

// TLSOptions: How TLS is to be spoken.
type TLSOptions struct {
	// Name for SNI and for verification; absent: the host that was asked for.
	ServerName string `json:"serverName,omitempty"`
	// Protocols to offer, best first (RFC 7301).
	ALPNProtocols []string `json:"alpnProtocols,omitempty"`
	// Accept exactly a certificate with one of these hashes, instead of one that the system's roots vouch for (shape of WebTransport).
	ServerCertificateHashes []CertificateHash `json:"serverCertificateHashes,omitempty"`
}

// SocketStartTLSParams is defined by protocol/schema.
type SocketStartTLSParams struct {
	SocketID int64 `json:"socketId"`
	// Bytes that the page has read on this socket so far. If the host has received others, somebody has spoken out of turn and the upgrade fails closed.
	Received int64 `json:"received"`
	// Bytes that the page has sent on this socket so far. The upgrade follows them, whichever carrier they take; anything beyond them is a fault.
	Sent int64 `json:"sent"`
	// How TLS is to be spoken.
	TLS *TLSOptions `json:"tls,omitempty"`
}

// TLSInfo: What was agreed with the peer.
type TLSInfo struct {
	Version string `json:"version"`
	// Its name in IANA's registry.
	CipherSuite string `json:"cipherSuite"`
	// Absent: none was agreed.
	ALPNProtocol string `json:"alpnProtocol,omitempty"`
	// The peer's chain as sent, leaf first, DER in base64; cut where it would pass 46 KiB.
	PeerCertificates []string `json:"peerCertificates"`
	// How many of the chain are not here for want of room; absent: none.
	OmittedCertificates int64 `json:"omittedCertificates,omitempty"`
}

// SocketStartTLSResult is defined by protocol/schema.
type SocketStartTLSResult struct {
	SocketID int64 `json:"socketId"`
	// What was agreed with the peer.
	TLS *TLSInfo `json:"tls"`
}

// SocketWriteParams is defined by protocol/schema.
type SocketWriteParams struct {
	SocketID int64 `json:"socketId"`
	// Base64 (RFC 4648, section 4), padded; at most maxPayloadBytes when decoded.
	Data string `json:"data"`
}

// SocketWriteResult is defined by protocol/schema.
type SocketWriteResult struct {
	SocketID int64 `json:"socketId"`
}

// TCPAcceptParams is defined by protocol/schema.
type TCPAcceptParams struct {
	// The socket that listens.
	ListenerID int64 `json:"listenerId"`
	// What the connection is to be called: chosen by the extension, unique on this connection, never used twice.
	SocketID int64 `json:"socketId"`
	// As in OpenRequest.
	Window int64 `json:"window"`
}

// Opened: A socket that is open.
type Opened struct {
	// The address that was connected to, in its canonical form, without brackets.
	RemoteAddress string `json:"remoteAddress"`
	RemotePort    int64  `json:"remotePort"`
	LocalAddress  string `json:"localAddress"`
	LocalPort     int64  `json:"localPort"`
	// Bytes that the extension may send before it waits for socket.credit.
	Window int64 `json:"window"`
}

// TCPAcceptResult is defined by protocol/schema.
type TCPAcceptResult struct {
	Opened
	// What was agreed with the peer.
	TLS *TLSInfo `json:"tls,omitempty"`
}

// Announcement: What is told of a socket on the link, by DNS-SD over multicast DNS (RFC 6763, RFC 6762).
type Announcement struct {
	// Service type and protocol (RFC 6763, section 7): "_http._tcp".
	Type string `json:"type"`
	// Instance name: at most 63 bytes of UTF-8.
	Name string `json:"name"`
	// Strings of the TXT record (RFC 6763, section 6), at most 255 bytes each.
	Txt []string `json:"txt,omitempty"`
}

// LocalRequest: Who asks for a socket that others can send to.
type LocalRequest struct {
	// Chosen by the extension, unique on this connection, never used twice.
	SocketID int64 `json:"socketId"`
	// The asking origin, serialised, as the browser attests it.
	Origin string `json:"origin"`
	// Opaque key of the asking document.
	Document string `json:"document"`
	// True in a private window: the destination is kept out of the audit log.
	Private bool `json:"private"`
	// The address that the user agreed to. 0.0.0.0 or :: is every interface.
	LocalAddress string `json:"localAddress"`
	// Absent: the system picks one.
	LocalPort int64 `json:"localPort,omitempty"`
	// From where others may reach it, as the user agreed to.
	Reach string `json:"reach"`
	// What is told of a socket on the link, by DNS-SD over multicast DNS (RFC 6763, RFC 6762).
	Announce *Announcement `json:"announce,omitempty"`
	// Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
	Admitted string `json:"admitted,omitempty"`
}

// ListenMembers: Options of a TCP socket that listens.
type ListenMembers struct {
	// How many connections the system keeps until the page takes them; absent: as many as is usual.
	Backlog int64 `json:"backlog,omitempty"`
	// Only IPv6, with the address ::.
	Ipv6Only bool `json:"ipv6Only,omitempty"`
}

// TCPListenParams is defined by protocol/schema.
type TCPListenParams struct {
	LocalRequest
	ListenMembers
	// True: TLS from the first byte, with a key and a certificate of its own.
	Secure bool `json:"secure,omitempty"`
}

// TCPListenResult is defined by protocol/schema.
type TCPListenResult struct {
	LocalAddress string `json:"localAddress"`
	LocalPort    int64  `json:"localPort"`
	// Base64 of the SHA-256 of the certificate in DER that the socket shows to those who connect: 32 bytes. Only with TLS.
	Certificate string `json:"certificate,omitempty"`
}

// OpenRequest: Who asks for a socket, where it leads, and whose word stands for it.
type OpenRequest struct {
	// Chosen by the extension, unique on this connection, never used twice.
	SocketID int64 `json:"socketId"`
	// The asking origin, serialised, as the browser attests it.
	Origin string `json:"origin"`
	// Opaque key of the asking document.
	Document string `json:"document"`
	// True in a private window: the destination is kept out of the audit log.
	Private bool `json:"private"`
	// True when the user typed or picked this destination.
	UserEntered bool `json:"userEntered"`
	// Name or address, without brackets.
	Host string `json:"host"`
	Port int64  `json:"port"`
	// Bytes that the host may send before it waits for socket.credit. 0: nothing is received before the first credit, and the socket takes the carrier that brings it.
	Window int64 `json:"window"`
	// The user said yes to a prompt that named the danger of this port (SECURITY, row 9).
	RiskAccepted bool `json:"riskAccepted,omitempty"`
	// Whose word an open stands on, for the audit log: the user was asked for it (asked), allowed the same to this document before (document) or had it remembered (remembered), or an administrator lets it pass without a question (policy). Absent: an extension of an earlier version does not say.
	Admitted string `json:"admitted,omitempty"`
	// What the extension has decided by: what policy.judge said of the same destination before. Where it would say something else now nothing is opened (code 2). Absent: it has just been asked.
	Verdict string `json:"verdict,omitempty"`
	// With verdict: what policy.judge was given.
	NetworkSalt string `json:"networkSalt,omitempty"`
	// Version 5, with verdict: the document may open the same again on its lane, by this socket's id, until reopen.end. Only where nobody was asked, and without TLS.
	Reopen bool `json:"reopen,omitempty"`
}

// SharedOptions: Options that TCP and UDP sockets have.
type SharedOptions struct {
	// Milliseconds for opening; 0 or absent leaves it to the host.
	Timeout int64 `json:"timeout,omitempty"`
	// SO_SNDBUF, in bytes.
	SendBufferSize int64 `json:"sendBufferSize,omitempty"`
	// SO_RCVBUF, in bytes.
	ReceiveBufferSize int64 `json:"receiveBufferSize,omitempty"`
	// Connect by this family of addresses only.
	DNSQueryType string `json:"dnsQueryType,omitempty"`
	// The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
	IPTypeOfService int64 `json:"ipTypeOfService,omitempty"`
}

// TCPOptions: Options that only TCP sockets have.
type TCPOptions struct {
	// TCP_NODELAY.
	NoDelay bool `json:"noDelay,omitempty"`
	// Milliseconds of silence before the first keep-alive probe; 0 or absent: no keep-alive.
	KeepAliveDelay int64 `json:"keepAliveDelay,omitempty"`
	// on: TLS from the first byte. starttls: plain until socket.startTLS. Absent: off.
	SecureTransport string `json:"secureTransport,omitempty"`
	// How TLS is to be spoken.
	TLS *TLSOptions `json:"tls,omitempty"`
}

// TCPOpenParams is defined by protocol/schema.
type TCPOpenParams struct {
	OpenRequest
	SharedOptions
	TCPOptions
}

// TCPOpenResult is defined by protocol/schema.
type TCPOpenResult struct {
	Opened
	// What was agreed with the peer.
	TLS *TLSInfo `json:"tls,omitempty"`
}

// TryoutTexts: What the page says, in the user's language.
type TryoutTexts struct {
	// Title and heading.
	Title string `json:"title"`
	// What will happen.
	Intro string `json:"intro"`
	// The button that opens the socket.
	Button string `json:"button"`
	// While the user is asked.
	Asking string `json:"asking"`
	// It worked; followed by what the server said.
	Done string `json:"done"`
	// The user, or a rule, did not allow it.
	Denied string `json:"denied"`
	// Something else went wrong.
	Failed string `json:"failed"`
	// The page has no such API.
	Missing string `json:"missing"`
}

// TryoutStartParams is defined by protocol/schema.
type TryoutStartParams struct {
	// BCP 47 tag of the texts.
	Lang string `json:"lang"`
	Dir  string `json:"dir"`
	// What the page says, in the user's language.
	Texts *TryoutTexts `json:"texts"`
}

// TryoutStartResult is defined by protocol/schema.
type TryoutStartResult struct {
	// Of the page, on loopback.
	URL string `json:"url"`
	// Where the server listens that the page connects to.
	Port int64 `json:"port"`
}

// TryoutStopParams is defined by protocol/schema.
type TryoutStopParams struct {
}

// TryoutStopResult is defined by protocol/schema.
type TryoutStopResult struct {
}

// BindMembers: Options of a UDP socket that is bound, and not connected.
type BindMembers struct {
	// Only IPv6, with the address ::.
	Ipv6Only bool `json:"ipv6Only,omitempty"`
	// SO_SNDBUF, in bytes.
	SendBufferSize int64 `json:"sendBufferSize,omitempty"`
	// SO_RCVBUF, in bytes.
	ReceiveBufferSize int64 `json:"receiveBufferSize,omitempty"`
	// The DSCP of the packets that are sent (RFC 2474); 0 or absent: default forwarding.
	IPTypeOfService int64 `json:"ipTypeOfService,omitempty"`
	// TTL or hop limit of multicast datagrams; absent: 1.
	MulticastTimeToLive *int64 `json:"multicastTimeToLive,omitempty"`
	// Whether this computer hears what it sends to groups; absent: it does.
	MulticastLoopback *bool `json:"multicastLoopback,omitempty"`
	// Whether other sockets may use the same address and port for multicast.
	MulticastAllowAddressSharing bool `json:"multicastAllowAddressSharing,omitempty"`
}

// NamedPeer is defined by protocol/schema.
type NamedPeer struct {
	Host string `json:"host"`
	Port int64  `json:"port,omitempty"`
}

// UDPBindParams is defined by protocol/schema.
type UDPBindParams struct {
	LocalRequest
	BindMembers
	// As in OpenRequest.
	Window int64 `json:"window"`
	// Whom a bound UDP socket may send to. named: the hosts that the user named. network: any device in the user's own network. internet: any server on the Internet. Each goes through the rules about addresses.
	Peers string `json:"peers"`
	// With peers "named": the names and addresses that the user entered, without brackets; one with a port takes that port only.
	Hosts []NamedPeer `json:"hosts,omitempty"`
	// True: the socket may join groups and send to those that it has joined.
	Multicast bool `json:"multicast,omitempty"`
}

// UDPBindResult is defined by protocol/schema.
type UDPBindResult struct {
	LocalAddress string `json:"localAddress"`
	LocalPort    int64  `json:"localPort"`
	// Bytes that the extension may send before it waits for socket.credit.
	Window int64 `json:"window"`
}

// UDPOpenParams is defined by protocol/schema.
type UDPOpenParams struct {
	OpenRequest
	SharedOptions
}

// UDPOpenResult is defined by protocol/schema.
type UDPOpenResult struct {
	Opened
}
