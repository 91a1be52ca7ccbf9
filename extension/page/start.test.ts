// When the page script puts the API on a page. The other end of the port is the test's.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FakePageTransitionEvent } from "../fake/document.ts";
import { handoverEvent, pageError, type PageMessage } from "../../protocol/page.ts";
import { start } from "./start.ts";

interface World {
  /** Runs the script once more, as when the extension is loaded again. */
  startCopy(): void;
  /** Hands a port over, as the content script does; false when nobody takes it, so that the page's own listeners see it. */
  handOver(): boolean;
  /** The content script's end. */
  content: MessagePort;
  /** The members of Navigator.prototype. */
  api: Record<string, (this: unknown, options?: unknown) => Promise<unknown>>;
  navigator: object;
  /** The document leaves, and may come back. */
  leave(persisted: boolean): void;
  /** Takes the document away from its window. */
  detach(): void;
}

function world(isSecureContext: boolean): World {
  const Navigator = { prototype: {} };
  let view: object | null = {};
  class Document extends EventTarget {
    get defaultView(): object | null {
      return view;
    }
  }
  const document = new Document();
  const window = new EventTarget();
  const navigator = Object.create(Navigator.prototype) as object;
  const { port1: content, port2 } = new MessageChannel();
  after(() => {
    content.close();
  });
  const startCopy = (): void => {
    start({
      isSecureContext,
      window,
      document,
      navigator,
      Navigator,
      Document,
    });
  };
  startCopy();
  return {
    startCopy,
    handOver() {
      let seen = false;
      const see = (): void => {
        seen = true;
      };
      window.addEventListener(handoverEvent, see);
      window.dispatchEvent(new MessageEvent(handoverEvent, { ports: [port2] }));
      window.removeEventListener(handoverEvent, see);
      return !seen;
    },
    content,
    api: Navigator.prototype,
    navigator,
    leave: (persisted) => {
      window.dispatchEvent(new FakePageTransitionEvent("pagehide", { persisted }));
    },
    detach: () => {
      view = null;
    },
  };
}

const names = ({ api }: World): string[] => Object.getOwnPropertyNames(api).sort();

test("a page that is not secure has no API, though a port is on offer", () => {
  const page = world(false);
  assert.equal(page.handOver(), false);
  assert.deepEqual(names(page), []);
});

test("a secure page has the API once the port is there, and takes one port", () => {
  const page = world(true);
  assert.deepEqual(names(page), []);
  assert.equal(page.handOver(), true);
  assert.deepEqual(names(page), ["openTCPSocket", "openUDPSocket"]);
  assert.equal(page.handOver(), false);
});

test("what is refused in the page, and what goes out", async () => {
  const page = world(true);
  page.handOver();
  const { openTCPSocket, openUDPSocket } = page.api;
  assert.ok(openTCPSocket !== undefined && openUDPSocket !== undefined, "both are there");
  await assert.rejects(openTCPSocket.call({}), { name: "TypeError", message: "Illegal invocation" });
  await assert.rejects(openTCPSocket.call(page.navigator, { remotePort: -1 }), TypeError);
  for (const secureTransport of ["on", "starttls"])
    await assert.rejects(openUDPSocket.call(page.navigator, { secureTransport }), TypeError);

  const heard = new Promise<PageMessage>((resolve) => {
    page.content.onmessage = ({ data }: MessageEvent<PageMessage>) => {
      resolve(data);
    };
  });
  const opened = openTCPSocket.call(page.navigator, { remoteAddress: "example.org", remotePort: 13 });
  assert.deepEqual(await heard, {
    type: "open",
    id: 1,
    protocol: "tcp",
    options: { remoteAddress: "example.org", remotePort: 13 },
    evalBlocked: false,
  });
  page.content.postMessage({ type: "failed", id: 1, error: pageError("NotAllowedError") });
  await assert.rejects(opened, { name: "NotAllowedError" });

  page.detach();
  await assert.rejects(openTCPSocket.call(page.navigator, {}), { name: "NotSupportedError" });
});

test("another copy of the extension takes over without a word of the first: what the page had ends, and nothing of it waits for ever", async () => {
  const page = world(true);
  page.handOver();
  const { openTCPSocket } = page.api;
  assert.ok(openTCPSocket !== undefined, "it is there");
  const opening = openTCPSocket.call(page.navigator, { remoteAddress: "example.org", remotePort: 13 });
  page.startCopy();
  assert.equal(page.handOver(), true, "the next copy takes the port");
  await assert.rejects(opening, { name: "NetworkError" });
  // Also for what the page kept of the first copy's functions, used or not.
  const unused = world(true);
  unused.handOver();
  const { openUDPSocket } = unused.api;
  assert.ok(openUDPSocket !== undefined, "it is there");
  unused.startCopy();
  unused.handOver();
  await Promise.resolve();
  for (const late of [
    openTCPSocket.call(page.navigator, { remoteAddress: "example.org", remotePort: 13 }),
    openUDPSocket.call(unused.navigator, { remoteAddress: "example.org", remotePort: 13 }),
  ])
    await assert.rejects(late, { name: "NetworkError" });
});

test("a page that makes up a hand-over loses nothing by it", async () => {
  const page = world(true);
  page.handOver();
  const { openTCPSocket } = page.api;
  assert.ok(openTCPSocket !== undefined, "it is there");
  const opening = openTCPSocket.call(page.navigator, { remoteAddress: "example.org", remotePort: 13 });
  for (let times = 0; times < 3; times++) assert.equal(page.handOver(), false, "the page hears its own event");
  const heard = await Promise.race([
    opening.catch((error: unknown) => (error as Error).name),
    new Promise((resolve) => setTimeout(resolve, 20, "nothing")),
  ]);
  assert.equal(heard, "nothing");
});

test("what a page had ends when it goes into the back/forward cache; one that leaves for good hears nothing", async () => {
  for (const persisted of [true, false]) {
    const page = world(true);
    page.handOver();
    const { openTCPSocket } = page.api;
    assert.ok(openTCPSocket !== undefined, "it is there");
    const opening = openTCPSocket.call(page.navigator, { remoteAddress: "example.org", remotePort: 13 });
    page.leave(persisted);
    const heard = await Promise.race([
      opening.catch((error: unknown) => (error as Error).name),
      new Promise((resolve) => setTimeout(resolve, 20, "nothing")),
    ]);
    assert.equal(heard, persisted ? "NetworkError" : "nothing");
  }
});

test("a page asks whether the program is there, and gets no socket for it", async () => {
  const page = world(true);
  page.handOver();
  const { openTCPSocket } = page.api as unknown as { openTCPSocket: { available(): Promise<boolean> } };
  const heard: PageMessage[] = [];
  page.content.onmessage = ({ data }: MessageEvent<PageMessage>) => {
    heard.push(data);
    page.content.postMessage(
      data.id === 3
        ? { type: "failed", id: 3, error: pageError("NotAllowedError") }
        : { type: "probed", id: data.id, there: data.id === 1 },
    );
  };
  assert.equal(await openTCPSocket.available(), true);
  assert.equal(await openTCPSocket.available(), false);
  await assert.rejects(openTCPSocket.available(), { name: "NotAllowedError" });
  assert.deepEqual(heard[0], { type: "probe", id: 1, evalBlocked: false });
  page.detach();
  await assert.rejects(openTCPSocket.available(), { name: "NotSupportedError" });
});
