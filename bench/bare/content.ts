// The content script of the bare way: a port of the page's on one side, a port to the background on the other, base64 between them.
import { hello, type FromContent, type FromHost, type ToContent, type ToHost } from "./messages.ts";

window.addEventListener("message", ({ data, ports: [page] }) => {
  if (data !== hello || page === undefined) return;
  const background = chrome.runtime.connect();
  const tell = (message: FromContent, transfer: Transferable[] = []): void => {
    page.postMessage(message, transfer);
  };
  page.onmessage = ({ data: message }: MessageEvent<ToContent | null>) => {
    if (message === null) background.disconnect();
    else if ("buffer" in message)
      background.postMessage({ d: new Uint8Array(message.buffer).toBase64() } satisfies ToHost);
    else background.postMessage(message satisfies ToHost);
  };
  background.onMessage.addListener((message: FromHost) => {
    if (!("d" in message)) tell(message);
    else {
      const { buffer } = Uint8Array.fromBase64(message.d);
      tell({ buffer }, [buffer]);
    }
  });
  background.onDisconnect.addListener(() => {
    tell({ closed: true });
  });
});
