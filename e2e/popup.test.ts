// The popup that hangs from the icon: each socket as it lives, how the program is, and what administrators say.
import assert from "node:assert/strict";
import { before } from "node:test";
import { attempt, openStage, openTCP, openUDP, plainPage, to, type Stage, type WithTCP } from "./stage.ts";
import { Toolbar, ending, generous, openMore, outcome } from "./toolbar.ts";
import { assertAccessible } from "./world/axe.ts";
import { certificates } from "./world/certs.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { childrenOf, commandLine } from "./world/proc.ts";
import { until } from "./world/wait.ts";
import { describe, test } from "./world/where.ts";

const life = lifeOfSuite("popup");
let stage: Stage;
let toolbar: Toolbar;
before(async () => {
  stage = await openStage(life, { host: { policy: generous } });
  toolbar = await Toolbar.of(stage);
});

describe("the popup", () => {
  test("hangs from the icon, and shows the sockets of the page under it as they live", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://live.test/");
    await openTCP(stage, page, peer);
    const popup = await toolbar.hang(page);
    const [line] = await popup.showsSockets(1);
    assert.equal(line?.where, `127.0.0.1:${peer.port.toString()}`);
    assert.match(line.text, new RegExp(`TCP\\s+Not encrypted\\s+Since \\d`));
    assert.equal(await popup.page.text("#site"), "live.test");
    await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      await socket.writable.getWriter().write(new Uint8Array(43_210));
      const reader = socket.readable.getReader();
      for (let read = 0; read < 43_210;) read += (await reader.read()).value?.byteLength ?? 0;
    });
    await until("the bytes", async () => {
      const [{ text } = { text: "" }] = await popup.sockets();
      return text.includes("Received 43.2 kB") && text.includes("Sent 43.2 kB");
    });
    const spark = await popup.page.waitFor("the picture of the last minute", () => {
      const picture = document.querySelector(".spark");
      const label = picture?.getAttribute("aria-label") ?? "";
      return label.includes("kB") ? { role: picture?.getAttribute("role"), label } : undefined;
    });
    assert.equal(spark.role, "img");
    assert.match(spark.label, /received [\d.]+ kB, sent [\d.]+ kB$/);
    await openMore(page, 20, peer.port);
    await popup.showsSockets(21);
    const { width, height } = await popup.page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    assert.ok(width >= 380 && width <= 400 && height > 400 && height <= 600, `${String(width)} x ${String(height)}`);
    await popup.close();
    await page.close();
  });

  test("works with the keyboard alone", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://keys.test/");
    await openTCP(stage, page, peer);
    await openMore(page, 1, peer.port);
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await popup.showsSockets(2);
    await popup.page.waitFor("the details", () => document.querySelectorAll("dd").length > 0);
    const walk = async (): Promise<string> => {
      await popup.page.press("Tab");
      return await popup.page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.id !== "" ? `#${at?.id ?? ""}` : `${at.tagName} ${at.getAttribute("aria-label") ?? at.textContent}`;
      });
    };
    const where = `127.0.0.1:${peer.port.toString()}`;
    const name = `\u2068${where}\u2069`;
    const walks = async (steps: number): Promise<string[]> => {
      const stops: string[] = [];
      for (let n = 0; n < steps; n++) stops.push(await walk());
      return stops;
    };
    const [fold, all] = [`BUTTON ${where} Connections: 2`, `BUTTON Close all connections to ${name}`];
    assert.deepEqual(await walks(7), ["#pause", "#close-all", fold, all, "#settings", "#copy", "#help"]);
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>(".disclosure")?.focus();
    });
    await popup.page.press(" ");
    const line = [`BUTTON Close the connection to ${name}`, `SUMMARY Details of the connection to ${name}`];
    assert.deepEqual(await walks(5), [all, ...line, ...line]);
    const ended = ending(page);
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>(".socket .close")?.focus();
    });
    await popup.page.press("Enter");
    assert.equal(await ended, "NetworkError");
    await popup.showsSockets(1);
    await popup.page.press("Enter"); // the focus is on the next line's
    await popup.showsSockets(0);
    assert.equal(await popup.page.evaluate(() => document.activeElement?.id), "open-title");
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("#pause")?.focus();
    });
    await popup.page.press(" ");
    await popup.isPaused(true);
    await popup.page.press(" ");
    await popup.isPaused(false);
    await popup.close();
    await page.close();
  });

  test("axe finds nothing, light, dark, and with all that it can show", async () => {
    const peer = await peers.tlsEchoPeer(life);
    const inner = stage.pages.serve("https://full-inner.test/", plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve(
        "https://full.test/",
        `${plainPage}<iframe id=f allow="direct-sockets" width=300 height=200 src="${inner}"></iframe>`,
      ),
    );
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await assertAccessible(popup.page, "with nothing in it");
    const frame = await page.frame("#f", { url: /full-inner/ });
    for (const [where, remoteAddress] of [
      [page, "localhost"],
      [frame, "127.0.0.1"],
    ] as const) {
      const opened = attempt(where, { remoteAddress, remotePort: peer.port, secureTransport: "on" });
      await stage.person.allowsOnce();
      assert.equal(await opened, "");
    }
    // The click in the frame was one for the page around it, too: as long as that lasts, the page would ask.
    await page.waitFor("the click to be over", () => !navigator.userActivation.isActive);
    await attempt(frame, to({ host: `${"long.".repeat(40)}example.org`, port: 9 }), { click: false });
    await attempt(page, to({ host: "no-such-host.test", port: 9 }), { click: false });
    await popup.showsSockets(2);
    await popup.showsRefusal(/no-such-host/);
    await popup.page.waitFor("the certificates", () => document.querySelectorAll("dd").length >= 14);
    await popup.page.evaluate(() => {
      document.querySelector("details")?.setAttribute("open", "");
    });
    for (const colours of ["light", "dark"] as const) {
      await popup.page.lookAt({ colours, size: { width: 400, height: 700 } });
      await assertAccessible(popup.page, colours);
    }
    const ended = ending(page);
    await popup.page.click("#pause");
    assert.equal(await ended, "NetworkError");
    await popup.isPaused(true);
    await attempt(page, to({ host: "localhost", port: peer.port }, { secureTransport: "on" }), { click: false });
    await popup.showsRefusal(/You have paused/);
    await assertAccessible(popup.page, "paused");
    await popup.page.click("#pause");
    await popup.isPaused(false);
    await popup.close();
    await page.close();
  });

  test("moves little for who wants little motion", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://still.test/");
    await openTCP(stage, page, peer);
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    const draws = async (): Promise<number> => {
      await popup.page.evaluate(() => {
        Object.assign(window, { drawn: 0 });
        new MutationObserver((changes) => {
          (window as unknown as { drawn: number }).drawn += changes.length;
        }).observe(document.querySelector(".spark .received") as Element, { attributes: true });
      });
      const write = (): Promise<void> =>
        page.evaluate(async () => {
          const { socket } = window as unknown as WithTCP;
          const writer = socket.writable.getWriter();
          await writer.write(new Uint8Array(1_000));
          writer.releaseLock();
        });
      for (let n = 0; n < 4; n++) {
        await write();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      return await popup.page.evaluate(() => (window as unknown as { drawn: number }).drawn);
    };
    await popup.showsSockets(1);
    assert.ok((await draws()) >= 2, "it is not drawn at all");
    await popup.page.lookAt({ motion: "reduced", size: { width: 400, height: 700 } });
    assert.ok((await draws()) <= 1, "drawn more than once");
    await popup.close();
    await page.close();
  });

  test("tells the certificate of a server, and who vouches for it", async () => {
    const { certificateSha256, wrong } = await certificates();
    const trusted = await peers.tlsEchoPeer(life);
    const listed = await peers.tlsEchoPeer(life, {}, wrong.selfSigned);
    const page = await stage.open("https://secure.test/");
    const tab = await toolbar.tabOf(page);
    const opens = async (options: PortsideSocketOptions, hash?: number[]): Promise<void> => {
      const opened = page.evaluateOnClick(
        "#go",
        async (options: PortsideSocketOptions, hash?: number[]) => {
          const pinned = hash && { serverCertificateHashes: [{ algorithm: "sha-256", value: new Uint8Array(hash) }] };
          const socket = await navigator.openTCPSocket({ ...options, ...pinned });
          Object.assign(window, { [`socket${String(options.remotePort)}`]: socket });
        },
        options,
        hash,
      );
      await stage.person.allowsOnce();
      await opened;
    };
    await opens({ remoteAddress: "localhost", remotePort: trusted.port, secureTransport: "on" });
    await opens({ remoteAddress: "localhost", remotePort: listed.port, secureTransport: "on" }, [
      ...wrong.selfSigned.sha256,
    ]);
    const popup = await toolbar.popup(tab);
    await popup.showsSockets(2);
    await popup.page.waitFor("the certificates", () => document.querySelectorAll("dd").length >= 16);
    const [first = "", second = ""] = await popup.page.evaluate(() =>
      [...document.querySelectorAll<HTMLDetailsElement>("details")].map((details) => {
        details.open = true;
        return details.innerText;
      }),
    );
    const print = (hash: Buffer): string => hash.toString("hex").replaceAll(/(?<=..)(..)/g, ":$1");
    assert.match(first, /Address\s+127\.0\.0\.1/);
    assert.match(first, /Encryption\s+TLS_/);
    assert.match(first, /Certificate of\s+a\.test/);
    assert.match(first, /Issued by\s+Portside test CA/);
    assert.match(first, /Valid for\s+a\.test, \*\.a\.test/);
    assert.match(first, new RegExp(`Valid until\\s+\\w+ \\d+, ${String(new Date().getFullYear()).slice(0, 2)}`));
    assert.match(first, /Trusted\s+by this system/);
    assert.ok(first.includes(print(certificateSha256)), first);
    assert.match(second, /Trusted\s+because the page named exactly this certificate/);
    assert.ok(second.includes(print(wrong.selfSigned.sha256)), second);
    assert.match((await popup.sockets())[0]?.text ?? "", /Encrypted, TLS 1\.3/);
    await popup.close();
    await page.close();
  });

  test("follows an upgrade to TLS, and knows datagrams", async () => {
    const peer = await peers.startTlsPeer(life);
    const page = await stage.open("https://upgrade.test/");
    await openTCP(stage, page, peer, { secureTransport: "starttls", serverName: "localhost" });
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    assert.match((await popup.showsSockets(1))[0]?.text ?? "", /Not encrypted; the site may switch encryption on/);
    await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const reader = socket.readable.getReader();
      await reader.read();
      const writer = socket.writable.getWriter();
      await writer.write(new TextEncoder().encode("STARTTLS\r\n"));
      await reader.read();
      reader.releaseLock();
      writer.releaseLock();
      await socket.startTls({ serverName: "localhost" });
    });
    await until("the upgrade", async () => (await popup.sockets())[0]?.text.includes("Encrypted, TLS 1.3"));
    const udp = await peers.udpEchoPeer(life);
    await openUDP(stage, page, udp);
    await until("the datagram socket", async () => (await popup.sockets()).find(({ text }) => text.includes("UDP")));
    await popup.close();
    await page.close();
  });

  test("Close ends a socket with an error; the page cannot open it again by itself", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://close.test/");
    await openTCP(stage, page, peer);
    await openMore(page, 1, peer.port);
    const tab = await toolbar.tabOf(page);
    const popup = await toolbar.popup(tab);
    await popup.showsSockets(2);
    await popup.unfold();
    const ended = ending(page);
    await popup.page.click(".socket .close");
    assert.equal(await ended, "NetworkError");
    await (await peer.connection(0)).waitUntilClosed(2_000);
    await popup.showsSockets(1);
    // The focus went to the next line, and how many are left was said aloud.
    assert.equal(await popup.page.evaluate(() => document.activeElement?.className), "close");
    assert.equal(await popup.page.text("#count"), "Open connections: 1");
    assert.equal(peer.connections[1]?.closedAt, undefined, "the other one was closed, too");
    assert.equal(await attempt(page, to(peer), { click: false }), "NotAllowedError");
    const again = attempt(page, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await again, "");
    await popup.showsSockets(2);
    const last = ending(page);
    await popup.page.click("#close-all");
    assert.equal(await last, "NetworkError");
    for (const connection of peer.connections) await connection.waitUntilClosed(2_000);
    await popup.showsSockets(0);
    assert.equal(await popup.page.text("#none"), "This page has no direct connections.");
    await popup.close();
    await page.close();
  });

  test("changes in place: the focus stays, and only a change of the number is said aloud", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://calm.test/");
    await openTCP(stage, page, peer);
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await popup.showsSockets(1);
    await popup.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>(".socket .close")?.focus();
      document.querySelector<HTMLElement>("details")?.setAttribute("open", "");
      const said: string[] = [];
      const lines: string[] = [];
      Object.assign(window, { said, lines });
      new MutationObserver(() => said.push(document.querySelector("#count")?.textContent ?? "")).observe(
        document.querySelector("#count") as Element,
        { childList: true, characterData: true, subtree: true },
      );
      new MutationObserver(() => lines.push("changed")).observe(document.querySelector(".sockets") as Element, {
        childList: true,
      });
    });
    await page.evaluate(async () => {
      await (window as unknown as WithTCP).socket.writable.getWriter().write(new Uint8Array(5_000));
    });
    await until("the bytes", async () => (await popup.sockets())[0]?.text.includes("Sent 5 kB"));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const calm = await popup.page.evaluate(() => ({
      focused: document.activeElement?.className,
      open: document.querySelector("details")?.open,
      said: (window as unknown as { said: string[] }).said,
      lines: (window as unknown as { lines: string[] }).lines,
    }));
    assert.deepEqual(calm, { focused: "close", open: true, said: [], lines: [] });
    await openMore(page, 1, peer.port);
    await popup.showsSockets(2);
    assert.deepEqual(await popup.page.evaluate(() => (window as unknown as { said: string[] }).said), [
      "Open connections: 2",
    ]);
    assert.equal(await popup.page.evaluate(() => document.activeElement?.className), "close");
    await popup.close();
    await page.close();
  });

  test("is copied as text as it is shown", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://copied.test/");
    await openTCP(stage, page, peer);
    await openMore(page, 1, peer.port);
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await popup.showsSockets(2);
    await popup.page.evaluate(() => {
      Object.defineProperty(navigator.clipboard, "writeText", {
        value: (text: string) => {
          Object.assign(window, { copied: text });
          return Promise.resolve();
        },
      });
    });
    await popup.page.click("#copy");
    assert.equal(await popup.page.text("#copy"), "Copied");
    const copied = await popup.page.evaluate(() => (window as unknown as { copied: string }).copied);
    const where = `127\\.0\\.0\\.1:${peer.port.toString()}`;
    assert.match(
      copied,
      new RegExp(
        `^copied\\.test\\nDirect connections on this site · On\\nOpen connections\\n${where} Connections: 2\\n` +
          `TCP · Not encrypted\\nReceived 0 bytes · Sent 0 bytes\\nThe Portside program\\nReady, version .*\\n`,
      ),
    );
    assert.doesNotMatch(copied, /Close|Details|Settings|Since/);
    await popup.close();
    await page.close();
  });

  test("its place in the menu of the toolbar's button costs no warning", async () => {
    const asked = await toolbar.desk.evaluate(async () => {
      const manifest = JSON.stringify(chrome.runtime.getManifest());
      return {
        warnings: await chrome.management.getPermissionWarningsByManifest(manifest),
        without: await chrome.management.getPermissionWarningsByManifest(manifest.replace('"contextMenus",', "")),
      };
    });
    assert.notEqual(asked.without.length, 0);
    assert.deepEqual(asked.warnings, asked.without);
  });

  test("is in the menu of the toolbar's button; in a window it fills that, and goes with its tab", async () => {
    await toolbar.desk.evaluate(async () => {
      await chrome.contextMenus.update("popup-window", { visible: true }); // rejects where there is no such item
    });
    const page = await stage.open("https://window.test/");
    const tab = await toolbar.tabOf(page);
    const window = await stage.browser.newExtensionPage(`ui/popup.html?tab=${tab.toString()}#window`);
    await window.waitFor("the site", () => document.querySelector("#site")?.textContent === "window.test");
    await window.lookAt({ size: { width: 320, height: 900 } });
    await window.settle();
    const body = await window.evaluate(() => {
      const { width, height } = document.body.getBoundingClientRect();
      return [width, height, document.documentElement.scrollWidth];
    });
    assert.deepEqual(body, [320, 900, 320]);
    await page.goto(stage.pages.serve("https://next.test/", plainPage));
    await window.waitFor("the next site", () => document.querySelector("#site")?.textContent === "next.test");
    await page.close();
    await window.waitUntilClosed();
  });

  test("where there is no web page it says so", async () => {
    const popup = await toolbar.popup(await toolbar.tabOf(toolbar.desk));
    assert.equal(await popup.page.text("#none"), "This is no web page: nothing here can open connections.");
    assert.equal(await popup.page.evaluate(() => document.querySelector<HTMLElement>("#pause-line")?.hidden), true);
    await popup.close();
    const plain = await stage.browser.newPage(stage.pages.serve("http://plain.test/", plainPage));
    const other = await toolbar.popup(await toolbar.tabOf(plain));
    assert.match(await other.page.text("#none"), /did not come over a secure connection/);
    await other.close();
    await plain.close();
    const nothing = await toolbar.popup(999_999_999);
    assert.match(await nothing.page.text("#none"), /no web page/);
    await nothing.close();
  });

  test("lists what is remembered for the site, takes it back, and leads to the settings", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://keeping.test/");
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await popup.page.waitFor("the list", () => document.querySelectorAll("#saved .grant").length === 1);
    assert.equal(await popup.page.text("#saved-title"), "Saved permissions: 1");
    await popup.page.click("#settings");
    // They are open already: that tab comes to the front.
    await toolbar.desk.waitFor("the settings", async () => (await chrome.tabs.getCurrent())?.active);
    await toolbar.desk.waitFor("the site", () => document.body.innerText.includes("keeping.test"));
    const ended = ending(page);
    await popup.page.click("#saved .revoke");
    assert.equal(await ended, "NetworkError");
    await popup.page.waitFor("the section to go", () => document.querySelector<HTMLElement>("#saved")?.hidden);
    await popup.close();
    await page.close();
  });

  test("frames of other sites have groups of their own, and their own pause", async () => {
    const peer = await peers.echoPeer(life);
    const inner = stage.pages.serve("https://widget.test/", plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve(
        "https://holder.test/",
        `${plainPage}<iframe id=f allow="direct-sockets" width=300 height=200 src="${inner}"></iframe>`,
      ),
    );
    const frame = await page.frame("#f", { url: /widget/ });
    await openTCP(stage, page, peer);
    const opened = attempt(frame, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    const popup = await toolbar.popup(await toolbar.tabOf(page));
    await popup.showsSockets(2);
    const groups = await popup.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("h3.group")].map((title) => title.innerText),
    );
    assert.deepEqual(groups, ["holder.test", "widget.test"]);
    const ended = ending(frame);
    await popup.page.click('[role=switch][aria-label*="widget.test"]');
    assert.equal(await ended, "NetworkError");
    await (await peer.connection(1)).waitUntilClosed(2_000);
    await popup.showsSockets(1);
    assert.match(await outcome(frame, to(peer), { click: false }), /^NotAllowedError/);
    assert.equal((await peer.connection(0)).closedAt, undefined);
    await toolbar.shows(await toolbar.tabOf(page), "1"); // the site itself goes on
    await popup.showsRefusal(/widget\.test[^]*You have paused Portside on this site/);
    await popup.page.click('#also-paused [role=switch][aria-label*="widget.test"]');
    await popup.page.waitFor("the pause to end", () => document.querySelector("#also-paused")?.children.length === 0);
    assert.equal(await attempt(frame, to(peer), { click: false }), "");
    await popup.close();
    await page.close();
  });

  test("tells the version of the host and what administrators say; showing it keeps no host alive", async (t) => {
    const own = await openStage(lifeOf(t), { host: { policy: generous } });
    const toolbar = await Toolbar.of(own);
    const space = own.browser.hostSpace;
    const page = await own.open("https://ruled.test/");
    const tab = await toolbar.tabOf(page);
    const quiet = await toolbar.popup(tab);
    const said = await quiet.page.text("#host");
    assert.match(said, /Ready, version \d+\.\d+/);
    assert.match(said, /Rules of your administrator:\s+\/etc\/portside\/policy\.json/);
    space?.setPolicy({ ...generous, blockedOrigins: ["https://ruled.test"] });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const refused = await toolbar.popup(tab);
    await refused.page.waitFor("what the administrator says", () =>
      /does not let this site open connections\.\s+The setting that decided: .*blockedOrigins/.test(
        document.querySelector<HTMLElement>("#host")?.innerText ?? "",
      ),
    );
    await refused.close();
    space?.setPolicy("{ broken");
    await new Promise((resolve) => setTimeout(resolve, 400));
    const broken = await toolbar.popup(tab);
    assert.match(await broken.page.text("#host"), /policy\.json\s+Cannot be used, so that everything is refused/);
    await broken.close();
    space?.setPolicy(undefined);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const none = await toolbar.popup(tab);
    assert.match(await none.page.text("#host"), /No administrator has set rules/);
    await none.close();
    // The first popup is still open. The host is in a space of its own, where its program has another path.
    const hosts = (): number[] =>
      childrenOf(own.browser.process.pid).filter((pid) => commandLine(pid)[0]?.endsWith("/portside"));
    const asked = Date.now();
    await until("the host to be let go", () => hosts().length === 0, { timeout: 5_000 });
    t.diagnostic(`the host was let go ${String(Date.now() - asked)} ms after the last popup had asked it`);
    assert.equal(quiet.page.open, true);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.deepEqual(hosts(), []);
  });
});
