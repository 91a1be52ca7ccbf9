// What the developer of a page reads on the console, after "Portside: ": what happened, and what to do next.
//
// They are printed by the content script, where no page can read them. docs/GUIDE.md lists every one of them, and a test compares.

import { restarted } from "./restarted.ts";

const popup = "The Portside popup in the toolbar says more.";

/** In English, as all that developers read on the console. Each begins in lower case and ends with a full stop. */
export const consoleLines = {
  // The document itself.
  insecure:
    "only secure pages may open sockets. Load this page and every page around it over https, or from http://localhost.",
  policyHeader:
    "the Permissions-Policy header of this document does not allow direct-sockets. Take direct-sockets out of it, or write direct-sockets=(self).",
  policyTree:
    'the permissions policy does not allow direct-sockets in this frame. Give its element allow="direct-sockets", at every level, and name its origin in the headers of the pages around it that have the feature.',
  policyNotShown: "this document is not shown any more. Open the socket in the page that is.",
  policySilentParent:
    "the page around this frame has not said that it may, or has changed the allow attribute since the frame loaded. Set allow before src, then load the frame again.",
  policyUnknownHeaders: "the headers of the pages around this frame are not known. Reload the tab.",
  policyLoadedBefore: "this frame was loaded before Portside was there. Reload the tab.",
  policyPrivate:
    "the permissions policy does not allow direct-sockets-private, which what is not public needs. Take it out of the Permissions-Policy headers and the allow attributes.",
  policyMulticast:
    "multicast needs the feature direct-sockets-multicast. Send the header Permissions-Policy: direct-sockets-multicast=(self).",
  unsafeEval:
    "the content security policy of this document has 'unsafe-eval'. Take it out: docs/GUIDE.md of Portside has the settings of development servers.",
  evalNotForbidden:
    "the administrator asks for a content security policy that forbids eval. Send one, script-src 'self' for example.",
  // Gestures and the user.
  activation:
    "what is neither remembered nor let pass by an administrator needs a click or a key press of its own, no more than five seconds ago. Open the socket in the handler of a click.",
  waits: "a socket waits for the next click or key press in this page.",
  denied: "the user did not allow it. Ask again when the user wants it to, after another click.",
  takenBack: "what was allowed has been taken back by the user. Ask again after another click.",
  closedByUser: "the user has ended this socket in the Portside popup. Ask again after another click.",
  muted:
    "the user has said no several times, so this site may not ask for a while. The Portside popup ends that at once.",
  paused: "the user has switched Portside off on this site. The Portside popup switches it on.",
  questions:
    "too many questions of this site or tab wait for an answer. Answer them, or ask for fewer sockets at a time.",
  noWindow: "the browser opened no window for the question. Try again after another click.",
  // Rules and administrators.
  rules: `Portside's rules or the administrator do not allow it. ${popup}`,
  onlyWithoutQuestion: `the administrator allows this site only what needs no question. ${popup}`,
  policyBroken: `the administrator's policy cannot be used, so everything is refused. ${popup}`,
  settingsTooLarge: `the administrator's settings in the browser are too large, so everything is refused. ${popup}`,
  installedOnly: "the administrator lets only installed apps open sockets. Install the page as an app.",
  noAddress: "this computer has no such address. Listen on 0.0.0.0 or ::, and let the user pick.",
  addressGone: "this computer does not have this address any more. Open the socket again.",
  quota:
    "too many sockets of this page or site, at a time or in a short time. Wait, close what is not needed, and open fewer.",
  // Portside itself.
  hostMissing:
    "Portside is not installed for this browser: the extension is there, its program is not. The setup page of Portside has the command; it opens with the next click that asks for a socket.",
  hostForbidden:
    "Portside's program does not know this extension. Install the program again, as Portside's setup page says; it opens with the next click that asks for a socket.",
  hostBlocked: "an administrator of this browser does not allow Portside's program. Ask the administrator.",
  hostVersion:
    "Portside's extension and its program do not fit together. Update both, as Portside's setup page says; it opens with the next click that asks for a socket.",
  hostStorage:
    "the administrator's settings in the browser cannot be read, and without them nothing is opened. Restart the browser.",
  hostFailed: "Portside's program does not run: it ended, or did not answer. Try again; its log says why.",
  restarted,
  // The network, where somebody agreed to the destination.
  refused: "nobody listens at this port, or a firewall says so. Check the port, and that the server runs.",
  dns: "there is no such name, or no name server answers. Check the spelling.",
  timeout: "the other side does not answer in time. Check the address, and firewalls on the way.",
  unreachable: "there is no way to this host or network, or a firewall bars it. Check the connection.",
  reset: "the other side broke the connection. Its own log may say why.",
  tls: "no secure connection: certificate, name, protocol, or a connection that was cut short. Look at the certificate: docs/GUIDE.md of Portside has the command.",
  plaintext:
    "the server sent something in plain text that the page had not read when it called startTls(). Read its answer to the end first.",
  cors: "the server at this port decides by CORS which pages may use it, or its certificate is not for this host. Use fetch() for it.",
  address: `the destination leads to an address that pages may not connect to. ${popup}`,
  lowPort: "pages may not use so low a port of this computer. Take one above 32767, or none and let the system pick.",
  inUse:
    "another program of this computer uses this address and port. Take another port, or none and let the system pick.",
  messageSize: "the datagram is too large to be sent. Send at most 65,507 bytes; a network may take less.",
  datagram: "a datagram could not be sent; others of this socket are not told of. Check the address and the size.",
  rate: "sockets are opened too fast. Wait between attempts, and longer after each that fails.",
  limit: "too many sockets are open. Close what is not needed.",
  risk: "routers act on what is sent to this port, and nobody agreed to that danger. Ask again after another click.",
  option: "the system does not take this option, or this multicast group, for this socket. Go on without it.",
  network: `the connection could not be opened, or was lost. ${popup}`,
  // The lines themselves.
  bounded: "more lines are not printed for a while. The Portside popup in the toolbar has them all.",
} as const satisfies Record<string, string>;

export type ConsoleLine = keyof typeof consoleLines;
