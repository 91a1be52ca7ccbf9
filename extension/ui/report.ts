// What somebody who helps needs to know: versions, what is remembered, how the host is and which policy is in force. Nothing else: nothing
// of private windows, nothing of what was sent, and not the markers (background/marker.ts), which are secrets.

import { ext } from "../shared/ext.ts";
import { listGrants } from "../background/consent/grants.ts";
import { listHeld } from "./held_back.ts";
import type { HostReport } from "../background/host/own_pages.ts";

/** The same without the ids of networks, wherever they stand: which one it was is nobody's business. */
function withoutNetworks(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) => (/*rule:report-names-no-network*/ key === "network" ? "one" : one)),
  );
}

/** The report as it is shown and saved. */
export async function makeReport(host: HostReport): Promise<string> {
  const [grants, held, platform, self] = await Promise.all([
    listGrants(),
    listHeld(),
    ext.runtime.getPlatformInfo(),
    ext.management.getSelf(),
  ]);
  const report = {
    about: "Portside, report for support",
    made: new Date().toISOString(),
    extension: { version: self.version, id: self.id, installed: self.installType },
    browser: navigator.userAgent,
    system: `${platform.os} ${platform.arch}`,
    host,
    remembered: grants.map((grant) => ({
      ...(withoutNetworks(grant) as object),
      created: new Date(grant.created).toISOString(),
      ...(typeof grant.ends === "object" ? { ends: new Date(grant.ends.until).toISOString() } : {}),
      ...(grant.used === undefined ? {} : { used: new Date(grant.used).toISOString() }),
    })),
    paused: held.flatMap(({ site, container, until }) =>
      until !== undefined ? [] : [container === undefined ? site : { site, container }],
    ),
    muted: held.flatMap(({ until, ...who }) =>
      until === undefined ? [] : [{ ...who, until: new Date(until).toISOString() }],
    ),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Offers the text as a file. */
export function save(content: string, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
