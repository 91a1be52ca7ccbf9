import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBounds } from "../../shared/budget.ts";
import { Intake, accountOf, isReadable, maxText } from "./intake.ts";
import type { DocumentIntake } from "./intake.ts";

const { document: ofDocument, tab: ofTab, site: ofSite } = openBounds;
let lastDocument = 0;
const sender = (more: Partial<Parameters<Intake["connect"]>[0]> = {}): Parameters<Intake["connect"]>[0] => ({
  origin: "https://www.example.org",
  documentId: `D${String(++lastDocument)}`,
  tabId: 1,
  windowId: 1,
  private: false,
  ...more,
});

/** An intake whose clock the test turns. */
function make(): { intake: Intake; clock: { now: number }; join(more?: Parameters<typeof sender>[0]): DocumentIntake } {
  const clock = { now: 0 };
  const intake = new Intake(() => clock.now);
  const join = (more = {}): DocumentIntake => {
    const account = intake.connect(sender(more));
    assert.ok(account, "it was turned away");
    return account;
  };
  return { intake, clock, join };
}

/** Opens until there is no room; returns what ends them. */
function fill(account: DocumentIntake, most = 100_000): (() => void)[] {
  const ends: (() => void)[] = [];
  for (let end; ends.length < most && (end = account.open()) !== undefined;) ends.push(end);
  return ends;
}

describe("opens", () => {
  test("of a document: so many at a time, and an answer makes room for one", () => {
    const account = make().join({ ofPage: true });
    const ends = fill(account);
    assert.equal(ends.length, ofDocument.atOnce);
    ends[0]?.();
    assert.equal(fill(account).length, 1);
  });

  test("of a document, whatever connection they come by", () => {
    const { join } = make();
    const first = join({ documentId: "same", ofPage: true });
    assert.equal(fill(first).length, ofDocument.atOnce);
    assert.equal(fill(join({ documentId: "same", ofPage: true })).length, 0);
    first.leave();
    assert.equal(fill(join({ documentId: "same", ofPage: true })).length, 0, "they are still under way");
  });

  test("of a tab: frames of other sites have half of it each, and leave a part to the page; a site in another tab has all of that", () => {
    const { join } = make();
    const page = join({ origin: "https://page.test", ofPage: true });
    const counts = [1, 2, 3].map((n) => fill(join({ origin: `https://site${n.toString()}.test` })).length);
    assert.deepEqual(counts, [ofTab.atOnce / 2, ofTab.atOnce / 4, 0]);
    assert.equal(fill(page).length, ofTab.atOnce / 4);
    assert.equal(fill(join({ origin: "https://site5.test", tabId: 2 })).length, ofDocument.atOnce);
  });

  test("of a tab: a frame that opens as fast as it can takes no more than half of what there is in a second", () => {
    const { join, clock } = make();
    const ads = [1, 2, 3].map(() => join({ origin: "https://ad.test" }));
    const page = join({ origin: "https://page.test", ofPage: true });
    let refused = 0;
    for (; clock.now < 60_000; clock.now += 5) {
      for (const ad of ads)
        fill(ad, 10).forEach((end) => {
          end();
        });
      if (clock.now % 50 !== 0) continue;
      const end = page.open();
      if (end === undefined) refused++;
      else end();
    }
    assert.equal(refused, 0);
  });

  test("of a site: its origins, in all tabs, have its room together; another site has all of its own", () => {
    const { join } = make();
    const counts = [1, 2, 3, 4].map(
      (n) => fill(join({ origin: `https://h${n.toString()}.example.org`, tabId: n })).length,
    );
    assert.equal(
      counts.reduce((a, b) => a + b),
      ofSite.atOnce,
    );
    assert.equal(fill(join({ origin: "https://example.net", tabId: 9 })).length, ofDocument.atOnce);
  });

  test("private windows are a site of their own", () => {
    const { join } = make();
    for (const tabId of [1, 2, 3]) fill(join({ tabId }));
    assert.equal(fill(join({ tabId: 4 })).length, 0);
    assert.equal(fill(join({ tabId: 5, private: true })).length, ofDocument.atOnce);
  });

  test("and so is each container", () => {
    const { join } = make();
    for (const tabId of [1, 2, 3]) fill(join({ tabId, container: "firefox-container-1" }));
    assert.equal(fill(join({ tabId: 4, container: "firefox-container-1" })).length, 0);
    assert.equal(fill(join({ tabId: 5 })).length, ofDocument.atOnce);
    assert.equal(fill(join({ tabId: 6, container: "firefox-container-2" })).length, ofDocument.atOnce);
  });

  test("in the long run: a rate, also where each is answered at once", () => {
    const { join, clock } = make();
    const account = join({ ofPage: true });
    const count = (): number => {
      let opened = 0;
      for (let end; opened < 10_000 && (end = account.open()) !== undefined; opened++) end();
      return opened;
    };
    assert.equal(count(), ofDocument.burst);
    clock.now = 1_000;
    assert.equal(count(), ofDocument.perSecond);
  });

  test("documents without an origin count for their tab", () => {
    assert.equal(accountOf(sender({ origin: "null", tabId: 7 })), "normal tab 7");
    assert.equal(accountOf(sender({ origin: "https://a.b.example.co.uk" })), "normal example.co.uk");
  });
});

