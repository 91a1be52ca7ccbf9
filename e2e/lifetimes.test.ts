// A socket never outlives its document's active life, and nothing that stops keeps a page waiting: whatever goes away, the far end
// sees the close within two seconds, the page gets the right error, and the next open works.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { attempt, openStage, openTCP, to, plainPage, type Page, type Stage, type WithTCP } from "./stage.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { isAlive } from "./world/proc.ts";
import { until } from "./world/wait.ts";

/** What the far end must have seen after at most this many ms. */
const limit = 2_000;

const life = lifeOfSuite("lifetimes");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

/** Makes the page wait for the end of its socket; `ending` tells how it went. */
async function watchSocket(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { socket } = window as unknown as WithTCP;
    const name = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => "",
        (e: unknown) => (e as Error).name,
      );
    const writer = socket.writable.getWriter();
    Object.assign(window, { ending: Promise.all([name(socket.readable.getReader().read()), name(writer.closed)]) });
  });
}
const ending = (): Promise<string[]> => (window as unknown as { ending: Promise<string[]> }).ending;
const reconnect = (remotePort: number): Promise<string> =>
  navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
    async (socket) => {
      const writer = socket.writable.getWriter();
      await writer.write(new TextEncoder().encode("again"));
      await writer.close();
      return await new Response(socket.readable).text();
    },
    (e: unknown) => (e as Error).name,
  );

/** Does `leave`, and checks that the peer saw its connection close in time. */
async function closesInTime(peer: peers.TcpPeer, leave: () => Promise<unknown>, index = 0): Promise<void> {
  const connection = await peer.connection(index);
  const start = Date.now();
  await leave();
  const closedAt = await connection.waitUntilClosed(limit + 3_000);
  assert.ok(closedAt - start <= limit, `the far end saw the close after ${(closedAt - start).toString()} ms`);
}

describe("the document goes away", () => {
  test("the tab closes", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await closesInTime(peer, () => page.close());
  });

  test("it navigates elsewhere", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await closesInTime(peer, () => page.goto(stage.pages.serve("https://b.test/", plainPage)));
    await page.close();
  });

  test("it reloads", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await closesInTime(peer, () => page.reload());
    await page.close();
  });

  test("it goes into the back/forward cache and comes out: sockets ended with NetworkError, the next open works", async (t) => {
    // With the lane's frame in it, no page goes there; so this is without one (see lane.test.ts).
    const own = lifeOf(t);
    const there = await openStage(own, { host: { policy: { dataLane: "off" } } });
    const peer = await peers.echoPeer(own);
    const page = await there.open("https://cached.test/");
    await openTCP(there, page, peer);
    await watchSocket(page);
    await closesInTime(peer, () => page.goto(there.pages.serve("https://b.test/", plainPage)));
    const { restored } = await page.back();
    assert.equal(restored, true, "the page did not come out of the back/forward cache");
    assert.deepEqual(await page.evaluate(ending), ["NetworkError", "NetworkError"]);
    assert.equal(await page.evaluate(reconnect, peer.port), "again");
  });

  test("its renderer crashes", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await closesInTime(peer, () => page.crash());
    await page.close();
  });

  test("its frame is removed", async () => {
    const peer = await peers.echoPeer(life);
    const inner = stage.pages.serve("https://a.test/inner", plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve("https://a.test/outer", `<iframe id=f src="${inner}"></iframe>`),
    );
    const frame = await page.frame("#f", { url: /inner/ });
    const opened = attempt(frame, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    await closesInTime(peer, () =>
      page.evaluate(() => {
        document.querySelector("#f")?.remove();
      }),
    );
    await page.close();
  });
});

