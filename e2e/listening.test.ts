// Sockets that others can send to: a page listens, and real clients connect; a page exchanges datagrams with many.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { connect as dialTLS } from "node:tls";
import { createHash } from "node:crypto";
import { before, beforeEach, test } from "node:test";
import { openStage, type Page, type Stage } from "./stage.ts";
import { Toolbar } from "./toolbar.ts";
import { lifeOfSuite } from "./world/life.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("listening");
let stage: Stage;
let page: Page;
before(async () => {
  const limits = { attemptBurst: 1_000, attemptsPerSecond: 100, attemptsPerMinuteOverall: 10_000 };
  stage = await openStage(life, { host: { policy: { limits } } });
});
// What is allowed once holds for a document: each test has one of its own.
beforeEach(async () => {
  page = await stage.open();
});

/** The page listens, as soon as the user has chosen. Its server echoes. */
async function listens(
  place: RegExp,
  address = "0.0.0.0",
  options: TCPServerSocketOptions = {},
): Promise<{ localAddress: string; localPort: number; hash: string | undefined }> {
  const opened = page.evaluateOnClick(
    "#go",
    async (local: string, how: TCPServerSocketOptions) => {
      const server = new TCPServerSocket(local, how);
      const { readable, localAddress, localPort, serverCertificateHash } = await server.opened;
      const reader = readable.getReader();
      const accepted: TCPSocket[] = [];
      Object.assign(window, { server, reader, accepted });
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          accepted.push(value);
          const { readable: from, writable: to } = await value.opened;
          void from.pipeTo(to).catch(() => undefined);
        }
      })();
      const digest = serverCertificateHash?.value;
      const hash = digest === undefined ? undefined : [...new Uint8Array(digest)].join(",");
      return { localAddress, localPort, hash };
    },
    address,
    options,
  );
  const prompt = await stage.person.seesPrompt();
  await prompt.choosesPlace(place);
  await prompt.allowOnce();
  return await opened;
}

interface Server {
  server: TCPServerSocket;
  reader: ReadableStreamDefaultReader<TCPSocket>;
  accepted: TCPSocket[];
}

async function connected(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = dial({ port, host });
  life.onEnd("client", () => {
    socket.destroy();
  });
  await once(socket, "connect");
  return socket;
}

async function echoes(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  let heard = "";
  while (heard.length < text.length) heard += String(((await once(socket, "data")) as [Buffer])[0]);
  assert.equal(heard, text);
}

test("programs on this computer connect to a page, and hear their echo", async () => {
  const { localAddress, localPort } = await listens(/programs on this computer/i);
  assert.equal(localAddress, "127.0.0.1");
  assert.ok(localPort >= 32_768, `port ${String(localPort)}`);
  const client = await connected(localPort);
  await echoes(client, "ahoy");
  const seen = await page.evaluate(async () => {
    const { accepted } = window as unknown as Server;
    const info = await accepted[0]?.opened;
    return { remote: info?.remotePort, local: info?.localPort, address: info?.remoteAddress };
  });
  assert.deepEqual(seen, { remote: client.localPort, local: localPort, address: "127.0.0.1" });
  client.end();
  await once(client, "end");

  // What was accepted lives on when the server has gone.
  const staying = await connected(localPort);
  await echoes(staying, "before");
  await page.evaluate(async () => {
    await (window as unknown as Server).reader.cancel();
  });
  await until("the port to be free", async () => {
    const late = dial({ port: localPort, host: "127.0.0.1" });
    try {
      await once(late, "connect");
      return undefined;
    } catch {
      return true;
    } finally {
      late.destroy();
    }
  });
  await echoes(staying, "after");
  staying.destroy();
});

test("TLS with a certificate of its own, which the page can show and others can pin", async () => {
  const { localPort, hash } = await listens(/programs on this computer/i, "127.0.0.1", { secureTransport: "on" });
  const client = dialTLS({ port: localPort, host: "127.0.0.1", rejectUnauthorized: false });
  await once(client, "secureConnect");
  const { raw } = client.getPeerCertificate();
  assert.equal([...createHash("sha256").update(raw).digest()].join(","), hash);
  await echoes(client, "in secret");
  client.destroy();
  // And so can a page, by the hash alone.
  const heard = page.evaluateOnClick(
    "#go",
    async (port: number, digest: string) => {
      const value = new Uint8Array(digest.split(",").map(Number));
      const socket = new TCPSocket("127.0.0.1", port, {
        secureTransport: "on",
        serverCertificateHashes: [{ algorithm: "sha-256", value }],
      });
      const { readable, writable, tls } = await socket.opened;
      const writer = writable.getWriter();
      await writer.write(new TextEncoder().encode("pinned"));
      const reader = readable.getReader();
      const { value: answer } = await reader.read();
      await writer.close();
      const { done } = await reader.read();
      await socket.closed;
      return [new TextDecoder().decode(answer), tls?.version, done];
    },
    localPort,
    hash ?? "",
  );
  await stage.person.allowsOnce();
  assert.deepEqual(await heard, ["pinned", "1.3", true]);
  await page.evaluate(() => (window as unknown as Server).reader.cancel());
});

