// What the extension keeps: its bounds, how sites share them, what goes when (row 5); what holds though it cannot be written (2, P1, P2, P4); and
// the administrator's settings in the browser (7).

import { change, inGo, inUnit, row, type Mutant } from "./mutant.ts";

const documents = "extension/background/documents/documents.ts";
const facts = "extension/background/documents/header_policy.ts";
const fair = "extension/background/intake/fair.ts";
const headers = "extension/background/documents/headers.ts";
const kept = "extension/background/documents/header_cache.ts";
const reader = "extension/background/documents/header_reader.ts";
const shelf = "extension/background/intake/bounded_store.ts";
const store = "extension/shared/store.ts";

const keeping = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/keeping.test.ts", name);
const ofDocuments = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/documents.test.ts", name);
const ofTables = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/intake/fair.test.ts", name);
const ofHeaders = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/header_policy.test.ts", name);

const ofStore = (name: string): ReturnType<typeof inUnit> => inUnit("extension/shared/store.test.ts", name);

const managed = "extension/background/host/managed.ts";
const ofSettings = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/host/managed.test.ts", name);

/** Nothing holds in memory. */
const forgetful = change(store, "  inMemory.set(name, value);\n", "");

export const keepings: readonly Mutant[] = [
  ...row(
    "3",
    [
      "addresses of one IPv6 network are one site: in the extension",
      inUnit("extension/shared/domain.test.ts", "a site is neither scheme nor port"),
      change("extension/shared/domain.ts", 'host.startsWith("[") ? networkOf(host) : ', ""),
    ],
    [
      "and in the host",
      inGo("nativehost/address", "TestSite"),
      change("nativehost/address/site.go", 'return "[" + network.String() + "]/64"', 'return "[" + host + "]"'),
    ],
  ),
  ...row(
    "5",
    [
      "what is kept of headers has a bound in letters",
      ofHeaders("what is kept of the headers of a response has a bound in bytes"),
      change(facts, "(letters += origin.length) <= maxLetters", "letters <= maxLetters"),
      change(facts, "origin.length <= maxOrigin)", 'origin !== "")'),
    ],
    [
      "headers that are too long are not read",
      ofHeaders("headers that are too long to be read count as their strictest reading"),
      change(facts, "lengthOf(texts) > most", "lengthOf(texts) < 0"),
    ],
    [
      "headers are read within a budget",
      inUnit("extension/background/documents/header_reader.test.ts", "of a site so many letters are read"),
      change(reader, "if (!this.#spend(asker, length)) return unread;", "this.#spend(asker, length);"),
    ],
    [
      "what is not read counts as its strictest reading",
      inUnit("extension/background/documents/header_reader.test.ts", "of a site so many letters are read"),
      change(reader, "length)) return unread;", "length)) return { csp: [] };"),
    ],
    [
      "frames do not use up what the page around them has",
      inUnit("extension/background/documents/header_reader.test.ts", "frames of other sites leave a part"),
      change(
        "extension/background/intake/tab_budgets.ts",
        "if (ofPage) return [whole];",
        "if (ofPage || !ofPage) return [whole];",
      ),
    ],
    [
      "nor what a site has that they send others to",
      inUnit("extension/background/documents/headers.test.ts", "a frame that sends others to a site"),
      change(headers, "const from = initiator ?? url;", "const from = url;"),
    ],
    [
      "nobody waits for another site's responses",
      inUnit("extension/background/documents/headers.test.ts", "holds up no other"),
      change(headers, "notes.add(`${name} ${siteOf(origin)}`, async", 'arrivals.add("2", async'),
    ],
    [
      "what was not noted is strict",
      inUnit("extension/background/documents/headers.test.ts", "what was not noted for lack of room"),
      change(kept, "isUnread(url, cache) ? unread : undefined", 'cache.recent.get("")'),
    ],
    [
      "a site has a share",
      ofTables("an owner over its own bound gives its own oldest"),
      change(fair, "if (own.entries < entriesOfOwner && !tooLarge) break;", "if (own.entries >= 0) break;"),
    ],
    [
      "when all is full, whoever holds most gives",
      ofTables("when all is full, whoever holds most gives"),
      change(fair, "bySize ? usage.size : usage.entries;", "1 / (bySize ? usage.size : usage.entries);"),
    ],
    [
      "of those that hold the same, who was there before stays",
      ofTables("of owners that hold the same a flood of new ones"),
      change(fair, "const safe = 3 / 4;", "const safe = 0;"),
    ],
    [
      "and who comes now is not pushed out by the next",
      ofTables("a newcomer is let in"),
      change(fair, "const safe = 3 / 4;", "const safe = 0.999;"),
    ],
    [
      "who comes again keeps its place",
      ofTables("who comes again is as old as before"),
      change(fair, "const comes = entry.owner === this.#coming?.owner;", "const comes = false as boolean;"),
    ],
    [
      "also after a stop of the worker",
      keeping("a flood of sites with one entry each"),
      change(shelf, "order(a) - order(b) || ", ""),
    ],
    [
      "of a page's entries and those of its frames, too",
      ofTables("within an owner the part that holds most gives"),
      change(
        fair,
        "most(own.parts.values(), bySize).keys",
        "[...own.parts.values()].slice(0, 1).flatMap(({ keys }) => [...keys])",
      ),
    ],
    [
      "entries of frames count for the page's site",
      ofDocuments("entries are the site's whose page is in the tab"),
      change(documents, "const site = ownerOf(pageUrl);", "const site = ownerOf(url);"),
    ],
    [
      "pages that have left are few",
      ofDocuments("a hundred pages one after the other"),
      change(documents, "if (index >= mayReturn.pages || Math.abs", "if (Math.abs"),
    ],
    [
      "and go with time",
      ofDocuments("what has left goes with time"),
      change(documents, "|| Math.abs(now - left) > mayReturn.time", "|| Math.abs(now - left) < 0"),
      change(documents, "|| Math.abs(now - since) > mayReturn.time", "|| Math.abs(now - since) < 0"),
    ],
    [
      "what may come back stays",
      ofDocuments("a page that comes back has what it had"),
      change(
        documents,
        "entry.returned === true || entry.left !== undefined",
        "entry.returned === true && entry.left === 0",
      ),
    ],
    [
      "a discarded tab leaves nothing",
      ofDocuments("a tab that is closed, discarded, or gone"),
      change(documents, "  ext.tabs.onReplaced.addListener((_, tabId) => {\n    gone(tabId);\n  });\n", ""),
    ],
  ),
  ...row(
    "7",
    [
      "settings that come late are waited for",
      ofSettings("settings that come late are not missed"),
      change(managed, "=== 0) await change;", "=== 0) void change;"),
    ],
    [
      "a browser that does not tell its settings is not one without any",
      ofSettings("a browser that does not say is not one without settings"),
      change(managed, "    throw new StorageFailure(error);\n  }\n}", "    return {};\n  }\n}"),
    ],
    [
      "settings that are more than the host hears refuse everything",
      ofSettings("settings that are too large refuse everything"),
      change(
        managed,
        "if (bytes <= maxBytes && bytesOf(JSON.stringify(text)) <= maxEncoded) return text;",
        "if (bytes + maxBytes + maxEncoded > 0) return text;",
      ),
    ],
  ),
  ...row(
    "2",
    [
      "a clock that is set back mutes for no longer than the term",
      inUnit("extension/background/consent/backoff.test.ts", "a clock that was a year ahead mutes nobody for a year"),
      change(
        "extension/background/consent/backoff.ts",
        "Math.min(backOff.until, now + delayAfter(backOff.times - 1))",
        "backOff.until",
      ),
    ],
    ["noes count though they cannot be written", keeping("three noes mute"), forgetful],
    [
      "noes of many origins are their site's",
      keeping("noes of many origins of one site are that site's"),
      change("extension/background/consent/cooldown.ts", "bounded(edit(asOfNow(table)))", "edit(asOfNow(table))"),
    ],
    [
      "what one document was allowed has a bound",
      keeping("one document keeps where it last got to"),
      change("extension/background/consent/grants.ts", ".slice(-maxRequests)", ".slice(-1_000)"),
    ],
  ),
  ...row(
    "P1",
    [
      "what is taken back is gone, though it cannot be written",
      keeping("what is taken back is gone, and what is open hears of it"),
      forgetful,
    ],
    [
      "also where a page of the extension can write it nowhere",
      ofStore("what a page of the extension can write nowhere holds in the background"),
      change(store, "  await ext.runtime.sendMessage(unwritten).catch(() => undefined);", "  void unwritten;"),
    ],
    [
      "what could not be written does not bring back what was taken back since",
      ofStore("what was kept in the meantime is not written over"),
      change(
        store,
        "    await alone(area, key, async () => {\n      // Meanwhile",
        "    const old = await kept(area, key);\n    await alone(area, key, async () => {\n      // Meanwhile",
      ),
      change(
        store,
        "if (await isUnsaved(area, key)) await put(area, key, await kept(area, key));",
        "if (isUnsaved.length > 0) await put(area, key, old);",
      ),
    ],
    [
      "it is written with the next write that works",
      ofStore("what could not be written is written with the next write"),
      change(store, "if (refused.has(area) && Math.abs", 'if (!refused.has("local") && Math.abs'),
    ],
    [
      "what is written later counts, and not what was kept in its place",
      ofStore("a grant that is remembered after a write has failed counts"),
      change(
        store,
        '  if (area === "local") await ext.storage.session.remove(unsavedPrefix + key).catch(() => undefined);\n',
        "",
      ),
    ],
  ),
  ...row("P2", [
    "what cannot be written is not taken for remembered",
    keeping("Allow and remember is Allow once, and says why"),
    change(
      "extension/background/consent/cleared.ts",
      "if (await addGrant(grant)) return undefined;",
      "if (!(await addGrant(grant))) return undefined;",
    ),
  ]),
  ...row(
    "P4",
    ["a pause holds though it cannot be written", keeping("a pause pauses, and what is open hears of it"), forgetful],
    [
      "of two pages of the extension neither undoes what the other paused",
      keeping("a pause in one page of the extension, and one in another"),
      change(
        store,
        "return navigator.locks.request<Promise<T>>(`store ${nameOf(area, key)}`, work);",
        "return work();",
      ),
    ],
    [
      "what could not be deleted does not come back",
      inUnit(
        "extension/background/intake/bounded_store.test.ts",
        "what could not be deleted is deleted with the next write",
      ),
      change("extension/background/intake/bounded_store.ts", "      for (const id of ids) this.#failed.add(id);\n", ""),
    ],
    [
      "a disk that is full: it holds until the browser ends",
      ofStore("a disk that cannot be written"),
      change(store, 'tryToWrite("session", { [unsavedPrefix + key]: value })', "tryToWrite(area, {})"),
    ],
    [
      "a frame does not push a page's refusals out",
      keeping("a frame does not push a page's refusals out of the popup"),
      change(
        "extension/background/sockets/refusals.ts",
        "  const oldest = most.at(-1);\n",
        "  void most;\n  const oldest = records.at(-1);\n",
      ),
    ],
  ),
];
