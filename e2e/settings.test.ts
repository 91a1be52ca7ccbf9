// The settings: what was remembered is listed, found and taken back, one by one, by site and all at once; open sockets end with it. They stay
// usable when there is a lot, and by keyboard; the report for support says what it shows.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { attempt, openStage, to, untilMarkersLooked, type Page, type Stage, type WithTCP } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { until } from "./world/wait.ts";

interface Grant {
  origin: string;
  protocol: "tcp" | "udp";
  host: string;
  port: number;
  created: number;
  entered: boolean;
  risk: boolean;
  how?: "asked" | "typed" | "picked";
  /** Absent in grants of old versions. */
  protection?: { encryption: string };
}
declare const chrome: {
  storage: Record<
    "local" | "session",
    { get(key: string): Promise<Record<string, unknown>>; set(items: object): Promise<void> }
  >;
  cookies: { getAll(details: object): Promise<{ path: string; value: string }[]> };
};

const life = lifeOfSuite("settings");
let stage: Stage;
let settings: Page;
before(async () => {
  stage = await openStage(life);
  const page = await stage.browser.newExtensionPage("ui/options.html");
  await untilMarkersLooked(page);
  await page.close();
});
beforeEach(async () => {
  settings = await stage.browser.newExtensionPage("ui/options.html");
  await settings.evaluate(() => chrome.storage.local.set({ grants: [] }));
});

const day = 86_400_000;
/** Grants for what the list shows and how; what they let a site do is tried with real ones. */
function grant(origin: string, host: string, port: number, more: Partial<Grant> = {}): Grant {
  return { origin, protocol: "tcp", host, port, created: Date.now() - 3 * day, entered: false, risk: false, ...more };
}
async function write(grants: Grant[]): Promise<void> {
  await settings.evaluate((all: Grant[]) => chrome.storage.local.set({ grants: all }), grants);
}

/** The list as it is shown: each site with its destinations. */
const listed = (page = settings): Promise<Record<string, string[]>> =>
  page.evaluate(() => {
    const shown = [...document.querySelectorAll<HTMLElement>(".site")].filter((site) => site.checkVisibility());
    return Object.fromEntries(
      shown.map((site) => [
        site.querySelector("h3")?.textContent ?? "",
        [...site.querySelectorAll<HTMLElement>(".grant")]
          .filter((row) => row.checkVisibility())
          .map((row) => row.querySelector("bdi")?.textContent ?? ""),
      ]),
    );
  });
async function shows(expected: Record<string, string[]>, page = settings): Promise<void> {
  const wanted = JSON.stringify(expected);
  await until(`the list to be ${wanted}`, async () => JSON.stringify(await listed(page)) === wanted).catch(
    async (error: unknown) => {
      assert.deepEqual(await listed(page), expected);
      throw error;
    },
  );
}
const focused = (): Promise<string> =>
  settings.evaluate(() => {
    const { activeElement } = document;
    return activeElement?.getAttribute("aria-label") ?? activeElement?.id ?? "";
  });

/** A page of the site with sockets to these peers, all of them remembered. */
async function remembers(url: string, ...ends: peers.TcpPeer[]): Promise<Page> {
  const page = await stage.open(url);
  for (const peer of ends) {
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
  }
  return page;
}
async function isAskedAgain(page: Page, peer: peers.TcpPeer): Promise<void> {
  const again = attempt(page, to(peer));
  await stage.person.denies();
  assert.equal(await again, "NotAllowedError");
}
async function echoes(page: Page): Promise<void> {
  const heard = await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("ahoy"));
    const reader = socket.readable.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    writer.releaseLock();
    return new TextDecoder().decode(value);
  });
  assert.equal(heard, "ahoy");
}

