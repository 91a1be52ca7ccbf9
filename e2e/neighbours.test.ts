// Sockets that others can send to, in a home network of their own: two neighbours on the same link, and a server on the internet behind the
// router. Who may reach the page, whom it may reach, groups, and what the link is told.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { before, beforeEach, test } from "node:test";
import { openStage, plainPage, type Page, type Stage } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import { makeNetwork, type Network } from "./world/network.ts";
import type { Heard, Neighbour } from "./world/peers/neighbour.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("neighbours");
const own = "10.77.0.1";
const [first, second] = ["10.77.0.2", "10.77.0.3"];
const server = "93.184.215.14";
const port = 7_777;
const group = "239.1.2.3";
const groupPort = 50_123;
const mdns = "224.0.0.251";

let network: Network;
let stage: Stage;
let page: Page;
/** What the others have heard, all of it. */
let heard: () => Heard[];
before(async () => {
  network = await makeNetwork(life);
  await network.addNeighbour(`${own}/24`, first, second);
  await network.addAddresses(server);
  const others: Neighbour[] = [
    ...[first, second, server].map((host) => ({ host, port })),
    { host: first, port: groupPort, group, echoes: false },
    { host: second, port: groupPort, group, echoes: false },
    { host: first, port: 5_353, group: mdns, echoes: false },
  ];
  const script = fileURLToPath(new URL("world/peers/neighbour.ts", import.meta.url));
  const tsx = fileURLToPath(new URL("../node_modules/tsx/dist/esm/index.mjs", import.meta.url));
  const running = await network.there.start(life, {
    name: "the neighbours",
    command: process.execPath,
    args: ["--import", tsx, script, JSON.stringify(others)],
  });
  await until("the neighbours", () => /^ready$/m.exec(running.output())?.[0], { timeout: 20_000 });
  heard = () =>
    running
      .output()
      .split("\n")
      .slice(0, -1) // a line that is still on its way
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Heard);
  const limits = { attemptBurst: 1_000, attemptsPerSecond: 100, attemptsPerMinuteOverall: 10_000 };
  stage = await openStage(life, { host: { network, policy: { limits } } });
});
beforeEach(async () => {
  const headers = { "Permissions-Policy": "direct-sockets-multicast=(self)", "Content-Type": "text/html" };
  page = await stage.browser.newPage(stage.pages.serve("https://home.test/", { headers, body: plainPage }));
});

/** A neighbour's program: sends a datagram from one of its addresses, to a group out of the cable. */
const sends = (from: string, to: string, at: number, text: string): Promise<string> =>
  network.there.run(
    process.execPath,
    "--eval",
    `const socket = require("node:dgram").createSocket("udp4");
     socket.bind(0, ${JSON.stringify(from)}, () => {
       if (${JSON.stringify(to)}.startsWith("2")) socket.setMulticastInterface(${JSON.stringify(from)});
       socket.send(${JSON.stringify(text)}, ${at.toString()}, ${JSON.stringify(to)}, () => socket.close());
     });`,
  );

/** A neighbour's program: connects from one of its addresses, says something; gives what came back before the end, or why nothing did. */
const connects = async (from: string, at: number, text: string): Promise<string> => {
  const said = await network.there.run(
    process.execPath,
    "--eval",
    `let got = "";
     const socket = require("node:net").connect({ host: ${JSON.stringify(own)}, port: ${at.toString()}, localAddress: ${JSON.stringify(from)} });
     const say = (why) => { console.log(got || why); process.exit(); };
     socket.on("connect", () => socket.end(${JSON.stringify(text)})).on("data", (data) => { got += data; }).on("error", ({ code }) => say(code)).on("close", () => say("nothing"));
     setTimeout(say, 5_000, "silence");`,
  );
  return said.trim();
};

interface Bound {
  socket: UDPSocket;
  reader: ReadableStreamDefaultReader<UDPMessage>;
  writer: WritableStreamDefaultWriter<UDPMessage>;
  controller: MulticastController | undefined;
}

/** The page binds a socket in the network of the cable, to exchange messages with those that the user chooses. */
async function binds(peers: RegExp, options: UDPSocketOptions = {}): Promise<number> {
  const opened = page.evaluateOnClick(
    "#go",
    async (how: UDPSocketOptions) => {
      const socket = new UDPSocket({ localAddress: "0.0.0.0", ...how });
      const { readable, writable, localPort, multicastController: controller } = await socket.opened;
      Object.assign(window, { socket, reader: readable.getReader(), writer: writable.getWriter(), controller });
      return localPort;
    },
    options,
  );
  const prompt = await stage.person.seesPrompt();
  await prompt.choosesPlace(new RegExp(own.replaceAll(".", "\\.")));
  await prompt.choosesPeers(peers);
  await prompt.allowOnce();
  return await opened;
}

/** The page sends a message to each of these, which takes no notice of what is not allowed. */
const sendsTo = (hosts: readonly string[], to: number, text: string): Promise<void> =>
  page.evaluate(
    async (remotes: readonly string[], remotePort: number, said: string) => {
      const { writer } = window as unknown as Bound;
      for (const remoteAddress of remotes)
        await writer.write({ data: new TextEncoder().encode(said), remoteAddress, remotePort });
    },
    hosts,
    to,
    text,
  );

/** The next messages that the page reads, as "address: text". */
const reads = (count: number): Promise<string[]> =>
  page.evaluate(async (wanted: number) => {
    const { reader } = window as unknown as Bound;
    const got: string[] = [];
    while (got.length < wanted) {
      const { value } = await reader.read();
      got.push(`${String(value?.remoteAddress)}: ${new TextDecoder().decode(value?.data)}`);
    }
    return got.sort();
  }, count);

