// What the user sees of Portside, page by page, in the states that matter: for pictures, and for tests of how it looks, reads and sounds.
import { awake, promptWidth, show, type Scene, type Theatre } from "./scene.ts";
import { local } from "./scenes_local.ts";
import { popups } from "./scenes_popup.ts";
import { attempt, openTCP, plainPage, to, type Stage, type WithTCP } from "./stage.ts";
import { Toolbar } from "./toolbar.ts";
import type { BrowserOptions } from "./world/browser.ts";
import type { Life } from "./world/life.ts";
import { startDevices } from "./world/nearby.ts";
import { makeNetwork, startNameServer, startPeer } from "./world/network.ts";
import type { Page } from "./world/page.ts";
import { sleep } from "./world/wait.ts";
import { openWorld } from "./world/world.ts";

/** Where irc.example.org and imap.example.org are. */
const [chat, mail] = ["93.184.215.14", "93.184.215.25"];

/** Devices in the same network as the host. */
const nearby = { "attic.local": "192.168.1.20", "media.local": "192.168.1.31" };

export async function openTheatre(life: Life, options: Omit<BrowserOptions, "pages" | "host"> = {}): Promise<Theatre> {
  const network = await makeNetwork(life);
  await network.addAddresses(chat, mail);
  await startNameServer(life, network, `--address=/irc.example.org/${chat}`, `--address=/imap.example.org/${mail}`);
  await startPeer(life, network.there, [
    { host: chat, port: 6667 },
    { host: mail, port: 993, https: "plain" },
  ]);
  await network.addNeighbour("192.168.1.7/24", ...Object.values(nearby));
  const devices = await startDevices(life, network.there, nearby);
  await devices.add({ name: "Attic server", type: "_ssh._tcp", port: 22, host: "attic.local" });
  await devices.add({ name: "Media box", type: "_ssh._tcp", port: 22, host: "media.local" });
  const policy = { limits: { attemptBurst: 400, attemptsPerSecond: 200, attemptsPerMinuteOverall: 6000 } };
  const world = await openWorld(life, { ...options, host: { network, policy } });
  const stage: Stage = {
    ...world,
    open: (url = "https://a.test/") => world.browser.newPage(world.pages.serve(url, plainPage)),
  };
  return { ...stage, network, toolbar: await Toolbar.of(stage) };
}

function prompt(
  name: string,
  about: string,
  origin: string,
  options: Record<string, unknown>,
  act: (page: Page) => Promise<void> = async () => undefined,
): Scene {
  return {
    name: `prompt-${name}`,
    about,
    width: promptWidth,
    grows: true,
    async open(theatre) {
      const asking = await theatre.open(`${origin}/${name}`);
      const answer = attempt(asking, options).catch(() => "");
      const { page } = await theatre.person.seesPrompt();
      await act(page);
      return {
        page,
        async close() {
          await asking.close();
          await answer;
        },
      };
    },
  };
}

const day = 86_400_000;
/** What somebody has remembered who uses Portside for a while: site, destination, days ago, and how it was named. */
const remembered: readonly [string, "tcp" | "udp", string, number, number, "asked" | "typed" | "picked"][] = [
  ["https://webmail.test", "tcp", "imap.example.org", 993, 1, "asked"],
  ["https://webmail.test", "tcp", "smtp.example.org", 465, 1, "asked"],
  ["https://terminal.test", "tcp", "192.168.1.20", 22, 12, "typed"],
  ["https://terminal.test", "tcp", "attic.local", 22, 40, "picked"],
  ["https://print.test", "tcp", "laserjet.local", 631, 90, "picked"],
  ["https://clock.test", "udp", "time.example.org", 123, 200, "asked"],
];

