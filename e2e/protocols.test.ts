// Real protocols, spoken by a web page to real servers: IRC, IMAP, SSH over TCP and DNS over UDP. Each time a person clicks
// a button of the page and allows the connection.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { IrcClient } from "./pages/irc.ts";
import { letter, letterSubject, letterText } from "./pages/letter.ts";
import type { Clients } from "./pages/main.ts";
import { bundle } from "./world/bundle.ts";
import { lifeOfSuite } from "./world/life.ts";
import type { Page } from "./world/page.ts";
import { startDnsServer, startImapServer, startIrcServer, startSshServer } from "./world/servers.ts";
import { openWorld, type World } from "./world/world.ts";

/** What page functions see besides their arguments. */
declare const clients: Clients;
declare const irc: IrcClient;

describe("a page speaks", () => {
  const life = lifeOfSuite("protocols");
  let world: World;
  before(async () => {
    world = await openWorld(life);
    const script = await bundle(new URL("./pages/main.ts", import.meta.url));
    world.pages.serve("https://a.test/clients.js", { headers: { "Content-Type": "text/javascript" }, body: script });
  });

  /** Runs `fn` on a click in a page of a.test, and allows what it asks for. */
  async function onClick<A extends unknown[], R>(page: Page, fn: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    const result = page.evaluateOnClick("#go", fn, ...args);
    result.catch(() => undefined);
    await world.person.allowsOnce();
    return await result;
  }

  async function newPage(path: string): Promise<Page> {
    const html = "<!doctype html><meta charset=utf-8><script src=/clients.js></script><button id=go>Connect</button>";
    return await world.browser.newPage(world.pages.serve(`https://a.test/${path}`, html));
  }

  test("IRC: two pages meet in a channel", async () => {
    const { host, port } = await startIrcServer(life);
    const [ann, bob] = [await newPage("irc"), await newPage("irc")];
    const enter = async (page: Page, nick: string): Promise<string[]> =>
      await onClick(
        page,
        async (remoteAddress: string, remotePort: number, name: string) => {
          const socket = await navigator.openTCPSocket({ remoteAddress, remotePort, noDelay: true });
          const client = await clients.IrcClient.register(socket, name);
          Object.assign(globalThis, { irc: client });
          return await client.join("#pier");
        },
        host,
        port,
        nick,
      );
    assert.deepEqual(await enter(ann, "ann"), ["ann"]);
    assert.deepEqual(await enter(bob, "bob"), ["ann", "bob"]);

    await ann.evaluate(() => irc.say("#pier", "Ahoi, Köln!"));
    assert.deepEqual(await bob.evaluate(() => irc.hear()), { nick: "ann", target: "#pier", text: "Ahoi, Köln!" });
    await bob.evaluate(() => irc.say("ann", "hello"));
    assert.deepEqual(await ann.evaluate(() => irc.hear()), { nick: "bob", target: "ann", text: "hello" });

    for (const page of [ann, bob]) {
      assert.match(await page.evaluate(() => irc.quit("bye")), /^ERROR /);
      await page.close();
    }
  });

  test("IMAP: a page stores a letter, lists and reads it", async () => {
    const { host, port, user, password } = await startImapServer(life);
    const page = await newPage("imap");
    const seen = await onClick(
      page,
      async (remoteAddress: string, remotePort: number, name: string, secret: string, mail: string) => {
        const client = await clients.ImapClient.over(await navigator.openTCPSocket({ remoteAddress, remotePort }));
        await client.login(name, secret);
        const before = await client.select("INBOX");
        await client.append("INBOX", mail);
        const messages = await client.select("INBOX");
        const [summary] = await client.summaries(messages);
        if (summary === undefined) throw new Error("the letter is not there");
        const [source, text] = [await client.source(summary.uid), await client.text(summary.uid)];
        await client.logout();
        return { before, messages, subject: summary.subject, from: summary.from, source, text };
      },
      host,
      port,
      user,
      password,
      letter,
    );
    assert.deepEqual(seen, {
      before: 0,
      messages: 1,
      subject: letterSubject,
      from: "Keeper of the Light",
      source: letter,
      text: letterText,
    });
    await page.close();
  });

  for (const keyExchange of ["curve25519-sha256", "ecdh-sha2-nistp256"] as const) {
    test(`SSH: a page shakes hands by ${keyExchange} and knows the host by its key`, async () => {
      const server = await startSshServer(life);
      const page = await newPage("ssh");
      const seen = await onClick(
        page,
        async (remoteAddress: string, remotePort: number, kind: "curve25519-sha256" | "ecdh-sha2-nistp256") =>
          await clients.shakeHands(await navigator.openTCPSocket({ remoteAddress, remotePort }), kind),
        server.host,
        server.port,
        keyExchange,
      );
      assert.match(seen.banner, /^SSH-2\.0-OpenSSH/);
      assert.equal(seen.hostKey, server.hostKey);
      assert.equal(seen.signatureIsValid, true);
      assert.equal(seen.service, "ssh-userauth");
      await page.close();
    });
  }

  test("DNS: a page asks for addresses and texts over UDP", async () => {
    const { host, port } = await startDnsServer(life);
    const page = await newPage("dns");
    const answers = await onClick(
      page,
      async (remoteAddress: string, remotePort: number) => {
        const socket = await navigator.openUDPSocket({ remoteAddress, remotePort });
        const found = await clients.ask(socket, [
          { name: "lighthouse.harbour.test", type: "A" },
          { name: "notice.harbour.test", type: "TXT" },
          { name: "nowhere.harbour.test", type: "A" },
          { name: "pier.harbour.test", type: "A" },
        ]);
        await socket.close();
        return found.map(({ question, code, values }) => ({ question, code, values }));
      },
      host,
      port,
    );
    assert.deepEqual(answers, [
      { question: "lighthouse.harbour.test", code: 0, values: ["192.0.2.10"] },
      { question: "notice.harbour.test", code: 0, values: ["ships welcome"] },
      { question: "nowhere.harbour.test", code: 3, values: [] },
      { question: "pier.harbour.test", code: 0, values: ["192.0.2.20"] },
    ]);
    await page.close();
  });
});
