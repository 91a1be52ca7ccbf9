// The scenes of the popup in states that take long to bring about: sockets that others can send to, very many connections and refusals, no
// program.
import type { PopupView, SocketView } from "../extension/background/toolbar/popup.ts";
import type { Reason } from "../extension/background/sockets/refusals.ts";
import type { PolicyGetResult, SocketState } from "../protocol/message.ts";
import type { Scene, Theatre } from "./scene.ts";
import { scripted } from "./scripted.ts";
import { untilMarkersLooked } from "./stage.ts";
import type { Page } from "./world/page.ts";

const started = new Date();
started.setHours(10, 21, 0, 0);
const since = started.getTime();
let lastKey = 0;

function socket(
  more: Partial<SocketView> & Pick<SocketView, "kind" | "host" | "port">,
  state: Partial<SocketState>,
): SocketView {
  const key = ++lastKey;
  return {
    ...{ key, origin: "https://share.test", protocol: "tcp", encryption: "off", since },
    state: { socketId: key, bytesIn: 0, bytesOut: 0, at: since, ...state },
    ...more,
  };
}

function othersView(): PopupView {
  const listener = socket(
    { kind: "listen", host: "192.168.1.5", port: 40080, reach: "network", encryption: "on" },
    { accepted: 1_284, turnedAway: 3 },
  );
  const accepted = Array.from({ length: 3 }, (_, n) =>
    socket(
      { kind: "accepted", host: `192.168.1.${(20 + n).toString()}`, port: 51_000 + n, listener: listener.key },
      { bytesIn: 1_200 * (n + 1), bytesOut: 48_000 * (n + 1) },
    ),
  );
  const bound = socket(
    { kind: "bind", protocol: "udp", host: "192.168.1.5", port: 5353, reach: "network", peers: "network" },
    { peers: 12, groups: 1, turnedAway: 41, bytesIn: 31_000, bytesOut: 8_400 },
  );
  const orphan = socket({ kind: "accepted", host: "fd00::5", port: 60_123 }, { bytesIn: 90, bytesOut: 7_000_000 });
  const refused = { origin: "https://share.test", stage: "open", at: since, count: 1, unseen: false } as const;
  return {
    site: { origin: "https://share.test", paused: false, secure: true },
    private: false,
    sockets: [listener, ...accepted, bound, orphan],
    open: 503,
    more: [{ origin: "https://share.test", listener: listener.key, count: 497 }],
    refusals: [
      { ...refused, kind: "listen", protocol: "tcp", host: "0.0.0.0", port: 80, reason: "port" },
      { ...refused, kind: "bind", protocol: "udp", host: "192.168.9.9", port: 5353, reason: "address" },
    ],
    alsoPaused: [],
    cooldowns: {},
    host: { kind: "ready", version: "0.1.0", policy: { sources: [], siteAllowed: true } },
    unsaved: false,
  };
}

const site = "https://webmail.test";
const usual: PopupView = {
  ...{ site: { origin: site, paused: false, secure: true }, private: false, sockets: [], open: 0, more: [] },
  ...{ refusals: [], alsoPaused: [], cooldowns: {}, unsaved: false },
  host: { kind: "ready", version: "0.1.0", policy: { sources: [], siteAllowed: true } },
};

/** 30 connections to 11 destinations, most of them to two. */
function manySockets(): SocketView[] {
  const places: [host: string, port: number, encryption: SocketView["encryption"], count: number][] = [
    ["imap.example.org", 993, "on", 12],
    ["imap.example.org", 143, "off", 1],
    ["news.example.net", 119, "starttls", 9],
    ...Array.from({ length: 8 }, (_, n): [string, number, "on", number] => [
      `peer-${(n + 1).toString()}.example.com`,
      6881,
      "on",
      1,
    ]),
  ];
  return places.flatMap(([host, port, encryption, count]) =>
    Array.from({ length: count }, (_, n) =>
      socket(
        {
          ...{ kind: "connect", origin: site, host, port },
          encryption: encryption === "starttls" && n < 4 ? "upgraded" : encryption,
        },
        { bytesIn: 31_000 * (n + 1), bytesOut: 900 * n, tlsVersion: "1.3" },
      ),
    ),
  );
}

