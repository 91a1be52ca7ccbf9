// What leaves this computer, and what a page can learn from refusals. The host is on a machine of the test's own, with another one beyond a
// gateway, where a real DNS server answers. Every packet is seen.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as networks from "./world/network.ts";

const life = lifeOfSuite("rules");
const port = 7777;
const outside = "93.184.215.14";
const outside6 = "2606:2800:21f::1";
/** Servers on port 443: one that takes part in CORS, one that does not, and one that speaks no HTTPS. */
const web = { cors: "93.184.217.1", plain: "93.184.217.2", mute: "93.184.217.3" };
/** An address of the network behind which nobody answers: what is sent there is lost. */
const silent = "93.184.216.34";
const inside = "10.0.0.5";
/** Public addresses of the machine that the host is on, and of its neighbour on the same link. */
const own = ["93.184.219.7", "2606:2800:219::7"] as const;
const neighbours = ["93.184.220.8", "2606:2800:220::8"] as const;

let stage: Stage;
let network: networks.Network;
let peer: networks.DistantPeer;
let home: networks.DistantPeer;
let wire: networks.Capture;
before(async () => {
  network = await networks.makeNetwork(life);
  await network.addAddresses(outside, outside6, inside, "fd00::5", ...Object.values(web));
  await network.addVoid(silent);
  await network.addOwnAddresses(...own);
  await network.addNeighbour("93.184.220.7/24", neighbours[0]);
  await network.addNeighbour("2606:2800:220::7/64", neighbours[1]);
  await networks.startNameServer(
    life,
    network,
    `--host-record=outside.example,${outside},${outside6}`,
    `--host-record=inside.example,${inside}`,
    `--host-record=inside6.example,fd00::5`,
    `--host-record=this-computer.example,127.0.0.1`,
    `--host-record=mixed.example,${outside}`,
    `--host-record=mixed.example,${inside}`,
    "--cname=alias.example,inside.example",
    "--host-record=translated.example,64:ff9b::a00:5",
    `--host-record=own6.example,${own[1]}`,
    `--host-record=half.example,${outside},${neighbours[1]}`,
    ...Object.entries(web).map(([name, address]) => `--host-record=${name}.example,${address}`),
    "--local-ttl=0",
  );
  peer = await networks.startDistantPeer(life, network, [
    ...[outside, outside6, inside, "fd00::5", ...neighbours].map((host) => ({ host, port })),
    { host: web.cors, port: 443, https: "cors" },
    { host: web.plain, port: 443, https: "plain" },
    { host: web.mute, port: 443 },
  ]);
  home = await networks.startPeer(
    life,
    network,
    ["127.0.0.1", ...own].map((host) => ({ host, port })),
  );
  wire = await networks.capture(life, network);
  stage = await openStage(life, { host: { network } });
});

/** Asks with a click, lets the user answer, and tells the error's name and how long the page waited since the answer. */
async function ask(
  page: Page,
  destination: { host: string; port: number },
  answer: "allowsOnce" | "denies",
): Promise<{ name: string; ms: number; waited: number }> {
  const called = performance.now();
  const opened = attempt(page, to(destination));
  await stage.person[answer]();
  const answered = performance.now();
  const name = await opened;
  const times = { ms: performance.now() - answered, waited: performance.now() - called };
  if (answer === "denies") await stage.person.unmutesAll();
  return { name, ...times };
}

const closeSocket = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await (window as unknown as WithTCP).socket.close();
  });

