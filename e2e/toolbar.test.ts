// The toolbar: what is open, what was refused and why, and the user's hand on all of it. The page learns nothing of it.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { attempt, onTheBeat, openStage, openTCP, plainPage, to, type Stage, type WithTCP } from "./stage.ts";
import { Toolbar, ending, generous, openMore, outcome } from "./toolbar.ts";
import type { HostSpace } from "./world/host-space.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import * as networks from "./world/network.ts";
import type { Frame } from "./world/page.ts";
import * as peers from "./world/peers.ts";
import { extensionFolder, extensionIds, extensionOrigin } from "./world/places.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("toolbar");
let stage: Stage;
let admin: HostSpace;
let toolbar: Toolbar;
before(async () => {
  stage = await openStage(life, { host: { policy: generous } });
  assert.ok(stage.browser.hostSpace, "the host has no space of its own");
  admin = stage.browser.hostSpace;
  toolbar = await Toolbar.of(stage);
});

const closeMore = (frame: Frame): Promise<unknown> =>
  frame.evaluate(async () => {
    const { more } = window as unknown as { more: PortsideTCPSocket[] };
    await Promise.all(more.map((socket) => socket.close()));
  });

describe("the badge", () => {
  test("counts the open sockets of its tab, those of all frames, and says so in words", async () => {
    const peer = await peers.echoPeer(life);
    const inner = stage.pages.serve("https://count.test/inner", plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve("https://count.test/", `${plainPage}<iframe id=f src="${inner}"></iframe>`),
    );
    const other = await stage.open("https://count.test/other");
    const [tab, otherTab] = [await toolbar.tabOf(page), await toolbar.tabOf(other)];
    assert.deepEqual(await toolbar.badge(tab), { text: "", title: "Portside" });
    await openTCP(stage, page, peer);
    assert.deepEqual(await toolbar.shows(tab, "1"), { text: "1", title: "Portside: open connections 1" });
    const frame = await page.frame("#f", { url: /inner/ });
    const opened = attempt(frame, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    await toolbar.shows(tab, "2");
    const elsewhere = await toolbar.popup(otherTab);
    assert.deepEqual(await elsewhere.sockets(), [], "sockets of another tab");
    await elsewhere.close();
    await openMore(page, 98, peer.port);
    assert.equal((await toolbar.shows(tab, "99+")).title, "Portside: open connections 100");
    await closeMore(page);
    await toolbar.shows(tab, "2");
    await page.evaluate(() => {
      document.querySelector("#f")?.remove();
    });
    await toolbar.shows(tab, "1");
    await page.evaluate(() => (window as unknown as WithTCP).socket.close());
    assert.deepEqual(await toolbar.shows(tab, ""), { text: "", title: "Portside" });
    assert.deepEqual(await toolbar.badge(otherTab), { text: "", title: "Portside" });
    await page.close();
    await other.close();
  });

  test("calls for attention when something was refused, until the popup is opened or another page comes", async () => {
    const page = await stage.open("https://attention.test/");
    const tab = await toolbar.tabOf(page);
    const nowhere = to({ host: "peer.example.org", port: 9 });
    assert.equal(await attempt(page, nowhere, { click: false }), "NotAllowedError");
    assert.match((await toolbar.shows(tab, "!")).title, /^Portside\nSomething was refused/);
    const popup = await toolbar.popup(tab);
    await popup.showsRefusal(/by itself/);
    await toolbar.shows(tab, "");
    await popup.close();
    assert.equal(await attempt(page, nowhere, { click: false }), "NotAllowedError");
    await toolbar.shows(tab, "!");
    await page.goto(stage.pages.serve("https://attention.test/next", plainPage));
    await toolbar.shows(tab, "");
    // What the user said no to is no news to them.
    const denied = attempt(page, nowhere);
    await stage.person.denies();
    assert.equal(await denied, "NotAllowedError");
    await new Promise((resolve) => setTimeout(resolve, 400));
    await toolbar.shows(tab, "");
    await page.close();
  });

  test("calls for attention when there is no host; the popup says what to do", async (t) => {
    const bare = await openStage(lifeOf(t), { portside: false, extension: extensionFolder });
    const toolbar = await Toolbar.of(bare);
    const page = await bare.open();
    const tab = await toolbar.tabOf(page);
    assert.equal(await attempt(page, to({ host: "127.0.0.1", port: 9 })), "NetworkError");
    await (await bare.browser.nextPage("the setup page", /\/ui\/setup\.html/)).close();
    await toolbar.shows(tab, "!");
    const popup = await toolbar.popup(tab);
    await popup.showsRefusal(/127\.0\.0\.1:9[^]*not installed for this browser[^]*What to do/);
    assert.match(await popup.page.text("#banner"), /not installed for this browser/);
    await popup.page.click("#banner button");
    const setup = await bare.browser.nextPage("the setup page", /\/ui\/setup\.html\?.*problem=missing/);
    await setup.waitFor("what is wrong", () =>
      /not (?:installed|there)|missing/.test(document.querySelector("#problem")?.textContent ?? ""),
    );
  });
});

describe("what a document opens again", () => {
  /** How many sockets of an origin were opened on a lane: they have ids of their own. */
  const onLane = (origin: string): number =>
    (stage.browser.hostFiles()["audit.log"] ?? "")
      .split("\n")
      .filter((line) => line.includes(`"${origin}"`) && /"event":"open".*"socketId":\d{10}/.test(line)).length;

  /** Opens several sockets more, one after the other, says a word on each, and hears it. */
  const openAgain = (remotePort: number, count: number): Promise<string[]> =>
    (async () => {
      const heard: string[] = [];
      const more: PortsideTCPSocket[] = [];
      Object.assign(window, { more });
      for (let n = 0; n < count; n++) {
        const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
        more.push(socket);
        const writer = socket.writable.getWriter();
        await writer.write(new TextEncoder().encode(`word ${n.toString()}`));
        const reader = socket.readable.getReader();
        const { value } = await reader.read();
        heard.push(new TextDecoder().decode(value));
        reader.releaseLock();
        writer.releaseLock();
      }
      await more[0]?.setNoDelay(true);
      return heard;
    })();

  test("goes by its lane, is in the popup as any other, and ends with what it stands on", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://again.test/");
    await openTCP(stage, page, peer);
    assert.deepEqual(await page.evaluate(openAgain, peer.port, 4), ["word 0", "word 1", "word 2", "word 3"]);
    await until("the audit log", () => (onLane("https://again.test") >= 3 ? true : undefined));
    const tab = await toolbar.tabOf(page);
    await toolbar.shows(tab, "5");
    await closeMore(page);
    await toolbar.shows(tab, "1");
    assert.equal((await page.evaluate(openAgain, peer.port, 2)).length, 2);
    await toolbar.shows(tab, "3");

    const before = onLane("https://again.test");
    const popup = await toolbar.popup(tab);
    await popup.page.click("#pause");
    await toolbar.shows(tab, "II");
    assert.match(await outcome(page, to(peer), { click: false }), /^NotAllowedError: /);
    assert.equal(onLane("https://again.test"), before);
    for (const { closedAt } of peer.connections)
      assert.notEqual(closedAt, undefined, "a socket is open in spite of the pause");
    await popup.page.click("#pause");
    await popup.isPaused(false);
    await popup.close();
    await page.close();
  });
});

