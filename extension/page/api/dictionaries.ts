// Code generated from extension/page/api/direct_sockets.webidl by `make generate`. DO NOT EDIT.
//
// Dictionaries that a page passes: the members of each in the order in which they are read, what converts them, and which must be there.

import {
  toAnnouncement,
  toCallback,
  toHashes,
  toKeepAlive,
  toProtocols,
  toServerName,
  toSignal,
} from "./converters.ts";
import {
  bufferSource,
  enforceLong,
  enforceOctet,
  enforceShort,
  enumeration,
  toBoolean,
  toDOMString,
  toShort,
} from "../webidl.ts";

const toSocketDnsQueryType = enumeration(["ipv4", "ipv6"]);
const toPortsideSecureTransport = enumeration(["off", "on", "starttls"]);
const toPortsideServerTransport = enumeration(["off", "on"]);

/** PortsideSocketOptions. */
export const portsideSocketOptions = [
  ["alpnProtocols", toProtocols],
  ["dnsQueryType", toSocketDnsQueryType],
  ["ipTypeOfService", enforceOctet],
  ["keepAlive", toKeepAlive],
  ["keepAliveDelay", enforceLong],
  ["localAddress", toDOMString],
  ["localPort", enforceShort],
  ["noDelay", toBoolean],
  ["onstate", toCallback],
  ["receiveBufferSize", enforceLong],
  ["remoteAddress", toDOMString],
  ["remotePort", enforceShort],
  ["secureTransport", toPortsideSecureTransport],
  ["sendBufferSize", enforceLong],
  ["serverCertificateHashes", toHashes],
  ["serverName", toServerName],
  ["signal", toSignal],
  ["timeout", enforceLong],
  ["useSecureTransport", toBoolean],
] as const;

/** PortsideReceiveOptions. */
export const portsideReceiveOptions = [["signal", toSignal]] as const;

/** TCPSocketOptions. */
export const tcpSocketOptions = [
  ["alpnProtocols", toProtocols],
  ["dnsQueryType", toSocketDnsQueryType],
  ["ipTypeOfService", enforceOctet],
  ["keepAliveDelay", enforceLong],
  ["noDelay", toBoolean],
  ["onstate", toCallback],
  ["receiveBufferSize", enforceLong],
  ["secureTransport", toPortsideSecureTransport],
  ["sendBufferSize", enforceLong],
  ["serverCertificateHashes", toHashes],
  ["serverName", toServerName],
  ["signal", toSignal],
  ["timeout", enforceLong],
] as const;

/** UDPSocketOptions. */
export const udpSocketOptions = [
  ["announce", toAnnouncement],
  ["dnsQueryType", toSocketDnsQueryType],
  ["ipTypeOfService", enforceOctet],
  ["ipv6Only", toBoolean],
  ["localAddress", toDOMString],
  ["localPort", enforceShort],
  ["multicastAllowAddressSharing", toBoolean],
  ["multicastLoopback", toBoolean],
  ["multicastTimeToLive", enforceOctet],
  ["onstate", toCallback],
  ["receiveBufferSize", enforceLong],
  ["remoteAddress", toDOMString],
  ["remotePort", enforceShort],
  ["secureTransport", toPortsideServerTransport],
  ["sendBufferSize", enforceLong],
  ["signal", toSignal],
  ["timeout", enforceLong],
] as const;

/** UDPMessage. */
export const udpMessage = [
  ["data", bufferSource],
  ["dnsQueryType", toSocketDnsQueryType],
  ["remoteAddress", toDOMString],
  ["remotePort", toShort],
] as const;

/** TCPServerSocketOptions. */
export const tcpServerSocketOptions = [
  ["announce", toAnnouncement],
  ["backlog", enforceLong],
  ["ipv6Only", toBoolean],
  ["localPort", enforceShort],
  ["onstate", toCallback],
  ["secureTransport", toPortsideServerTransport],
  ["signal", toSignal],
] as const;

/** MulticastGroupOptions. */
export const multicastGroupOptions = [["sourceAddress", toDOMString]] as const;

/** PortsideTLSOptions. */
export const portsideTLSOptions = [
  ["alpnProtocols", toProtocols],
  ["serverCertificateHashes", toHashes],
  ["serverName", toServerName],
] as const;
