// The person at the browser: asked before anything happens, told who and where, able to take it back.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, openTCP, to, type Stage, type WithTCP } from "./stage.ts";
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
    assert.match(prompt.text, /not encrypted/i);
    assert.equal(await prompt.asksForAddress(), true);
    assert.equal(peer.connections.length, 0, "a connection was made before consent");
    await prompt.allowOnce();
    assert.equal(await opened, "");
    assert.equal(peer.connections.length, 1);
    await page.close();
  });

  test("Deny, Escape and closing the window all say no", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    for (const way of ["deny", "escape", "dismiss"] as const) {
      const opened = attempt(page, to(peer));
      const prompt = await stage.person.seesPrompt();
      if (way === "deny") await prompt.deny();
      else if (way === "dismiss") await prompt.dismiss();
      else {
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
    assert.match(prompt.text, /IMAP mail, encrypted, port 993/);
    assert.match(prompt.text, /Encrypted: nobody on the way/);
    assert.equal(await prompt.asksForAddress(), false);
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    await page.close();
  });

  test("Deny has the focus, and Allow is dead for the first half second", async () => {
    const page = await stage.open();
    const opened = attempt(page, to({ host: "peer.example.org", port: 9 }));
    const prompt = await stage.person.seesPrompt();
    const seen = await prompt.page.evaluate(async () => {
      const allow = document.querySelector<HTMLButtonElement>("#allow-once");
      const focused = document.activeElement?.id;
      const enabled = async (): Promise<void> => {
        while (allow?.disabled === true) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      const deadAtFirst = allow?.disabled;
      await enabled();
      // A new return of the focus makes it dead again.
      dispatchEvent(new FocusEvent("focus"));
      const start = performance.now();
      const dead = allow?.disabled === true && deadAtFirst;
      await enabled();
      return { focused, dead, ms: performance.now() - start };
    });
    assert.equal(seen.focused, "deny");
    assert.equal(seen.dead, true);
    assert.ok(seen.ms >= 450, `enabled after ${seen.ms.toString()} ms`);
    await prompt.deny();
    await opened;
    await page.close();
  });

  test("a script in the prompt's place cannot press Allow: only a trusted click counts", async () => {
    const page = await stage.open();
    const opened = attempt(page, to({ host: "peer.example.org", port: 9 }));
    const prompt = await stage.person.seesPrompt();
    await prompt.page.waitFor(
      "Allow to be enabled",
      () => document.querySelector<HTMLButtonElement>("#allow-once")?.disabled === false,
    );
    await prompt.page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("#allow-once")?.click();
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(prompt.page.open, true);
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    await page.close();
  });

  test("without remoteAddress the person names the destination", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    const opened = attempt(page, { remotePort: peer.port });
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.asksForAddress(), true);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.typeAddress("no such / place");
    await prompt.page.waitFor(
      "Allow to be enabled",
      () => document.querySelector<HTMLButtonElement>("#allow-once")?.disabled === false,
    );
    await prompt.page.click("#allow-once");
    await prompt.page.waitFor("the complaint", () => document.querySelector("#address-error")?.textContent !== "");
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

  test("goes when its tab goes", async () => {
    const page = await stage.open();
    attempt(page, to({ host: "127.0.0.1", port: 9 })).catch(() => undefined);
    const prompt = await stage.person.seesPrompt();
    await page.close();
    await prompt.page.waitUntilClosed();
  });

  test("one question of an origin at a time, the others wait, and too many are refused", async () => {
    const pages = await Promise.all(["1", "2", "3", "4", "5", "6"].map((n) => stage.open(`https://many.test/${n}`)));
    const answers: Promise<string>[] = [];
    const answered: string[] = [];
    for (const page of pages) {
      const answer = attempt(page, to({ host: "127.0.0.1", port: 9 }));
      answers.push(answer);
      void answer.then((name) => answered.push(name));
      await new Promise((resolve) => setTimeout(resolve, 100));
      // Chromium drops clicks while windows come and go: like a person, click again.
      while (!(await page.evaluate(() => navigator.userActivation.hasBeenActive))) {
        await page.click("#go");
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
    // Whichever comes last: before its question each document is looked at, which takes one longer than the other.
    await until("one too many to be refused", () => answered.length > 0 || undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(answered, ["NotAllowedError"], "one is refused without a question");
    for (let i = 0; i < 5; i++) {
      const prompt = await stage.person.seesPrompt();
      await stage.person.seesNoPrompt(150);
      await prompt.deny();
    }
    assert.deepEqual(await Promise.all(answers), Array(6).fill("NotAllowedError"));
    for (const page of pages) await page.close();
  });
});

describe("grants", () => {
  test("Allow once is for this document, Allow and remember for every document of the site", async () => {
    const peer = await peers.echoPeer(life);
    const first = await stage.open("https://once.test/");
    await openTCP(stage, first, peer);
    const second = await stage.open("https://once.test/");
    const again = attempt(second, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await again, "");
    const third = await stage.open("https://once.test/other");
    assert.equal(await attempt(third, to(peer)), "", "remembered: no question");
    // But it still takes a gesture, and another port is another destination.
    const fresh = await stage.open("https://once.test/fresh");
    const without = await attempt(fresh, to(peer), { click: false });
    assert.equal(without, "NotAllowedError");
    const other = await peers.echoPeer(life);
    const asked = attempt(fresh, to(other));
    await stage.person.denies();
    assert.equal(await asked, "NotAllowedError");
    // And another site has nothing of it.
    const stranger = await stage.open("https://stranger.test/");
    const strange = attempt(stranger, to(peer));
    await stage.person.denies();
    assert.equal(await strange, "NotAllowedError");
    for (const page of [first, second, third, fresh, stranger]) await page.close();
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
    assert.match(row, new RegExp(`127\\.0\\.0\\.1.*${peer.port.toString()}.*TCP`));
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
    assert.equal(await prompt.isEnabled("#deny"), true);
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
