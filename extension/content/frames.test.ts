// A frame and the element that holds it, seen from the document that has the element; with a made-up document.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";

const page = installWindow();
const told: Record<string, unknown>[] = [];
const runtime = {
  id: "us",
  sendMessage: (message: Record<string, unknown>) => {
    told.push(message);
    return Promise.resolve();
  },
};
const dom = { openOrClosedShadowRoot: ({ shadow }: { shadow?: { root: unknown } }) => shadow?.root ?? null };
Object.assign(globalThis, { chrome: { runtime, dom } });
const { answerFrame } = await import("./frames.ts");
const { allowAtLoad, listenToFrames } = await import("./frame_words.ts");
listenToFrames((word) => {
  answerFrame(word, { allowAtLoad });
});
beforeEach(() => told.splice(0));

let lastNonce = 0;
/** A frame's content script posts its nonce. Returns whether the page sees it. */
function announce(source: object, more: object = {}): { seen: boolean; nonce: string } {
  const nonce = (++lastNonce).toString().padStart(36, "0");
  let seen = true;
  const stopImmediatePropagation = (): void => {
    seen = false;
  };
  const event = { type: "message", isTrusted: true, ports: [{}], source, origin: "https://b.test" };
  page.dispatchEvent({ ...event, data: { "portside:frame": nonce }, stopImmediatePropagation, ...more });
  return { seen, nonce };
}

/** A frame in the page. Returns its element. */
function frame(allow?: string) {
  const element = page.document.createElement("iframe");
  element.contentWindow = { parent: globalThis };
  element.setAttribute("src", "https://b.test/");
  if (allow !== undefined) element.setAttribute("allow", allow);
  page.document.head.append(element);
  return element;
}
const loaded = (target: object): unknown => page.document.dispatchEvent({ type: "load", target });

test("the page does not see what a frame says of itself, and sees everything else", () => {
  const { contentWindow } = frame();
  const own = contentWindow ?? {};
  const { seen, nonce } = announce(own);
  assert.equal(seen, false);
  assert.deepEqual(told, [{ type: "allow", nonce, found: true, src: "https://b.test/" }]);
  for (const [what, more] of Object.entries({
    "a message of the page's own": { data: { hello: "portside:frame" } },
    "an event that a script made": { isTrusted: false },
    "a nonce that is none": { data: { "portside:frame": "short" } },
    "a message without a port": { ports: [] },
    "a window that is no frame of the page": { source: { parent: {} } },
  }))
    assert.equal(announce(own, more).seen, true, what);
  assert.equal(told.length, 1);
});

test("what is told is what the element says of sockets, and nothing of other features", () => {
  const element = frame("camera; direct-sockets *; microphone 'none'");
  element.setAttribute("sandbox", "allow-scripts");
  const { nonce } = announce(element.contentWindow ?? {});
  assert.deepEqual(told, [
    { type: "allow", nonce, found: true, allow: " direct-sockets *", sandbox: "allow-scripts", src: "https://b.test/" },
  ]);
});

test("a frame in a closed shadow root is found, and a window that no element holds is not", () => {
  const host = page.document.createElement("div");
  page.document.head.append(host);
  const element = frame("direct-sockets");
  host.attachShadow({ mode: "closed" }).append(element);
  announce(element.contentWindow ?? {});
  announce({ parent: globalThis });
  assert.deepEqual(
    told.map(({ found }) => found),
    [true, false],
  );
});

test("allow that is changed after the frame has loaded: until the next load nobody can say what is in force", () => {
  const element = frame();
  const found = (): unknown => {
    announce(element.contentWindow ?? {});
    return told.at(-1)?.["found"];
  };
  loaded(element);
  assert.equal(found(), true);
  element.setAttribute("allow", "direct-sockets");
  assert.equal(found(), false);
  loaded(element);
  assert.equal(found(), true);
});