/** 20 refusals for four reasons, each of another destination. */
function manyRefusals(): PopupView["refusals"] {
  const reasons: [Reason, number][] = [
    ["activation", 11],
    ["dns", 6],
    ["port", 2],
    ["tls", 1],
  ];
  return reasons.flatMap(([reason, count]) =>
    Array.from({ length: count }, (_, n) => ({
      ...({ origin: site, stage: "open", protocol: "tcp", host: `old-${(n + 1).toString()}.example.com` } as const),
      ...{ port: 6881, reason, at: since, count: 1 + ((n * 5) % 4), unseen: false },
    })),
  );
}

/** Shows the popup with this in it. */
async function shows(theatre: Pick<Theatre, "browser">, view: PopupView): Promise<Page> {
  const page = await scripted(theatre, "ui/popup.html?tab=1", { views: [view] });
  await page.waitFor("the popup to be filled", () => document.querySelector("#site .host") !== null);
  return page;
}

const grant = (host: string, port: number): object => ({
  ...{ origin: site, protocol: "tcp", host, port, entered: false, risk: false, created: Date.now() - 86_400_000 },
  protection: { encryption: "on", authentication: "name" },
});

export const popups: readonly Scene[] = [
  {
    name: "popup-others",
    about: "The popup: a socket that others connect to, a UDP socket, and refusals of both.",
    width: 380,
    grows: true,
    async open(theatre) {
      const page = await scripted(theatre, "ui/popup.html?tab=1", { views: [othersView()] });
      await page.waitFor("the sockets", () => document.querySelector("li.socket") !== null);
      return { page, close: () => page.close() };
    },
  },
  {
    name: "popup-many",
    about:
      "The popup with 30 connections and 20 refusals: by destination and by reason, one of each unfolded; saved permissions.",
    width: 380,
    grows: true,
    async open(theatre) {
      const { desk } = theatre.toolbar;
      await untilMarkersLooked(desk);
      const grants = [grant("imap.example.org", 993), grant("smtp.example.org", 465)];
      await desk.evaluate((kept: object[]) => chrome.storage.local.set({ grants: kept }), grants);
      const sockets = manySockets();
      const page = await shows(theatre, { ...usual, sockets, open: sockets.length, refusals: manyRefusals() });
      await page.waitFor("the permissions", () => document.querySelectorAll("#saved .grant").length === 2);
      await page.click(".several:nth-of-type(3) .disclosure");
      await page.click("#refusals > li:nth-of-type(2) .disclosure");
      return {
        page,
        async close() {
          await page.close();
          await desk.evaluate(() => chrome.storage.local.remove("grants"));
        },
      };
    },
  },
  {
    name: "popup-missing",
    about: "The popup where the program is missing, over a page that is paused.",
    width: 380,
    grows: true,
    async open(theatre) {
      const page = await shows(theatre, {
        ...usual,
        site: { origin: site, paused: true, secure: true },
        host: { kind: "missing" },
      });
      return { page, close: () => page.close() };
    },
  },
  {
    name: "popup-audit",
    about: "The popup where the administrator's audit log is required, takes no lines, and records private windows.",
    width: 380,
    grows: true,
    async open(theatre) {
      const policy: PolicyGetResult = {
        sources: [{ name: "/etc/portside/policy.json", kind: "file" }],
        auditFault: "dial unixgram /run/systemd/journal/socket: connect: no such file or directory",
        auditRequired: true,
        auditPrivate: true,
      };
      const page = await shows(theatre, { ...usual, host: { kind: "ready", version: "0.1.0", policy } });
      return { page, close: () => page.close() };
    },
  },
];
