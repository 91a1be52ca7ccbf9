// What the extension keeps: its bounds, how sites share them, what goes when (row 5); what holds though it cannot be written (2, P1, P2, P4); and
// the administrator's settings in the browser (7).

import { becomes, gone, inGo, inUnit, precededBy, row, type Mutant } from "./mutant.ts";

const keeping = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/keeping.test.ts", name);
const ofDocuments = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/documents.test.ts", name);
const ofTables = (name: string): ReturnType<typeof inUnit> => inUnit("extension/background/intake/fair.test.ts", name);
const ofHeaders = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/documents/header_policy.test.ts", name);

const ofStore = (name: string): ReturnType<typeof inUnit> => inUnit("extension/storage/store.test.ts", name);
const ofSettings = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/host/managed.test.ts", name);

const ofKeptItems = (name: string): ReturnType<typeof inUnit> => inUnit("extension/platform/kept_items.test.ts", name);
const ofFirefox = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/main_firefox.test.ts", name);

export const keepings: readonly Mutant[] = [
  ...row(
    "H1",
    [
      "kept-out-of-storage-local",
      "In Firefox nothing is kept where content scripts can reach it",
      ofFirefox("what a content script puts into storage.local counts for nothing"),
      becomes("ext.storage.local"),
    ],
    [
      "storage-local-counts-for-nothing",
      "In Firefox what changes in storage.local is nothing that was kept",
      ofFirefox("what a content script puts into storage.local counts for nothing"),
      becomes("true"),
    ],
    [
      "only-own-pages-use-storage",
      "Only the extension's own pages use what is kept",
      ofFirefox("pages of the extension use what is kept, and nobody else does"),
      gone,
      gone,
    ],
    [
      "kept-changes-from-own-pages",
      "A page of the extension hears of changes from the extension only",
      ofKeptItems("a page believes the extension only"),
    ],
    [
      "kept-items-all-or-none",
      "What is kept together is written together, or not at all",
      ofKeptItems("all items are written, or none"),
    ],
    [
      "kept-names-in-turn",
      "Pages and background change what is kept one after the other, in private windows, too",
      ofKeptItems("a page and the background have a name in turn"),
    ],
  ),
  ...row(
    "3",
    [
      "ipv6-network-is-site-in-extension",
      "In the extension all addresses of an IPv6 /64 are one site",
      inUnit("extension/shared/domain.test.ts", "a site is neither scheme nor port"),
      becomes("return  registrableDomain(host);"),
    ],
    [
      "ipv6-network-is-site-in-host",
      "In the host all addresses of an IPv6 /64 are one site",
      inGo("nativehost/address", "TestSite"),
      becomes('return "[" + host + "]"'),
    ],
  ),
  ...row(
    "5",
    [
      "kept-headers-are-bounded",
      "What is kept of a response's headers is bounded in length",
      ofHeaders("what is kept of the headers of a response has a bound in bytes"),
      becomes("letters <= maxLetters"),
      becomes('origin !== ""'),
    ],
    [
      "overlong-headers-are-not-read",
      "Headers that are too long count as their strictest reading",
      ofHeaders("headers that are too long to be read count as their strictest reading"),
      becomes("return lengthOf(texts) < 0 ? undefined : texts;"),
    ],
    [
      "header-reading-has-budget",
      "Headers are read within a budget",
      inUnit("extension/background/documents/header_reader.test.ts", "of a site so many letters are read"),
    ],
    [
      "unread-headers-are-strictest",
      "Headers that are not read count as their strictest reading",
      inUnit("extension/background/documents/header_reader.test.ts", "of a site so many letters are read"),
      becomes("{ csp: [] }"),
    ],
    [
      "frames-leave-page-its-budget",
      "Frames of other sites do not use up the page's budget for reading headers",
      inUnit("extension/background/documents/header_reader.test.ts", "frames of other sites leave a part"),
      becomes("if (ofPage || !ofPage) return [whole];"),
    ],
    [
      "initiator-pays-for-headers",
      "Reading headers is charged to the site that caused the request",
      inUnit("extension/background/documents/headers.test.ts", "a frame that sends others to a site"),
    ],
    [
      "header-notes-queue-per-site",
      "Noting one site's responses does not wait for another's",
      inUnit("extension/background/documents/headers.test.ts", "holds up no other"),
      becomes('arrivals.add("2", async () => {\n  await cacheResponse(address, policy, await kind);\n})'),
    ],
    [
      "unnoted-headers-are-strictest",
      "Headers for which there was no room count as their strictest reading",
      inUnit("extension/background/documents/headers.test.ts", "what was not noted for lack of room"),
      becomes('cache.recent.get("")'),
    ],
    [
      "fair-table-bounds-each-owner",
      "An owner above its share of a table gives up its own oldest entry",
      ofTables("an owner over its own bound gives its own oldest"),
      becomes("if (own.entries >= 0) break;"),
    ],
    [
      "fair-table-evicts-largest-owner",
      "When a table is full, the owner with the most entries gives one up",
      ofTables("when all is full, whoever holds most gives"),
      becomes("const held = 1 / (bySize ? usage.size : usage.entries);"),
    ],
    [
      "fair-table-protects-incumbents",
      "Of owners with equally many entries a newcomer gives up first",
      ofTables("of owners that hold the same a flood of new ones"),
      becomes("const safe = 0;"),
    ],
    [
      "fair-table-admits-newcomers",
      "A newcomer that was let in is not pushed out by the next one",
      ofTables("a newcomer is let in"),
      becomes("const safe = 0.999;"),
    ],
    [
      "returning-owner-keeps-place",
      "An owner that comes again keeps its place in the table",
      ofTables("who comes again is as old as before"),
      becomes("const comes = false as boolean;"),
    ],
    [
      "table-order-outlives-worker",
      "The order of a table's entries outlives a stop of the worker",
      keeping("a flood of sites with one entry each"),
    ],
    [
      "largest-part-of-owner-gives",
      "Within an owner the part with the most entries gives one up",
      ofTables("within an owner the part that holds most gives"),
      becomes("[...own.parts.values()].slice(0, 1).flatMap(({ keys }) => [...keys])"),
    ],
    [
      "frame-entries-owned-by-page-site",
      "Entries of frames belong to the site of the page in the tab",
      ofDocuments("entries are the site's whose page is in the tab"),
      becomes("url"),
    ],
    [
      "left-pages-are-bounded",
      "A bounded number of pages that were left is kept",
      ofDocuments("a hundred pages one after the other"),
    ],
    [
      "left-pages-expire",
      "Records of pages that were left expire",
      ofDocuments("what has left goes with time"),
      becomes("Math.abs(now - left) < 0"),
      becomes("Math.abs(now - since) < 0"),
    ],
    [
      "bfcache-pages-keep-records",
      "A page that may come back from the back/forward cache keeps its records",
      ofDocuments("a page that comes back has what it had"),
      becomes("({ entry }) => entry.returned === true && entry.left === 0"),
    ],
    [
      "discarded-tab-leaves-nothing",
      "A discarded tab leaves no records",
      ofDocuments("a tab that is closed, discarded, or gone"),
    ],
  ),
  ...row(
    "7",
    [
      "late-managed-settings-awaited",
      "Managed settings that come late are waited for",
      ofSettings("settings that come late are not missed"),
      becomes("void change"),
    ],
    [
      "unreadable-managed-settings-fail",
      "A browser that cannot tell its managed settings does not count as one without any",
      ofSettings("a browser that does not say is not one without settings"),
      becomes("return {};"),
    ],
    [
      "oversized-managed-settings-refuse",
      "Managed settings that are larger than the host takes refuse everything",
      ofSettings("settings that are too large refuse everything"),
      becomes("if (bytes + maxBytes + maxEncoded > 0) return text;"),
    ],
  ),
  ...row(
    "2",
    [
      "cooldown-survives-clock-change",
      "A clock that is set back lengthens no cooldown",
      inUnit("extension/background/consent/backoff.test.ts", "a clock that was a year ahead mutes nobody for a year"),
      becomes("backOff.until"),
    ],
    ["denials-count-without-storage", "Denials count though they cannot be written", keeping("three denials mute")],
    [
      "denials-merge-into-site",
      "Denials of many origins of a site become the site's",
      keeping("denials of many origins of one site are that site's"),
      becomes("edit(asOfNow(table))"),
    ],
    [
      "document-grants-are-bounded",
      "What one document was allowed has a bound",
      keeping("one document keeps where it last got to"),
      becomes("-1_000"),
    ],
  ),
  ...row(
    "P1",
    [
      "revoking-works-without-storage",
      "What is taken back is gone though that cannot be written",
      keeping("what is taken back is gone, and what is open hears of it"),
    ],
    [
      "extension-page-writes-via-background",
      "What a page of the extension cannot write holds in the background",
      ofStore("what a page of the extension can write nowhere holds in the background"),
      becomes("void unwritten;"),
    ],
    [
      "late-write-keeps-newer-value",
      "A value that could not be written does not overwrite a newer one",
      ofStore("what was kept in the meantime is not written over"),
      precededBy("const old = await kept(area, key);"),
      becomes("if (isUnsaved.length > 0) await put(area, key, old);"),
    ],
    [
      "failed-writes-are-retried",
      "A value that could not be written is written with the next write that works",
      ofStore("what could not be written is written with the next write"),
      becomes('!refused.has("local")'),
    ],
    [
      "later-write-replaces-fallback",
      "A value that is written later counts, and not what was kept in its place",
      ofStore("a grant that is remembered after a write has failed counts"),
    ],
  ),
  ...row("P2", [
    "unwritten-grant-not-remembered",
    "A grant that cannot be written is not reported as remembered",
    keeping("Always allow is Allow this time, and says why"),
    becomes("!(await addGrants(grant, ...more))"),
  ]),
  ...row(
    "P4",
    [
      "pause-works-without-storage",
      "A pause holds though it cannot be written",
      keeping("a pause pauses, and what is open hears of it"),
    ],
    [
      "pauses-are-written-in-turn",
      "Two pages of the extension do not undo each other's pauses",
      keeping("a pause in one page of the extension, and one in another"),
      becomes("return work();"),
    ],
    [
      "kept-values-follow-changes",
      "What was read counts no longer than until another page of the extension changes it",
      ofStore("what was read is good until somebody changes it"),
    ],
    [
      "edits-read-anew",
      "Who changes what is kept changes what is there now, told or not",
      ofStore("who changes a value reads it anew"),
      becomes("kept"),
    ],
    [
      "writes-are-read-next",
      "What the background has written is what it reads next",
      ofStore("what was written is what is read next"),
    ],
    [
      "failed-deletes-are-retried",
      "What could not be deleted is deleted with the next write",
      inUnit(
        "extension/background/intake/bounded_store.test.ts",
        "what could not be deleted is deleted with the next write",
      ),
    ],
    [
      "full-disk-falls-back-to-session",
      "With a full disk a value is kept until the browser ends",
      ofStore("a disk that cannot be written"),
      becomes("await tryToWrite(area, {})"),
    ],
    [
      "frame-refusals-keep-page-refusals",
      "Refusals of a frame do not push out those of the page",
      keeping("a frame does not push a page's refusals out of the popup"),
      becomes("void most;\nconst oldest = records.at(-1);"),
    ],
  ),
];
