// What the first content script keeps until the rest is there, with a made-up document and a made-up background.

import assert from "node:assert/strict";
import { after, beforeEach, mock, test } from "node:test";
import "../fake/globals.ts";
import { installWindow } from "../fake/document.ts";
import { restMessage, type PageMessage } from "../../protocol/page.ts";
import type { Beginning, FrameWord } from "./early.ts";

const page = installWindow();
/** What the background was asked, and how it answers. */
const called: unknown[] = [];
let answer: (there?: boolean) => void = () => undefined;
let refuse: () => void = () => undefined;
let gone = false;
const runtime = {
  id: "us",
  sendMessage: (message: unknown) => {
    if (gone) throw new Error("Extension context invalidated.");
    called.push(message);
    return new Promise<boolean | undefined>((resolve, reject) => {
      answer = resolve;
      refuse = () => {
        reject(new Error("Could not establish connection. Receiving end does not exist."));
      };
    });
  },
};
Object.assign(globalThis, { chrome: { runtime } });
const { watchPresses } = await import("./activation.ts");
const { WaitingRoom } = await import("./waiting_room.ts");
watchPresses((_, type, listener) => {
  addEventListener(type, listener as EventListener);
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

let room = new WaitingRoom();
let port: MessagePort | undefined;
const heard: { type: string; id?: number; error?: { name: string } }[] = [];
function close(): void {
  port?.close();
}
after(close);
beforeEach(() => {
  close();
  const { port1, port2 } = new MessageChannel();
  port = port1;
  port.onmessage = ({ data }: MessageEvent<(typeof heard)[number]>) => heard.push(data);
  room = new WaitingRoom();
  room.page = port2;
  called.length = heard.length = 0;
  gone = page.isActive = false;
});
const say = (message: PageMessage): void => port?.postMessage(message);
const probe = (id: number): PageMessage => ({ type: "probe", id, evalBlocked: true });
/** The rest comes. Returns what it finds. */
function begin(fromFrame = (_: FrameWord): void => undefined): Beginning | undefined {
  let found: Beginning | undefined;
  room.begin((beginning) => {
    found = beginning;
    return { fromFrame };
  });
  return found;
}
const ids = ({ asked }: Pick<Beginning, "asked">): number[] => asked.map(({ message }) => message.id);

test("the background is asked once, and what the page asks for waits in its order; what it gives up does not", async () => {
  for (const id of [1, 2, 3]) say(probe(id));
  say({ type: "close", id: 2 });
  await settled();
  assert.deepEqual(called, [restMessage]);
  const found = begin();
  assert.ok(found !== undefined, "it begins");
  assert.deepEqual(ids(found), [1, 3]);
  answer(true);
  await settled();
  assert.deepEqual(heard, [], "the page hears nothing of it");
  assert.equal(begin(), undefined, "it begins once");
});

test("a gesture counts that was there when the page asked, and none that came later", async () => {
  say(probe(1));
  await settled();
  page.isActive = true;
  say(probe(2));
  await settled();
  page.isActive = false;
  const [first, second] = begin()?.asked ?? [];
  assert.equal(first?.activation, undefined);
  assert.ok(second?.activation !== undefined, "it was there");
});

test("one more waits than may be under way; those beyond are refused as too many", async () => {
  for (let id = 1; id <= 200; id++) say(probe(id));
  await settled();
  assert.equal(heard.length, 71);
  assert.ok(
    heard.every(({ type, error }) => type === "failed" && error?.name === "QuotaExceededError"),
    "they are refused for another reason",
  );
  assert.equal(begin()?.asked.length, 129);
});

test("what frames say waits for the rest, a thousand of them, and then goes there", () => {
  const word = (nonce: number): FrameWord => ({ source: globalThis as never, origin: "", nonce: String(nonce) });
  for (let n = 0; n < 1_001; n++) room.fromFrame(word(n));
  assert.deepEqual(called, [restMessage]);
  const later: string[] = [];
  assert.equal(begin(({ nonce }) => later.push(nonce))?.frames.length, 1_000);
  room.fromFrame(word(5));
  assert.deepEqual(later, ["5"]);
});

test("where the rest does not come, or the document leaves before, the page hears that all is lost, and may ask again", async () => {
  const ends: [string, () => void][] = [
    [
      "the background says no",
      () => {
        answer(false);
      },
    ],
    ["the document leaves", () => page.dispatchEvent({ type: "pagehide" })],
  ];
  for (const [what, end] of ends) {
    say(probe(1));
    await settled();
    assert.deepEqual(called.splice(0), [restMessage], what);
    end();
    await settled();
    assert.deepEqual(heard.splice(0), [{ type: "lost" }], what);
  }
  assert.deepEqual(begin()?.asked, []);
});

test("where the browser stops the background at that moment, the rest is asked for once more", async () => {
  for (const [what, stop] of [
    [
      "nobody answers",
      () => {
        answer();
      },
    ],
    [
      "nobody is there",
      () => {
        refuse();
      },
    ],
  ] as const) {
    say(probe(1));
    await settled();
    stop();
    await settled();
    assert.deepEqual([called.splice(0), heard], [[restMessage, restMessage], []], what);
    stop();
    await settled();
    assert.deepEqual([called, heard.splice(0)], [[], [{ type: "lost" }]], what);
  }
});

test("where the rest never comes, and nobody says so, the page hears after ten seconds that all is lost", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  say(probe(1));
  await settled();
  t.mock.timers.tick(9_999);
  await settled();
  assert.deepEqual(heard, []);
  t.mock.timers.tick(1);
  await settled();
  assert.deepEqual(heard.splice(0), [{ type: "lost" }]);
  // It may ask again, and is answered; the time of what came does not go on.
  say(probe(2));
  await settled();
  assert.deepEqual(called, [restMessage, restMessage]);
  assert.deepEqual(begin()?.asked.length, 1);
  t.mock.timers.tick(20_000);
  await settled();
  assert.deepEqual(heard, []);
});

test("where the extension is gone, the developer hears so, and the page that all is lost", async () => {
  const warn = mock.method(console, "warn", () => undefined);
  gone = true;
  say(probe(1));
  await settled();
  assert.deepEqual(heard, [{ type: "lost" }]);
  assert.equal(warn.mock.callCount(), 1);
});
