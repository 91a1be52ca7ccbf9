// What a page hears while a socket opens: the other end of the private port is the test's.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { handoverEvent, pageError, type ContentMessage, type PageMessage } from "../../protocol/page.ts";

const reported: unknown[] = [];
const surroundings = {
  window: new EventTarget(),
  document: new EventTarget(),
  reportError: (error: unknown) => reported.push(error),
  // The one thing that the page script takes at its start and Node lacks.
  Document: class {
    get defaultView(): null {
      return null;
    }
  },
};
Object.assign(globalThis, surroundings);
const { openSocket, takePort } = await import("./link.ts");

const { port1: content, port2 } = new MessageChannel();
takePort(() => undefined);
surroundings.window.dispatchEvent(new MessageEvent(handoverEvent, { ports: [port2] }));
after(() => {
  content.close();
});

/** Says something to the page, and waits until it has heard it: whoever listens last is told last. */
function say(...messages: ContentMessage[]): Promise<void> {
  return new Promise((resolve) => {
    let left = messages.length;
    port2.addEventListener("message", function listener() {
      if (--left > 0) return;
      port2.removeEventListener("message", listener);
      resolve();
    });
    for (const message of messages) content.postMessage(message);
  });
}

/** Opens a socket that is never there. Tells its id, its error once there is one, and the states. */
async function open(more: object = {}): Promise<{ id: number; states: string[]; failed: Promise<Error> }> {
  const states: string[] = [];
  const onstate = (state: string): void => {
    states.push(state);
  };
  const asked = new Promise<PageMessage>((resolve) => {
    content.onmessage = ({ data }: MessageEvent<PageMessage>) => {
      if (data.type === "open") resolve(data);
    };
  });
  const failed = openSocket("tcp", { open: {}, onstate, ...more }, () => assert.fail()).then(
    () => assert.fail(),
    (error: unknown) => error as Error,
  );
  return { id: (await asked).id, states, failed };
}

test("states are told in order, each to its own open, and none after the end", async () => {
  const [one, two] = [await open(), await open()];
  await say({ type: "state", id: one.id, state: "asking" }, { type: "state", id: two.id, state: "connecting" });
  await say(
    { type: "state", id: one.id, state: "connecting" },
    { type: "failed", id: one.id, error: pageError("NetworkError") },
    { type: "state", id: one.id, state: "asking" },
  );
  assert.deepEqual(one.states, ["asking", "connecting"]);
  assert.deepEqual(two.states, ["connecting"]);
  assert.equal((await one.failed).name, "NetworkError");
  await say({ type: "failed", id: two.id, error: pageError("NetworkError") });
});

test("an open that the page withdraws tells nothing more", async () => {
  const controller = new AbortController();
  const { id, states, failed } = await open({ signal: controller.signal });
  controller.abort();
  await say({ type: "state", id, state: "asking" });
  assert.deepEqual(states, []);
  assert.equal((await failed).name, "AbortError");
});

test("what onstate throws is reported, and changes nothing", async () => {
  const mine = new Error("mine");
  const onstate = (): never => {
    throw mine;
  };
  const { id, failed } = await open({ onstate });
  await say(
    { type: "state", id, state: "asking" },
    { type: "failed", id, error: pageError("NetworkError", "refused") },
  );
  assert.deepEqual(reported.splice(0), [mine]);
  assert.equal((await failed).name, "NetworkError");
});

test("a reason is a readonly property of the error's own, in the usual words; without one there is none", async () => {
  for (const reason of ["refused", undefined] as const) {
    const { id, failed } = await open();
    await say({ type: "failed", id, error: pageError("NetworkError", reason) });
    const error = await failed;
    assert.equal(error.message, pageError("NetworkError").message);
    assert.deepEqual(
      Object.getOwnPropertyDescriptor(error, "reason"),
      reason && { value: reason, enumerable: true, writable: false, configurable: false },
    );
  }
});