test("every interface takes a yes of its own; devices in one network are the narrower choice", async () => {
  const [ipv4] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  const opened = page.evaluateOnClick("#go", async () => {
    const server = new TCPServerSocket("0.0.0.0");
    const { localAddress, readable } = await server.opened;
    await readable.cancel();
    return localAddress;
  });
  const prompt = await stage.person.seesPrompt();
  const places = await prompt.places();
  assert.match(places[0] ?? "", /programs on this computer/i);
  assert.match(places.at(-1) ?? "", /everybody/i);
  if (ipv4 !== undefined)
    assert.ok(
      places.some((place) => place.includes(ipv4.address)),
      places.join(" | "),
    );
  assert.equal(await prompt.isEnabled("#allow-once"), false, "nothing is chosen");
  await prompt.choosesPlace(/everybody/i);
  await prompt.allowOnce();
  assert.equal(await opened, "0.0.0.0");
});

test("300 connections at once, and 1,000 one after the other", { timeout: 180_000 }, async () => {
  const { localPort } = await listens(/programs on this computer/i);
  const clients = await Promise.all(Array.from({ length: 300 }, () => connected(localPort)));
  await Promise.all(clients.map((client, n) => echoes(client, `client ${String(n)}`)));
  for (const client of clients) client.destroy();
  await page.waitFor("all to be closed", async () => {
    const { accepted } = window as unknown as Server;
    const over = await Promise.all(
      accepted.map(({ closed }) =>
        Promise.race([
          closed.then(
            () => true,
            () => true,
          ),
          new Promise<false>((resolve) => setTimeout(resolve, 0, false)),
        ]),
      ),
    );
    return accepted.length === 300 && over.every(Boolean);
  });
  const started = performance.now();
  for (let n = 0; n < 1_000; n++) {
    const client = await connected(localPort);
    await echoes(client, "x");
    client.destroy();
  }
  console.log(`# ${(1e6 / (performance.now() - started)).toFixed(0)} connections a second, one after the other`);
  await page.evaluate(() => (window as unknown as Server).reader.cancel());
});

test("a page that does not read leaves connections in the system; the popup shows what it has taken, and closes it", async () => {
  const reading = await stage.open("https://a.test/unread");
  const opened = reading.evaluateOnClick("#go", async () => {
    const { readable, localPort } = await new TCPServerSocket("127.0.0.1").opened;
    Object.assign(window, { reader: readable.getReader() });
    return localPort;
  });
  await stage.person.allowsOnce();
  const port = await opened;
  const [client, waiting] = [await connected(port), await connected(port)];
  const turnedAway = once(waiting, "error") as Promise<[NodeJS.ErrnoException]>;
  client.write("waiting");
  const toolbar = await Toolbar.of(stage);
  const popup = await toolbar.popup(await toolbar.tabOf(reading));
  const [listener] = await popup.showsSockets(1);
  assert.match(listener?.text ?? "", /Others can connect/);
  const heard = await reading.evaluate(async () => {
    const { value } = await (window as unknown as Server).reader.read();
    const { readable, remotePort } = (await value?.opened) ?? {};
    const chunk = await readable?.getReader().read();
    return [remotePort, new TextDecoder().decode(chunk?.value)];
  });
  assert.deepEqual(heard, [client.localPort, "waiting"]);
  const taken = (port: number): boolean =>
    [...document.querySelectorAll<HTMLElement>(".accepted-list li")].some((one) =>
      one.innerText.includes(`127.0.0.1:${String(port)}`),
    );
  await popup.page.waitFor("the connection that was taken", taken, client.localPort ?? 0);
  // The user ends the listener; what it has accepted goes on.
  await popup.page.click(".socket > .line .close");
  await popup.page.waitFor("the listener to be gone", () => !document.body.innerText.includes("Others can connect"));
  assert.ok(await popup.page.evaluate(taken, client.localPort ?? 0), "the connection goes on");
  assert.equal((await turnedAway)[0].code, "ECONNRESET", "nobody will take the other one");
  await popup.page.close();
});