describe("the list", () => {
  test("is grouped by site and says where, what, when and how", async () => {
    const peer = await peers.echoPeer(life);
    const page = await remembers("https://z.test/", peer);
    const [real] = (await settings.evaluate(async () => (await chrome.storage.local.get("grants"))["grants"])) as [
      Grant,
    ];
    await write([
      real,
      grant("https://mail.test", "imap.example.org", 993),
      grant("https://mail.test", "fd00::5", 9100, { how: "picked", protocol: "udp", created: Date.now() - 70_000 }),
      grant("http://localhost:8080", "10.0.0.7", 22, {
        how: "typed",
        created: Date.now() - 400 * day,
        protection: { encryption: "starttls" },
      }),
    ]);
    await shows({
      "http://localhost:8080": ["10.0.0.7"],
      "mail.test": ["fd00::5", "imap.example.org"],
      "z.test": ["127.0.0.1"],
    });
    await settings.bringToFront();
    const rows = await settings.evaluate(async () => {
      const texts: string[] = [];
      for (const row of document.querySelectorAll<HTMLElement>(".grant")) {
        row.scrollIntoView(); // what is out of sight is not laid out, and has no text as seen
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        texts.push(row.innerText.replaceAll(/\s+/g, " "));
      }
      return texts;
    });
    assert.match(
      rows[0] ?? "",
      /10\.0\.0\.7 SSH.*, port 22 · TCP Not encrypted; the site may switch .* Always Allowed last year You typed the destination\. Remove/,
    );
    assert.match(rows[1] ?? "", /fd00::5 Printer, port 9100 · UDP .*Allowed 1 minute ago You picked the device/);
    assert.match(
      rows[2] ?? "",
      /imap\.example\.org IMAP.*, port 993 · TCP Encrypted .*Allowed 3 days ago You agreed to what the site asked/,
    );
    assert.match(
      rows[3] ?? "",
      new RegExp(
        `127\\.0\\.0\\.1 port ${peer.port.toString()} · TCP Not encrypted .*Allowed now Last used now You typed`,
      ),
    );
    await page.close();
  });

  test("a search filters at each key and says how many are shown", async () => {
    await write([
      grant("https://mail.test", "imap.example.org", 993),
      grant("https://mail.test", "smtp.example.org", 587),
      grant("https://chat.test", "irc.example.org", 6697),
    ]);
    await shows({ "chat.test": ["irc.example.org"], "mail.test": ["imap.example.org", "smtp.example.org"] });
    await settings.waitFor("the count", () => document.querySelector("#count")?.textContent === "Permissions: 3");
    const search = async (words: string, expected: Record<string, string[]>, count: string): Promise<void> => {
      await settings.type("#search", words);
      await shows(expected);
      await settings.waitFor(
        "the count",
        (text: string) => document.querySelector("#count")?.textContent === text,
        count,
      );
    };
    await search("MAIL map", { "mail.test": ["imap.example.org"] }, "Shown: 1 of 3");
    await search("6697", { "chat.test": ["irc.example.org"] }, "Shown: 1 of 3");
    await search("chat.test", { "chat.test": ["irc.example.org"] }, "Shown: 1 of 3");
    await search("nowhere", {}, "Shown: 0 of 3");
    assert.match(await settings.text("#no-match"), /fits your search/);
    assert.equal(await settings.evaluate(() => document.querySelector("#count")?.getAttribute("role")), "status");
    // What comes later is searched as well, and the search goes on.
    await settings.type("#search", "chat");
    await write([
      grant("https://chat.test", "irc.example.net", 6697),
      grant("https://mail.test", "pop.example.org", 995),
    ]);
    await shows({ "chat.test": ["irc.example.net"] });
    assert.equal(await focused(), "search");
    assert.equal(await settings.evaluate(() => document.querySelector<HTMLInputElement>("#search")?.value), "chat");
  });

  test("follows what happens elsewhere", async () => {
    const peer = await peers.echoPeer(life);
    const other = await stage.browser.newExtensionPage("ui/options.html");
    await shows({}, other);
    const page = await remembers("https://elsewhere.test/", peer);
    await shows({ "elsewhere.test": ["127.0.0.1"] }, other);
    await shows({ "elsewhere.test": ["127.0.0.1"] });
    await settings.click("button.revoke");
    await shows({}, other);
    await page.close();
    await other.close();
  });
});

