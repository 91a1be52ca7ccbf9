// Real servers of real protocols, from Debian's packages (e2e/packages.txt): each on a loopback port of its own, with its
// configuration in a temporary folder, in the foreground, never as root.
export { startDnsServer, zone, type DnsServer } from "./servers/dns.ts";
export { startImapServer, type ImapServer } from "./servers/imap.ts";
export { startIrcServer, type IrcServer } from "./servers/irc.ts";
export { startSmtpServer, type SmtpServer } from "./servers/smtp.ts";
export { startSshServer, type SshServer } from "./servers/ssh.ts";
export { startXmppServer, type XmppServer } from "./servers/xmpp.ts";
