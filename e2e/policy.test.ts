// What an administrator says: in /etc/portside, which the host reads, and in the browser's managed storage. The stricter wins.
import assert from "node:assert/strict";
import { before } from "node:test";
import { attempt, onTheBeat, openStage, plainPage, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import { refusals } from "./verdict.ts";
import { canLayerEtc, layerEtc, whyNoLayer, type EtcLayer } from "./world/etc.ts";
import { startChromium } from "./world/chromium/chromium.ts";
import { Person } from "./world/consent.ts";
import { startPages } from "./world/pages.ts";
import { lifeOf, lifeOfSuite, type Life } from "./world/life.ts";
import { managedFile, managedText } from "./world/managed.ts";
import * as peers from "./world/peers.ts";
import type { HostSpace } from "./world/host-space.ts";
import { until } from "./world/wait.ts";
import { describe, test } from "./world/where.ts";

const life = lifeOfSuite("policy");
let stage: Stage;
let admin: HostSpace;
let peer: peers.TcpPeer;
before(async () => {
  stage = await openStage(life, { host: { policy: {} } });
  const { hostSpace } = stage.browser;
  assert.ok(hostSpace, "the host has no space of its own");
  admin = hostSpace;
  peer = await peers.echoPeer(life);
});

/** The host looks at its files again after a quarter of a second. */
const noticed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

async function say(policy: object | string | undefined, name?: string): Promise<void> {
  admin.setPolicy(policy, name);
  await noticed();
}

/** Asks with a click for what should be refused without a question, and tells how long that took. */
async function refused(
  page: Page,
  destination: { host: string; port: number },
  { person }: Pick<Stage, "person"> = stage,
): Promise<number> {
  const called = performance.now();
  const opened = attempt(page, to(destination));
  await person.seesNoPrompt(300);
  assert.equal(await opened, "NotAllowedError");
  return performance.now() - called;
}

async function asked(
  page: Page,
  destination: { host: string; port: number },
  { person }: Pick<Stage, "person"> = stage,
): Promise<string> {
  const opened = attempt(page, to(destination));
  const prompt = await person.seesPrompt();
  const { text } = prompt;
  await prompt.deny();
  assert.equal(await opened, "NotAllowedError");
  await person.unmutesAll();
  return text;
}

async function opens(page: Page, options: object): Promise<void> {
  assert.equal(await attempt(page, { ...options }), "");
  await page.evaluate(async () => {
    await (window as unknown as WithTCP).socket.close();
  });
}

const auditLines = (): string[] =>
  (stage.browser.hostFiles()["audit.log"] ?? "").split("\n").filter((line) => line !== "");
const there = { host: "mail.example.org", port: 993 };

describe("a policy of the host", () => {
  test("switches Portside off, and on again, while the browser runs", async () => {
    const page = await stage.open();
    await say({ enabled: false });
    await onTheBeat(() => refused(page, there));
    const line = await until("the audit line", () => auditLines().find((text) => text.includes('"reason":"policy"')));
    assert.match(line, /"by":"extension"/);
    await say({});
    await asked(page, there);
    await page.close();
  });

  test("a broken file refuses everything, and the log says which and where", async () => {
    const page = await stage.open();
    await say('{"enabled": true,\n "allowedOrigin": []}');
    await refused(page, there);
    assert.match(stage.browser.hostFiles()["portside.log"] ?? "", /policy\.json.*2/);
    await until("the audit line", () => auditLines().find((text) => text.includes('"reason":"policy-broken"')));
    await say({});
    await asked(page, there);
    await page.close();
  });

  test("origins and destinations: allowed, blocked, and by whom", async () => {
    const [good, bad] = [await stage.open("https://good.test/"), await stage.open("https://bad.test/")];
    await say({ blockedOrigins: ["https://bad.test"] });
    await refused(bad, there);
    await asked(good, there);
    await say({
      allowedOrigins: ["https://*.test"],
      blockedDestinations: [{ host: "*.example.org", ports: ["900-999"] }],
    });
    // A second file makes it stricter, never laxer.
    await say({ allowedDestinations: [{ host: "*.example.org" }] }, "policy.d/20-more.json");
    await refused(good, there);
    await refused(good, { host: "mail.example.net", port: 143 });
    await asked(good, { host: "mail.example.org", port: 143 });
    await say(undefined, "policy.d/20-more.json");
    await say({});
    await good.close();
    await bad.close();
  });

  test("prompts: skipped, forbidden; remembering forbidden", async () => {
    const page = await stage.open("https://fleet.test/");
    const listed = { host: "127.0.0.1", ports: [peer.port.toString()] };
    // Listed by address and not public: the administrator's word stands for the user's.
    await say({ allowedDestinations: [{ ...listed, prompt: "skip" }, { host: "*" }] });
    const opened = attempt(page, to(peer));
    await stage.person.seesNoPrompt(500);
    assert.equal(await opened, "");
    await page.close();

    const second = await stage.open("https://fleet.test/2");
    await say({ prompt: "forbid", allowedDestinations: [{ ...listed, prompt: "skip" }, { host: "*" }] });
    await refused(second, there);
    await opens(second, to(peer));
    await second.close();

    const third = await stage.open("https://fleet.test/3");
    await say({ remember: false });
    const opening = attempt(third, to(peer));
    const prompt = await stage.person.seesPrompt();
    assert.equal(
      await prompt.page.evaluate(() => document.querySelector<HTMLElement>("#allow-remember")?.getClientRects().length),
      0,
      "remembering is offered",
    );
    await prompt.deny();
    assert.equal(await opening, "NotAllowedError");
    await say({});
    await third.close();
  });

  test("private addresses may be out of everybody's reach", async () => {
    const page = await stage.open();
    await say({ privateAddressEntry: false });
    await refused(page, peer);
    await refused(page, { host: "printer.local", port: 631 });
    // Where the page names nothing, the user is told when they type one.
    const opened = attempt(page, { remotePort: peer.port });
    const prompt = await stage.person.seesPrompt();
    await prompt.typeAddress("127.0.0.1");
    assert.match(await prompt.complains(), /administrator/);
    assert.equal(await prompt.isEnabled("#allow-once"), false);
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    await say({});
    await page.close();
  });

  test("only TLS, where the administrator says so", async () => {
    const page = await stage.open();
    await say({ allowedDestinations: [{ host: "*", tlsOnly: true }] });
    await refused(page, there);
    const opened = attempt(page, to(there, { secureTransport: "on" }));
    await stage.person.denies();
    assert.equal(await opened, "NotAllowedError");
    await say({});
    await page.close();
  });

  test("what was remembered while the administrator vouched for a port is asked for anew, with its danger", async () => {
    const sip = { host: "sip.example.org", port: 5060 };
    await say({ allowedDestinations: [{ host: sip.host, ports: ["5060"] }, { host: "*" }] });
    const page = await stage.open("https://phone.test/");
    const opened = attempt(page, to(sip));
    const prompt = await stage.person.seesPrompt();
    assert.doesNotMatch(prompt.text, /routers/);
    await prompt.allowAndRemember();
    assert.equal(await opened, "NetworkError"); // the name leads nowhere here
    await page.close();
    await say({});
    const again = await stage.open("https://phone.test/again");
    assert.match(await asked(again, sip), /routers watch port 5060/);
    await again.close();
  });

  test("a stricter CSP rule, and installed apps only", async () => {
    const strict = { headers: { "Content-Security-Policy": "script-src 'self'" }, body: plainPage };
    const [open, blocked] = [
      await stage.open("https://open.test/"),
      await stage.browser.newPage(stage.pages.serve("https://strict.test/", strict)),
    ];
    await say({ cspRule: "require-eval-blocked" });
    const took = await refused(open, there);
    assert.ok(took > 900, `refused after ${took.toFixed(0)} ms: the beat is a second`);
    await asked(blocked, there);
    assert.deepEqual(await refusals(stage, "https://open.test", 1), ["csp"]);
    await say({ installedOnly: true });
    await refused(blocked, there);
    await until("the audit line", () => auditLines().find((text) => text.includes('"reason":"installed-only"')));
    await say({});
    await asked(open, there);
    await open.close();
    await blocked.close();
  });

  test("an installed app, in a window of its own, passes for one", async (t) => {
    const own = lifeOf(t);
    const pages = await startPages(own);
    const browser = await startChromium(own, {
      pages,
      host: { policy: { installedOnly: true } },
      switches: ["--app=data:text/html,<title>An app"],
    });
    const person = new Person(browser);
    const url = pages.serve("https://app.test/", plainPage);
    const app = await browser.nextPage("the app's window", /^data:/);
    await app.goto(url);
    await asked(app, there, { person });
    const tab = await browser.newPage(url);
    await refused(tab, there, { person });
  });

  test("sockets that a new policy forbids end at once", async () => {
    const page = await stage.open("https://cut.test/");
    const opened = attempt(page, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    const ended = page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      try {
        for await (const _ of socket.readable as unknown as AsyncIterable<Uint8Array>);
        return "done";
      } catch (error) {
        return (error as Error).name;
      }
    });
    admin.setPolicy({ blockedOrigins: ["https://cut.test"] });
    assert.equal(await ended, "NotAllowedError");
    const connection = peer.connections.at(-1);
    await until("the peer to see the end", () => connection?.closedAt);
    await say({});
    await page.close();
  });

  test("the audit log tells as much as the administrator wants", async () => {
    const page = await stage.open("https://audited.test/");
    const last = async (): Promise<Record<string, unknown>> => {
      const before = auditLines().length;
      await refused(page, there);
      return await until("the audit line", () => {
        const line = JSON.parse(auditLines().slice(before).at(-1) ?? "{}") as Record<string, unknown>;
        return line["event"] === "refuse" ? line : undefined;
      });
    };
    await say({ enabled: false });
    const full = await last();
    assert.equal(full["origin"], "https://audited.test");
    assert.equal(full["host"], there.host);
    await say({ enabled: false, audit: { detail: "counts" } });
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // the log follows within a second
    const counts = await last();
    assert.equal(counts["origin"], undefined);
    await say({});
    await page.close();
  });

  test("limits can be raised, and lowered", async () => {
    const page = await stage.open("https://limits.test/");
    const opened = attempt(page, to(peer));
    await stage.person.allowsOnce();
    assert.equal(await opened, "");
    const tries = (n: number): Promise<string[]> =>
      page.evaluate(
        async (count: number, remotePort: number) => {
          const names: string[] = [];
          for (let i = 0; i < count; i++) {
            try {
              const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
              await socket.close();
              names.push("open");
            } catch (error) {
              names.push((error as Error).name);
            }
          }
          return names;
        },
        n,
        peer.port,
      );
    await say({ limits: { attemptBurst: 200, attemptsPerSecond: 100, attemptsPerMinuteOverall: 6000 } });
    assert.deepEqual([...new Set(await tries(60))], ["open"]);
    await say({ limits: { attemptBurst: 1, attemptsPerSecond: 1 } });
    assert.ok((await tries(4)).includes("QuotaExceededError"), "four at once were allowed");
    await say({});
    await page.close();
  });
});

