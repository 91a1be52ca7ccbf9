// Which documents may ask at all, with a fake browser. What real ones make of headers, frames and windows is tested there (e2e/frames.test.ts,
// e2e/permissions.test.ts, e2e/csp.test.ts, e2e/pwa.test.ts).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { installBrowser } from "../../fake/browser.ts";
import type { Header } from "../../fake/tabs.ts";
import type { ScriptPolicy } from "../../shared/csp.ts";

const { browser, clock, settled } = installBrowser();
const { tabs } = browser;
const { admit } = await import("./admission.ts");
type Admission = Awaited<ReturnType<typeof admit>>;
const { watchCreators } = await import("./creators.ts");
const { watchHandshakes } = await import("./handshake.ts");
const { watchHeaders } = await import("./headers.ts");
watchHeaders(() => undefined);
watchHandshakes();
watchCreators();

const policy = (value: string): Header => ({ name: "permissions-policy", value: `direct-sockets=${value}` });
const denial = policy("()");
const csp = (value: string): Header => ({ name: "content-security-policy", value });

/** What a document says of itself, and what the browser says of its origin where its URL does not. */
interface Says {
  origin?: string;
  secure?: boolean;
  policies?: ScriptPolicy[];
  evalBlocked?: boolean;
  controlled?: boolean;
}

/** What the document in a frame may do. */
async function admission(tabId: number, frameId = 0, says: Says = {}): Promise<Admission> {
  const { origin, secure = true, policies = [], evalBlocked = false, controlled = false } = says;
  const sender = { ...tabs.senderOf(tabId, frameId), ...(origin === undefined ? {} : { origin }) };
  const claims = { secure, evidence: { policies, evalBlocked, controlled } };
  let answer: Admission | undefined;
  void admit(sender, claims, "refuse-unsafe-eval").then((given) => (answer = given));
  while (answer === undefined) await clock.advance(100); // some wait for a frame's holder, for a second at most
  return answer;
}

/** Whether the document in a frame may open sockets: "allowed", or the rule that refuses. */
async function verdict(tabId: number, frameId = 0, says: Says = {}): Promise<string> {
  const answer = await admission(tabId, frameId, says);
  return answer.allowed ? "allowed" : answer.rule;
}

interface Frame {
  tabId: number;
  frameId: number;
  origin?: string;
}
interface Element {
  allow?: string;
  sandbox?: string;
  src?: string;
  found?: boolean;
}
let lastNonce = 0;

function say(message: object, { tabId, frameId, origin }: Frame): Promise<unknown> {
  return browser.send(message, { ...tabs.senderOf(tabId, frameId), ...(origin === undefined ? {} : { origin }) });
}

/** The content scripts of a frame and of the document that holds it speak of the element between them. */
async function hold(parent: Frame, child: Frame, { found = true, ...element }: Element = {}): Promise<void> {
  const nonce = (++lastNonce).toString().padStart(36, "0");
  await say({ type: "child", nonce }, child);
  await say({ type: "allow", nonce, found, ...element }, parent);
  await settled();
}

/** A page with a frame in it, whose element is as given. */
async function framed(
  [url, ...headers]: [string, ...Header[]],
  [frameURL, ...frameHeaders]: [string, ...Header[]],
  element?: Element,
): Promise<Frame> {
  const tabId = tabs.openTab(url, { headers });
  const frameId = tabs.addFrame(tabId, frameURL, 0, { headers: frameHeaders });
  await settled();
  if (element !== undefined) await hold({ tabId, frameId: 0 }, { tabId, frameId }, { src: frameURL, ...element });
  return { tabId, frameId };
}
const inFrame = async (...made: Parameters<typeof framed>): Promise<string> => {
  const { tabId, frameId } = await framed(...made);
  return verdict(tabId, frameId);
};
const inPage = (url: string, ...headers: Header[]): Promise<string> => verdict(tabs.openTab(url, { headers }));

describe("secure contexts", () => {
  test("a page that is not secure is refused, whatever it says of itself", async () => {
    assert.equal(await inPage("https://secure.test/"), "allowed");
    assert.equal(await inPage("http://localhost:8080/"), "allowed");
    assert.equal(await inPage("http://plain.test/"), "insecure");
  });

  test("a secure frame in a page that is not is no secure context", async () => {
    assert.equal(await inFrame(["http://plain.test/"], ["https://secure.test/"]), "insecure");
    assert.equal(
      await inFrame(["http://plain.test/"], ["https://secure.test/"], { allow: "direct-sockets" }),
      "insecure",
    );
  });

  test("a document that says itself that it is not secure is refused", async () => {
    assert.equal(await verdict(tabs.openTab("https://secure.test/"), 0, { secure: false }), "insecure");
  });
});

