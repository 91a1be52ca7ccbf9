import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkBytes, laneChunkBytes, windowBytes } from "../../../protocol/message.ts";
import { MessageSize } from "./message_size.ts";

const MiB = 1 << 20;
/** What is sent before the first look, and by each step of one. */
const firstRest = 8 * MiB;
const step = windowBytes;

/** How a computer moves messages. */
interface Computer {
  /** MiB a second, in large and in small messages. */
  large: number;
  small: number;
  /** What a chunk in a large message takes the page itself, in milliseconds. */
  posting?: number;
  /** How much the rate wanders, up to some times of e: 0 is not at all. It takes a tenth of a second or so to be another one. */
  wanders?: number;
  /** How often in a second something else runs for 2 to 20 ms. */
  interruptions?: number;
  seed?: number;
}

/** A document on a computer. What it sends is under way until the credit for it comes back, a window of it at most. */
function world(computer: Computer): {
  size: MessageSize;
  /** Sends so much, for so many milliseconds at most; returns how many bytes went, and the share of them that went in large messages. */
  send(bytes: number, forMs?: number): { bytes: number; large: number };
  wait(ms: number): void;
  turn(computer: Computer): void;
} {
  let now = computer;
  let time = 0;
  let wandered = 0;
  const underWay: number[] = [];
  let seed = computer.seed ?? 1;
  /** 0 to 1. */
  const random = (): number => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  /** How long a chunk takes that is in a message of this size, in milliseconds. */
  const takes = (size: number): number => {
    const { wanders = 0, interruptions = 0 } = now;
    let ms = (1_000 * chunkBytes) / MiB / (size === laneChunkBytes ? now.large : now.small);
    if (wanders > 0) {
      const same = Math.exp(-ms / 100);
      wandered = wandered * same + wanders * Math.sqrt(1 - same * same) * normal();
      ms *= Math.exp(wandered) * (0.5 + random());
    }
    return random() < (interruptions * ms) / 1_000 ? ms + 2 + 18 * random() : ms;
  };
  // The page's clock ticks every tenth of a millisecond.
  const size = new MessageSize(() => Math.floor(time * 10) / 10);
  return {
    size,
    send(bytes, forMs = Infinity) {
      const end = time + forMs;
      let sent = 0;
      let inLarge = 0;
      for (; sent < bytes && time < end; sent += chunkBytes) {
        underWay.push(size.bytes);
        if (size.bytes === laneChunkBytes) {
          inLarge += chunkBytes;
          time += now.posting ?? 0;
        }
        if (underWay.length * chunkBytes >= windowBytes) time += takes(underWay.shift() ?? 0);
        size.sent(chunkBytes);
      }
      return { bytes: sent, large: inLarge / sent };
    },
    wait(ms) {
      time += ms;
      underWay.length = 0;
    },
    turn(computer) {
      now = computer;
    },
  };
}

const slowMemory = { large: 22, small: 50 };
const fastMemory = { large: 195, small: 158 };

test("who sends no more than some MiB never pays for a look", () => {
  const { send } = world(slowMemory);
  assert.equal(send(firstRest + step).large, 0);
});

test("where large messages are slow, a look costs less than a MiB in them", () => {
  const { size, send } = world({ ...slowMemory, posting: 1 });
  const { bytes, large } = send(16 * MiB);
  assert.ok(large > 0, "it has not looked");
  assert.ok(bytes * large < MiB, `${(bytes * large).toString()} bytes`);
  assert.equal(size.bytes, chunkBytes);
});

test("where large messages are a little slower, they are measured, and small ones stay", () => {
  const { size, send } = world({ large: 45, small: 50 });
  const { bytes, large } = send(20 * MiB);
  assert.ok(bytes * large > step && bytes * large <= 2 * step + laneChunkBytes, `${(bytes * large).toString()} bytes`);
  assert.equal(size.bytes, chunkBytes);
});

test("where large messages are faster, they are taken after one look", () => {
  const { size, send } = world(fastMemory);
  send(firstRest + 5 * step + laneChunkBytes);
  assert.equal(size.bytes, laneChunkBytes);
  const { large } = send(1_000 * MiB);
  assert.ok(large > 0.97, large.toString());
});

test("where the size makes no difference, as to a slow peer, messages stay small", () => {
  for (const rate of [5, 30, 150]) {
    const { size, send } = world({ large: rate, small: rate });
    send(200 * MiB);
    assert.equal(size.bytes, chunkBytes);
  }
});