/** Who has heard a text, at which address. */
const hearers = (text: string): string[] =>
  heard()
    .filter((one) => one.text === text)
    .map(({ host }) => host)
    .sort();

const everybody = [first, second, server, "127.0.0.1"];

test("with any device in the network: neighbours, and nobody on the internet", { timeout: 60_000 }, async () => {
  const local = await binds(/any device in my network/i);
  await sendsTo(everybody, port, "to neighbours");
  assert.deepEqual(await reads(2), [`${first}: to neighbours`, `${second}: to neighbours`]);
  await sends(server, own, local, "from the internet");
  await sends(second, own, local, "from a neighbour");
  assert.deepEqual(await reads(1), [`${second}: from a neighbour`]);
  assert.deepEqual(hearers("to neighbours"), [first, second]);
});

test("with any server on the internet: servers there, and no neighbour", { timeout: 60_000 }, async () => {
  const local = await binds(/any server on the internet/i);
  await sendsTo(everybody, port, "to servers");
  assert.deepEqual(await reads(1), [`${server}: to servers`]);
  // The socket is open in that network: from outside of it there are answers, and nothing else.
  await sends(first, own, local, "from a neighbour");
  await sends(server, own, local, "from the internet");
  await sendsTo(everybody, port, "again to servers");
  assert.deepEqual(await reads(1), [`${server}: again to servers`]);
  assert.deepEqual(hearers("to servers"), [server]);
});

test("groups: joined, heard, sent to and left, on that link alone", { timeout: 60_000 }, async () => {
  await binds(/any device in my network/i, { localPort: groupPort, multicastAllowAddressSharing: true });
  const joins = (address: string, sourceAddress?: string): Promise<string[]> =>
    page.evaluate(
      async (joined: string, source: string | null) => {
        const { controller } = window as unknown as Bound;
        await controller?.joinGroup(joined, source === null ? {} : { sourceAddress: source });
        return (controller?.joinedGroups ?? []).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
      },
      address,
      sourceAddress ?? null,
    );
  await sends(first, group, groupPort, "before");
  assert.deepEqual(await joins(group), [group]);
  await sends(first, group, groupPort, "to a group");
  assert.deepEqual(await reads(1), [`${first}: to a group`]);
  // Both subscribers hear the page.
  await sendsTo([group], groupPort, "from the page");
  await until("two subscribers", () => hearers("from the page").length === 2 || undefined);
  assert.deepEqual(hearers("from the page"), [first, second]);
  assert.ok(
    heard()
      .filter(({ text }) => text === "from the page")
      .every(({ from }) => from === `${own}:${groupPort.toString()}`),
    "it is sent from the address that was allowed",
  );
  // Of another group it hears one source only.
  await joins("239.1.2.4", second);
  await sends(first, "239.1.2.4", groupPort, "another source");
  await sends(second, "239.1.2.4", groupPort, "its source");
  // And what it has sent itself, as others on this computer who have joined the group do.
  assert.deepEqual(await reads(2), [`${own}: from the page`, `${second}: its source`]);
  await page.evaluate((left: string) => (window as unknown as Bound).controller?.leaveGroup(left), group);
  await sends(first, group, groupPort, "after");
  await sends(second, "239.1.2.4", groupPort, "the other goes on");
  assert.deepEqual(await reads(1), [`${second}: the other goes on`]);
});

test(
  "devices in one network connect to a page that is announced to them, and nobody else",
  { timeout: 60_000 },
  async () => {
    const name = "Lena’s notes";
    const opened = page.evaluateOnClick(
      "#go",
      async (called: string) => {
        const announce = { type: "_http._tcp", name: called, txt: ["path=/"] };
        const socket = new TCPServerSocket("0.0.0.0", { announce });
        const { readable, localPort, localAddress } = await socket.opened;
        const remotes: (string | undefined)[] = [];
        Object.assign(window, { remotes });
        void readable.pipeTo(
          new WritableStream<TCPSocket>({
            async write(accepted) {
              const { readable: from, writable: to, remoteAddress } = await accepted.opened;
              remotes.push(remoteAddress);
              void from.pipeTo(to).catch(() => undefined);
            },
          }),
        );
        return { localPort, localAddress };
      },
      name,
    );
    const prompt = await stage.person.seesPrompt();
    await prompt.choosesPlace(new RegExp(own.replaceAll(".", "\\.")));
    assert.ok((await prompt.page.text("body")).includes(name), "the question shows the name");
    await prompt.allowOnce();
    const { localPort, localAddress } = await opened;
    assert.equal(localAddress, own);
    assert.equal(await connects(first, localPort, "hello"), "hello");
    assert.equal(await connects(server, localPort, "hello from far away"), "ECONNRESET");
    assert.deepEqual(await page.evaluate(() => (window as unknown as { remotes: string[] }).remotes), [first]);
    // The link is told, in UTF-8, and told again when it ends: by a record without time to live (RFC 6762, section 10.1).
    const pointer = "\x05_http\x04_tcp\x05local\0\0\x0c\0\x01";
    const told = (timeToLive: number): Heard[] =>
      heard().filter(
        ({ group: to, from, text }) =>
          to === mdns &&
          from === `${own}:5353` &&
          text.includes(`${pointer}\0\0\0${String.fromCharCode(timeToLive)}`) &&
          text.includes(Buffer.from(name, "utf8").toString("latin1")),
      );
    await until("the announcement", () => told(120).length > 0 || undefined);
    assert.deepEqual(told(0), []);
    await page.close();
    await until("the goodbye", () => told(0).length > 0 || undefined);
  },
);