/** Remembers them as the user does, one after the other, and then makes them as old as they are to be. */
async function seedGrants(theatre: Theatre): Promise<void> {
  for (const [origin, protocol, host, port] of remembered) {
    const page = await theatre.open(`${origin}/`);
    const answer = page.evaluateOnClick(
      "#go",
      (options: PortsideSocketOptions, udp: boolean) =>
        (udp ? navigator.openUDPSocket(options) : navigator.openTCPSocket(options)).then(
          () => "",
          () => "",
        ),
      {
        remoteAddress: host,
        remotePort: port,
        timeout: 500,
        ...([993, 465].includes(port) ? { secureTransport: "on" as const } : {}),
      },
      protocol === "udp",
    );
    await theatre.person.allowsAndRemembers();
    await answer;
    await page.close();
  }
  await theatre.toolbar.desk.evaluate(
    async (rows: typeof remembered, day: number) => {
      const { grants } = await chrome.storage.local.get<{ grants: { origin: string; host: string; port: number }[] }>(
        "grants",
      );
      const aged = grants.map((grant) => {
        const row = rows.find(
          ([origin, , host, port]) => grant.origin === origin && grant.host === host && grant.port === port,
        );
        return row === undefined ? grant : { ...grant, created: Date.now() - row[4] * day, how: row[5] };
      });
      await chrome.storage.local.set({ grants: aged });
    },
    remembered,
    day,
  );
}

/** Two of them hold for a time only, and there is a history. */
async function seedTimes(theatre: Theatre): Promise<void> {
  await theatre.toolbar.desk.evaluate(async (day: number) => {
    const now = Date.now();
    const { grants } = await chrome.storage.local.get<{ grants: { host: string; used?: number }[] }>("grants");
    const at = (host: string): object[] => grants.filter((grant) => grant.host === host);
    await chrome.storage.local.set({
      grants: grants
        .filter(({ host }) => host !== "attic.local" && host !== "smtp.example.org")
        .map((grant, n) => ({ ...grant, used: now - n * 3 * 3_600_000 })),
      timedGrants: at("attic.local").map((one) => ({
        ...one,
        created: now,
        ends: { from: now, until: now + 2_500_000 },
      })),
      historyOn: true,
      history: [
        ["https://webmail.test", "imap.example.org", 993, 12_000, 14],
        ["https://terminal.test", "192.168.1.20", 22, 3 * 3_600_000, 1],
        ["https://webmail.test", "smtp.example.org", 465, 2 * day, 3],
      ].map(([origin, host, port, age, count]) => ({
        ...{ origin, kind: "connect", protocol: "tcp", host, port, encrypted: port !== 22, count },
        ...{ first: now - Number(age), last: now - Number(age) },
      })),
    });
    await chrome.storage.session.set({
      grants: at("smtp.example.org").map((one) => ({ ...one, created: now, ends: "browser" })),
    });
  }, day);
}