describe("the permissions policy", () => {
  test("the header of the document itself", async () => {
    assert.equal(await inPage("https://open.test/", policy("(self)")), "allowed");
    assert.equal(await inPage("https://shut.test/", denial), "permissions-policy");
    assert.equal(await inPage("https://others.test/", policy('("https://b.test")')), "permissions-policy");
  });

  test("a page's header holds for its frames, whatever the element says", async () => {
    const all = { allow: "direct-sockets *" };
    assert.equal(await inFrame(["https://a.test/"], ["https://b.test/"], all), "allowed");
    assert.equal(await inFrame(["https://a.test/", policy("(self)")], ["https://b.test/"], all), "permissions-policy");
    assert.equal(await inFrame(["https://a.test/"], ["https://b.test/", denial], all), "permissions-policy");
  });

  test("an element that says nothing, or names the feature twice and denies it once", async () => {
    assert.equal(await inFrame(["https://a.test/"], ["https://a.test/f"], {}), "allowed");
    assert.equal(await inFrame(["https://a.test/"], ["https://b.test/"], {}), "permissions-policy");
    for (const allow of ["direct-sockets *; direct-sockets 'none'", "direct-sockets 'none'; direct-sockets *"])
      assert.equal(await inFrame(["https://a.test/"], ["https://b.test/"], { allow }), "permissions-policy", allow);
  });

  test("a srcdoc frame cannot hand on what its parent's header keeps to itself", async () => {
    for (const [header, expected] of [
      [policy("(self)"), "permissions-policy"],
      [policy("*"), "allowed"],
    ] as const) {
      const origin = "https://a.test";
      const tabId = tabs.openTab(`${origin}/`, { headers: [header] });
      const middle: Frame = { tabId, frameId: tabs.addFrame(tabId, "about:srcdoc"), origin };
      const inner: Frame = { tabId, frameId: tabs.addFrame(tabId, "https://b.test/", middle.frameId) };
      await settled();
      await hold({ tabId, frameId: 0 }, middle);
      await hold(middle, inner, { allow: "direct-sockets *" });
      assert.equal(await verdict(tabId, inner.frameId), expected);
    }
  });

  test("a frame whose holder says nothing, or does not find it, is refused", async () => {
    assert.equal(await inFrame(["https://a.test/"], ["https://b.test/"]), "permissions-policy");
    assert.equal(await inFrame(["https://a.test/"], ["https://a.test/f"]), "permissions-policy");
    assert.equal(await inFrame(["https://a.test/"], ["https://b.test/"], { found: false }), "permissions-policy");
  });

  test("only the document that the browser names as the parent may answer for a frame", async () => {
    const { tabId, frameId } = await framed(["https://a.test/"], ["https://b.test/"]);
    const liar = { tabId, frameId: tabs.addFrame(tabId, "https://c.test/") };
    await settled();
    await hold(liar, { tabId, frameId }, { allow: "direct-sockets *" });
    assert.equal(await verdict(tabId, frameId), "permissions-policy");
  });

  test("and no page of another tab", async () => {
    const { tabId, frameId } = await framed(["https://a.test/"], ["https://b.test/"]);
    const other = { tabId: tabs.openTab("https://c.test/"), frameId: 0 };
    await settled();
    await hold(other, { tabId, frameId }, { allow: "direct-sockets *" });
    assert.equal(await verdict(tabId, frameId), "permissions-policy");
  });

  test("the first answer holds for the document's life", async () => {
    const { tabId, frameId } = await framed(["https://a.test/"], ["https://b.test/"], {});
    await hold({ tabId, frameId: 0 }, { tabId, frameId }, { allow: "direct-sockets *" });
    assert.equal(await verdict(tabId, frameId), "permissions-policy");
  });
});

