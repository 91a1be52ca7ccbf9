// The browser's own Direct Sockets, as content shell has them (https://wicg.github.io/direct-sockets/).
import { streamLink, type Datagrams, type Peer, type Place } from "./link.ts";

interface Opened<R, W> {
  readable: ReadableStream<R>;
  writable: WritableStream<W>;
}

declare const TCPSocket: new (
  address: string,
  port: number,
) => { opened: Promise<Opened<Uint8Array<ArrayBuffer>, BufferSource>> };
declare const UDPSocket: new (options: { remoteAddress: string; remotePort: number }) => {
  opened: Promise<Opened<{ data: Uint8Array }, { data: BufferSource }>>;
};

export function native({ address, tcp, udp }: Place): Peer {
  return {
    async open({ byob } = { byob: false }) {
      const socket = new TCPSocket(address, tcp);
      const { readable, writable } = await socket.opened;
      return streamLink(readable, writable, { byob });
    },
    async openDatagrams(): Promise<Datagrams> {
      const socket = new UDPSocket({ remoteAddress: address, remotePort: udp });
      const { readable, writable } = await socket.opened;
      const reader = readable.getReader();
      const writer = writable.getWriter();
      return {
        send: (data) => writer.write({ data }),
        receive: async () => {
          const { value } = await reader.read();
          if (value === undefined) throw new Error("the stream has ended");
          return value.data;
        },
        close: async () => {
          await Promise.allSettled([reader.cancel(), writer.abort()]);
        },
      };
    },
  };
}
