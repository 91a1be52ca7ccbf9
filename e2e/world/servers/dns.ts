// dnsmasq, a DNS server, with a fixed little zone. Debian package dnsmasq-base.
import type { Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start } from "../processes.ts";
import { waitUntilReady } from "./ready.ts";

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

/** What the server knows; every other name in `harbour.test` does not exist. */
export const zone = {
  domain: "harbour.test",
  addresses: { "lighthouse.harbour.test": "192.0.2.10", "pier.harbour.test": "192.0.2.20" },
  texts: { "notice.harbour.test": "ships welcome" },
} as const;

export async function startDnsServer(life: Life): Promise<DnsServer> {
  const folder = life.folder("dns", { forServer: true });
  const port = await freePort();
  const server = await start(life, {
    name: "dnsmasq",
    command: "/usr/sbin/dnsmasq",
    args: [
      "--no-daemon",
      "--conf-file=/dev/null",
      "--pid-file=",
      `--port=${String(port)}`,
      "--listen-address=127.0.0.1",
      "--bind-interfaces",
      "--no-resolv",
      "--no-hosts",
      `--local=/${zone.domain}/`,
      ...Object.entries(zone.addresses).map(([name, address]) => `--host-record=${name},${address}`),
      ...Object.entries(zone.texts).map(([name, text]) => `--txt-record=${name},${text}`),
      "--log-queries",
      "--log-facility=-",
    ],
    cwd: folder,
    unprivileged: true,
  });
  await waitUntilReady(server, port, { speaksFirst: false });
  return { host: "127.0.0.1", port };
}
