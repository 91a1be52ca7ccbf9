// The self-test: a page and a server inside of the host, so that the user sees a real question and a real answer. Both live as long as the page
// is in its tab.

import { ext } from "../../shared/ext.ts";
import { textDirection, textLanguage } from "../../shared/language.ts";
import { removeGrants } from "../consent/grants.ts";
import { tried } from "../host/tried.ts";
import type { Sender } from "../intake/sender.ts";
import type { TryoutStartParams } from "../../../protocol/message.ts";
import type { HostConnection } from "../host/host.ts";
import type { Hosts } from "../host/hosts.ts";

/** The host serves them no longer than this, in ms (nativehost/selftest). */
const lifetime = 15 * 60_000;

interface Running {
  connection: HostConnection;
  /** Keeps the host as an open socket does. */
  hold: number;
  origin: string;
  tabId: number;
  over: ReturnType<typeof setTimeout>;
}

function texts(): TryoutStartParams["texts"] {
  const text = (name: string): string => ext.i18n.getMessage(name);
  return {
    title: text("tryoutTitle"),
    intro: text("tryoutIntro"),
    button: text("tryoutButton"),
    asking: text("tryoutAsking"),
    done: text("tryoutDone"),
    denied: text("tryoutDenied"),
    failed: text("tryoutFailed"),
    missing: text("tryoutMissing"),
  };
}

export class SelfTest {
  readonly #hosts: Hosts;
  #running: Running | undefined;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
    ext.tabs.onRemoved.addListener((tabId) => {
      if (this.#running?.tabId === tabId) this.#stop();
    });
    ext.webNavigation.onCommitted.addListener(({ tabId, frameId, url }) => {
      if (this.#running?.tabId === tabId && frameId === 0 && new URL(url).origin !== this.#running.origin) this.#stop();
    });
  }

  /** Reports whether a document is the page's own: in its tab, of its origin, which is the host's as long as the page is served. */
  isPage({ origin, tabId }: Pick<Sender, "origin" | "tabId">): boolean {
    //rule:only-own-page-is-test-page
    return this.#running?.origin === origin && this.#running.tabId === tabId;
  }

  /** A socket has opened. */
  noted({ sender }: { sender: Pick<Sender, "origin" | "tabId"> }): void {
    if (this.isPage(sender)) void tried.setIfWritten(true);
  }

  /** Starts both and opens the page, in place of the one before. Resolves with false when the host cannot. */
  async start(): Promise<boolean> {
    const before = this.#running;
    if (before !== undefined) {
      this.#stop();
      ext.tabs.remove(before.tabId).catch(() => undefined); // it is gone already
    }
    let connection: HostConnection;
    try {
      connection = await this.#hosts.probe();
    } catch {
      return false;
    }
    const hold = this.#hosts.reserve(connection);
    try {
      const page = { lang: textLanguage(), dir: textDirection(), texts: texts() };
      const { url } = await connection.request("tryout.start", page);
      const { id: tabId } = await ext.tabs.create({ url });
      if (tabId === undefined) throw new Error("a tab without an id");
      const over = setTimeout(() => {
        this.#stop();
      }, lifetime);
      this.#running = { connection, hold, origin: new URL(url).origin, tabId, over };
      return true;
    } catch (error) {
      console.error("self-test:", error);
      this.#hosts.forget(connection, hold);
      return false;
    }
  }

  #stop(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const { connection, hold, origin, over } = running;
    clearTimeout(over);
    connection.request("tryout.stop", {}).catch(() => undefined); // it is gone with its host
    this.#hosts.forget(connection, hold);
    // The next one is at another port: nothing is worth remembering of this one.
    void removeGrants((grant) => grant.origin === origin);
  }
}
