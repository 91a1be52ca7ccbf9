// Code generated from protocol/schema by `make generate`. DO NOT EDIT.
import type { PageOpenOptions } from "../../../protocol/page.ts";
import { enforceUnsigned, toDOMString, toEnum } from "../webidl.ts";

/** What converts the members that need code of their own: each is called with a value that is not undefined. */
export interface ByHand {
  alpnProtocols: (this: void, value: unknown) => void;
  keepAlive: (this: void, value: unknown) => void;
  keepAliveDelay: (this: void, value: unknown) => void;
  localAddress: (this: void, value: unknown) => void;
  localPort: (this: void, value: unknown) => void;
  onstate: (this: void, value: unknown) => void;
  serverCertificateHashes: (this: void, value: unknown) => void;
  serverName: (this: void, value: unknown) => void;
  signal: (this: void, value: unknown) => void;
  useSecureTransport: (this: void, value: unknown) => void;
}

/** Converts the members of a SocketOptions dictionary, in lexicographical order, as WebIDL asks. Throws TypeError, or what a getter throws. */
export function readSocketOptions(from: Record<string, unknown>, open: PageOpenOptions, byHand: ByHand): void {
  let value: unknown;
  value = from["alpnProtocols"];
  if (value !== undefined) byHand.alpnProtocols(value);
  value = from["dnsQueryType"];
  if (value !== undefined) open.dnsQueryType = toEnum(value, "dnsQueryType", ["ipv4", "ipv6"]);
  value = from["ipTypeOfService"];
  if (value !== undefined) open.ipTypeOfService = enforceUnsigned(value, 8, "ipTypeOfService");
  value = from["keepAlive"];
  if (value !== undefined) byHand.keepAlive(value);
  value = from["keepAliveDelay"];
  if (value !== undefined) byHand.keepAliveDelay(value);
  value = from["localAddress"];
  if (value !== undefined) byHand.localAddress(value);
  value = from["localPort"];
  if (value !== undefined) byHand.localPort(value);
  value = from["noDelay"];
  if (value !== undefined) open.noDelay = !!value;
  value = from["onstate"];
  if (value !== undefined) byHand.onstate(value);
  value = from["receiveBufferSize"];
  if (value !== undefined) open.receiveBufferSize = enforceUnsigned(value, 32, "receiveBufferSize");
  value = from["remoteAddress"];
  if (value !== undefined) open.remoteAddress = toDOMString(value);
  value = from["remotePort"];
  if (value !== undefined) open.remotePort = enforceUnsigned(value, 16, "remotePort");
  value = from["secureTransport"];
  if (value !== undefined) open.secureTransport = toEnum(value, "secureTransport", ["off", "on", "starttls"]);
  value = from["sendBufferSize"];
  if (value !== undefined) open.sendBufferSize = enforceUnsigned(value, 32, "sendBufferSize");
  value = from["serverCertificateHashes"];
  if (value !== undefined) byHand.serverCertificateHashes(value);
  value = from["serverName"];
  if (value !== undefined) byHand.serverName(value);
  value = from["signal"];
  if (value !== undefined) byHand.signal(value);
  value = from["timeout"];
  if (value !== undefined) open.timeout = enforceUnsigned(value, 32, "timeout");
  value = from["useSecureTransport"];
  if (value !== undefined) byHand.useSecureTransport(value);
}

/** The same for the options of `startTls()`. */
export function readTLSOptions(
  from: Record<string, unknown>,
  byHand: Pick<ByHand, "alpnProtocols" | "serverCertificateHashes" | "serverName">,
): void {
  let value: unknown;
  value = from["alpnProtocols"];
  if (value !== undefined) byHand.alpnProtocols(value);
  value = from["serverCertificateHashes"];
  if (value !== undefined) byHand.serverCertificateHashes(value);
  value = from["serverName"];
  if (value !== undefined) byHand.serverName(value);
}