test("sites that are held back are listed and let go on; those of private windows are not", async () => {
  await settings.evaluate(async () => {
    await chrome.storage.local.set({ paused: ["https://paused.test"] });
    const backOff = { denials: [], times: 1, until: Date.now() + 3_600_000 };
    await chrome.storage.session.set({
      cooldowns: { "normal https://muted.test": backOff, "private https://secret.test": backOff },
      paused: ["https://secret-pause.test"],
    });
  });
  await settings.waitFor("both", () => document.querySelectorAll("#held li").length === 2);
  assert.match(
    await settings.text("#held"),
    /paused\.test\s+You have paused[\s\S]*muted\.test\s+This site asked too often/,
  );
  const report = await settings.waitFor("the report with them", () => {
    const text = document.querySelector("#report-text")?.textContent ?? "";
    return text.includes("muted.test") ? text : undefined;
  });
  const { paused, muted } = JSON.parse(report) as { paused: string[]; muted: { site: string }[] };
  assert.deepEqual(paused, ["https://paused.test"]);
  assert.deepEqual(
    muted.map(({ site }) => site),
    ["https://muted.test"],
  );
  assert.doesNotMatch(report, /secret/);
  await settings.click('#held button[aria-label*="paused.test"]');
  await settings.waitFor("one", () => document.querySelectorAll("#held li").length === 1);
  await settings.click('#held button[aria-label*="muted.test"]');
  await settings.waitFor("none", () => document.querySelector<HTMLElement>("#held-section")?.hidden);
  const left = await settings.evaluate(async () => [
    (await chrome.storage.local.get("paused"))["paused"],
    Object.keys((await chrome.storage.session.get("cooldowns"))["cooldowns"] as object),
  ]);
  assert.deepEqual(left, [[], ["private https://secret.test"]]);
});

describe("taking back", () => {
  test("everything, after a second thought: every socket ends", async () => {
    const [a, b] = [await peers.echoPeer(life), await peers.echoPeer(life)];
    const first = await remembers("https://all-1.test/", a);
    const second = await remembers("https://all-2.test/", b);
    await shows({ "all-1.test": ["127.0.0.1"], "all-2.test": ["127.0.0.1"] });
    const open = (): Promise<boolean> =>
      settings.evaluate(() => document.querySelector<HTMLDialogElement>("#confirm")?.open === true);
    for (const no of ["Escape", "Enter"] as const) {
      await settings.click("#revoke-all");
      await until("the question", open);
      assert.match(await settings.text("#confirm"), /Permissions: 2\./);
      await settings.press(no); // Enter is on "Cancel", which has the focus
      await until("the question to go", async () => !(await open()));
      assert.equal(await focused(), "revoke-all");
    }
    await echoes(first);
    await settings.click("#revoke-all");
    await settings.click('#confirm button[value="yes"]');
    await shows({});
    await (await a.connection(0)).waitUntilClosed(1_000);
    await (await b.connection(0)).waitUntilClosed(1_000);
    assert.match(await settings.text("#said"), /Removed: 2\./);
    assert.equal(await focused(), "grants-title");
    await isAskedAgain(first, a);
    await isAskedAgain(second, b);
    for (const page of [first, second]) await page.close();
  });

  test("by keyboard the focus goes on to the next of the list, and to the heading after the last", async () => {
    await write(
      [1, 2, 3].map((n) => grant(`https://site${n < 3 ? "" : "-b"}.test`, `host${n.toString()}.example.org`, 25)),
    );
    await shows({ "site-b.test": ["host3.example.org"], "site.test": ["host1.example.org", "host2.example.org"] });
    await settings.evaluate(() => {
      document.querySelector<HTMLElement>('button.revoke[aria-label*="host1"]')?.focus();
    });
    await settings.press("Enter");
    await shows({ "site-b.test": ["host3.example.org"], "site.test": ["host2.example.org"] });
    assert.match(await focused(), /host2/, "the next");
    await settings.press(" ");
    await shows({ "site-b.test": ["host3.example.org"] });
    assert.match(await focused(), /host3/, "there is none after it: the one before");
    await settings.press("Enter");
    await shows({});
    assert.equal(await focused(), "grants-title");
    assert.match(await settings.text("#said"), /Removed: 1\./);
    // A site's own button goes on to the next site's.
    await write([1, 2].map((n) => grant(`https://site${n.toString()}.test`, "host.example.org", 25)));
    await shows({ "site1.test": ["host.example.org"], "site2.test": ["host.example.org"] });
    await settings.evaluate(() => {
      document.querySelector<HTMLElement>("button.revoke-site")?.focus();
    });
    await settings.press("Enter");
    await shows({ "site2.test": ["host.example.org"] });
    assert.match(await focused(), /all of this site: \u2068site2\.test/);
  });
});