describe("who is cut off", () => {
  test("a document that sends what is of no use, again and again; one that sends what had been under way is not", () => {
    const { join, clock } = make();
    const account = join();
    const count = (kind: "open" | "stray" | "misfit"): number => {
      let n = 0;
      while (n < 100_000 && account.excess(kind)) n++;
      return n;
    };
    assert.deepEqual([count("open"), count("stray"), count("misfit")], [2_000, 20_000, 30]);
    clock.now = 1_000;
    assert.deepEqual([count("open"), count("stray")], [200, 1_000]);
  });

  test("it is not heard for a minute; others of its tab are", () => {
    const { intake, join, clock } = make();
    join({ documentId: "liar" }).silence();
    clock.now = 59_000;
    assert.equal(intake.connect(sender({ documentId: "liar" })), undefined);
    assert.notEqual(intake.connect(sender()), undefined);
    clock.now = 60_001;
    assert.notEqual(intake.connect(sender({ documentId: "liar" })), undefined);
  });

  test("connections of a document, and of a tab, are few at a time and in the long run", () => {
    const { intake, join, clock } = make();
    const four = [1, 2, 3, 4].map(() => join({ documentId: "many" }));
    assert.equal(intake.connect(sender({ documentId: "many" })), undefined);
    for (const account of four) {
      account.leave();
      account.leave(); // twice is once
    }
    let count = 4;
    for (let account; (account = intake.connect(sender({ documentId: "many" }))) !== undefined; count++)
      account.leave();
    assert.equal(count, 50);
    clock.now = 1_000;
    assert.notEqual(intake.connect(sender({ documentId: "many" })), undefined);
    let frames = 0;
    while (frames < 10_000 && intake.connect(sender({ tabId: 2 })) !== undefined) frames++;
    assert.equal(frames, 1_000, "a site has half of a tab");
    assert.notEqual(intake.connect(sender({ tabId: 2, origin: "https://page.test", ofPage: true })), undefined);
    assert.notEqual(intake.connect(sender({ tabId: 3 })), undefined);
  });
});

test("a message with a longer text than any of ours is not put before its schema", () => {
  assert.equal(isReadable({ type: "write", data: "x".repeat(349_528) }, maxText), true);
  assert.equal(isReadable({ type: "write", data: "x".repeat(400_001) }, maxText), false);
  for (const message of [null, 5, [], {}]) assert.equal(isReadable(message, 1), true);
});

test("however deep it is, of many texts, of names or of numbers: the first that is too much is the last that is looked at", () => {
  const long = "x".repeat(400_001);
  let looked = 0;
  const after = {
    get late(): string {
      looked++;
      return "";
    },
  };
  for (const message of [
    long,
    { type: "open", options: { remoteAddress: long }, after },
    { options: { tls: { serverCertificateHashes: [{ algorithm: "sha-256", value: long }, after] } } },
    [...Array<string>(500).fill("x".repeat(1_000)), after],
    [...Array<number>(500_000).fill(5), after],
    { [long]: 1, after },
  ])
    assert.equal(isReadable(message, maxText), false);
  assert.equal(looked, 0);
  let deep: unknown = 0;
  for (let n = 0; n < 100_000; n++) deep = [deep];
  assert.equal(isReadable(deep, maxText), false);
});

test("what is whole again is forgotten: a thousand documents a day leave nothing", () => {
  const { intake, clock } = make();
  for (let n = 0; n < 1_000; n++) {
    clock.now += 60_000;
    const account = intake.connect(sender({ tabId: n, origin: `https://s${n.toString()}.test` }));
    account?.open()?.();
    account?.leave();
  }
  const { document, tab, site } = intake.opens;
  for (const budgets of [document, tab, site]) assert.ok(budgets.size <= 128, String(budgets.size));
});
