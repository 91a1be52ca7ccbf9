// The user: asked before anything happens, told who and where, able to take it back.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, openTCP, to, type Stage, type WithTCP } from "./stage.ts";
import { assertAccessible } from "./world/axe.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("consent");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

/** The audit lines of the host so far. */
function audit(): Record<string, unknown>[] {
  const files = stage.browser.hostFiles();
  const name = Object.keys(files).find((file) => file.includes("audit"));
  assert.ok(name !== undefined, `no audit file among ${Object.keys(files).join(", ")}`);
  return (files[name] ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the prompt", () => {
  test("says who asks and for what, and nothing reaches the network before Allow", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://mail.a.test/");
    const opened = attempt(page, to(peer));
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.who(), "mail.a.test");
    assert.equal(await prompt.where(), "");
    assert.equal(await prompt.proposal(), "127.0.0.1");
    assert.match(prompt.text, /a program on this computer/);
    assert.match(prompt.text, new RegExp(`port ${peer.port.toString()}`));
    assert.equal(await prompt.asksForAddress(), true);
    // Who could be in between is told once somebody has named the place.
    await prompt.typeProposal();
    await prompt.page.waitFor("what is said of encryption", () =>
      /not encrypted/i.test(document.querySelector<HTMLElement>("#encryption")?.innerText ?? ""),
    );
    assert.equal(peer.connections.length, 0, "a connection was made before consent");
    await prompt.allowOnce();
    assert.equal(await opened, "");
    assert.equal(peer.connections.length, 1);
    await page.close();
  });

  test("Deny, Escape and closing the window all say no", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://no.test/");
    for (const way of ["deny", "escape", "dismiss"] as const) {
      const opened = attempt(page, to(peer));
      const prompt = await stage.person.seesPrompt();
      if (way === "deny") await prompt.deny();
      else if (way === "dismiss") await prompt.dismiss();
      else {
        await prompt.waitUntilEnabled("#deny");
        await prompt.page.press("Escape").catch(() => undefined); // the window may be gone before the key is up
        await prompt.page.waitUntilClosed();
      }
      assert.equal(await opened, "NotAllowedError", way);
    }
    assert.equal(peer.connections.length, 0);
    const refusals = await until("three audit lines", () => {
      const lines = audit().filter((line) => line["port"] === peer.port);
      return lines.length >= 3 ? lines : undefined;
    });
    for (const line of refusals) assert.equal(line["rule"] ?? line["reason"], "user", JSON.stringify(line));
    await page.close();
  });

  test("for a name on the internet says which, and asks for no address", async () => {
    const page = await stage.open("https://mail.a.test/2");
    const opened = attempt(page, to({ host: "IMAP.Example.ORG", port: 993 }, { secureTransport: "on" }));
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.where(), "imap.example.org");
    assert.match(prompt.text, /IMAP mail, port 993/);
    assert.match(prompt.text, /Encrypted: nobody on the way/);
    assert.equal(await prompt.asksForAddress(), false);
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    const named = attempt(
      page,
      to({ host: "IMAP.Example.ORG", port: 993 }, { secureTransport: "on", serverName: "Another.example" }),
    );
    const other = await stage.person.seesPrompt();
    assert.match(other.text, /certificate for another name, which the site chose: another\.example/);
    await other.deny();
    assert.equal(await named, "NotAllowedError");
    await page.close();
  });

  test("without remoteAddress the user names the destination", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    const opened = attempt(page, { remotePort: peer.port });
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.asksForAddress(), true);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.typeAddress("no such / place");
    assert.match(await prompt.complains(), /not a name or an address/);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.typeAddress("127.0.0.1");
    await prompt.allowOnce();
    assert.equal(await opened, "");
    assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remoteAddress), "127.0.0.1");
    // The same request again leads to the same place, without a question.
    await page.evaluate(
      (remotePort: number) => navigator.openTCPSocket({ remotePort }).then((socket) => socket.close()),
      peer.port,
    );
    assert.equal(peer.connections.length, 2);
    await page.close();
  });

  test("shows whose host it is: cut in the middle, in its letters when they are clear, told from an address", async () => {
    const label = "b".repeat(63);
    const long = `www.bank.example.${"a".repeat(60)}.${label}.${"c".repeat(50)}.${"d".repeat(30)}.evil.example`;
    const page = await stage.open("https://names.test/");
    const cases: Record<string, { domain: string; says?: RegExp; hides?: string }> = {
      [long]: { domain: "evil.example", says: /www\.bank\.exampl/ },
      [`${label}.${label}.${label}.${"e".repeat(61)}`]: { domain: `${label}.${"e".repeat(61)}` },
      "www.b\u00fccher.example": { domain: "xn--bcher-kva.example", says: /Also written:\s*www\.b\u00fccher\.example/ },
      "\u0430\u0440\u0440\u04cf\u0435.com": {
        domain: "xn--80ak6aa92e.com",
        says: /may be taken for others/,
        hides: "\u0430",
      },
      "exa\u202emple.org": { domain: "" },
      "192.168.1.1.nip.io": { domain: "nip.io", says: /This is a name, not an address/ },
      "2606:2800:21f::1": { domain: "2606:2800:21f::1" },
    };
    for (const [host, { domain, says, hides }] of Object.entries(cases)) {
      const opened = attempt(page, to({ host, port: 993 }));
      if (domain === "") {
        assert.equal(await opened, "NetworkError", "it is no host");
        continue;
      }
      const prompt = await stage.person.seesPrompt();
      const seen = await prompt.page.evaluate(() => {
        const where = document.querySelector<HTMLElement>("#where");
        const box = where?.querySelector(".host-domain")?.getBoundingClientRect();
        return {
          domain: where?.querySelector(".host-domain")?.textContent,
          whole: where?.textContent,
          title: where?.querySelector<HTMLElement>(".host")?.title,
          cut: where?.querySelector(".host-middle")?.getBoundingClientRect().width,
          wide: document.documentElement.scrollWidth > innerWidth,
          inside: box !== undefined && box.left >= 0 && box.right <= innerWidth && box.height > 0,
        };
      });
      assert.equal(seen.domain, domain);
      assert.equal(seen.wide, false, `${host}: wider than the window`);
      assert.equal(seen.inside, true, host);
      if (says !== undefined) assert.match(prompt.text, says);
      if (hides !== undefined) assert.doesNotMatch(prompt.text, new RegExp(hides));
      if (host === long) {
        assert.equal(seen.whole, long);
        const { name } = await prompt.page.accessible('[role="alertdialog"]');
        assert.ok(name.includes(` ${long}?`), `who listens hears all of it: ${name}`);
        assert.equal(seen.title, long);
        assert.ok((seen.cut ?? 99) <= 1, "it is cut for who looks");
        // By keyboard: the button is the next stop but one before Deny.
        await prompt.page.evaluate(() => {
          document.querySelector<HTMLElement>("#where-notes button")?.focus();
        });
        await prompt.page.press("Enter");
        await prompt.page.waitFor(
          "the whole name",
          () => (document.querySelector(".host-middle")?.getBoundingClientRect().width ?? 0) > 100,
        );
        assert.equal(await prompt.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
      }
      if (/^[12]/.test(host)) await prompt.deny();
      else await prompt.allowOnce(); // or the site would be muted; nothing answers to the name
      assert.equal(await opened, /^[12]/.test(host) ? "NotAllowedError" : "NetworkError");
    }
    await page.close();
  });

  test("says what kind of place it is, who can read what is sent, and in plain words what UDP is", async () => {
    const page = await stage.open("https://places.test/");
    const opened = attempt(page, to({ host: "imap.example.org", port: 993 }));
    let prompt = await stage.person.seesPrompt();
    assert.match(prompt.text, /A server on the internet\./);
    assert.match(prompt.text, /others on the way may read/);
    assert.match(prompt.text, /IMAP mail, port 993/);
    await prompt.deny();
    await opened;
    // Where the user names it, it is said once they have.
    const named = attempt(page, { remotePort: 631 });
    prompt = await stage.person.seesPrompt();
    assert.match(prompt.text, /others in between may read/);
    for (const [typed, host, place, readers] of [
      ["0x0a.5", "10.0.0.5", "A device in your own network.", "others in your network may read"],
      ["localhost", "localhost", "A program on this computer.", "does not leave this computer"],
      ["EXAMPLE.org.", "example.org", "A server on the internet.", "others on the way may read"],
    ] as const) {
      await prompt.typeAddress(typed);
      await until(`what ${typed} is`, async () => ((await prompt.named()) === host ? true : undefined));
      const text = await prompt.page.text("body");
      assert.ok(text.includes(place) && text.includes(readers), text);
    }
    await prompt.deny();
    await named;
    await page.close();
    const other = await stage.open("http://localhost/");
    const datagrams = other.evaluateOnClick("#go", () =>
      navigator.openUDPSocket({ remoteAddress: "time.example.org", remotePort: 123 }).catch(() => undefined),
    );
    prompt = await stage.person.seesPrompt();
    assert.match(await prompt.who(), /^http:\/\/localhost(?::\d+)?$/);
    assert.match(prompt.text, /NTP, time of day, port 123/);
    assert.match(prompt.text, /UDP: single messages without a connection/);
    await prompt.deny();
    await datagrams;
    await other.close();
  });

  test("is a dialog that is read out with who, where and what, and has the focus itself: Deny is next", async () => {
    const page = await stage.open("https://read.test/");
    const opened = attempt(page, to({ host: "imap.example.org", port: 993 }, { secureTransport: "on" }));
    const prompt = await stage.person.seesPrompt();
    const spoken = await prompt.page.accessible('[role="alertdialog"]');
    assert.equal(spoken.role, "alertdialog");
    assert.equal(spoken.name, "Let read.test connect to imap.example.org?");
    for (const words of ["IMAP mail, port 993", "nobody on the way"])
      assert.ok(spoken.description.includes(words), spoken.description);
    const seen = await prompt.page.evaluate(() => ({
      focused: document.activeElement?.id,
      main: document.querySelectorAll("main").length,
      order: [...document.querySelectorAll<HTMLElement>("button, input, [tabindex]")]
        .filter((element) => element.getClientRects().length > 0 && element.tabIndex >= 0)
        .map(({ id }) => id),
    }));
    assert.deepEqual(seen, {
      focused: "dialog",
      main: 1,
      order: ["deny", "allow-remember", "lifetimes", "allow-once"],
    });
    await prompt.deny();
    await opened;
    await page.close();
  });

  test("axe finds nothing, in the light, in the dark, and with forced colours", async () => {
    const page = await stage.open("https://axe.test/");
    const cases: [string, Record<string, unknown>][] = [
      ["a name on the internet", to({ host: `www.${"a".repeat(60)}.b\u00fccher.example`, port: 5060 })],
      ["an address to be typed", { remotePort: 631 }],
    ];
    for (const [name, options] of cases) {
      const opened = attempt(page, options);
      const prompt = await stage.person.seesPrompt();
      for (const look of [{ colours: "light" }, { colours: "dark" }, { contrast: "forced" }] as const) {
        await prompt.page.lookAt(look);
        await assertAccessible(prompt.page, `${name}, ${JSON.stringify(look)}`);
      }
      await prompt.deny();
      assert.equal(await opened, "NotAllowedError");
    }
    await page.close();
  });

  test("at 200 % on a small screen everything can be reached, and the buttons are in sight", async () => {
    const page = await stage.open("https://large.test/");
    const opened = attempt(page, { remotePort: 631 });
    const prompt = await stage.person.seesPrompt();
    await prompt.page.evaluate(() => chrome.tabs.setZoom(2));
    // The window grows with its letters, as far as the screen lets it.
    await prompt.page.waitFor(
      "the larger letters",
      () => devicePixelRatio === 2 && innerHeight <= 400 && innerWidth >= 400,
    );
    const seen = await prompt.page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const inside = (id: string): boolean => {
        const box = document.getElementById(id)?.getBoundingClientRect();
        return (
          box !== undefined && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth
        );
      };
      scrollTo(0, 0);
      const above = ["deny", "allow-remember", "allow-once"].map(inside);
      scrollTo(0, document.documentElement.scrollHeight);
      const below = ["deny", "allow-remember", "allow-once"].map(inside);
      document.querySelector<HTMLElement>("#address")?.blur();
      document.querySelector<HTMLElement>("#address")?.focus();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const field = document.querySelector("#address")?.getBoundingClientRect();
      const footer = document.querySelector("#answer")?.getBoundingClientRect();
      return {
        above,
        below,
        wide: document.documentElement.scrollWidth > innerWidth,
        uncovered: field !== undefined && footer !== undefined && field.bottom <= footer.top && field.top >= 0,
      };
    });
    const all = [true, true, true];
    assert.deepEqual(seen, { above: all, below: all, wide: false, uncovered: true });
    await prompt.page.evaluate(() => chrome.tabs.setZoom(1));
    // A button moves as long as the window is laid out anew: a click would be where it was.
    await prompt.page.waitFor("the usual letters", () => devicePixelRatio === 1);
    await prompt.page.evaluate(async () => {
      const place = (): string => JSON.stringify(document.getElementById("deny")?.getBoundingClientRect());
      for (let before = "", alike = 0; alike < 3; alike = place() === before ? alike + 1 : 0) {
        before = place();
        await new Promise(requestAnimationFrame);
      }
    });
    await prompt.deny();
    await opened;
    await page.close();
  });
});