test("it looks more and more seldom", () => {
  const { size, send } = world(slowMemory);
  const rests: number[] = [];
  for (let look = 0; look < 6; look++) {
    let sent = 0;
    for (; size.bytes === chunkBytes; sent += chunkBytes) send(chunkBytes);
    rests.push(Math.round(sent / MiB));
    while (size.bytes === laneChunkBytes) send(chunkBytes);
  }
  // What the own size is measured by comes on top.
  assert.deepEqual(
    rests.map((rest) => rest - 1),
    [8, 32, 128, 512, 1_024, 1_024],
  );
});

test("it follows what has changed", () => {
  const { size, send, turn } = world(fastMemory);
  assert.ok(send(200 * MiB).large > 0.9, "they are not large");
  turn(slowMemory);
  let until = 0;
  while (send(MiB).large > 0) until++;
  assert.ok(until < 600, `after ${until.toString()} MiB`);
  turn(fastMemory);
  send(20 * MiB); // it looks again soon after a change
  assert.equal(size.bytes, laneChunkBytes);
});

test("a connection that gets faster by itself does not make messages large", () => {
  const { size, send, turn } = world({ large: 2, small: 2 });
  let tried = 0;
  for (let rate = 2; rate < 60; rate *= 1.05) {
    turn({ large: rate, small: rate });
    tried += send(MiB).large;
  }
  assert.ok(tried > 1, "it has not looked");
  assert.ok(tried < 6, `${tried.toString()} MiB`);
  assert.equal(size.bytes, chunkBytes);
});

test("a page that pauses is measured from the beginning, by messages of its own size", () => {
  // In the midst of each step of a look.
  for (const sent of [0.5, 1.5, 2.5, 3.5, 4.5]) {
    const { size, send, wait } = world(fastMemory);
    send(firstRest + sent * step);
    wait(101);
    // What goes before the host owes credit says nothing: a window of it, and then comes the look.
    const { bytes, large } = send(2 * step - chunkBytes);
    assert.ok(bytes * large <= chunkBytes, `after ${sent.toString()}`); // the page is seen to have paused when it goes on
    send(4 * step + laneChunkBytes);
    assert.equal(size.bytes, laneChunkBytes, `after ${sent.toString()}`);
  }
});

test("large messages that make the page pause are given up, though no look at them comes to its end", () => {
  const { size, send, wait } = world({ large: 250, small: 100 });
  send(64 * MiB);
  assert.equal(size.bytes, laneChunkBytes);
  // From now on each MiB of them ends in a pause.
  const sizes = new Set<number>();
  for (let n = 0; n < 2_000; n++) {
    send(MiB);
    wait(150);
    sizes.add(size.bytes);
  }
  assert.deepEqual([...sizes], [laneChunkBytes, chunkBytes]);
});

test("a page that sends a little now and then never changes the size", () => {
  const { size, send, wait } = world({ large: 300, small: 100 });
  for (let i = 0; i < 1_000; i++) {
    send(4 * chunkBytes);
    wait(200);
    assert.equal(size.bytes, chunkBytes);
  }
});

/** Shares of large messages in this many documents that each send for 0.6 seconds, and then for five more. */
function documents(computer: Computer): { early: number; late: number; worst: number } {
  const count = 20;
  const early: number[] = [];
  const late: number[] = [];
  for (let i = 1; i <= count; i++) {
    const { send } = world({ ...computer, seed: 1_000 * i });
    early.push(send(Infinity, 600).large);
    late.push(send(Infinity, 5_000).large);
  }
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / count;
  const worst = computer.large < computer.small ? Math.max(...late) : Math.min(...late);
  return { early: mean(early), late: mean(late), worst };
}

test("the choice is steady where the rate is not", () => {
  for (const noise of [
    { wanders: 0.2, interruptions: 5 },
    { wanders: 0.5, interruptions: 20 },
  ]) {
    const slow = documents({ ...slowMemory, ...noise });
    const text = (of: object): string => `${JSON.stringify(noise)}: ${JSON.stringify(of)}`;
    assert.ok(slow.early < 0.1 && slow.late < 0.03 && slow.worst < 0.1, text(slow));
    const fast = documents({ ...fastMemory, ...noise });
    assert.ok(fast.late > 0.75, text(fast));
    const faster = documents({ large: 300, small: 200, ...noise });
    assert.ok(faster.late > 0.95 && faster.worst > 0.5, text(faster));
  }
});
