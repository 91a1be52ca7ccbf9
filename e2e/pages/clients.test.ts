// The page's clients, tried in Node against the real servers: what fails here is a client or a server, not Portside.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ImapClient, ImapError, decodeWords } from "../../examples/imap/imap.ts";
import { ByteReader, EndOfStreamError } from "../../examples/imap/reader.ts";
import { lifeOf } from "../world/life.ts";
import { startDnsServer, startImapServer, startIrcServer, startSshServer } from "../world/servers.ts";
import { openTCP, openUDP } from "./adapter.ts";
import * as dns from "./dns.ts";
import { IrcClient, parse } from "./irc.ts";
import { letter, letterSubject, letterText } from "./letter.ts";
import { shakeHands, type KeyExchange } from "./ssh.ts";

describe("IRC", () => {
  test("two clients meet in a channel", async (t) => {
    const life = lifeOf(t);
    const server = await startIrcServer(life);
    const [ann, bob] = [
      await IrcClient.register(await openTCP(server.port, server.host), "ann"),
      await IrcClient.register(await openTCP(server.port, server.host), "bob"),
    ];
    assert.deepEqual(await ann.join("#pier"), ["ann"]);
    assert.deepEqual(await bob.join("#pier"), ["ann", "bob"]);
    await ann.say("#pier", "hello bob :)");
    assert.deepEqual(await bob.hear(), { nick: "ann", target: "#pier", text: "hello bob :)" });
    await bob.say("ann", "hello ann, çava?");
    assert.deepEqual(await ann.hear(), { nick: "bob", target: "ann", text: "hello ann, çava?" });
    assert.match(await ann.quit("bye"), /^ERROR /);
    assert.match(await bob.quit("bye"), /^ERROR /);
  });

  test("lines are parsed", () => {
    assert.deepEqual(parse(":a!b@c PRIVMSG #x :two  words: yes"), {
      prefix: "a!b@c",
      command: "PRIVMSG",
      params: ["#x", "two  words: yes"],
    });
    assert.deepEqual(parse("PING :x"), { prefix: "", command: "PING", params: ["x"] });
    assert.deepEqual(parse(":s 353 me = #x :a b"), { prefix: "s", command: "353", params: ["me", "=", "#x", "a b"] });
    assert.deepEqual(parse("MODE x +i"), { prefix: "", command: "MODE", params: ["x", "+i"] });
    assert.deepEqual(parse("QUIT"), { prefix: "", command: "QUIT", params: [] });
  });
});

describe("IMAP", () => {
  test("a letter is stored, listed and read", async (t) => {
    const life = lifeOf(t);
    const server = await startImapServer(life);
    const said: string[] = [];
    const client = await ImapClient.over(await openTCP(server.port, server.host), (who, line) =>
      said.push(`${who}: ${line}`),
    );
    await client.login(server.user, server.password);
    assert.equal(await client.select("INBOX"), 0);
    await client.append("INBOX", letter);
    const messages = await client.select("INBOX");
    assert.equal(messages, 1);
    const [summary] = await client.summaries(messages);
    assert.ok(summary, "no summary");
    assert.equal(summary.subject, letterSubject);
    assert.equal(summary.from, "Keeper of the Light");
    assert.equal(summary.address, "keeper@harbour.test");
    assert.equal(summary.seen, false);
    assert.equal(summary.date?.toISOString(), "2026-11-20T08:30:00.000Z");
    assert.equal(await client.source(summary.uid), letter);
    assert.equal(await client.text(summary.uid), letterText);
    assert.equal((await client.summaries(messages))[0]?.seen, true);
    await client.logout();
    assert.ok(said.includes(`C: a1 LOGIN "${server.user}" ••••••`), said.join("\n"));
    assert.ok(!said.join("\n").includes(server.password), "the password was shown");
  });

  test("a wrong password is an error with the server's reason", async (t) => {
    const life = lifeOf(t);
    const server = await startImapServer(life);
    const client = await ImapClient.over(await openTCP(server.port, server.host));
    await assert.rejects(
      client.login(server.user, "guess"),
      (error) => error instanceof ImapError && error.message.includes("AUTHENTICATIONFAILED"),
    );
    await assert.rejects(client.login("two\r\nlines", "x"), ImapError);
    await client.close();
  });

  test("encoded words are decoded", () => {
    assert.equal(decodeWords("=?utf-8?q?Caf=C3=A9_au?= =?utf-8?b?IGxhaXQ=?="), "Café au lait");
    assert.equal(decodeWords("plain =?iso-8859-1?Q?=FC?= text"), "plain ü text");
    assert.equal(decodeWords("no words"), "no words");
  });
});

describe("SSH", () => {
  for (const keyExchange of ["curve25519-sha256", "ecdh-sha2-nistp256"] satisfies KeyExchange[]) {
    test(`${keyExchange}: the host's signature is right and the keys fit`, async (t) => {
      const life = lifeOf(t);
      const server = await startSshServer(life);
      const seen = await shakeHands(await openTCP(server.port, server.host), keyExchange);
      assert.match(seen.banner, /^SSH-2\.0-OpenSSH/);
      assert.equal(seen.hostKey, server.hostKey);
      assert.equal(seen.signatureIsValid, true);
      assert.equal(seen.service, "ssh-userauth");
    });
  }
});

describe("DNS", () => {
  test("addresses, texts, names that do not exist", async (t) => {
    const life = lifeOf(t);
    const server = await startDnsServer(life);
    const socket = await openUDP(server.port, server.host);
    const answers = await dns.ask(socket, [
      { name: "lighthouse.harbour.test", type: "A" },
      { name: "notice.harbour.test", type: "TXT" },
      { name: "nowhere.harbour.test", type: "A" },
      { name: "pier.harbour.test", type: "A" },
    ]);
    await socket.close();
    assert.deepEqual(
      answers.map(({ code, question, values }) => [question, code, values]),
      [
        ["lighthouse.harbour.test", 0, ["192.0.2.10"]],
        ["notice.harbour.test", 0, ["ships welcome"]],
        ["nowhere.harbour.test", 3, []],
        ["pier.harbour.test", 0, ["192.0.2.20"]],
      ],
    );
    assert.equal(new Set(answers.map(({ id }) => id)).size, 4);
  });

  test("a name that points at itself is refused", () => {
    const loop = Uint8Array.from([0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]);
    assert.throws(() => dns.parse(loop), dns.DnsError);
  });
});

describe("the reader", () => {
  const streamOf = (...pieces: string[]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });

  test("lines and bytes, however they are cut", async () => {
    const reader = new ByteReader(streamOf("a", "b\r", "\nc\n", "\r\n", "xyz", "12\r\n"));
    assert.deepEqual([await reader.line(), await reader.line(), await reader.line()], ["ab", "c", ""]);
    assert.deepEqual([...(await reader.bytes(4))], [120, 121, 122, 49]);
    assert.equal(await reader.line(), "2");
    assert.equal(await reader.line(), undefined);
  });

  test("an end in the middle is an error", async () => {
    await assert.rejects(new ByteReader(streamOf("half a line")).line(), EndOfStreamError);
    await assert.rejects(new ByteReader(streamOf("abc")).bytes(4), /1 bytes early/);
  });
});
