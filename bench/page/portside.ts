// Portside in a page: the API that its extension puts there. The same for both carriers; which one it is, the page cannot tell.
import { streamLink, type Datagrams, type Peer, type Place } from "./link.ts";

export function portside({ address: remoteAddress, tcp, udp }: Place): Peer {
  return {
    async open({ byob } = { byob: false }) {
      const socket = await navigator.openTCPSocket({ remoteAddress, remotePort: tcp });
      return streamLink(socket.readable, socket.writable, { byob, close: () => socket.close() });
    },
    async openDatagrams(): Promise<Datagrams> {
      const socket = await navigator.openUDPSocket({ remoteAddress, remotePort: udp });
      const reader = socket.readable.getReader();
      return {
        send: async (data) => {
          await socket.send(data);
        },
        receive: async () => {
          const { value } = await reader.read();
          if (value === undefined) throw new Error("the stream has ended");
          return value.data;
        },
        close: async () => {
          await socket.close();
        },
      };
    },
  };
}