describe("a document's headers", () => {
  /** A response that becomes no document by itself: a redirection, or what a service worker asks for. */
  function response(url: string, more: object): void {
    const { origin } = new URL(url);
    tabs.onHeadersReceived.emit({
      ...{ url, statusCode: 200, tabId: -1, frameId: -1, type: "xmlhttprequest", initiator: origin },
      ...more,
    } as chrome.webRequest.OnHeadersReceivedDetails);
  }
  const html = { name: "content-type", value: "text/html" };

  test("the last response counts, not a redirection's", async () => {
    for (const [first, last, expected] of [
      [[denial], [], "allowed"],
      [[], [denial], "permissions-policy"],
    ] as const) {
      const tabId = tabs.openTab("https://start.test/");
      const url = `https://end${last.length.toString()}.test/`;
      const at = { tabId, frameId: 0, type: "main_frame" };
      response("https://start.test/go", { ...at, statusCode: 302, responseHeaders: first });
      tabs.navigate(tabId, url, { headers: [...last] });
      assert.equal(await verdict(tabId), expected);
    }
  });

  test("what a page came with holds when it is shown after prerendering, or out of the back/forward cache", async () => {
    const tabId = tabs.openTab("https://prerendered.test/", { headers: [denial] });
    const { documentId, url } = tabs.senderOf(tabId);
    await settled();
    tabs.onCommitted.emit({
      ...{ tabId, frameId: 0, parentFrameId: -1, transitionType: "link" },
      ...{ documentId: documentId ?? "", url: url ?? "" },
    });
    assert.equal(await verdict(tabId), "permissions-policy");
  });

  test("of a page that a service worker made: what was last seen for its URL, whoever asked", async () => {
    response("https://app.test/shell", { responseHeaders: [html, denial] });
    assert.equal(await verdict(tabs.openTab("https://app.test/shell", { unseen: true })), "permissions-policy");
    assert.equal(await verdict(tabs.openTab("https://unheard.test/", { unseen: true })), "allowed");
  });

  test("where nothing was seen, what its server says now", async () => {
    browser.servers.set("https://asked.test/strict", { "permissions-policy": "direct-sockets=()" });
    browser.servers.set("https://asked.test/free", {});
    assert.equal(await verdict(tabs.openTab("https://asked.test/free", { unseen: true })), "allowed");
    assert.equal(await verdict(tabs.openTab("https://asked.test/strict", { unseen: true })), "permissions-policy");
  });

  test("and where the server does not say, what its origin restricts anywhere", async () => {
    assert.equal(await inPage("https://somewhere.test/strict", denial), "permissions-policy");
    assert.equal(await verdict(tabs.openTab("https://somewhere.test/", { unseen: true })), "permissions-policy");
    assert.equal(await verdict(tabs.openTab("https://elsewhere.test/", { unseen: true })), "allowed");
  });

  test("a page whose headers are not known may not hand the feature on", async () => {
    const tabId = tabs.openTab("https://unknown.test/", { unseen: true });
    const [own, other] = [tabs.addFrame(tabId, "https://unknown.test/f"), tabs.addFrame(tabId, "https://b.test/")];
    await settled();
    for (const frameId of [own, other])
      await hold({ tabId, frameId: 0 }, { tabId, frameId }, { allow: "direct-sockets *" });
    assert.equal(await verdict(tabId), "allowed");
    assert.equal(await verdict(tabId, own), "allowed");
    assert.equal(await verdict(tabId, other), "permissions-policy");
  });

  test("a frame that was there before the extension waits for a reload, unless a service worker made it", async () => {
    const tabId = tabs.openTab("https://old.test/");
    const frameId = tabs.addFrame(tabId, "https://old.test/f", 0, { unseen: true });
    await settled();
    await hold({ tabId, frameId: 0 }, { tabId, frameId });
    assert.equal(await verdict(tabId, frameId), "permissions-policy");
    assert.equal(await verdict(tabId, frameId, { controlled: true }), "allowed");
  });
});

describe("the CSP rule", () => {
  const unsafe = "script-src 'self' 'unsafe-eval'";

  test("a header that allows eval", async () => {
    assert.equal(await inPage("https://eval.test/", csp(unsafe)), "csp");
    assert.equal(await inPage("https://no-eval.test/", csp("script-src 'self'")), "allowed");
  });

  test("a <meta> that allows it, as the content script saw it", async () => {
    const policies: ScriptPolicy[] = [{ eval: "unsafe", requiresTrustedTypes: false }];
    assert.equal(await verdict(tabs.openTab("https://meta.test/"), 0, { policies }), "csp");
  });
});

describe("an empty window", () => {
  /** Whether an empty window of this origin may open sockets, which a document in another tab has opened. */
  const blank = (openerTabId?: number): number =>
    tabs.openTab("about:blank", openerTabId === undefined ? {} : { openerTabId });
  const admits = async (tabId: number, origin: string): Promise<boolean> =>
    (await verdict(tabId, 0, { origin })) === "allowed";

  test("whose creator is known has what its creator came with, whatever else its origin restricts", async () => {
    const strict = "https://strict.test";
    const app = tabs.openTab(`${strict}/app`);
    const login = tabs.openTab(`${strict}/login`, { headers: [denial] });
    assert.equal(await admits(blank(app), strict), true);
    assert.equal(await admits(blank(login), strict), false);
  });

  test("also once its creator is gone, and its origin restricts nothing any more", async () => {
    const origin = "https://gone.test";
    const opener = tabs.openTab(`${origin}/`, { headers: [denial] });
    const windows = [blank(opener), blank()];
    tabs.closeTab(opener);
    tabs.openTab(`${origin}/`);
    assert.deepEqual(await Promise.all(windows.map((tabId) => admits(tabId, origin))), [false, true]);
  });
});