describe("a pause", () => {
  test("closes what the site has open in every tab, and refuses what it asks for, on the beat and like anything else", async () => {
    const peer = await peers.echoPeer(life);
    const [one, two] = [await stage.open("https://halted.test/1"), await stage.open("https://halted.test/2")];
    const neighbour = await stage.open("https://neighbour.test/");
    for (const page of [one, two, neighbour]) await openTCP(stage, page, peer);
    const [tab, otherTab] = [await toolbar.tabOf(one), await toolbar.tabOf(two)];
    const popup = await toolbar.popup(tab);
    const ends = [ending(one), ending(two)];
    await popup.page.click("#pause");
    assert.deepEqual(await Promise.all(ends), ["NetworkError", "NetworkError"]);
    for (const index of [0, 1]) await (await peer.connection(index)).waitUntilClosed(2_000);
    assert.equal((await peer.connection(2)).closedAt, undefined, "another site's socket was closed");
    await popup.isPaused(true);
    assert.match((await toolbar.shows(tab, "II")).title, /Paused on this site/);
    await toolbar.shows(otherTab, "II");

    // Known destination, new destination, destination that is left open: one answer, on the beat, and nobody is asked or called.
    const known = peer.connections.length;
    const answers: string[] = [];
    await onTheBeat(async () => {
      const called = performance.now();
      const both = [outcome(one, to(peer), { click: false }), outcome(two, { remotePort: peer.port })];
      answers.push(...(await Promise.all(both)));
      return performance.now() - called;
    });
    await stage.person.seesNoPrompt(300);
    answers.push(await outcome(two, to({ host: "peer.example.org", port: 9 })));
    assert.equal(peer.connections.length, known);
    // The same as any other refusal.
    admin.setPolicy({ ...generous, blockedOrigins: ["https://neighbour.test"] });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const byPolicy = await outcome(neighbour, to(peer), { click: false });
    admin.setPolicy(generous);
    assert.match(byPolicy, /^NotAllowedError: /);
    assert.deepEqual([...new Set(answers)], [byPolicy]);
    const refusal = await popup.showsRefusal(/You have paused Portside on this site/);
    assert.equal(refusal.where, `127.0.0.1:${peer.port.toString()}`);
    const line = await until("the audit line", () =>
      (stage.browser.hostFiles()["audit.log"] ?? "")
        .split("\n")
        .find((line) => line.includes("https://halted.test") && line.includes('"reason":"paused"')),
    );
    assert.match(line, /"by":"extension"/);
    // Without an attention call: the user did it themselves.
    await toolbar.shows(tab, "II");

    // A click that a script makes ends no pause.
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("#pause")?.click();
      document.querySelector<HTMLButtonElement>("#refusals .remedy")?.click();
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.match(await outcome(one, to(peer), { click: false }), /^NotAllowedError/);
    await popup.page.click("#refusals .remedy");
    await popup.isPaused(false);
    await toolbar.shows(tab, "");
    assert.equal(await outcome(one, to(peer), { click: false }), "");
    await popup.close();
    for (const page of [one, two, neighbour]) await page.close();
  });

  test("comes to what is just being opened, too: the question goes, and nobody is called", async () => {
    const peer = await peers.echoPeer(life);
    const silent = await peers.silentPeer(life);
    const [asking, opening] = [await stage.open("https://justnow.test/1"), await stage.open("https://justnow.test/2")];
    const waiting = outcome(opening, to(silent));
    await stage.person.allowsOnce();
    const asked = outcome(asking, to(peer));
    const prompt = await stage.person.seesPrompt();
    const popup = await toolbar.popup(await toolbar.tabOf(asking));
    await popup.page.click("#pause");
    await prompt.page.waitUntilClosed();
    const answers = await Promise.all([asked, waiting]);
    assert.match(answers[0], /^NotAllowedError: /);
    assert.equal(answers[1], answers[0]);
    assert.equal(peer.connections.length, 0);
    await popup.page.click("#pause");
    await popup.isPaused(false);
    await popup.close();
    await asking.close();
    await opening.close();
  });

  test("holds over a stop of the worker, and a new page of the site", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://lasting.test/");
    const tab = await toolbar.tabOf(page);
    const popup = await toolbar.popup(tab);
    await popup.page.click("#pause");
    await popup.isPaused(true);
    await stage.browser.stopBackground();
    await page.goto(stage.pages.serve("https://lasting.test/again", plainPage));
    await toolbar.shows(tab, "II");
    assert.match(await outcome(page, to(peer)), /^NotAllowedError/);
    await popup.isPaused(true);
    await popup.page.click("#pause");
    await popup.isPaused(false);
    await popup.close();
    await page.close();
  });

  test("holds over a restart of the browser", async (t) => {
    const own = lifeOf(t);
    const home = own.folder("home");
    const first = await openStage(own, { home });
    const peer = await peers.echoPeer(own);
    const page = await first.open("https://kept.test/");
    const popup = await (await Toolbar.of(first)).popup(await (await Toolbar.of(first)).tabOf(page));
    await popup.page.click("#pause");
    await popup.isPaused(true);
    await first.browser.close();
    const second = await openStage(own, { home });
    const toolbar = await Toolbar.of(second);
    const again = await second.open("https://kept.test/");
    assert.match((await toolbar.shows(await toolbar.tabOf(again), "II")).title, /Paused on this site/);
    assert.match(await outcome(again, to(peer)), /^NotAllowedError/);
    assert.equal(peer.connections.length, 0);
  });
});

