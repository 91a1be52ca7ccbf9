// STARTTLS: a page talks to real mail and chat servers in plain text, upgrades, and goes on under TLS; and what happens when
// somebody tries to get a word in before that.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Clients } from "./pages/main.ts";
import { openStage, openTCP, plainPage, type Page, type Stage, type WithTCP } from "./stage.ts";
import { bundle } from "./world/bundle.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { startImapServer, startSmtpServer, startXmppServer, type ImapServer } from "./world/servers.ts";
import { until } from "./world/wait.ts";

/** What page functions see besides their arguments. */
declare const clients: Clients;

const life = lifeOfSuite("STARTTLS");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
  const script = await bundle(new URL("./pages/main.ts", import.meta.url));
  stage.pages.serve("https://a.test/clients.js", { headers: { "Content-Type": "text/javascript" }, body: script });
});

/** A page with the clients and a socket that is open for an upgrade. */
async function pageWith(port: number, options: Record<string, unknown> = {}): Promise<Page> {
  const html = `<script src=/clients.js></script>${plainPage}`;
  const page = await stage.browser.newPage(stage.pages.serve("https://a.test/starttls", html));
  await openTCP(stage, page, { host: "localhost", port }, { secureTransport: "starttls", ...options });
  return page;
}

describe("a page upgrades its connection to", () => {
  let mail: ImapServer;
  before(async () => {
    mail = await startImapServer(life);
  });

  test("Dovecot, IMAP: STARTTLS (RFC 3501), LOGIN, FETCH", async () => {
    const page = await pageWith(mail.port);
    const seen = await page.evaluate(
      async (user: string, password: string) => {
        const { socket } = window as unknown as WithTCP;
        const talk = new clients.Conversation(socket);
        const greeting = await talk.hear("^\\* OK .*\\r\\n");
        await talk.say("a1 STARTTLS\r\n");
        await talk.hear("^a1 OK .*\\r\\n");
        await talk.secure();
        await talk.say(`a2 LOGIN "${user}" "${password}"\r\n`);
        await talk.hear("^a2 OK .*\\r\\n");
        await talk.say("a3 APPEND INBOX {24}\r\n");
        await talk.hear("^\\+ .*\\r\\n");
        await talk.say("Subject: ahoy\r\n\r\nhello\r\n\r\n");
        await talk.hear("^a3 OK .*\\r\\n");
        await talk.say("a4 SELECT INBOX\r\n");
        await talk.hear("^a4 OK .*\\r\\n");
        await talk.say("a5 FETCH 1 BODY.PEEK[]\r\n");
        const letter = await talk.hear("^a5 OK .*\\r\\n");
        await talk.say("a6 LOGOUT\r\n");
        await talk.hear("^a6 OK .*\\r\\n");
        await talk.close();
        return { greeting, letter };
      },
      mail.user,
      mail.password,
    );
    assert.match(seen.greeting, /STARTTLS/);
    assert.match(seen.letter, /Subject: ahoy\r\n\r\nhello\r\n/);
    await page.close();
  });

  test("Dovecot, POP3: STLS (RFC 2595), CAPA, USER, LIST", async () => {
    const page = await pageWith(mail.pop3Port);
    const seen = await page.evaluate(
      async (user: string, password: string) => {
        const { socket } = window as unknown as WithTCP;
        const talk = new clients.Conversation(socket);
        await talk.hear("^\\+OK.*\\r\\n");
        await talk.say("CAPA\r\n");
        const before = await talk.hear("^\\.\\r\\n");
        await talk.say("STLS\r\n");
        await talk.hear("^\\+OK.*\\r\\n");
        await talk.secure();
        await talk.say("CAPA\r\n");
        const after = await talk.hear("^\\.\\r\\n");
        await talk.say(`USER ${user}\r\n`);
        await talk.hear("^\\+OK.*\\r\\n");
        await talk.say(`PASS ${password}\r\n`);
        await talk.hear("^\\+OK.*\\r\\n");
        await talk.say("LIST\r\n");
        const list = await talk.hear("^\\.\\r\\n");
        await talk.say("QUIT\r\n");
        await talk.hear("^\\+OK.*\\r\\n");
        await talk.close();
        return { before, after, list };
      },
      mail.user,
      mail.password,
    );
    assert.match(seen.before, /^STLS\r$/m);
    assert.doesNotMatch(seen.after, /^STLS\r$/m); // a server does not offer it twice
    assert.match(seen.list, /^\+OK/);
    await page.close();
  });

  test("Postfix, SMTP: STARTTLS (RFC 3207), a letter is queued", async () => {
    const server = await startSmtpServer(life);
    const page = await pageWith(server.port);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const talk = new clients.Conversation(socket);
      const ask = async (line: string, code: number): Promise<string> => {
        await talk.say(`${line}\r\n`);
        return await talk.hear(`^${code.toString()} .*\\r\\n`);
      };
      await talk.hear("^220 .*\\r\\n");
      const before = await ask("EHLO page.test", 250);
      await ask("STARTTLS", 220);
      await talk.secure();
      const after = await ask("EHLO page.test", 250);
      await ask("MAIL FROM:<keeper@page.test>", 250);
      await ask("RCPT TO:<pilot@harbour.test>", 250);
      await ask("DATA", 354);
      const queued = await ask("Subject: fog\r\n\r\nNo ships tonight.\r\n.", 250);
      await ask("QUIT", 221);
      await talk.close();
      return { before, after, queued };
    });
    assert.match(seen.before, /250-STARTTLS\r\n/);
    assert.doesNotMatch(seen.after, /STARTTLS/);
    assert.match(seen.queued, /queued as/);
    const [letter = ""] = server.queued();
    assert.match(letter, /No ships tonight\./);
    assert.match(letter, /with ESMTPS/); // as Postfix writes of TLS (RFC 3848)
    await page.close();
  });

  test("Prosody, XMPP: STARTTLS (RFC 6120), stream features after it", async () => {
    const { port, domain } = await startXmppServer(life);
    const page = await pageWith(port);
    const seen = await page.evaluate(async (domain: string) => {
      const { socket } = window as unknown as WithTCP;
      const talk = new clients.Conversation(socket);
      const hello = `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
      await talk.say(hello);
      const before = await talk.hear("</stream:features>");
      await talk.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
      await talk.hear("<proceed [^>]*/>");
      await talk.secure({ serverName: domain }); // the certificate is the domain's, wherever the server is (section 13.7.2)
      await talk.say(hello);
      const after = await talk.hear("</stream:features>");
      await talk.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>");
      const admitted = await talk.hear("<success [^>]*>");
      await talk.say("</stream:stream>");
      await talk.close();
      return { before, after, admitted };
    }, domain);
    assert.match(seen.before, /<required\/>/);
    assert.doesNotMatch(seen.before, /mechanism/);
    assert.match(seen.after, /<mechanism>ANONYMOUS<\/mechanism>/);
    assert.match(seen.admitted, /success/);
    await page.close();
  });
});

describe("the old socket", () => {
  test("is spent: its streams end, its close() does nothing, and nothing can be upgraded twice", async () => {
    const peer = await peers.startTlsPeer(life);
    const page = await pageWith(peer.port);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const name = async (promise: Promise<unknown>): Promise<string> =>
        promise.then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
      const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
      const greeting = new TextDecoder().decode((await reader.read()).value);
      await writer.write(new TextEncoder().encode("STARTTLS\r\n"));
      await reader.read();
      const waiting = reader.read(); // a reader that waits, on a stream that stays locked
      const upgrade = socket.startTls();
      const during = await name(socket.startTls());
      const secure = await upgrade;
      const old = {
        read: await waiting,
        write: await name(writer.write(new Uint8Array(1))),
        closed: await name(writer.closed),
        again: await name(socket.startTls()),
        twice: await name(secure.startTls()),
        close: (await Promise.all([socket.close(), socket.close()])).length,
        tls: socket.tls,
      };
      // More than the credit of either direction, so that what the old socket has used up counts.
      const sending = secure.writable.getWriter();
      void sending.write(new Uint8Array(3 << 20).fill(5)).then(() => sending.close());
      const back = new Uint8Array(await new Response(secure.readable).arrayBuffer());
      const { tls } = secure;
      return {
        greeting,
        during,
        old,
        back: back.length,
        right: back.every((byte) => byte === 5),
        version: tls?.version,
        cipher: tls?.cipherSuite,
        frozen: Object.isFrozen(tls) && Object.isFrozen(tls?.peerCertificates),
        certificates: tls?.peerCertificates.map((c) => c.byteLength > 100),
        omitted: tls?.omittedCertificates,
        different: secure !== socket,
        port: secure.remotePort === socket.remotePort,
      };
    });
    assert.deepEqual(seen, {
      greeting: "* OK ready\r\n",
      during: "InvalidStateError",
      old: {
        read: { done: true },
        write: "InvalidStateError",
        closed: "InvalidStateError",
        again: "InvalidStateError",
        twice: "InvalidStateError",
        close: 2,
        tls: null,
      },
      back: 3 << 20,
      right: true,
      version: "1.3",
      cipher: seen.cipher,
      frozen: true,
      certificates: [true],
      omitted: 0,
      different: true,
      port: true,
    });
    assert.match(seen.cipher ?? "", /^TLS_/);
    await page.close();
  });

  test("cannot be upgraded when it was not opened for it, after either FIN, or after close()", async () => {
    const upgraded = (): Promise<string> =>
      (window as unknown as WithTCP).socket.startTls().then(
        () => "",
        (e: unknown) => (e as Error).name,
      );
    const echo = await peers.echoPeer(life);
    for (const secureTransport of ["off", undefined] as const) {
      const page = await stage.open();
      await openTCP(stage, page, echo, secureTransport === undefined ? {} : { secureTransport });
      assert.equal(await page.evaluate(upgraded), "InvalidStateError");
      const text = await page.evaluate(async () => {
        const { socket } = window as unknown as WithTCP;
        const writer = socket.writable.getWriter();
        await writer.write(new TextEncoder().encode("goes on"));
        await writer.close();
        return await new Response(socket.readable).text();
      });
      assert.equal(text, "goes on");
      await page.close();
    }
    const silent = await peers.neverEndingPeer(life);
    const page = await pageWith(silent.port);
    await page.evaluate(() => (window as unknown as WithTCP).socket.writable.close());
    assert.equal(await page.evaluate(upgraded), "InvalidStateError");
    await page.evaluate(() => (window as unknown as WithTCP).socket.close());
    assert.equal(await page.evaluate(upgraded), "InvalidStateError");
    await page.close();

    const ended = await peers.halfCloseFirstPeer(life, "bye");
    const other = await pageWith(ended.port);
    await other.evaluate(() => new Response((window as unknown as WithTCP).socket.readable).text());
    assert.equal(await other.evaluate(upgraded), "InvalidStateError");
    await other.close();
  });
});

describe("somebody gets a word in before TLS", () => {
  /** Plays the page up to the go-ahead, reads exactly that, and upgrades. */
  const upgradeAfterExactly = async (goAhead: number): Promise<{ error: string; message: string; after: string }> => {
    const { socket } = window as unknown as WithTCP;
    const reader = socket.readable.getReader({ mode: "byob" });
    const exactly = async (length: number): Promise<void> => {
      let buffer = new ArrayBuffer(length);
      for (let filled = 0; filled < length;) {
        const { value } = await reader.read(new Uint8Array(buffer, filled));
        if (value === undefined) throw new Error("the stream ended");
        filled += value.length;
        buffer = value.buffer;
      }
    };
    await exactly("* OK ready\r\n".length);
    await socket.writable.getWriter().write(new TextEncoder().encode("STARTTLS\r\n"));
    await exactly(goAhead);
    try {
      await socket.startTls();
      return { error: "", message: "", after: "" };
    } catch (error) {
      const after = await reader.read(new Uint8Array(100)).then(
        ({ value }) => new TextDecoder().decode(value),
        (e: unknown) => (e as Error).name,
      );
      return { error: (error as Error).name, message: (error as Error).message, after };
    }
  };

  test("in one segment with the go-ahead: the page never sees it, the peer gets a reset and not a byte", async () => {
    const peer = await peers.linePeer(life, { greeting: "* OK ready\r\n", answer: () => "OK\r\n* injected\r\n" });
    const page = await pageWith(peer.port);
    const seen = await page.evaluate(upgradeAfterExactly, 4);
    assert.deepEqual({ ...seen, message: "" }, { error: "NetworkError", message: "", after: "" });
    const connection = await peer.connection();
    await connection.waitUntilClosed();
    assert.equal(connection.error, "ECONNRESET");
    assert.equal(connection.text, "STARTTLS\r\n");
    await page.close();
  });

  test("while no read of the page's gets it: the stream has it, and the page does not", async () => {
    for (const how of ["given up", "given up, with a buffer", "wants more"] as const) {
      const peer = await peers.linePeer(life, {
        greeting: "",
        answer: (line) => (line === "go" ? "* injected\r\n" : ""),
      });
      const page = await pageWith(peer.port);
      const seen = await page.evaluate(async (how: string) => {
        const { socket } = window as unknown as WithTCP;
        const reader = how === "given up" ? socket.readable.getReader() : socket.readable.getReader({ mode: "byob" });
        const read =
          reader instanceof ReadableStreamDefaultReader ? reader.read() : reader.read(new Uint8Array(100), { min: 50 });
        const outcome = read.then(
          ({ value }) => new TextDecoder().decode(value),
          () => "",
        );
        if (how !== "wants more") reader.releaseLock();
        await socket.writable.getWriter().write(new TextEncoder().encode("go\n"));
        await new Promise((resolve) => setTimeout(resolve, 300)); // the peer has answered long since
        const upgrade = await socket.startTls().then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
        return { upgrade, read: await outcome };
      }, how);
      assert.deepEqual(seen, { upgrade: "NetworkError", read: "" }, how);
      const connection = await peer.connection();
      await connection.waitUntilClosed();
      assert.equal(connection.error, "ECONNRESET", how);
      await page.close();
    }
  });

  test("in place of TLS: no byte of it reaches the page", async () => {
    const peer = await peers.linePeer(life, {
      greeting: "* OK ready\r\n",
      answer: (line) => (line === "STARTTLS" ? "OK\r\n" : "* injected\r\n".repeat(100)),
    });
    const page = await pageWith(peer.port, { timeout: 3000 });
    const seen = await page.evaluate(upgradeAfterExactly, 4);
    assert.deepEqual({ ...seen, message: "" }, { error: "NetworkError", message: "", after: "" });
    await page.close();
  });
});

describe("an upgrade that does not come to its end", () => {
  test("close() gives it up; a document that leaves takes it along; the host's end ends it", async () => {
    for (const end of ["close", "leave", "host"] as const) {
      const peer = await peers.linePeer(life, {
        greeting: "* OK ready\r\n",
        answer: (line) => (line === "STARTTLS" ? "OK\r\n" : ""),
      });
      const page = await pageWith(peer.port);
      await page.evaluate(async () => {
        const { socket } = window as unknown as WithTCP;
        const talk = new clients.Conversation(socket);
        await talk.hear("\\r\\n");
        await talk.say("STARTTLS\r\n");
        await talk.hear("\\r\\n");
        const failed = talk.secure().then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
        Object.assign(window, { failed });
      });
      const connection = await peer.connection();
      await until("the ClientHello", () => connection.received > "STARTTLS\r\n".length);
      const failed = (): Promise<string> => (window as unknown as { failed: Promise<string> }).failed;
      switch (end) {
        case "close":
          await page.evaluate(() => (window as unknown as WithTCP).socket.close());
          assert.equal(await page.evaluate(failed), "AbortError");
          break;
        case "leave":
          await page.goto(stage.pages.serve("https://a.test/elsewhere", plainPage));
          break;
        case "host": {
          const [host] = stage.browser.hosts();
          assert.ok(host !== undefined, "no host runs");
          process.kill(host, "SIGKILL");
          assert.equal(await page.evaluate(failed), "NetworkError");
        }
      }
      await connection.waitUntilClosed();
      await page.close();
    }
  });

  test("a server that never answers: NetworkError when the open's own time is up", async () => {
    const peer = await peers.neverEndingPeer(life);
    const page = await pageWith(peer.port, { timeout: 700 });
    const name = await page.evaluate(() =>
      (window as unknown as WithTCP).socket.startTls().then(
        () => "",
        (e: unknown) => (e as Error).name,
      ),
    );
    assert.equal(name, "NetworkError");
    const connection = await peer.connection();
    await connection.waitUntilClosed();
    assert.equal(connection.error, "ECONNRESET");
    await page.close();
  });
});

test("changed built-ins: an upgrade works all the same, and nothing internal shows", async () => {
  const mischief = `
    for (const [name, value] of Object.entries({ tls: { version: "0" }, error: { name: "Evil" }, alpnProtocol: "evil", received: 99,
      secureTransport: undefined, id: 99, type: "evil", value: 5, done: true, get: 1, set: 1 }))
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    window.Promise = class Evil { constructor() { window.stolen = true } };
    window.Uint8Array = class Evil { constructor() { window.stolen = true } };
    Map.prototype.get = Map.prototype.set = Map.prototype.delete = () => { window.stolen = true };
    Array.prototype.push = Array.prototype.shift = () => { window.stolen = true };
    Object.freeze = (given) => { window.stolen = given };
    Reflect.apply = () => { window.stolen = true };
    String.prototype.charCodeAt = () => { window.stolen = true };
    WritableStreamDefaultController.prototype.error = () => { window.stolen = true };
    ReadableByteStreamController.prototype.close = () => { window.stolen = true };`;
  const peer = await peers.startTlsPeer(life);
  const html = `<!doctype html><script>${mischief}</script>${plainPage}`;
  const page = await stage.browser.newPage(stage.pages.serve("https://evil.test/starttls", html));
  const options = { secureTransport: "starttls", alpnProtocols: ["imap"] } as const;
  await openTCP(stage, page, { host: "localhost", port: peer.port }, options);
  const seen = await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const reader = socket.readable.getReader();
    await reader.read();
    await socket.writable.getWriter().write(new TextEncoder().encode("STARTTLS\r\n"));
    await reader.read();
    const secure = await socket.startTls();
    const writer = secure.writable.getWriter();
    await writer.write(new TextEncoder().encode("unharmed"));
    const text = new TextDecoder().decode((await secure.readable.getReader().read()).value);
    const { stolen } = window as unknown as { stolen?: unknown };
    return {
      text,
      plain: socket.tls,
      version: secure.tls?.version,
      alpn: secure.tls?.alpnProtocol,
      stolen: stolen === undefined,
    };
  });
  assert.deepEqual(seen, { text: "unharmed", plain: null, version: "1.3", alpn: "", stolen: true });
  await page.close();
});

test("another document's socket cannot be upgraded, and what fits no schema is dropped", async () => {
  const peer = await peers.startTlsPeer(life);
  const victim = await pageWith(peer.port);
  const evil = await stage.open("https://evil.test/upgrade");
  // As a compromised renderer: with the content script's own voice.
  const say = (messages: unknown[]): Promise<unknown[]> =>
    new Promise((resolve) => {
      const heard: unknown[] = [];
      const port = chrome.runtime.connect({ name: "document" });
      port.onMessage.addListener((message: { type: string }) => heard.push(message.type));
      port.onDisconnect.addListener(() => {
        resolve([...heard, "disconnected"]);
      });
      for (const message of messages) port.postMessage(message);
      setTimeout(() => {
        port.disconnect();
        resolve(heard);
      }, 500);
    });
  const other = [{ type: "startTls", id: 1, received: "* OK ready\r\n".length, sent: 0 }];
  assert.deepEqual(await evil.evaluateInContentScript(say, other), []);
  for (const bad of [
    { type: "startTls", id: 1 },
    { type: "startTls", id: 1, received: 0 },
    { type: "startTls", id: 1, received: -1, sent: 0 },
    { type: "startTls", id: 1, received: 0, sent: -1 },
    { type: "startTls", id: 1, received: 0, sent: 0, tls: { insecure: true } },
    { type: "startTls", id: 1, received: 0, sent: 0, tls: { serverCertificateHashes: [] } },
    {
      type: "startTls",
      id: 1,
      received: 0,
      sent: 0,
      tls: { serverCertificateHashes: [{ algorithm: "md5", value: "" }] },
    },
  ])
    assert.deepEqual(await evil.evaluateInContentScript(say, [bad]), ["disconnected"], JSON.stringify(bad));
  const text = await victim.evaluate(async () => {
    const talk = new clients.Conversation((window as unknown as WithTCP).socket);
    const greeting = await talk.hear("\\r\\n");
    await talk.say("STARTTLS\r\n");
    await talk.hear("\\r\\n");
    await talk.secure();
    await talk.say("still mine\r\n");
    return greeting + (await talk.hear("\\r\\n"));
  });
  assert.equal(text, "* OK ready\r\nstill mine\r\n");
  await evil.close();
  await victim.close();
});
