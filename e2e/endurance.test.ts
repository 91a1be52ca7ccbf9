// `make endurance`: a long day in minutes. Thousands of sockets, hundreds of tabs, a background that stops again and again: memory stays flat, and
// nothing is left behind. In Chromium, or with BROWSER=firefox in Firefox.
import assert from "node:assert/strict";
import { before, test, type TestContext } from "node:test";
import { attempt, openStage, to, type Page, type Stage } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { openDescriptors } from "./world/proc.ts";
import { until } from "./world/wait.ts";

const MiB = 1 << 20;
const life = lifeOfSuite("endurance");
let stage: Stage;
let peer: peers.TcpPeer;

before(async () => {
  // The host's own limits are not what is measured.
  const limits = { attemptBurst: 10_000, attemptsPerSecond: 1_000, attemptsPerMinuteOverall: 100_000 };
  stage = await openStage(life, { host: { policy: { limits } } });
  peer = await peers.echoPeer(life);
  const page = await stage.open("https://a.test/");
  const opened = attempt(page, to(peer));
  await stage.person.allowsAndRemembers();
  assert.equal(await opened, "");
});

/** What is held when garbage was collected: memory in MiB, and descriptors of the hosts. */
interface Held {
  extension: number;
  hosts: number;
  descriptors: number;
  count: number;
}

async function held(): Promise<Held> {
  const { browser } = stage;
  await browser.collectGarbage();
  const { extension, hosts } = await browser.memory();
  assert.ok(extension !== undefined, "the extension's process runs");
  return {
    extension: extension.resident / MiB,
    hosts: hosts.reduce((sum, { resident }) => sum + resident, 0) / MiB,
    descriptors: browser.hosts().reduce((sum, pid) => sum + openDescriptors(pid), 0),
    count: browser.hosts().length,
  };
}

/** Compares what is held at the end with what was held when all had been done for the first time. */
function isFlat(t: TestContext, what: string, steps: readonly Held[]): void {
  const shown = (of: (held: Held) => number): string => steps.map((one) => of(one).toFixed(0)).join(", ");
  t.diagnostic(
    `${what}: the extension's process ${shown(({ extension }) => extension)} MiB, hosts ${shown(({ hosts }) => hosts)} MiB, ` +
      `descriptors of hosts ${shown(({ descriptors }) => descriptors)}`,
  );
  const [first, last] = [steps[0], steps.at(-1)];
  assert.ok(first !== undefined && last !== undefined, "it was measured");
  // What engines and runtimes keep for themselves comes and goes: up to 6 MiB were seen, and two descriptors.
  assert.ok(last.extension < first.extension + 16, `the extension's process: ${last.extension.toFixed(0)} MiB`);
  assert.ok(last.hosts < first.hosts + 4, `hosts: ${last.hosts.toFixed(0)} MiB`);
  assert.ok(last.descriptors <= first.descriptors + 2, `descriptors: ${last.descriptors.toString()}`);
  assert.equal(last.count, 1, "hosts");
}

const allClosed = (): boolean => peer.connections.every(({ closedAt }) => closedAt !== undefined);
/** All but that of the page that stays. */
const othersClosed = (): boolean => peer.connections.slice(1).every(({ closedAt }) => closedAt !== undefined);

/** Opens sockets one after the other, so many at a time, and closes each when its byte has come back. Resolves with how many did. */
async function opens(page: Page, times: number, parallel: number): Promise<number> {
  page.patience = 120_000;
  return await page.evaluate(
    async (remotePort: number, count: number, atATime: number) => {
      let begun = 0;
      let done = 0;
      const one = async (): Promise<void> => {
        while (begun++ < count) {
          const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
          const writer = socket.writable.getWriter();
          await writer.write(new Uint8Array([7]));
          const { value } = await socket.readable.getReader().read();
          if ((value as Uint8Array)[0] === 7) done++;
          await socket.close();
        }
      };
      await Promise.all(Array.from({ length: atATime }, one));
      return done;
    },
    peer.port,
    times,
    parallel,
  );
}

test("five thousand sockets of five documents", { timeout: 600_000 }, async (t) => {
  const steps: Held[] = [];
  for (let n = 0; n < 5; n++) {
    const page = await stage.open("https://a.test/");
    assert.equal(await opens(page, 1_000, 8), 1_000);
    await page.close();
    await until("the first document's socket to be the only one", othersClosed);
    steps.push(await held());
  }
  isFlat(t, "after each thousand sockets", steps);
});

test("two hundred tabs, each with a socket, ten at a time", { timeout: 600_000 }, async (t) => {
  const steps: Held[] = [];
  const before = peer.connections.length;
  for (let n = 0; n < 20; n++) {
    const pages = await Promise.all(Array.from({ length: 10 }, () => stage.open("https://a.test/")));
    assert.deepEqual(
      await Promise.all(pages.map((page) => attempt(page, to(peer), { click: false }))),
      pages.map(() => ""),
    );
    for (const page of pages) await page.close();
    if (n % 5 === 4) steps.push(await held());
  }
  assert.equal(peer.connections.length - before, 200);
  await until("their sockets to be closed", othersClosed);
  steps.push(await held());
  isFlat(t, "after each fifty tabs, and at the end", steps);
});

test(
  "the background stops thirty times: what is remembered holds, and one host is left",
  { timeout: 600_000 },
  async (t) => {
    const steps: Held[] = [];
    const page = await stage.open("https://a.test/");
    for (let n = 0; n < 30; n++) {
      await stage.browser.stopBackground();
      // What was open has ended with it; until the page's scripts have noticed, opens fail as if the host had gone.
      const opened = await until("a socket after the stop", async () => {
        const name = await attempt(page, to(peer), { click: false });
        return name === "NetworkError" ? undefined : { name };
      });
      assert.equal(opened.name, "");
      if (n % 10 === 9) {
        await until("one host to be left", () => stage.browser.hosts().length === 1);
        steps.push(await held());
      }
    }
    await page.close();
    await until("their sockets to be closed", allClosed);
    steps.push(await held());
    isFlat(t, "after each ten stops, and at the end", steps);
  },
);