describe("refusals", () => {
  let far: Stage;
  let farToolbar: Toolbar;
  const port = 7777;
  const web = "93.184.217.1";
  const outside = "93.184.215.14";
  before(async () => {
    const network = await networks.makeNetwork(life);
    await network.addAddresses(outside, web);
    await networks.startNameServer(
      life,
      network,
      `--host-record=outside.example,${outside}`,
      `--host-record=cors.example,${web}`,
      "--host-record=inside.example,10.0.0.5",
      "--host-record=ranged.example,93.184.219.9",
      "--local-ttl=0",
    );
    await networks.startDistantPeer(life, network, [
      { host: outside, port },
      { host: web, port: 443, https: "cors" },
    ]);
    const policy = { blockedDestinations: [{ host: "forbidden.example" }, { cidr: "93.184.219.0/24" }] };
    far = await openStage(life, { host: { network, policy } });
    farToolbar = await Toolbar.of(far);
  });

  test("have their true reason in the popup; for the page they are one of three errors", async () => {
    const frame = far.pages.serve("https://inner.test/", plainPage);
    const page = await far.browser.newPage(
      far.pages.serve(
        "https://reasons.test/",
        `${plainPage}<iframe id=f width=300 height=200 src="${frame}"></iframe>`,
      ),
    );
    const popup = await farToolbar.popup(await farToolbar.tabOf(page));
    const seen: Record<string, string> = {};
    const asks = async (
      what: string,
      told: RegExp,
      options: Record<string, unknown>,
      { answer, from = page, click = true }: { answer?: "allowsOnce" | "denies"; from?: Frame; click?: boolean } = {},
    ): Promise<void> => {
      const result = outcome(from, options, { click });
      if (answer !== undefined) await far.person[answer]();
      seen[what] = await result;
      const { where, text } = await popup.showsRefusal(told);
      assert.equal(where, `${String(options["remoteAddress"])}:${String(options["remotePort"])}`, text);
      assert.match(text, /\d:\d\d/);
    };
    const there = { host: "outside.example", port };
    await asks("activation", /Not opened: The page asked by itself[^]*Click the page’s own button/, to(there), {
      click: false,
    });
    await asks("user", /You did not allow it/, to(there), { answer: "denies" });
    await asks(
      "policy",
      /Your administrator does not allow it[^]*The setting that decided: .*policy\.json.*blockedDestinations/,
      to({ host: "forbidden.example", port }),
    );
    await asks(
      "policy, by where the name leads",
      /Your administrator does not allow it[^]*The setting that decided: .*policy\.json.*blockedDestinations\[1\]/,
      to({ host: "ranged.example", port }),
      { answer: "allowsOnce" },
    );
    await asks(
      "permissions policy",
      /inner\.test[^]*does not let this part of it/,
      to({ host: "framed.example", port }),
      {
        from: await page.frame("#f", { url: /inner/ }),
      },
    );
    await asks("address", /leads into your own network/, to({ host: "inside.example", port }), {
      answer: "allowsOnce",
    });
    await asks("cors", /which sites may use it, by the ordinary ways/, to({ host: "cors.example", port: 443 }), {
      answer: "allowsOnce",
    });
    await asks("dns", /There is no such name/, to({ host: "nowhere.example", port }), { answer: "allowsOnce" });
    await asks("refused", /no program answers at this port/, to({ host: outside, port: port + 1 }), {
      answer: "allowsOnce",
    });
    await asks("tls", /There is no secure connection/, to(there, { secureTransport: "on" }), {
      answer: "allowsOnce",
    });
    const opened = outcome(page, to({ host: outside, port }));
    await far.person.allowsOnce();
    assert.equal(await opened, "");
    seen["rate"] = await page.evaluate(
      async (remoteAddress: string, remotePort: number) => {
        for (;;)
          try {
            await navigator.openTCPSocket({ remoteAddress, remotePort });
          } catch (error) {
            const { name, message } = error as Error;
            return `${name}: ${message} ${Reflect.ownKeys(error as object).join()}`;
          }
      },
      outside,
      port,
    );
    await popup.showsRefusal(/The site opens connections too fast[^]*Wait a minute/);

    const named = (name: string): string[] => Object.values(seen).filter((error) => error.startsWith(`${name}: `));
    assert.equal(named("NotAllowedError").length, 7, JSON.stringify(seen));
    assert.equal(named("NetworkError").length, 3);
    assert.equal(named("QuotaExceededError").length, 1, "its own rate");
    assert.equal(new Set(Object.values(seen)).size, 3, JSON.stringify(seen));
    await popup.close();
    await page.close();
  });

  test("of a frame without an origin are shown like others", async () => {
    const page = await stage.browser.newPage(
      stage.pages.serve(
        "https://holder.test/",
        `${plainPage}<iframe id=f sandbox="allow-scripts" allow="direct-sockets *" srcdoc="<button id=go>Go</button>"></iframe>`,
      ),
    );
    const frame = await page.frame("#f");
    assert.equal(await attempt(frame, to({ host: "framed.example", port: 9 }), { click: false }), "NotAllowedError");
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    assert.match((await popup.showsRefusal(/framed\.example/)).text, /without an address/);
    await popup.close();
    await page.close();
  });

  test("that repeat are one line with a count, and a page cannot fill more than twenty", async () => {
    const page = await stage.open("https://flooding.test/");
    const tab = await toolbar.tabOf(page);
    const flood = (remotePort: number, times: number): Promise<void> =>
      page.evaluate(
        async (first: number, times: number) => {
          const attempts = Array.from({ length: 100 }, (_, n) =>
            navigator
              .openTCPSocket({
                remoteAddress: `${(first + n * times).toString()}.${"long.".repeat(48)}example`,
                remotePort: 9,
              })
              .catch(() => undefined),
          );
          await Promise.all(attempts);
        },
        remotePort,
        times,
      );
    await flood(1, 0); // the same, 100 times
    const popup = await toolbar.popup(tab);
    assert.match((await popup.showsRefusal(/Times: 100/)).text, /by itself/);
    await flood(1_000, 1); // 100 others
    await until("the lines", async () => (await popup.refusals()).length === 20);
    const kept = await toolbar.desk.evaluate(async () =>
      Object.entries(await chrome.storage.session.get(null)).filter(([key]) => key.startsWith("refusals:")),
    );
    const mine = kept.find(([key]) => key === `refusals:${tab.toString()}`)?.[1] as { records: { host: string }[] };
    assert.equal(mine.records.length, 20);
    assert.ok(
      mine.records.every(({ host }) => host.length <= 255),
      "a text was not cut",
    );
    await popup.close();
    await page.close();
    await until("the refusals to go with their tab", async () => {
      const left = await toolbar.desk.evaluate(async () => Object.keys(await chrome.storage.session.get(null)));
      return !left.includes(`refusals:${tab.toString()}`);
    });
  });

  test("tell what became of open sockets: lost, failed to upgrade, cut by a new policy", async () => {
    const page = await stage.open("https://broken.test/");
    const tab = await toolbar.tabOf(page);
    const popup = await toolbar.popup(tab);
    const resetting = await peers.resetPeer(life, "on data");
    await openTCP(stage, page, resetting);
    await page.evaluate(async () => {
      await (window as unknown as WithTCP).socket.writable.getWriter().write(new Uint8Array(1));
    });
    await popup.showsRefusal(/Ended: The other side broke the connection off/);
    await toolbar.shows(tab, ""); // the network's doings call for no attention

    const plain = await peers.linePeer(life, {
      greeting: "220 hello\r\n",
      answer: () => "220 go ahead\r\n220 and more\r\n",
    });
    await openTCP(stage, page, plain, { secureTransport: "starttls" });
    await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      await socket.startTls({ serverName: "localhost" }).catch(() => undefined); // with the greeting unread
    });
    await popup.showsRefusal(/Could not be encrypted: Something was said before encryption began/);
    assert.equal((await popup.refusals()).filter(({ where }) => where.endsWith(`:${String(plain.port)}`)).length, 1);
    await popup.close();

    const peer = await peers.echoPeer(life);
    await openTCP(stage, page, peer);
    admin.setPolicy({ ...generous, blockedOrigins: ["https://broken.test"] });
    await toolbar.shows(tab, "!");
    const again = await toolbar.popup(tab);
    await again.showsRefusal(
      /Ended: Your administrator does not allow it[^]*The setting that decided: .*blockedOrigins/,
    );
    admin.setPolicy(generous);
    await again.close();
    await page.close();
  });
});

