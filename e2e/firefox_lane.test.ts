// Firefox's lane: the background brings the WebSocket, and carries the document's bytes. What a page sees of a carrier the other suites show; here is
// that there is one, and that it goes with its document.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { before, describe, test } from "node:test";
import { openStage, openTCP, type Stage, type WithTCP } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { browserName } from "./world/places.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("Firefox's lane");

/** How many connections the hosts of the browser have, but for those to the peer. */
function lanes({ browser }: Stage, peer: number): number {
  const inodes = new Set(
    browser.hosts().flatMap((pid) =>
      readdirSync(`/proc/${pid.toString()}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid.toString()}/fd/${fd}`))?.[1] ?? [];
        } catch {
          return []; // closed meanwhile
        }
      }),
    ),
  );
  const far = `:${peer.toString(16).toUpperCase().padStart(4, "0")}`;
  const established = "01";
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , remote = "", state, , , , , , inode = ""]) =>
        state === established && inodes.has(inode) && !remote.endsWith(far),
    ).length;
}

describe("Firefox's lane", { skip: browserName !== "firefox" && "the lane of BROWSER=firefox" }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage(life);
  });

  test("a megabyte goes by the lane and comes back whole; the lane goes with the document", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://lane.test/");
    await openTCP(stage, page, peer);
    const whole = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const bytes = new Uint8Array(1 << 20).map((_, i) => i * 7 + (i >> 8));
      const writer = socket.writable.getWriter();
      void writer.write(bytes);
      const reader = socket.readable.getReader();
      let at = 0;
      while (at < bytes.length) {
        const { done, value } = await reader.read();
        if (done || value.some((byte, i) => byte !== bytes[at + i])) return false;
        at += value.length;
      }
      return true;
    });
    assert.equal(whole, true);
    assert.equal(lanes(stage, peer.port), 1);
    await page.close();
    await until("the lane to go with its document", async () => (lanes(stage, peer.port) === 0 ? true : undefined));
  });
});