describe("before consent", () => {
  test("nothing is sent: no name is asked for, nobody is called; after Allow both happen", async () => {
    const page = await stage.open("https://quiet.test/");
    const known = (await wire.packets()).length;
    for (const destination of [
      { host: "outside.example", port },
      { host: "inside.example", port },
      { host: outside, port },
    ]) {
      const opened = attempt(page, to(destination));
      const prompt = await stage.person.seesPrompt();
      await new Promise((resolve) => setTimeout(resolve, 700));
      await prompt.deny();
      assert.equal(await opened, "NotAllowedError");
    }
    await stage.person.unmutesAll();
    assert.equal(await attempt(page, to({ host: "outside.example", port }), { click: false }), "NotAllowedError");
    assert.deepEqual((await wire.packets()).slice(known), []);
    assert.equal((await ask(page, { host: "outside.example", port }, "allowsOnce")).name, "");
    const sent = (await wire.packets()).slice(known).join("\n");
    assert.ok(sent.includes(` > ${network.nameserver}.53: `), sent);
    assert.match(sent, new RegExp(`(${outside}\\.|${outside6}\\.)${port.toString()}: tcp`));
    await closeSocket(page);
    await page.close();
  });

  test("the time of a refusal says nothing of the port: open, closed, filtered and forbidden look the same", async (t) => {
    const page = await stage.open("https://scanner.test/");
    const kinds = {
      open: { host: outside, port },
      closed: { host: outside, port: port + 1 },
      filtered: { host: silent, port },
      forbidden: { host: "inside.example", port },
    };
    const rounds = 10;
    const times = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
    const known = (await wire.packets()).length;
    for (let round = 0; round < rounds; round++) {
      for (const [kind, destination] of Object.entries(kinds).sort(() => Math.random() - 0.5)) {
        const { name, waited } = await ask(page, destination, "denies");
        assert.equal(name, "NotAllowedError", kind);
        times.get(kind)?.push(waited);
      }
    }
    assert.deepEqual((await wire.packets()).slice(known), []);
    for (const [a, as] of times) {
      t.diagnostic(`${a}: median ${median(as).toFixed(0)} ms of ${as.length.toString()}`);
      for (const [b, bs] of times) {
        // How often a time of one kind is the longer one: a half, give or take, when the kinds cannot be told apart.
        const wins = as.flatMap((x) => bs.map((y) => (x > y ? 1 : 0))).filter((won) => won === 1).length;
        const share = wins / (as.length * bs.length);
        if (a !== b) assert.ok(share > 0.08 && share < 0.92, `${a} and ${b} can be told apart: ${share.toString()}`);
      }
    }
    await page.close();
  });

  test("one consent tells of one port: without a gesture of their own no others are tried", async () => {
    const page = await stage.open("https://scanner.test/again");
    assert.equal((await ask(page, { host: outside, port }, "allowsOnce")).name, "");
    const known = (await wire.packets()).length;
    const names = await page.evaluate(
      async (host, first) => {
        const attempts = Array.from({ length: 50 }, (_, n) =>
          navigator.openTCPSocket({ remoteAddress: host, remotePort: first + n + 1 }).then(
            () => "open",
            (error: unknown) => (error as Error).name,
          ),
        );
        return [...new Set(await Promise.all(attempts))];
      },
      outside,
      port,
    );
    assert.deepEqual(names, ["NotAllowedError"]);
    assert.deepEqual((await wire.packets()).slice(known), []);
    await closeSocket(page);
    await page.close();
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe("after consent", () => {
  test("no name leads into space that is not public, however it is dressed up", async (t) => {
    const page = await stage.open("https://rebinder.test/");
    const calls = (): number => peer.connections().length + home.connections().length;
    const [known, before] = [calls(), (await wire.packets()).length];
    const late: number[] = [];
    for (const name of [
      "inside6.example",
      "this-computer.example",
      "mixed.example",
      "alias.example",
      "translated.example",
      "own6.example",
      "half.example",
    ]) {
      const { name: error, ms } = await ask(page, { host: name, port }, "allowsOnce");
      assert.equal(error, "NotAllowedError", name);
      // The host keeps a beat of a second, so that the time says nothing of the rule.
      t.diagnostic(`${name}: refused after ${ms.toFixed(0)} ms`);
      assert.ok(ms > 700, `${name}: refused ${ms.toFixed(0)} ms after the answer`);
      late.push(Math.abs(((ms + 500) % 1000) - 500));
    }
    // A busy machine may keep one of them waiting.
    assert.ok(median(late) < 300, `refused off the beat: ${late.map(Math.round).join()}`);
    assert.equal(calls(), known, "somebody was called");
    // Names were asked for, and that was all.
    const sent = (await wire.packets()).slice(before).filter((line) => !line.includes(`${network.nameserver}.53`));
    assert.deepEqual(sent, []);
    await page.close();
  });

  test("dnsQueryType keeps to one family of addresses", async () => {
    const page = await stage.open("https://family.test/");
    for (const [dnsQueryType, address] of [
      ["ipv4", outside],
      ["ipv6", outside6],
    ]) {
      const opened = attempt(page, to({ host: "outside.example", port }, { dnsQueryType }));
      if (dnsQueryType === "ipv4") await stage.person.allowsOnce();
      assert.equal(await opened, "");
      assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remoteAddress), address);
      await closeSocket(page);
    }
    await page.close();
  });

  test("a name that nobody knows is a NetworkError, at its own time", async () => {
    const page = await stage.open("https://lost.test/");
    assert.equal((await ask(page, { host: "nowhere.example", port }, "allowsOnce")).name, "NetworkError");
    await page.close();
  });

  test("an address of the own network takes the user's own hand", async () => {
    const page = await stage.open("https://printer.test/");
    const opened = attempt(page, to({ host: inside, port }));
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.asksForAddress(), true);
    assert.equal(await prompt.proposal(), inside);
    assert.match(prompt.text, /a device in your own network/);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.typeAddress(inside);
    await prompt.allowOnce();
    assert.equal(await opened, "");
    await closeSocket(page);
    await page.close();
  });

  test("so does a public address of this computer or its neighbour", async () => {
    for (const [n, [host, meaning]] of [
      [own[1], /a program on this computer/] as const,
      [neighbours[0], /a device in your own network/] as const,
    ].entries()) {
      const page = await stage.open(`https://campus${n.toString()}.test/`);
      const opened = attempt(page, to({ host, port }));
      const prompt = await stage.person.seesPrompt();
      assert.equal(await prompt.asksForAddress(), true, host);
      assert.equal(await prompt.proposal(), host);
      assert.match(prompt.text, meaning);
      assert.equal(await prompt.isEnabled("#allow-once"), false);
      await prompt.typeAddress(host);
      await prompt.allowOnce();
      assert.equal(await opened, "", host);
      await closeSocket(page);
      await page.close();
    }
    const page = await stage.open("https://campus.test/");
    const opened = attempt(page, to({ host: outside6, port }));
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.asksForAddress(), false);
    await prompt.allowOnce();
    assert.equal(await opened, "");
    await closeSocket(page);
    await page.close();
  });

  test("what the user types counts, not what the page proposed", async () => {
    const page = await stage.open("https://printer.test/other");
    const opened = attempt(page, to({ host: "10.0.0.66", port }));
    const prompt = await stage.person.seesPrompt();
    await prompt.typeAddress("0x0a.5"); // an old spelling of 10.0.0.5
    await prompt.allowOnce();
    assert.equal(await opened, "");
    assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remoteAddress), inside);
    await closeSocket(page);
    await page.close();
  });

  test("port 443: a server that takes part in CORS is for fetch(), others may be spoken to", async (t) => {
    const page = await stage.open("https://around-cors.test/");
    const known = peer.requests().length;
    const { name, ms } = await ask(page, { host: "cors.example", port: 443 }, "allowsOnce");
    assert.equal(name, "NotAllowedError");
    t.diagnostic(`refused after ${ms.toFixed(0)} ms`);
    assert.match(peer.requests().slice(known).join(), /OPTIONS https:\/\/around-cors\.test 93\.184\.217\.1:443/);
    assert.match(stage.browser.hostFiles()["audit.log"] ?? "", /"host":"cors\.example".*"reason":"cors"/);
    for (const host of ["plain.example", "mute.example"]) {
      assert.equal((await ask(page, { host, port: 443 }, "allowsOnce")).name, "", host);
      await closeSocket(page);
    }
    // Other ports are nobody's business, and nobody is asked.
    const asked = peer.requests().length;
    assert.equal((await ask(page, { host: "cors.example", port: 444 }, "allowsOnce")).name, "NetworkError");
    assert.equal(peer.requests().length, asked);
    await page.close();
  });

  test("ports that routers watch are named as a danger", async () => {
    const page = await stage.open("https://phone.test/");
    const opened = attempt(page, to({ host: "outside.example", port: 5060 }));
    const prompt = await stage.person.seesPrompt();
    assert.match(prompt.text, /routers watch port 5060/);
    await prompt.allowOnce();
    assert.equal(await opened, "NetworkError"); // the user agreed, so it was tried; nobody listens
    const plain = attempt(page, to({ host: "outside.example", port }));
    const other = await stage.person.seesPrompt();
    assert.doesNotMatch(other.text, /routers/);
    await other.deny();
    assert.equal(await plain, "NotAllowedError");
    await page.close();
  });
});

describe("limits", () => {
  test("an origin may try 20 times at once, then once a second", async (t) => {
    const page = await stage.open("https://busy.test/");
    assert.equal((await ask(page, { host: outside, port }, "allowsOnce")).name, "");
    await closeSocket(page);
    const known = peer.connections().length;
    const names = await page.evaluate(
      async (host, remotePort) => {
        const names: string[] = [];
        for (let n = 0; n < 30; n++) {
          try {
            const socket = await navigator.openTCPSocket({ remoteAddress: host, remotePort });
            names.push("open");
            await socket.close();
          } catch (error) {
            names.push((error as Error).name);
            break;
          }
        }
        return names;
      },
      outside,
      port,
    );
    const opened = names.filter((name) => name === "open").length;
    t.diagnostic(`${opened.toString()} reconnections before the first refusal`);
    assert.equal(names.at(-1), "QuotaExceededError");
    assert.ok(opened >= 19 && opened <= 23, names.join());
    assert.equal(peer.connections().length - known, opened);
    // A second later there is one more, for the same request.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(await attempt(page, to({ host: outside, port }), { click: false }), "");
    await closeSocket(page);
    await page.close();
  });
});