describe("a muted site", () => {
  test("is said to be muted, and may ask again when the user says so", async () => {
    const page = await stage.open("https://nagging.test/");
    const nowhere = to({ host: "peer.example.org", port: 9 });
    for (let n = 0; n < 3; n++) {
      const denied = attempt(page, nowhere);
      await stage.person.denies();
      assert.equal(await denied, "NotAllowedError");
    }
    assert.equal(await attempt(page, nowhere), "NotAllowedError");
    const tab = await toolbar.tabOf(page);
    await toolbar.shows(tab, "!");
    const popup = await toolbar.popup(tab);
    await popup.showsRefusal(/asked again and again[^]*Let it ask again/);
    assert.match(await popup.page.text("#muted"), /may not ask before \d+:\d\d/);
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("#unmute")?.click();
      document.querySelector<HTMLButtonElement>("#refusals .remedy")?.click();
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await popup.page.evaluate(() => document.querySelector<HTMLElement>("#muted")?.hidden), false);
    await popup.page.click("#refusals .remedy");
    await popup.page.waitFor("the note to go", () => document.querySelector<HTMLElement>("#muted")?.hidden);
    const asked = attempt(page, nowhere);
    await stage.person.denies();
    assert.equal(await asked, "NotAllowedError");
    await popup.close();
    await page.close();
  });
});

