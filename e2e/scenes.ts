// What the person sees of Portside, page by page, in the states that matter: for pictures, and for tests of how it looks, reads and sounds.
import { attempt, openTCP, plainPage, to, type Stage, type WithTCP } from "./stage.ts";
import { Toolbar } from "./toolbar.ts";
import type { ChromiumOptions } from "./world/chromium.ts";
import type { Life } from "./world/life.ts";
import { makeNetwork, startNameServer, startPeer, type Network } from "./world/network.ts";
import type { Page } from "./world/page.ts";
import { openWorld } from "./world/world.ts";

/** A page on the screen. */
export interface Shown {
  page: Page;
  /** Takes it off the screen, and what it took to have it there. */
  close(): Promise<void>;
}

export interface Scene {
  name: string;
  /** For who looks at a picture of it. */
  about: string;
  /** The inner width of the window that it is shown in, in CSS pixels. */
  width: number;
  /** Its height, where more than the content is to be seen. */
  height?: number;
  open(theatre: Theatre): Promise<Shown>;
}

/** A stage in a small network of its own, in which the names of the scenes lead somewhere. */
export interface Theatre extends Stage {
  network: Network;
  toolbar: Toolbar;
}

/** Where irc.example.org and imap.example.org are. */
const [chat, mail] = ["93.184.215.14", "93.184.215.25"];

export async function openTheatre(life: Life, options: Omit<ChromiumOptions, "pages" | "host"> = {}): Promise<Theatre> {
  const network = await makeNetwork(life);
  await network.addAddresses(chat, mail);
  await startNameServer(life, network, `--address=/irc.example.org/${chat}`, `--address=/imap.example.org/${mail}`);
  await startPeer(life, network.there, [
    { host: chat, port: 6667 },
    { host: mail, port: 993, https: "plain" },
  ]);
  const policy = { limits: { attemptBurst: 400, attemptsPerSecond: 200, attemptsPerMinuteOverall: 6000 } };
  const world = await openWorld(life, { ...options, host: { network, policy, nameserver: network.nameserver } });
  const stage: Stage = {
    ...world,
    open: (url = "https://a.test/") => world.browser.newPage(world.pages.serve(url, plainPage)),
  };
  return { ...stage, network, toolbar: await Toolbar.of(stage) };
}

/** The width of the consent window's content. */
const promptWidth = 460;

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

const awake = async (page: Page): Promise<void> => {
  await page.waitFor("Allow to be alive", () => document.querySelector("#allow-once")?.ariaDisabled !== "true");
};

function settled(name: string, about: string, path: string, prepare: (theatre: Theatre) => Promise<void>, ready: string): Scene {
  return {
    name,
    about,
    width: 900,
    async open(theatre) {
      await prepare(theatre);
      const page = await theatre.browser.newExtensionPage(path);
      await page.waitFor(`${ready} in ${path}`, (wanted: string) => {
        const element = document.querySelector<HTMLElement>(wanted);
        return element !== null && element.getClientRects().length > 0;
      }, ready);
      return { page, close: () => page.close() };
    },
  };
}
