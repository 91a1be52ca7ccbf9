// Cooldowns: whoever was told no again and again may not ask for a while. What was remembered goes on working; new questions are refused.
//
// It is counted for the origin and for its site (the registrable domain), since whoever owns the domain has as many origins as they like.
// Kept in storage.session, so that a stop of the worker forgets nothing and the end of the browser everything; private windows have a count
// of their own, which ends with the last of them, and so has each container. Pages of the extension may call all of this, too.

import { readSide, sideName, type Side } from "../../shared/container.ts";
import { siteOf } from "../../shared/domain.ts";
import { ext } from "../../shared/ext.ts";
import { Stored, tableOf } from "../../storage/stored.ts";
import { FairTable } from "../intake/fair.ts";
import type { Bounds } from "../intake/fair.ts";
import { afterDenial, asOf, fresh, isBackOff, isExpired, nextDelay, weights } from "./backoff.ts";
import type { BackOff } from "./backoff.ts";

type Table = Record<string, BackOff>;

const cooldowns = new Stored<Table>("session", "cooldowns", (stored) => tableOf(stored, isBackOff));

/** Somebody who may not ask for a while. */
export interface Cooldown extends Side {
  /** An origin ("https://a.example.org"), or a whole site ("example.org"). */
  who: string;
  /** In ms since 1970. */
  until: number;
}

const keyOf = (who: string, side: Side): string =>
  `${/*rule:cooldowns-apart-for-private*/ /*rule:cooldowns-apart-by-container*/ sideName(side)} ${who}`;
const keysOf = (origin: string, side: Side): string[] => [
  keyOf(origin, side),
  //rule:cooldown-covers-the-site
  keyOf(siteOf(origin), side),
];

function asOfNow(table: Table): Table {
  const now = Date.now();
  return Object.fromEntries(Object.entries(table).map(([key, backOff]) => [key, asOf(backOff, now)]));
}

async function read(): Promise<Table> {
  return asOfNow(await cooldowns.get());
}

/** The table, which is written anew where the clock has been set back: what it says is then what remains. */
async function current(): Promise<Table> {
  const now = Date.now();
  const table = await cooldowns.get();
  if (Object.values(table).some((backOff) => asOf(backOff, now) !== backOff)) await change((same) => same);
  return await read();
}

/** Who is counted: of one site, so many of its origins. The site itself is counted with each of them. */
const bounds: Bounds = { entries: 1_000, size: 1_000, entriesOfOwner: 21, sizeOfOwner: 21 };

/** The table within its bounds. It is in order: whoever was told no last is last. */
function bounded(table: Table): Table {
  const fair = new FairTable<BackOff>(bounds);
  for (const [key, backOff] of Object.entries(table)) {
    const [side = "", who = ""] = key.split(" ");
    const isOrigin = who.includes("://");
    fair.put(
      key,
      backOff,
      { owner: `${side} ${isOrigin ? siteOf(who) : who}`, part: isOrigin ? "origins" : "site" },
      1,
    );
  }
  return Object.fromEntries(fair.entries());
}

async function change(edit: (table: Table) => Table): Promise<void> {
  await cooldowns.edit((table) => /*rule:denials-merge-into-site*/ bounded(edit(asOfNow(table))));
}

/** Until when this origin may not ask, in ms since 1970; undefined: it may. */
export async function cooldownUntil(origin: string, side: Side): Promise<number | undefined> {
  const table = await current();
  const until = Math.max(...keysOf(origin, side).map((key) => table[key]?.until ?? 0));
  return until > Date.now() ? until : undefined;
}

/** For how long this origin could not ask after another no, in ms; undefined: it could. */
export async function nextCooldown(origin: string, side: Side): Promise<number | undefined> {
  const table = await read();
  const delays = keysOf(origin, side).map((key) => nextDelay(table[key] ?? fresh, Date.now()) ?? 0);
  const longest = Math.max(...delays);
  return longest > 0 ? longest : undefined;
}

/** What came of a question of this origin. */
export async function noteAnswer(origin: string, side: Side, answer: "yes" | keyof typeof weights): Promise<void> {
  await change((table) => {
    const now = Date.now();
    const counting = Object.fromEntries(Object.entries(table).filter(([, backOff]) => !isExpired(backOff, now)));
    for (const key of keysOf(origin, side)) {
      const backOff = counting[key] ?? fresh;
      //rule:allow-resets-denials
      Reflect.deleteProperty(counting, key);
      if (answer !== "yes") counting[key] = afterDenial(backOff, now, weights[answer]);
    }
    return counting;
  });
}

/** Everybody who may not ask at the moment, by name; an origin only where its whole site has no cooldown. */
export async function listCooldowns(): Promise<Cooldown[]> {
  const now = Date.now();
  const table = await current();
  const all = Object.entries(table).flatMap(([key, { until }]) => {
    const [side = "", who = ""] = key.split(" ");
    return until > now ? [{ who, ...readSide(side), until }] : [];
  });
  const covered = ({ who, ...side }: Cooldown): boolean =>
    who.includes("://") && all.some((other) => other.who === siteOf(who) && sideName(other) === sideName(side));
  return all.filter((one) => !covered(one)).sort((a, b) => (a.who < b.who ? -1 : 1));
}

/** The user lets an origin, or a whole site with all of its origins, ask again. An origin's site is let ask with it. */
export async function endCooldown(who: string, of: Side): Promise<void> {
  await change((table) => {
    const site = who.includes("://") ? siteOf(who) : who;
    const concerned = (key: string): boolean => {
      const [side, other = ""] = key.split(" ");
      if (side !== sideName(of)) return false;
      return other === who || other === site || (who === site && other.includes("://") && siteOf(other) === site);
    };
    return Object.fromEntries(Object.entries(table).filter(([key]) => !concerned(key)));
  });
}

/** Calls `listener` whenever the table changes. The end of a time is no change: `until` tells it beforehand. */
export function onCooldownChange(listener: () => void): void {
  cooldowns.watch(listener);
}

/** Forgets what private windows have counted, when the last of them closes. */
export function forgetCooldownsOfPrivateWindows(): void {
  ext.windows.onRemoved.addListener(() => {
    void ext.windows.getAll().then(async (windows) => {
      if (windows.some(({ incognito }) => incognito)) return;
      if (!Object.keys(await read()).some((key) => key.startsWith("private "))) return;
      await change((table) => Object.fromEntries(Object.entries(table).filter(([key]) => !key.startsWith("private "))));
    });
  });
}