describe("a private window", () => {
  test("has a popup of its own; its pauses and refusals are on no disk, and go with it", async () => {
    const peer = await peers.echoPeer(life);
    const normal = await stage.open("https://secret.test/");
    // Without what a first use of the host writes once.
    const onDisk = async (): Promise<string> =>
      await toolbar.desk.evaluate(async () =>
        JSON.stringify({ ...(await chrome.storage.local.get(null)), networkSalt: undefined }),
      );
    const keptBefore = await onDisk();
    const page = await stage.browser.newPage(stage.pages.serve("https://secret.test/private", plainPage), {
      incognito: true,
    });
    const tab = await toolbar.tabOf(page);
    const opened = attempt(page, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    assert.equal(await attempt(page, to({ host: "elsewhere.example", port: 9 }), { click: false }), "NotAllowedError");
    await toolbar.shows(tab, "!");
    const popup = await toolbar.popup(tab);
    await popup.showsSockets(1);
    await popup.showsRefusal(/by itself/);
    assert.equal(await popup.page.evaluate(() => document.querySelector<HTMLElement>("#private")?.hidden), false);
    const ended = ending(page);
    await popup.page.click("#pause");
    assert.equal(await ended, "NetworkError");
    await popup.isPaused(true);
    assert.match(await outcome(page, to(peer), { click: false }), /^NotAllowedError/);

    // The other windows know nothing of it, nor does the disk.
    const other = await toolbar.popup(await toolbar.tabOf(normal));
    await other.isPaused(false);
    assert.deepEqual(await other.refusals(), []);
    await openTCP(stage, normal, peer);
    await other.showsSockets(1);
    const keptAfter = await onDisk();
    assert.equal(keptAfter, keptBefore);
    // And the other way round.
    await popup.page.click("#pause");
    await popup.isPaused(false);
    await other.page.click("#pause");
    await other.isPaused(true);
    await popup.isPaused(false);
    await other.page.click("#pause");
    await other.isPaused(false);

    await popup.page.click("#pause");
    await popup.isPaused(true);
    await popup.close();
    await page.close();
    await until("the private window to be forgotten", async () => {
      const left = await toolbar.desk.evaluate(async () => JSON.stringify(await chrome.storage.session.get(null)));
      return !left.includes("paused") && !left.includes("elsewhere.example");
    });
    await other.close();
    await normal.close();
  });
});

describe("a stop of the worker", () => {
  test("ends the sockets; the popup finds back, and the refusals are still there", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://stopped.test/");
    const tab = await toolbar.tabOf(page);
    assert.equal(await attempt(page, to({ host: "early.example", port: 9 }), { click: false }), "NotAllowedError");
    await openTCP(stage, page, peer);
    await until("the socket to be counted", async () =>
      (await toolbar.badge(tab)).title.includes("open connections 1"),
    );
    // With nobody else there to start it again: the badge does not go on counting what is gone.
    await stage.browser.stopBackground();
    await (await peer.connection()).waitUntilClosed(2_000);
    assert.match(
      (
        await until("the badge without a count", async () => {
          const badge = await toolbar.badge(tab);
          return badge.title.includes("open connections") ? undefined : badge;
        })
      ).title,
      /^Portside\n/,
    );

    assert.equal(await attempt(page, to(peer), { click: false }), "");
    const popup = await toolbar.popup(tab);
    await popup.showsSockets(1);
    await stage.browser.stopBackground();
    await popup.showsSockets(0);
    await popup.showsRefusal(/early\.example:9[^]*by itself/);
    // It is connected again, and not only shows what it had.
    assert.equal(await attempt(page, to(peer), { click: false }), "");
    await popup.showsSockets(1);
    await popup.close();
    await page.close();
  });
});

