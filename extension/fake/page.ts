// A page with the API on it, for unit tests. The content script's end of its port is the test's.
import { after } from "node:test";
import { handoverEvent, type ContentMessage, type PageMessage } from "../../protocol/page.ts";
import { start } from "../page/start.ts";

/** What the page's globals are to a test. */
export type Socket<Info> = object & {
  readonly opened: Promise<Info>;
  readonly closed: Promise<undefined>;
  close(): Promise<undefined>;
};

export interface StreamInfo {
  readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  writable: WritableStream<unknown>;
  tls?: object;
}

export type TCP = Socket<StreamInfo> & {
  startTls(options?: unknown): TCP;
  setNoDelay(on?: unknown): Promise<undefined>;
  setKeepAlive(on?: unknown, delay?: unknown): Promise<undefined>;
};

export interface Message {
  data: Uint8Array<ArrayBuffer>;
  remoteAddress?: string;
  remotePort?: number;
}

export interface UDPInfo {
  readable: ReadableStream<Message>;
  writable: WritableStream<unknown>;
  multicastController?: Multicast;
}

export interface Multicast {
  joinGroup(address?: unknown, options?: unknown): Promise<undefined>;
  leaveGroup(address?: unknown, options?: unknown): Promise<undefined>;
  readonly joinedGroups: readonly unknown[];
}

export interface Globals {
  TCPSocket: new (...given: unknown[]) => TCP;
  UDPSocket: new (...given: unknown[]) => Socket<UDPInfo>;
  TCPServerSocket: new (
    ...given: unknown[]
  ) => Socket<{ readable: ReadableStream<TCP>; serverCertificateHash?: object }>;
  MulticastController: new (...given: unknown[]) => Multicast;
}

export interface Page {
  window: EventTarget & Globals;
  navigator: { openTCPSocket(options?: unknown): Promise<object>; openUDPSocket(options?: unknown): Promise<object> };
  /** All that the page has said and the test has not taken. */
  said: PageMessage[];
  /** Takes the next that the page says of this type. */
  next<Type extends PageMessage["type"]>(type: Type): Promise<Extract<PageMessage, { type: Type }>>;
  /** Says something to the page. */
  say(message: ContentMessage): void;
  /** Takes the document away from its window. */
  detach(): void;
}

/** Lets everything happen that is under way. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** Makes a secure page. `before` is on its window from the beginning. */
export function newPage(protocol = "https:", before: object = {}): Page {
  const Navigator = { prototype: {} };
  let view: object | null = {};
  class Document extends EventTarget {
    get defaultView(): object | null {
      return view;
    }
  }
  const window = Object.assign(new EventTarget(), before);
  const navigator = Object.create(Navigator.prototype) as Page["navigator"];
  const { port1: content, port2 } = new MessageChannel();
  after(() => {
    content.close();
  });
  const said: PageMessage[] = [];
  let heard = (): void => undefined;
  content.onmessage = ({ data }: MessageEvent<PageMessage>) => {
    said.push(data);
    heard();
  };
  start({
    isSecureContext: true,
    window,
    document: new Document(),
    navigator,
    Navigator,
    Document,
    location: { protocol },
  });
  window.dispatchEvent(new MessageEvent(handoverEvent, { ports: [port2] }));
  return {
    window: window as Page["window"],
    navigator,
    said,
    async next(type) {
      for (const end = Date.now() + 2_000; ;) {
        const found = said.findIndex((message) => message.type === type);
        if (found >= 0) return said.splice(found, 1)[0] as Extract<PageMessage, { type: typeof type }>;
        const left = end - Date.now();
        if (left <= 0) throw new Error(`the page does not say ${type}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          heard = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    say: (message) => {
      content.postMessage(message);
    },
    detach: () => {
      view = null;
    },
  };
}

/** What is said of a connection that is there. */
export const opened = (id: number, more: object = {}): ContentMessage => ({
  type: "opened",
  id,
  remoteAddress: "192.0.2.1",
  remotePort: 9,
  localAddress: "192.0.2.2",
  localPort: 10,
  window: 1 << 20,
  ...more,
});

/** Makes a connection that is open. */
export async function openTCP(page: Page, options?: object): Promise<{ socket: TCP; id: number } & StreamInfo> {
  const socket = new page.window.TCPSocket("example.org", 9, options);
  const { id } = await page.next("open");
  page.say(opened(id));
  return { socket, id, ...(await socket.opened) };
}

/** "", or the name of the error. */
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: unknown) => (error as Error).name,
  );