describe("the browser's managed storage", { skip: canLayerEtc ? false : whyNoLayer }, () => {
  const mail = { host: "mail.example.org", port: 993 };
  /** A browser with these settings, and with those of its host that are given; once the extension has them. */
  async function managedStage(own: Life, settings: object, policy = {}): Promise<Stage & { etc: EtcLayer }> {
    const etc = layerEtc(own, { [managedFile]: managedText(settings) });
    const stage = await openStage(own, { launcher: etc.launcher, host: { policy } });
    // After the first start of an extension that nobody forced, Chromium takes some seconds to fill it.
    const page = await stage.browser.newExtensionPage("ui/options.html");
    await page.waitFor("the managed storage", async () => {
      const kept = await chrome.storage.managed.get(null);
      return Object.keys(kept).length > 0;
    });
    await page.close();
    return { ...stage, etc };
  }

  test("counts as a layer of its own: the stricter wins", async (t) => {
    const own = lifeOf(t);
    const blocked = { blockedDestinations: [{ host: "*.blocked.example" }] };
    const stage = await managedStage(own, { blockedOrigins: ["https://bad.test"] }, blocked);
    const [good, bad] = [await stage.open("https://good.test/"), await stage.open("https://bad.test/")];
    await asked(good, mail, stage);
    await refused(bad, mail, stage);
    await refused(good, { host: "mail.blocked.example", port: 993 }, stage);
  });

  test("with settings that do not fit, everything is refused", async (t) => {
    // They fit the browser's schema, where it has one: it knows types only.
    const stage = await managedStage(lifeOf(t), { blockedDestinations: [{ cidr: "10.0.0.0/99" }] });
    await refused(await stage.open(), mail, stage);
    await until("the host to say so", () => /managed.*fit/.test(stage.browser.hostFiles()["portside.log"] ?? ""));
  });

  test("changes come through while the browser runs, also settings that do not fit", async (t) => {
    const stage = await managedStage(lifeOf(t), { blockedOrigins: ["https://bad.test"] });
    const { etc } = stage;
    const [good, bad] = [await stage.open("https://good.test/"), await stage.open("https://bad.test/")];
    await asked(good, mail, stage);
    await refused(bad, mail, stage);
    // Chromium looks at its policies again when told to, or after some seconds.
    etc.write(managedFile, managedText({ allowedDestinations: [{ host: "mail.example.net" }] }));
    const log = (): string => stage.browser.hostFiles()["portside.log"] ?? "";
    const changes = (): number => log().split("the policy has changed").length;
    const before = changes();
    await until("the browser to notice", () => (changes() > before ? true : undefined), { timeout: 30_000 });
    await asked(bad, { host: "mail.example.net", port: 993 }, stage);
    await refused(good, mail, stage);
    etc.write(managedFile, managedText({ blockedDestinations: [{ cidr: "10.0.0.0/99" }] }));
    await until("the host to say so", () => /managed.*fit/.test(log()) || undefined, { timeout: 30_000 });
    await refused(good, { host: "mail.example.net", port: 993 }, stage);
  });
});