describe("nobody else", () => {
  /** Connects as a popup would and tries everything; gives what came of it. */
  const pretend = (extension: string | undefined, tabId: number): Promise<string> =>
    new Promise((resolve) => {
      try {
        const info = { name: "popup" };
        const port = extension === undefined ? chrome.runtime.connect(info) : chrome.runtime.connect(extension, info);
        port.onMessage.addListener((message: unknown) => {
          resolve(JSON.stringify(message));
        });
        port.onDisconnect.addListener(() => {
          resolve("disconnected");
        });
        for (const message of [
          { type: "watch", tabId },
          { type: "close-all" },
          { type: "pause", origin: "https://guarded.test", paused: true },
        ])
          port.postMessage(message);
      } catch (error) {
        resolve(String(error));
      }
      setTimeout(() => {
        resolve("no answer");
      }, 2_000);
    });

  test("content scripts, pages and other extensions cannot read the popup's view, close or pause", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://guarded.test/");
    await openTCP(stage, page, peer);
    const tab = await toolbar.tabOf(page);
    assert.equal(await page.evaluateInContentScript(pretend, undefined, tab), "disconnected");
    assert.equal(
      await page.evaluate(() => typeof (globalThis as { chrome?: { runtime?: unknown } }).chrome?.runtime),
      "undefined",
      "the extension is there for pages",
    );
    const folder = life.folder("other-extension");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "Other", version: "1" }));
    writeFileSync(join(folder, "page.html"), "<!doctype html><title>Other</title>");
    const id = await stage.browser.loadExtension(folder);
    const other = await stage.browser.newPage(`${await stage.browser.originOf(id)}/page.html`);
    assert.equal(await other.evaluate(pretend, extensionIds[stage.browser.name], tab), "disconnected");
    await other.close();
    // Nor through what is kept. Firefox does not refuse content scripts storage.local: there is nothing in it.
    const paused = (): Promise<unknown> => toolbar.desk.evaluate(() => chrome.storage.local.get("paused"));
    const before = await paused();
    const kept = await page.evaluateInContentScript(async () => {
      const tries: (() => Promise<unknown>)[] = [
        () => chrome.storage.local.get(null),
        () => chrome.storage.local.set({ paused: ["https://guarded.test"] }),
        () => chrome.storage.session.get(null),
      ];
      const results = tries.map((attempt) =>
        Promise.resolve()
          .then(attempt)
          .then(
            (got) => `got ${JSON.stringify(got ?? null)}`,
            () => "refused",
          ),
      );
      return await Promise.all(results);
    });
    const expected = {
      chromium: ["refused", "refused", "refused"],
      firefox: ["got {}", "got null", "refused"],
    } as const;
    assert.deepEqual(kept, expected[stage.browser.name]);
    assert.deepEqual(await paused(), before);
    assert.equal((await peer.connection()).closedAt, undefined);
    await toolbar.shows(tab, "1");
    await page.close();
  });

  test("a page can neither frame nor open nor fetch the popup", async () => {
    const page = await stage.open("https://framing.test/");
    const tab = await toolbar.tabOf(page);
    const url = `${extensionOrigin}/ui/popup.html?tab=${tab.toString()}`;
    // A popup that worked would take the call for attention away.
    assert.match(await outcome(page, to({ host: "peer.example.org", port: 9 }), { click: false }), /^NotAllowedError/);
    await toolbar.shows(tab, "!");
    const tried = await page.evaluateOnClick(
      "#go",
      async (url: string) => {
        let opened: Window | null = null;
        try {
          opened = window.open(url);
        } catch {
          // Firefox throws
        }
        const frame = document.createElement("iframe");
        frame.src = url;
        document.body.append(frame);
        await new Promise((resolve) => setTimeout(resolve, 700));
        const fetched = await fetch(url).then(
          () => "fetched",
          () => "refused",
        );
        let inside: string;
        try {
          inside = (frame.contentDocument?.querySelector("#pause") ?? null) === null ? "nothing" : "read";
        } catch {
          inside = "nothing";
        }
        opened?.close();
        return { fetched, inside };
      },
      url,
    );
    assert.deepEqual(tried, { fetched: "refused", inside: "nothing" });
    assert.equal((await toolbar.badge(tab)).text, "!");
    const popup = await toolbar.popup(tab);
    await toolbar.shows(tab, "");
    await popup.close();
    await page.close();
  });
});
