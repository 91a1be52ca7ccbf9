// The interfaces of the second generation as the checks see them. Arguments have no types: many checks give wrong ones.

export interface Socket<Info> {
  readonly opened: Promise<Info>;
  readonly closed: Promise<undefined>;
  close(): Promise<undefined>;
}

/** Where a socket is. In UDP's bound mode the remote members are absent. */
interface Ends {
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
}

export type Bytes = Uint8Array<ArrayBuffer>;

export interface TCPInfo extends Ends {
  readable: ReadableStream<Bytes>;
  writable: WritableStream<unknown>;
}

export interface Datagram {
  data: Bytes;
  remoteAddress?: string;
  remotePort?: number;
}

export interface UDPInfo extends Ends {
  readable: ReadableStream<Datagram>;
  writable: WritableStream<unknown>;
  multicastController?: Multicast;
}

export type TCP = Socket<TCPInfo>;
export type UDP = Socket<UDPInfo>;
export type Server = Socket<ServerInfo>;

export interface ServerInfo {
  readable: ReadableStream<TCP>;
  localAddress: string;
  localPort: number;
}

export interface Multicast {
  joinGroup(...args: unknown[]): Promise<undefined>;
  leaveGroup(...args: unknown[]): Promise<undefined>;
  readonly joinedGroups: readonly (string | { groupAddress: string; sourceAddress: string })[];
}

type Constructor<Instance> = new (...args: unknown[]) => Instance;

/** The constructors of a window. */
export interface API {
  TCPSocket: Constructor<TCP>;
  UDPSocket: Constructor<UDP>;
  TCPServerSocket: Constructor<Server>;
  MulticastController: Constructor<Multicast>;
}

export const interfaceNames = ["TCPSocket", "UDPSocket", "TCPServerSocket", "MulticastController"] as const;
export type InterfaceName = (typeof interfaceNames)[number];

/** The constructors of this window, looked up at each use. */
export const api = globalThis as unknown as API;
