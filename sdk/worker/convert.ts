// Arguments of the worker's constructors, made fit to be cloned. Whether their values can be says the page.

/** Copies the bytes of a BufferSource. Throws TypeError for anything else, and for shared memory. */
export function toBytes(source: unknown): Uint8Array<ArrayBuffer> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  if (!ArrayBuffer.isView(source) || !(source.buffer instanceof ArrayBuffer))
    throw new TypeError("Neither an ArrayBuffer nor a view of one.");
  const { buffer, byteOffset, byteLength } = source;
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

type Convert = (value: unknown) => unknown;

const list =
  (convert: Convert): Convert =>
  (value) => {
    if (typeof value !== "object" || value === null || !(Symbol.iterator in value))
      throw new TypeError("Not a sequence.");
    return Array.from(value as Iterable<unknown>, convert);
  };
const members =
  (table: Record<string, Convert>): Convert =>
  (value) => {
    if (typeof value !== "object" || value === null) throw new TypeError("Not an object.");
    return read(value, table);
  };

const shared: Record<string, Convert> = {
  dnsQueryType: String,
  ipTypeOfService: Number,
  receiveBufferSize: Number,
  sendBufferSize: Number,
  timeout: Number,
};
const announcement = members({ name: String, txt: list(String), type: String });

export const tlsOptions: Record<string, Convert> = {
  alpnProtocols: list(String),
  serverCertificateHashes: list(members({ algorithm: String, value: toBytes })),
  serverName: String,
};
export const tcpOptions: Record<string, Convert> = {
  ...shared,
  ...tlsOptions,
  keepAliveDelay: Number,
  noDelay: Boolean,
  secureTransport: String,
};
export const udpOptions: Record<string, Convert> = {
  ...shared,
  announce: announcement,
  ipv6Only: Boolean,
  localAddress: String,
  localPort: Number,
  multicastAllowAddressSharing: Boolean,
  multicastLoopback: Boolean,
  multicastTimeToLive: Number,
  remoteAddress: String,
  remotePort: Number,
};
export const serverOptions: Record<string, Convert> = {
  announce: announcement,
  backlog: Number,
  ipv6Only: Boolean,
  localPort: Number,
  secureTransport: String,
};
export const groupOptions: Record<string, Convert> = { sourceAddress: String };

/** Reads the members of a dictionary that are there. Those that are undefined are not. */
export function read(options: unknown, table: Record<string, Convert>): Record<string, unknown> {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" && typeof options !== "function") throw new TypeError("The options are no object.");
  const found: Record<string, unknown> = {};
  for (const [name, convert] of Object.entries(table)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) found[name] = convert(value);
  }
  return found;
}
