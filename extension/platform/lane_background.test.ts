// The lane in Firefox: the content script's part and the background's. The WebSocket and the runtime port are made up; the two parts are joined by it.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { laneMessages } from "../../protocol/lane.ts";
import type { LaneRequest } from "../../protocol/lane.ts";
import { laneKinds, reopensAtOnce, firstReopenedId } from "../../protocol/message.ts";
import type { LaneAccount } from "./platform.ts";

/** One end of a runtime port. Of `disconnect` only the other end hears. */
class End {
  readonly heard: ((message: unknown) => void)[] = [];
  readonly ends: (() => void)[] = [];
  readonly onMessage = { addListener: (listener: (message: unknown) => void) => this.heard.push(listener) };
  readonly onDisconnect = { addListener: (listener: () => void) => this.ends.push(listener) };
  other!: End;
  open = true;
  postMessage(message: unknown): void {
    assert.ok(this.open, "the port is open");
    for (const hear of this.other.heard) hear(structuredClone(message));
  }
  disconnect(): void {
    if (!this.open) return;
    this.open = this.other.open = false;
    for (const end of this.other.ends) end();
  }
}

class FakeSocket {
  static last: FakeSocket;
  readonly sent: ArrayBuffer[] = [];
  protocol = "portside.lane.2";
  closed = false;
  onopen: () => void = () => undefined;
  onmessage: (event: { data: ArrayBuffer }) => void = () => undefined;
  onclose: (() => void) | null = null;
  readonly url: string;
  readonly protocols: string[];
  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.last = this;
  }
  send(message: ArrayBuffer): void {
    this.sent.push(message);
  }
  close(): void {
    this.closed = true;
  }
}

let joined: End;
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  chrome: {
    runtime: {
      connect: ({ name }: { name: string }) => {
        assert.equal(name, "lane:key");
        return joined;
      },
    },
  },
});
mock.timers.enable({ apis: ["setTimeout"] });
const { LanePort, messageBytes } = await import("./lane_port.ts");
const { relayLane } = await import("./lane_relay.ts");

let allowed: boolean;
let misfits: number;
const account: LaneAccount = {
  allows: () => allowed,
  misfit: () => misfits++,
  heard: () => undefined,
};
/** A lane whose WebSocket is not open yet. */
function lane(): {
  ours: InstanceType<typeof LanePort>;
  end: () => void;
  socket: FakeSocket;
  background: End;
  page: { up: unknown[][]; heard: object[] };
} {
  const [document, background] = [new End(), new End()];
  document.other = background;
  background.other = document;
  joined = document;
  const page = { up: [] as unknown[][], heard: [] as object[] };
  const ours = new LanePort("key", {
    up: (...how) => page.up.push(how),
    hear: (event) => page.heard.push(event),
  });
  const end = relayLane(background as never, { port: 7, ticket: "ticket" }, account);
  return { ours, end, socket: FakeSocket.last, background, page };
}
beforeEach(() => {
  allowed = true;
  misfits = 0;
});
const shutdown: LaneRequest = { type: "shutdown", id: 5 };

test("the lane is up when the WebSocket is; what is said goes over it, and back to the page", () => {
  const { ours, socket, page } = lane();
  const settled = mock.fn();
  ours.settled(settled);
  assert.deepEqual([page.up, settled.mock.callCount()], [[], 0]);
  assert.equal(socket.url, "ws://127.0.0.1:7/");
  assert.equal(socket.protocols.at(-1), "portside.ticket.ticket");
  socket.onopen();
  assert.deepEqual([page.up, settled.mock.callCount()], [[[undefined, messageBytes]], 1]);
  ours.say(shutdown);
  assert.deepEqual(socket.sent, laneMessages(shutdown));
  const data = new Uint8Array([laneKinds.data, 0, 0, 0, 5, 0, 0, 0, 1, 2]);
  socket.onmessage({ data: data.buffer });
  assert.deepEqual(page.heard, [{ type: "data", id: 5, data: new Uint8Array([1, 2]).buffer }]);
});

test("what does not fit reaches no host and is told to the account, and what that does not allow reaches none either", () => {
  const { background, socket } = lane();
  socket.onopen();
  const long = new ArrayBuffer(1 << 20);
  for (const words of [
    undefined,
    null,
    5,
    "shutdown",
    {},
    { type: "shutdown", id: -1 },
    { type: "write", id: 1, data: long },
  ])
    background.other.postMessage(words);
  assert.deepEqual([misfits, socket.sent], [7, []]);
  allowed = false;
  background.other.postMessage(shutdown);
  assert.deepEqual([misfits, socket.sent], [7, []]);
});

test("the WebSocket does not come: what waits goes on at once, and nothing is left", () => {
  const { ours, socket, page, background } = lane();
  const settled = mock.fn();
  ours.settled(settled);
  socket.onclose?.();
  assert.equal(settled.mock.callCount(), 1);
  assert.deepEqual([page.up, page.heard], [[], [{ type: "laneLost" }]]);
  assert.equal(background.open, false);
});

test("it does not answer: what waits goes on after half a second", () => {
  const { ours } = lane();
  const settled = mock.fn();
  ours.settled(settled);
  mock.timers.tick(499);
  assert.equal(settled.mock.callCount(), 0);
  mock.timers.tick(1);
  assert.equal(settled.mock.callCount(), 1);
});

test("whoever ends it, the other end closes: the document, the broker, the host", () => {
  const left = lane();
  left.socket.onopen();
  left.ours.remove();
  assert.deepEqual([left.socket.closed, left.background.open], [true, false]);
  left.socket.onclose?.(); // the browser tells of it later: nobody is left to be told

  const ended = lane();
  ended.socket.onopen();
  ended.end();
  assert.deepEqual(
    [ended.socket.closed, ended.background.open, ended.page.heard],
    [true, false, [{ type: "laneLost" }]],
  );

  const gone = lane();
  gone.socket.onopen();
  gone.socket.onclose?.();
  assert.deepEqual([gone.background.open, gone.page.heard], [false, [{ type: "laneLost" }]]);
});

test("of a page's opens so many are asked for at a time; the others are declined here, and reach no background", () => {
  const { ours, socket, page } = lane();
  socket.onopen();
  for (let id = 1; id <= reopensAtOnce + 2; id++) ours.say({ type: "open", id: firstReopenedId + id, of: 1 });
  assert.equal(socket.sent.length, reopensAtOnce);
  const declined = (id: number): object => ({ type: "declined", id: firstReopenedId + id });
  assert.deepEqual(page.heard, [declined(reopensAtOnce + 1), declined(reopensAtOnce + 2)]);
  const answer = new Uint8Array(8);
  answer[0] = laneKinds.declined;
  new DataView(answer.buffer).setUint32(4, firstReopenedId + 1, true);
  socket.onmessage({ data: answer.buffer });
  ours.say({ type: "open", id: firstReopenedId + 900, of: 1 });
  assert.equal(socket.sent.length, reopensAtOnce + 1);
});
