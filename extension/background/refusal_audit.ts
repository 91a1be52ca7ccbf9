// Refusals of the extension go into the host's audit log, where an administrator reads them.

import type { Rule } from "./consent.ts";
import type { Hosts } from "./hosts.ts";
import { canonicalHost } from "./origin.ts";
import type { Sender } from "./sender.ts";
import type { OpenOptions } from "../../protocol/page.ts";

/** Refusals of one document that are written, so that a page cannot flood the log. */
const maxRefusals = 50;

/** The refusals of one document. */
export class RefusalAudit {
  readonly #sender: Sender;
  readonly #hosts: Hosts;
  #written = 0;

  constructor(sender: Sender, hosts: Hosts) {
    this.#sender = sender;
    this.#hosts = hosts;
  }

  async refused(protocol: "tcp" | "udp", { remoteAddress, remotePort }: OpenOptions, rule: Rule): Promise<void> {
    if (++this.#written > maxRefusals) return;
    const host = canonicalHost(remoteAddress ?? "");
    try {
      const connection = await this.#hosts.connect({ quiet: true });
      connection.notify("audit.refused", {
        origin: this.#sender.origin,
        protocol,
        ...(host === undefined ? {} : { host }),
        ...(remotePort === undefined || remotePort === 0 ? {} : { port: remotePort }),
        private: this.#sender.private,
        rule,
      });
    } catch {
      // No host, no audit log.
    }
  }
}
