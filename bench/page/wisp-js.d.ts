// What the benchmark uses of @mercuryworkshop/wisp-js 0.5.0, which has no types of its own.
declare module "@mercuryworkshop/wisp-js/client" {
  export interface ClientStream {
    onmessage: (data: Uint8Array) => void;
    onclose: (reason: number) => void;
    /** What waits because the server has no room. */
    readonly send_buffer: readonly Uint8Array[];
    send(data: Uint8Array): void;
    continue_received(room: number): void;
    close(): void;
  }
  export interface ClientConnection {
    readonly ws: WebSocket;
    onopen: () => void;
    onerror: () => void;
    create_stream(host: string, port: number, type?: "udp"): ClientStream;
  }
  export const client: { ClientConnection: new (url: string) => ClientConnection };
}