export const scenes: readonly Scene[] = [
  prompt(
    "mail",
    "webmail.test asks to connect to imap.example.org, IMAP mail, encrypted.",
    "https://webmail.test",
    to({ host: "imap.example.org", port: 993 }, { secureTransport: "on" }),
    awake,
  ),
  prompt(
    "lifetimes",
    "The same question, with the buttons for other lengths of time.",
    "https://webmail.test",
    to({ host: "imap.example.org", port: 993 }, { secureTransport: "on" }),
    async (page) => {
      await awake(page);
      await page.click("#lifetimes");
      await awake(page);
    },
  ),
  prompt(
    "chat",
    "chat.test wants to connect to irc.example.org without encryption.",
    "https://chat.test",
    to({ host: "irc.example.org", port: 6667 }),
    awake,
  ),
  prompt(
    "device",
    "terminal.test proposes an address in the user's own network; the user is to type it or to pick a device.",
    "https://terminal.test",
    to({ host: "192.168.1.20", port: 22 }),
    async (page) => {
      await page.waitFor("both devices", () => document.querySelectorAll("#devices [role=option]").length === 2);
      await sleep(600); // a click right after the list has moved picks nothing
      await page.click("#devices [role=option]");
      await awake(page);
    },
  ),
  prompt(
    "computer",
    "dashboard.test wants to reach a program on this computer; the user is to type its address.",
    "https://dashboard.test",
    to({ host: "localhost", port: 1883 }),
  ),
  prompt(
    "risk",
    "phone.test wants a port that routers watch: the prompt names the danger.",
    "https://phone.test",
    to({ host: "sip.example.org", port: 5060 }, { secureTransport: "starttls" }),
    awake,
  ),
  prompt(
    "long",
    "A host with a name that is made to be misread.",
    "https://quite-a-long-name-for-a-site-that-asks.tricky.test",
    to({
      host: `www.bank.example.account.login.${"secure-".repeat(7)}session.${"id".repeat(25)}.evil.example`,
      port: 4711,
    }),
    awake,
  ),
  {
    name: "explain",
    about: "Why Portside asks: the page behind the prompt's link.",
    width: 900,
    grows: false,
    async open(theatre) {
      const page = await show(theatre, "ui/explain.html", "h1");
      return { page, close: () => page.close() };
    },
  },
  {
    name: "popup-asks",
    about: "The popup while a question of the tab waits for its answer.",
    width: 380,
    grows: true,
    async open(theatre) {
      const page = await theatre.open("https://waiting.test/");
      const answer = attempt(page, to({ host: "imap.example.org", port: 993 })).catch(() => "");
      await theatre.person.seesPrompt();
      const popup = await theatre.toolbar.popup(await theatre.toolbar.tabOf(page));
      await popup.page.waitFor("the notice", () => document.querySelector<HTMLElement>("#asks")?.hidden === false);
      return {
        page: popup.page,
        async close() {
          await popup.close();
          await page.close();
          await answer;
        },
      };
    },
  },
  {
    name: "popup",
    about: "The toolbar's popup: two open connections, one of them encrypted, and a refusal with its reason.",
    ripens: 30_000,
    width: 380,
    grows: true,
    async open(theatre) {
      const page = await theatre.open("https://webmail.test/inbox");
      await openTCP(theatre, page, { host: "imap.example.org", port: 993 }, { secureTransport: "on" });
      await page.evaluate(() => {
        Object.assign(window, { first: (window as unknown as WithTCP).socket });
      });
      await openTCP(theatre, page, { host: "irc.example.org", port: 6667 });
      const { prompt, answer } = {
        answer: attempt(page, to({ host: "10.0.0.1", port: 22 })),
        prompt: await theatre.person.seesPrompt(),
      };
      await prompt.deny();
      await answer;
      const popup = await theatre.toolbar.popup(await theatre.toolbar.tabOf(page));
      // Something to draw lines of: both servers answer.
      await page.evaluate(() => {
        const { socket, first } = window as unknown as WithTCP & { first: PortsideTCPSocket };
        const writers = [socket, first].map((each) => {
          void each.readable.pipeTo(new WritableStream());
          return each.writable.getWriter();
        });
        let n = 0;
        setInterval(() => {
          n++;
          void writers[0]?.write(new Uint8Array(3_000 + 1_500 * ((n * 7) % 5)));
          if (n % 2 === 0)
            void writers[1]?.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: imap.example.org\r\n\r\n"));
        }, 1_000);
      });
      return {
        page: popup.page,
        async close() {
          await popup.close();
          await page.close();
        },
      };
    },
  },
  {
    name: "popup-empty",
    about: "The popup over a page that has no direct connections.",
    width: 380,
    grows: true,
    async open(theatre) {
      const page = await theatre.open("https://quiet.test/");
      const popup = await theatre.toolbar.popup(await theatre.toolbar.tabOf(page));
      return {
        page: popup.page,
        async close() {
          await popup.close();
          await page.close();
        },
      };
    },
  },
  {
    name: "settings",
    about: "The settings: what was remembered, by site.",
    width: 900,
    grows: false,
    async open(theatre) {
      await seedGrants(theatre);
      await seedTimes(theatre);
      const page = await show(theatre, "ui/options.html", "#grants");
      return {
        page,
        async close() {
          await page.close();
          await theatre.toolbar.desk.evaluate(async () => {
            await chrome.storage.local.remove(["grants", "timedGrants", "history", "historyOn"]);
            await chrome.storage.session.remove("grants");
          });
        },
      };
    },
  },
  {
    name: "setup-missing",
    about: "After the installation of the extension, while the program is not there: the one command.",
    width: 900,
    grows: false,
    async open(theatre) {
      const back = theatre.browser.hideHost();
      const page = await show(theatre, "ui/setup.html", "#todo");
      return {
        page,
        async close() {
          back();
          await page.close();
        },
      };
    },
  },
  {
    name: "setup-ready",
    about: "The same page once the program is there: try it.",
    width: 900,
    grows: false,
    async open(theatre) {
      const page = await show(theatre, "ui/setup.html", "#trying");
      return { page, close: () => page.close() };
    },
  },
  ...popups,
  ...local,
];
