// Back-pressure for WebSockets, which have none: send() takes everything, so a page that sends much has to look at `bufferedAmount`.

/**
 * What may wait in the browser before a page pauses, in bytes, over all WebSockets together: enough to keep them busy until the page looks again,
 * which is 4 ms later (browsers let no page's timers be faster).
 */
const room = 4 << 20;

/** Resolves when the WebSocket, one of `open` that share the room, can take more. */
export async function drained(socket: WebSocket, open = 1): Promise<void> {
  if (socket.bufferedAmount <= room / open) return;
  while (socket.bufferedAmount > room / open / 4) {
    if (socket.readyState !== WebSocket.OPEN) throw new Error("the WebSocket has closed");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