describe("a part of Portside goes away", () => {
  test("the worker is stopped: sockets end, the next open works, and what was remembered is still there", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://worker.test/");
    await openTCP(stage, page, peer);
    await watchSocket(page);
    await closesInTime(peer, () => stage.browser.stopBackground());
    assert.deepEqual(await page.evaluate(ending), ["NetworkError", "NetworkError"]);
    assert.equal(
      await page.evaluate(reconnect, peer.port),
      "again",
      "allowed once for this document, and the worker's stop forgets nothing",
    );
    await page.close();
  });

  test("the host is killed: sockets end with NetworkError, the next open starts a new one", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await watchSocket(page);
    const [host] = stage.browser.hosts();
    assert.ok(host !== undefined, "no host runs");
    await closesInTime(peer, () => Promise.resolve(process.kill(host, "SIGKILL")));
    assert.deepEqual(await page.evaluate(ending), ["NetworkError", "NetworkError"]);
    assert.equal(await page.evaluate(reconnect, peer.port), "again");
    const [next] = stage.browser.hosts();
    assert.ok(next !== undefined && next !== host, "no new host runs");
    await page.close();
  });

  test("the worker is stopped while a question is on the screen: the window goes, the page may ask again", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://question.test/");
    const first = attempt(page, to(peer));
    const prompt = await stage.person.seesPrompt();
    await stage.browser.stopBackground();
    assert.equal(await first, "NetworkError");
    await prompt.page.waitUntilClosed();
    const second = attempt(page, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await second, "");
    await page.close();
  });

  test("the host dies while a question is on the screen: the answer still counts", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://question.test/");
    const opened = attempt(page, to(peer));
    const prompt = await stage.person.seesPrompt();
    const [host] = stage.browser.hosts();
    assert.ok(host !== undefined, "no host runs");
    process.kill(host, "SIGKILL");
    await until("the host to be gone", () => !isAlive(host));
    await prompt.allowOnce();
    assert.equal(await opened, "");
    await page.close();
  });

  test("the extension is reloaded: sockets end, and the page that was there can open again", async (t) => {
    const own = await openStage(lifeOf(t));
    const peer = await peers.echoPeer(own.life);
    const page = await own.open("https://reload.test/");
    await openTCP(own, page, peer);
    await watchSocket(page);
    await page.evaluate(() => {
      Object.assign(window, { before: navigator.openTCPSocket.bind(navigator) });
    });
    await closesInTime(peer, () => own.browser.reloadExtension());
    assert.deepEqual(await page.evaluate(ending), ["NetworkError", "NetworkError"]);
    // The new copy of the extension reaches the old page too; a reload empties session storage, so the user is asked again.
    const asked = page.evaluateOnClick(
      "#go",
      async (remotePort: number) => {
        for (;;) {
          try {
            const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
            return socket.remotePort;
          } catch (error) {
            // Until the new scripts are in, the old ones answer.
            if ((error as Error).name !== "NetworkError") return (error as Error).name;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      },
      peer.port,
    );
    await own.person.allowsOnce();
    assert.equal(await asked, peer.port);
    // The copy that is replaced has let go of the page: it answers at once, and has nobody to ask.
    const old = await page.evaluate(async () => {
      const { before } = window as unknown as { before: typeof navigator.openTCPSocket };
      try {
        await before({ remoteAddress: "127.0.0.1", remotePort: 9 });
        return "";
      } catch (error) {
        return (error as Error).name;
      }
    });
    assert.equal(old, "NetworkError");
    await page.close();
  });

  test("the extension is reloaded again and again: an open page keeps nothing of the copies that are gone", async (t) => {
    const own = await openStage(lifeOf(t));
    const page = await own.open("https://reload.test/");
    /** When the copy that is there has answered, and the garbage is gone. */
    const listeners = async (): Promise<number> => {
      await page.evaluate(async () => {
        for (;;) {
          const name = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: 9 }).then(
            () => "",
            (error: unknown) => (error as Error).name,
          );
          if (name === "NotAllowedError") return;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      return await page.eventListeners();
    };
    const counts = [await listeners()];
    for (let n = 0; n < 3; n++) {
      await own.browser.reloadExtension();
      counts.push(await listeners());
    }
    t.diagnostic(`event listeners after each reload: ${counts.join(", ")}`);
    assert.ok(Math.max(...counts) <= (counts[0] ?? 0) + 2, "listeners of old copies are still there");
    await page.close();
  });

  test("the browser is killed: the far end sees it, and no host stays behind", async (t) => {
    const own = await openStage(lifeOf(t));
    const peer = await peers.echoPeer(own.life);
    const page = await own.open();
    await openTCP(own, page, peer);
    const hosts = own.browser.hosts();
    assert.equal(hosts.length, 1);
    await closesInTime(peer, () => own.browser.kill());
    await until("the host to be gone", () => hosts.every((pid) => !isAlive(pid)), { timeout: limit });
  });

  test("the browser is closed in order: the same", async (t) => {
    const own = await openStage(lifeOf(t));
    const peer = await peers.echoPeer(own.life);
    const page = await own.open();
    await openTCP(own, page, peer);
    const hosts = own.browser.hosts();
    await closesInTime(peer, () => own.browser.close());
    await until("the host to be gone", () => hosts.every((pid) => !isAlive(pid)), { timeout: limit });
  });
});

describe("nothing goes away", () => {
  test(
    "an idle worker stays while a socket is open, and lets the host go half a minute after the last one",
    { timeout: 120_000 },
    async (t) => {
      const own = await openStage(lifeOf(t));
      const peer = await peers.echoPeer(own.life);
      const page = await own.open();
      await openTCP(own, page, peer);
      const [host] = own.browser.hosts();
      assert.ok(host !== undefined, "no host runs");
      // Chromium stops an idle worker after 30 s. Nothing is sent meanwhile, and nothing is attached to the worker.
      await new Promise((resolve) => setTimeout(resolve, 40_000));
      assert.equal(isAlive(host), true);
      const text = await page.evaluate(async () => {
        const { socket } = window as unknown as WithTCP;
        const writer = socket.writable.getWriter();
        await writer.write(new TextEncoder().encode("still here"));
        await writer.close();
        return await new Response(socket.readable).text();
      });
      assert.equal(text, "still here");
      await until("the host to be let go", () => !isAlive(host), { timeout: 45_000, every: 500 });
      assert.equal(await page.evaluate(reconnect, peer.port), "again", "the next open starts a host again");
      await page.close();
    },
  );

  test("the host keeps no descriptor of a closed socket", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const [host] = stage.browser.hosts();
    assert.ok(host !== undefined, "no host runs");
    const { openDescriptors } = await import("./world/proc.ts");
    const start = openDescriptors(host);
    for (let i = 0; i < 15; i++) assert.equal(await page.evaluate(reconnect, peer.port), "again");
    await until("the descriptors to be closed", () => openDescriptors(host) <= start);
    assert.ok(
      readFileSync(`/proc/${host.toString()}/status`, "utf8").includes("portside"),
      "the process is not the host",
    );
    await page.close();
  });
});
