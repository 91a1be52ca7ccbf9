// The frame that has a document's lane, as the page could see it; with a made-up document.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installWindow } from "../fake/document.ts";

const page = installWindow();
Object.assign(globalThis, {
  // Node knows no origin of chrome-extension:
  chrome: { runtime: { getURL: (path: string) => `https://extension.example/${path}` } },
});
const { LaneFrame } = await import("./lane_frame.ts");

test("the frame sits in a closed shadow root; its key goes to the extension's own origin, and to nobody else", () => {
  const frame = page.document.createElement("iframe");
  const create = page.document.createElement.bind(page.document);
  page.document.createElement = (name: string) => (name === "iframe" ? frame : create("div"));
  const posted: unknown[] = [];
  let port: MessagePort | undefined;
  const postMessage = (key: string, origin: string, ports: MessagePort[]): void => {
    posted.push([key, origin]);
    [port] = ports;
  };
  frame.contentWindow = { postMessage };
  const lane = new LaneFrame("a key", { up: () => undefined });

  const element = page.document.documentElement.childNodes.at(-1) as typeof frame;
  assert.equal(element.shadow?.mode, "closed");
  assert.deepEqual(element.shadow.root.childNodes, [frame]);
  assert.deepEqual(posted, []);
  frame.dispatchEvent({ type: "load" });
  assert.deepEqual(posted, [["a key", "https://extension.example"]]);

  let settled = 0;
  lane.settled(() => settled++);
  assert.equal(settled, 0);
  lane.lost();
  assert.equal(settled, 1);
  assert.equal(page.document.documentElement.childNodes.includes(element), false);
  port?.close();
});