describe("grants", () => {
  test("Allow this time is for this document, Always allow for every document of the site", async () => {
    const peer = await peers.echoPeer(life);
    const first = await stage.open("https://once.test/");
    await openTCP(stage, first, peer);
    const second = await stage.open("https://once.test/");
    const again = attempt(second, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await again, "");
    const third = await stage.open("https://once.test/other");
    assert.equal(await attempt(third, to(peer)), "", "remembered: no question");
    // Without a gesture too, as when a page comes back to its server at load. Another port is another destination.
    const fresh = await stage.open("https://once.test/fresh");
    assert.equal(await attempt(fresh, to(peer), { click: false }), "");
    const other = await peers.echoPeer(life);
    assert.equal(await attempt(fresh, to(other), { click: false }), "NotAllowedError");
    const asked = attempt(fresh, to(other));
    await stage.person.denies();
    assert.equal(await asked, "NotAllowedError");
    for (const page of [first, second, third, fresh]) await page.close();
  });

  test("the settings list what is remembered; taking it back closes the sockets and asks again", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://revoke.test/");
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    const settings = await stage.browser.newExtensionPage("ui/options.html");
    const row = await settings.waitFor("the grant in the list", () =>
      [...document.querySelectorAll("#grants .site")]
        .map((site) => site.textContent)
        .find((text) => text.includes("revoke.test")),
    );
    assert.match(row, new RegExp(`127\\.0\\.0\\.1.*${peer.port.toString()}.*TCP.*Not encrypted`));
    await settings.waitFor("the host's state", () =>
      /version \d/.test(document.querySelector("#host")?.textContent ?? ""),
    );
    await settings.click('button.revoke[aria-label*="revoke.test"]');
    await (await peer.connection()).waitUntilClosed(2_000);
    const failed = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      return await socket.readable
        .getReader()
        .read()
        .then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
    });
    assert.equal(failed, "NetworkError");
    await settings.waitFor(
      "the list without it",
      () => !(document.querySelector("#grants")?.textContent ?? "").includes("revoke.test"),
    );
    const again = attempt(page, to(peer));
    await stage.person.denies();
    assert.equal(await again, "NotAllowedError");
    await settings.close();
    await page.close();
  });

  test("a private window is asked anew, remembers nothing, and is kept out of the audit log", async () => {
    const peer = await peers.echoPeer(life);
    const normal = await stage.open("https://private.test/");
    const remembered = attempt(normal, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await remembered, "");
    const before = audit().length;
    const page = await stage.browser.newPage("https://private.test/", { incognito: true });
    const opened = attempt(page, to(peer));
    const prompt = await stage.person.seesPrompt();
    assert.equal(
      await prompt.page.evaluate(() => document.querySelector<HTMLElement>("#allow-remember")?.hidden),
      true,
    );
    await prompt.allowOnce();
    assert.equal(await opened, "");
    await page.evaluate(() => (window as unknown as WithTCP).socket.close());
    const lines = await until("audit lines of the private socket", () =>
      audit().length > before + 1 ? audit().slice(before) : undefined,
    );
    for (const line of lines) assert.doesNotMatch(JSON.stringify(line), /private\.test|127\.0\.0\.1/);
    await page.close();
    await normal.close();
  });
});
