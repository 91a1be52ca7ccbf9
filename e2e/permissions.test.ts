// The permissions policy `direct-sockets`, over the whole tree of frames: who may ask the user, and who is refused at once.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { plainPage, type Page, type Stage } from "./stage.ts";
import { openWatchedStage, refusals, verdict, withHeaders } from "./verdict.ts";
import { lifeOfSuite } from "./world/life.ts";
import type { Frame } from "./world/page.ts";

const life = lifeOfSuite("permissions");
let stage: Stage;
before(async () => {
  stage = await openWatchedStage(life);
});

const policy = (...values: string[]): Record<string, string[]> => ({ "Permissions-Policy": values });
let count = 0;
/** A path of its own for each page. */
const path = (): string => `/p${String(++count)}`;

/** A document with an <iframe id=f>. */
interface Holder {
  host?: string;
  header?: Record<string, string | string[]>;
  /** The element's attributes besides id and src. */
  attributes?: string;
  /** Where src leads, when it is not the document that it should hold. */
  src?: (this: void, inner: string) => string;
}

/** Serves a chain of documents, each in the other's frame, and returns the last one. */
async function tree(
  holders: Holder[],
  last: { host?: string; header?: Record<string, string | string[]> } = {},
): Promise<{
  page: Page;
  frame: Frame;
}> {
  let url = stage.pages.serve(`https://${last.host ?? "b.test"}${path()}`, withHeaders(last.header ?? {}));
  for (const {
    host = "a.test",
    header = {},
    attributes = "",
    src = (inner: string): string => inner,
  } of holders.toReversed()) {
    const element = `<iframe id=f ${attributes} src="${src(url)}" width=600 height=400></iframe>`;
    url = stage.pages.serve(`https://${host}${path()}`, withHeaders(header, element));
  }
  const page = await stage.browser.newPage(url);
  let frame: Frame = page;
  for (const _ of holders) frame = await frame.frame("#f", { url: /^https:/ });
  return { page, frame };
}

async function treeVerdict(...args: Parameters<typeof tree>): Promise<string> {
  const { page, frame } = await tree(...args);
  try {
    return await verdict(stage, frame);
  } finally {
    await page.close();
  }
}

// Each spelling of a list, and each tree, is in extension/background/documents/allowlist.test.ts and permissions_policy.test.ts: here are those
// that say how headers, attributes and frames get there.
describe("a page's own header", () => {
  const cases: [string[], string][] = [
    [["direct-sockets=(self)"], "may ask"],
    [["camera=()", "direct-sockets=()"], "refused"],
    [["direct-sockets=()", "direct-sockets=(self)"], "may ask"],
  ];
  for (const [values, expected] of cases)
    test(`${JSON.stringify(values)}: ${expected}`, async () => {
      const page = await stage.browser.newPage(
        stage.pages.serve(`https://a.test${path()}`, withHeaders(policy(...values))),
      );
      assert.equal(await verdict(stage, page), expected);
      await page.close();
    });
});

describe("a frame of another origin", () => {
  const cases: [what: string, Holder[], Parameters<typeof tree>[1], string][] = [
    ["without allow", [{}], {}, "refused"],
    ["among other features", [{ attributes: 'allow="camera; direct-sockets; geolocation"' }], {}, "may ask"],
    ["with 'self', which is the parent's origin", [{ attributes: `allow="direct-sockets 'self'"` }], {}, "refused"],
    [
      "with allow, but its own header denies",
      [{ attributes: 'allow="direct-sockets"' }],
      { header: policy("direct-sockets=()") },
      "refused",
    ],
    [
      "with allow, and the parent's header names it",
      [{ header: policy('direct-sockets=(self "https://b.test")'), attributes: 'allow="direct-sockets"' }],
      {},
      "may ask",
    ],
    ["same site is not same origin", [{}], { host: "sub.a.test" }, "refused"],
    [
      "sandboxed, with allow and its origin",
      [{ attributes: 'allow="direct-sockets" sandbox="allow-scripts allow-same-origin"' }],
      {},
      "may ask",
    ],
    [
      "sandboxed, without its origin",
      [{ attributes: 'allow="direct-sockets *" sandbox="allow-scripts"' }],
      {},
      "refused",
    ],
  ];
  for (const [what, holders, last, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      assert.equal(await treeVerdict(holders, last), expected);
    });

  test("the refusal is audited as what it is", async () => {
    assert.equal(await treeVerdict([{}], { host: "audited.test" }), "refused");
    assert.deepEqual(await refusals(stage, "https://audited.test", 1), ["permissions-policy"]);
  });
});

describe("a frame of the same origin", () => {
  const own = { host: "a.test" };
  const cases: [what: string, Holder[], Parameters<typeof tree>[1], string][] = [
    ["without allow", [{}], own, "may ask"],
    ["its own header denies", [{}], { ...own, header: policy("direct-sockets=()") }, "refused"],
    ["the parent's header denies", [{ header: policy("direct-sockets=()") }], own, "refused"],
  ];
  for (const [what, holders, last, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      assert.equal(await treeVerdict(holders, last), expected);
    });

  test("in an <object>: as without allow", async () => {
    const same = stage.pages.serve(`https://a.test${path()}`, plainPage);
    const foreign = stage.pages.serve(`https://b.test${path()}`, plainPage);
    const page = await stage.browser.newPage(
      stage.pages.serve(
        `https://a.test${path()}`,
        `<object id=same type="text/html" data="${same}" width=300 height=300></object>
         <object id=foreign type="text/html" data="${foreign}" width=300 height=300 allow="direct-sockets"></object>`,
      ),
    );
    assert.equal(await verdict(stage, await page.frame("#same", { url: /a\.test/ })), "may ask");
    assert.equal(await verdict(stage, await page.frame("#foreign", { url: /b\.test/ })), "refused");
    await page.close();
  });
});

describe("frames in frames", () => {
  const allow = 'allow="direct-sockets"';
  const cases: [what: string, Holder[], Parameters<typeof tree>[1], string][] = [
    [
      "a > b > c, allowed all the way",
      [{ attributes: allow }, { host: "b.test", attributes: allow }],
      { host: "c.test" },
      "may ask",
    ],
    ["a > b > c, not by b", [{ attributes: allow }, { host: "b.test" }], { host: "c.test" }, "refused"],
    // What a's header lists are those that a holds: what b holds is b's business.
    [
      "a > b > c, a's header names b only",
      [
        { header: policy('direct-sockets=(self "https://b.test")'), attributes: allow },
        { host: "b.test", attributes: allow },
      ],
      { host: "c.test" },
      "may ask",
    ],
    [
      "a > b > a, allowed by nobody in between",
      [{ attributes: allow }, { host: "b.test" }],
      { host: "a.test" },
      "refused",
    ],
    [
      "a > b > a, allowed",
      [{ attributes: allow }, { host: "b.test", attributes: allow }],
      { host: "a.test" },
      "may ask",
    ],
    ["a > a > a", [{}, {}], { host: "a.test" }, "may ask"],
    [
      "a > a > a, denied in the middle",
      [{ attributes: `allow="direct-sockets 'none'"` }, {}],
      { host: "a.test" },
      "refused",
    ],
    [
      "a > a > a, denied by the header in the middle",
      [{}, { header: policy("direct-sockets=()") }],
      { host: "a.test" },
      "refused",
    ],
  ];
  for (const [what, holders, last, expected] of cases)
    test(`${what}: ${expected}`, async () => {
      assert.equal(await treeVerdict(holders, last), expected);
    });
});
