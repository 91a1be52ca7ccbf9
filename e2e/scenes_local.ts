// The scenes about sockets that others can send to: listening, and bound UDP.
import type { LocalQuestion, PromptView } from "../extension/background/consent/question.ts";
import type { LocalPlace } from "../protocol/message.ts";
import { awake, promptWidth, show, type Scene } from "./scene.ts";
import { scripted } from "./scripted.ts";
import { untilMarkersLooked } from "./stage.ts";
import type { Page } from "./world/page.ts";

const loopback: LocalPlace = { address: "127.0.0.1", reach: "computer", interface: "lo" };
const wired: LocalPlace = { address: "192.168.1.5", reach: "network", interface: "eth0" };
const wireless: LocalPlace = { address: "10.20.0.17", reach: "network", interface: "wlp0s20f3" };
const direct: LocalPlace = { address: "2001:db8:7:1::5", reach: "network", interface: "eth0", public: true };
const everywhere: LocalPlace = { address: "0.0.0.0", reach: "anybody" };

const usual: Omit<LocalQuestion, "kind" | "origin" | "places"> = {
  ...{ multicast: false, secure: false, private: false, remember: true },
};

function prompt(
  name: string,
  about: string,
  question: LocalQuestion,
  act: (page: Page) => Promise<void> = async () => undefined,
  replies: Record<string, PromptView[]> = {},
): Scene {
  return {
    name: `prompt-${name}`,
    about,
    width: promptWidth,
    grows: true,
    async open(theatre) {
      const views = [{ type: "question", question, waiting: 0, looks: false }];
      const page = await scripted(theatre, "ui/prompt.html#scene", { views, replies });
      await page.waitFor("the question", () => document.querySelector("#who")?.textContent !== "");
      await act(page);
      return { page, close: () => page.close() };
    },
  };
}

/** Picks the nth of the choices. */
const pick =
  (choices: "place" | "peer", n: number) =>
  (page: Page): Promise<void> =>
    page.click(`#${choices}-choices :nth-child(${n.toString()} of label)`);

const day = 86_400_000;
/** What is remembered of sockets that others can send to. */
const grants = (now: number): object[] => {
  const common = { created: now - 3 * day, entered: false, risk: false, protection: { encryption: "off" } };
  const tls = { encryption: "on", authentication: "name" };
  return [
    {
      ...{ ...common, origin: "https://share.test", kind: "listen", protocol: "tcp", host: "192.168.1.5", port: 40080 },
      ...{ network: "n1", protection: tls },
      local: {
        reach: "network",
        interface: "eth0",
        multicast: false,
        announce: { name: "Lena’s files", type: "_http._tcp" },
      },
    },
    {
      ...{ ...common, origin: "https://share.test", kind: "listen", protocol: "tcp", host: "0.0.0.0", port: 0 },
      local: { reach: "anybody", multicast: false },
    },
    {
      ...{ ...common, origin: "https://lights.test", kind: "bind", protocol: "udp", host: "192.168.1.5", port: 0 },
      network: "n1",
      local: {
        ...{ reach: "network", interface: "eth0", peers: "named", multicast: true },
        hosts: [{ host: "lamp.local" }, { host: "192.168.1.77", port: 56700 }],
      },
    },
    {
      ...{ ...common, origin: "https://game.test", kind: "bind", protocol: "udp", host: "0.0.0.0", port: 40_123 },
      local: { reach: "anybody", peers: "internet", multicast: false },
    },
  ];
};

export const local: readonly Scene[] = [
  prompt(
    "listen",
    "share.test wants others to be able to connect; the user has picked one network.",
    {
      ...usual,
      kind: "listen",
      origin: "https://share.test",
      port: 40080,
      places: [loopback, wired, wireless, everywhere],
    },
    async (page) => {
      await pick("place", 2)(page);
      await awake(page);
    },
  ),
  prompt(
    "listen-everywhere",
    "The same for everybody: that takes a yes of its own. It is encrypted, announced, and one of the addresses is on the internet.",
    {
      ...{ ...usual, kind: "listen", origin: "https://share.test", port: 40443, secure: true },
      places: [loopback, wired, direct, { ...everywhere, address: "::" }],
      announce: { name: "Printer in the hall \u202egnp.exe", type: "_ipp._tcp" },
    },
    pick("place", 4),
  ),
  prompt(
    "listen-computer",
    "A site with a long name wants programs on this computer to be able to connect, in a private window.",
    {
      ...{ ...usual, kind: "listen", origin: "https://quite-a-long-name-for-a-site-that-asks.tricky.test" },
      ...{ places: [loopback], private: true, remember: false },
    },
    awake,
  ),
  prompt(
    "bind",
    "lights.test wants to exchange messages; the user names whom with, and one of the names is none.",
    {
      ...{ ...usual, kind: "bind", origin: "https://lights.test", places: [wired], peers: "internet", multicast: true },
    },
    async (page) => {
      await pick("peer", 1)(page);
      await page.type("#hosts", "lamp.local\n192.168.1.77:56700\nno_such..name");
      await awake(page);
      await page.click("#allow-once");
      await page.waitFor("the complaint", () => document.querySelector("#hosts-error")?.textContent !== "");
    },
    { allowLocal: [{ type: "complaint", named: { address: "no_such..name" }, complaint: "invalid" }] },
  ),
  prompt(
    "bind-network",
    "The same with any device in the network.",
    {
      ...{ ...usual, kind: "bind", origin: "https://lights.test", port: 56700, peers: "network" },
      places: [loopback, wired, everywhere],
    },
    async (page) => {
      await pick("place", 2)(page);
      await pick("peer", 2)(page);
      await awake(page);
    },
  ),
  {
    name: "settings-others",
    about: "The settings: what was remembered of sockets that others can send to.",
    width: 900,
    grows: false,
    async open(theatre) {
      const { desk } = theatre.toolbar;
      await untilMarkersLooked(desk);
      await desk.evaluate((kept: object[]) => chrome.storage.local.set({ grants: kept }), grants(Date.now()));
      const page = await show(theatre, "ui/options.html", "#grants");
      return {
        page,
        async close() {
          await page.close();
          await desk.evaluate(() => chrome.storage.local.remove("grants"));
        },
      };
    },
  },
];