test("a thousand of them: the page is there, filters and takes back without a stop of 200 ms", async (t) => {
  const many = Array.from({ length: 1_000 }, (_, n) =>
    grant(`https://site${(n % 180).toString()}.test`, `host${n.toString()}.example.org`, 25 + (n % 900)),
  );
  await settings.bringToFront(); // in a tab that nobody sees Firefox has timers wait for a second
  // All pages of the extension share a thread there, and those that tests before this one have left would list them, too.
  for (const { targetId, url } of stage.browser.targets())
    if (url.endsWith("/ui/options.html") && targetId !== settings.targetId) await stage.browser.closeTarget(targetId);
  // Long tasks are counted from the first observer on. Where the browser does not tell of them, what comes every few ms is late by as much.
  await settings.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
      new PerformanceObserver((seen) => {
        tasks.push(...seen.getEntries().map(({ duration }) => duration));
      }).observe({ type: "longtask" });
      return;
    }
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      if (now - last > 50) tasks.push(now - last);
      last = now;
    }, 4);
  });
  /** The longest that the page's thread was busy at a stretch since the last call, until it has drawn what is there now. */
  const longest = async (what: string): Promise<number> => {
    const ms = await settings.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 150)));
      return Math.max(0, ...(window as unknown as { tasks: number[] }).tasks.splice(0));
    });
    t.diagnostic(`${what}: ${ms === 0 ? "under 50" : ms.toFixed(0)} ms at a stretch`);
    return ms;
  };
  await write(many);
  const rows = (count: number): Promise<unknown> =>
    settings.waitFor(
      `${count.toString()} rows`,
      (wanted: number) =>
        [...document.querySelectorAll<HTMLElement>(".grant")].filter((row) => !row.hidden).length === wanted,
      count,
    );
  await rows(1_000);
  const times = [await longest("to show them")];
  const timings = await settings.evaluate(() => {
    const field = document.querySelector<HTMLInputElement>("#search");
    if (field === null) throw new Error("no search");
    return ["h", "ho", "host99", "", "site17 example"].map((words) => {
      const start = performance.now();
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.getBoundingClientRect(); // layout is part of it
      return performance.now() - start;
    });
  });
  t.diagnostic(`to filter, layout included: ${timings.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  await rows(many.filter(({ origin, host }) => `${origin} ${host}`.includes("site17")).length);
  times.push(await longest("to filter them"));
  await settings.type("#search", "host500.example");
  await rows(1);
  await settings.click('button.revoke[aria-label*="host500."]');
  await rows(0);
  await settings.type("#search", " ");
  await rows(999);
  times.push(await longest("to take one back and show the others"));
  for (const ms of [...times, ...timings]) assert.ok(ms < 200, `${ms.toFixed(0)} ms`);
});

test("the report for support is saved as it is shown, without secrets and without private windows", async () => {
  const peer = await peers.echoPeer(life);
  const page = await remembers("https://report.test/", peer);
  const secret = await stage.browser.newPage(
    stage.pages.serve("https://secret-report.test/", "<button id=go>Go</button>"),
    {
      incognito: true,
    },
  );
  const opened = attempt(secret, to(peer));
  await stage.person.allowsOnce();
  assert.equal(await opened, "");

  const folder = life.folder("downloads");
  await stage.browser.saveDownloadsTo(folder);
  await settings.reload();
  await settings.waitFor("the report", () =>
    document.querySelector("#report-text")?.textContent.includes("report.test"),
  );
  await settings.waitFor("the host in it", () => document.querySelector("#report-text")?.textContent.includes("ready"));
  await settings.click("#save-report");
  const name = await until("the file", () => readdirSync(folder).find((file) => file.endsWith(".json")));
  assert.match(name, /^portside-report-\d{4}-\d\d-\d\d\.json$/);
  const text = readFileSync(join(folder, name), "utf8");
  assert.equal(text, await settings.evaluate(() => document.querySelector("#report-text")?.textContent));
  const report = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(Object.keys(report), [
    "about",
    "made",
    "extension",
    "browser",
    "system",
    "host",
    "remembered",
    "paused",
    "muted",
  ]);
  assert.deepEqual((report["host"] as { state: { kind: string } }).state.kind, "ready");
  assert.deepEqual(
    (report["remembered"] as Grant[]).map(({ origin, host, port }) => [origin, host, port]),
    [["https://report.test", "127.0.0.1", peer.port]],
  );
  assert.doesNotMatch(text, /secret-report/);
  const markers = await settings.evaluate(() => chrome.cookies.getAll({ name: "portside-marker" }));
  assert.notEqual(markers.length, 0);
  for (const { path, value } of markers)
    for (const secret of [value, path.slice(2, -1)]) assert.equal(text.includes(secret), false, "a marker's secret");
  await secret.close();
  await page.close();
});