test("an empty window whose maker is not known is refused where its origin restricts anything, and only there", async () => {
  tabs.openTab("https://strict.test/login", { headers: [denial] });
  tabs.openTab("https://plain.test/");
  const lone = async (origin: string): Promise<string> => verdict(tabs.openTab("about:blank"), 0, { origin });
  assert.equal(await lone("https://strict.test"), "permissions-policy");
  assert.equal(await lone("https://plain.test"), "allowed");
  assert.equal(await lone("https://never-seen.test"), "allowed");
});

test("nor where its origin has what could not be noted", async () => {
  const { cacheUnread } = await import("./header_cache.ts");
  cacheUnread("https://full.test", "normal");
  assert.equal(await verdict(tabs.openTab("about:blank"), 0, { origin: "https://full.test" }), "permissions-policy");
});

test("one whose maker is known has what its maker came with, whatever else its origin restricts", async () => {
  const origin = "https://strict2.test";
  const app = tabs.openTab(`${origin}/app`);
  const login = tabs.openTab(`${origin}/login`, { headers: [denial] });
  for (const [sourceTabId, expected] of [
    [app, "allowed"],
    [login, "permissions-policy"],
  ] as const) {
    const tabId = tabs.openTab("about:blank"); // without an opener that the browser tells of: rel=noopener
    tabs.onCreatedNavigationTarget.emit({ tabId, sourceTabId });
    assert.equal(await verdict(tabId, 0, { origin }), expected);
  }
});

describe("multicast, and what is not public", () => {
  const header = (value: string): Header => ({ name: "permissions-policy", value });
  const may = async ({ tabId, frameId }: Pick<Frame, "tabId" | "frameId">): Promise<[boolean, boolean] | string> => {
    const answer = await admission(tabId, frameId);
    return answer.allowed ? [answer.multicast, answer.private] : answer.rule;
  };
  const pageMay = (url: string, ...headers: Header[]): ReturnType<typeof may> =>
    may({ tabId: tabs.openTab(url, { headers }), frameId: 0 });
  const optIn = header("direct-sockets-multicast=(self)");

  test("a page has multicast by its header only, and what is private unless a header denies it", async () => {
    assert.deepEqual(await pageMay("https://m1.test/"), [false, true]);
    assert.deepEqual(await pageMay("https://m2.test/", optIn), [true, true]);
    assert.deepEqual(await pageMay("https://m3.test/", header("direct-sockets-private=()")), [false, false]);
    assert.deepEqual(await pageMay("https://m4.test/", header("direct-sockets-multicast=()")), [false, true]);
    const neither = header("direct-sockets=(), direct-sockets-multicast=(self)");
    assert.equal(await pageMay("https://m5.test/", neither), "permissions-policy");
  });

  test("a frame has multicast by a header of its own and the attribute", async () => {
    const url = "https://m6.test/frame";
    const allow = "direct-sockets-multicast";
    const around = ["https://m6.test/", optIn] as const;
    assert.deepEqual(await may(await framed([...around], [url, optIn], { allow })), [true, true]);
    assert.deepEqual(await may(await framed([...around], [url], { allow })), [false, true]);
    assert.deepEqual(await may(await framed([...around], [url, optIn], {})), [false, true]);
    assert.deepEqual(await may(await framed(["https://m6.test/"], [url, optIn], { allow })), [false, true]);
  });

  test("a frame has what is private unless a header or its attribute denies it", async () => {
    const url = "https://m8.test/frame";
    const allow = "direct-sockets";
    assert.deepEqual(await may(await framed(["https://m7.test/"], [url], { allow })), [false, true]);
    const denies = `${allow}; direct-sockets-private 'none'`;
    assert.deepEqual(await may(await framed(["https://m7.test/"], [url], { allow: denies })), [false, false]);
    const keeps = header("direct-sockets-private=(self)");
    assert.deepEqual(await may(await framed(["https://m7.test/", keeps], [url], { allow })), [false, false]);
  });

  test("what other documents of an origin opted in to is nothing to one of which nothing is known", async () => {
    await pageMay("https://m9.test/one", header("direct-sockets=(self), direct-sockets-multicast=(self)"));
    const tabId = tabs.openTab("https://m9.test/two", { unseen: true });
    assert.deepEqual(await may({ tabId, frameId: 0 }), [false, true]);
  });
});
