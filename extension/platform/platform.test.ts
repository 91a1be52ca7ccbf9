// What each browser says, as it was recorded, and what the extension makes of it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

let lastError: { message: string } | undefined;
Object.assign(globalThis, {
  chrome: {
    runtime: {
      getURL: () => "moz-extension://uuid/",
      get lastError() {
        return lastError;
      },
    },
    dom: { openOrClosedShadowRoot: (element: { inner: unknown }) => element.inner },
  },
});
const chromium = await import("./chromium.ts");
const firefox = await import("./firefox.ts");

const frame = (more: object): chrome.webNavigation.GetAllFrameResultDetails =>
  more as chrome.webNavigation.GetAllFrameResultDetails;
const sender = (more: object): chrome.runtime.MessageSender => more;
const port = (more: object): chrome.runtime.Port => more as chrome.runtime.Port;
const request = (more: object): chrome.webRequest.OnHeadersReceivedDetails =>
  more as chrome.webRequest.OnHeadersReceivedDetails;

beforeEach(() => {
  lastError = undefined;
});

test("Chromium: a document is active unless the browser says otherwise, and a fenced frame is in no page", () => {
  const { isActive, isInPage } = chromium.background;
  assert.equal(isActive(sender({})), true);
  assert.equal(isActive(sender({ documentLifecycle: "active" })), true);
  for (const documentLifecycle of ["prerender", "cached", "pending_deletion"]) {
    assert.equal(isActive(sender({ documentLifecycle })), false, documentLifecycle);
    assert.equal(isInPage(frame({ documentLifecycle, frameType: "outermost_frame" })), false, documentLifecycle);
  }
  assert.equal(isInPage(frame({ documentLifecycle: "active", frameType: "sub_frame" })), true);
  assert.equal(isInPage(frame({ documentLifecycle: "active", frameType: "fenced_frame" })), false);
});

test("a document that the browser gives no id has none", () => {
  for (const { background } of [chromium, firefox]) {
    assert.equal(background.documentIdOf(sender({ documentId: "D1" })), "D1");
    assert.equal(background.documentIdOf(sender({})), undefined);
  }
});

test("whether a request is a private window's: Firefox tells, Chromium does not", () => {
  assert.equal(chromium.background.isPrivateRequest(request({ incognito: true })), undefined);
  assert.equal(firefox.background.isPrivateRequest(request({ incognito: true })), true);
  assert.equal(firefox.background.isPrivateRequest(request({ incognito: false })), false);
});

test("who has brought a request about: Chromium tells an origin, Firefox the URL of a document or worker", () => {
  assert.equal(chromium.background.initiatorOf(request({ initiator: "https://a.test" })), "https://a.test");
  assert.equal(chromium.background.initiatorOf(request({})), undefined);
  const { initiatorOf } = firefox.background;
  for (const [originUrl, initiator] of [
    ["https://a.test/page?query", "https://a.test"],
    ["moz-nullprincipal:{7f2a}", "null"],
    ["", "null"],
    [undefined, undefined],
  ] as const)
    assert.equal(initiatorOf(request({ originUrl })), initiator);
});

test("why the port to the host is over, in each browser's words", () => {
  for (const [message, cause] of [
    ["Specified native messaging host not found.", "missing"],
    ["Access to the specified native messaging host is forbidden.", "forbidden"],
    ["Access to the native messaging host was disabled by the system administrator.", "blocked"],
    ["Failed to start native messaging host.", "unstarted"],
    ["Native host has exited.", "ended"],
    ["Error when communicating with the native messaging host.", "garbled"],
    ["Something new.", "other"],
  ] as const) {
    lastError = { message };
    assert.deepEqual(chromium.background.hostEnd(port({})), { cause, text: message });
  }
  lastError = undefined;
  assert.deepEqual(chromium.background.hostEnd(port({})), { cause: "other", text: "" });
  for (const [message, cause] of [
    ["No such native application portside.host", "missing"],
    ["An unexpected error occurred", "unstarted"],
    [
      "Native application tried to send a message of 4294967295 bytes, which exceeds the limit of 1048576 bytes.",
      "garbled",
    ],
    ["Something new.", "other"],
  ] as const)
    assert.deepEqual(firefox.background.hostEnd(port({ error: { message } })), { cause, text: message });
  assert.deepEqual(firefox.background.hostEnd(port({ error: null })), { cause: "ended", text: "" });
  assert.deepEqual(firefox.background.hostEnd(port({})), { cause: "other", text: "" });
});

test("without a policy Firefox's managed storage rejects; any other error is one", () => {
  assert.equal(firefox.background.isNothingManaged(new Error("Managed storage manifest not found")), true);
  assert.equal(firefox.background.isNothingManaged(new Error("An unexpected error occurred")), false);
});

test("only Chromium may say at first that nothing is managed, and tell it later", () => {
  assert.equal(chromium.background.managedComesLate, true);
  assert.equal(firefox.background.managedComesLate, false);
});

test("the extension's pages speak of each browser's own toolbar, and of what it can tell of a missing program", () => {
  for (const [{ pages }, pinText, missingText] of [
    [chromium, "setupPinHow", "setupMissing"],
    [firefox, "setupPinHowFirefox", "setupMissingFirefox"],
  ] as const)
    assert.deepEqual([pages.pinText, pages.missingText], [pinText, missingText]);
});

test("in which pixels a page is told of its window: Chromium's are the screen's, Firefox's the page's own", () => {
  assert.equal(chromium.pages.screenScale(2), 1);
  assert.equal(firefox.pages.screenScale(2), 2);
});

test("of which container a tab or request is: Chromium has none; Firefox says, and what is no container is none", () => {
  const container = "firefox-container-7";
  assert.deepEqual(chromium.background.containerOf({ cookieStoreId: container }), {});
  const { containerOf } = firefox.background;
  for (const cookieStoreId of ["firefox-default", "firefox-private"])
    assert.deepEqual(containerOf({ cookieStoreId }), {});
  assert.deepEqual(containerOf({ cookieStoreId: container }), { container });
  for (const cookieStoreId of [undefined, "", 7, "a b", "x".repeat(65), "private", "normal"])
    assert.equal(containerOf({ cookieStoreId }), undefined, String(cookieStoreId));
});

test("every header: Chromium keeps some from those who do not ask for more, Firefox knows no such word", () => {
  assert.deepEqual(chromium.background.everyHeader(), ["responseHeaders", "extraHeaders"]);
  assert.deepEqual(firefox.background.everyHeader(), ["responseHeaders"]);
});

test("closed shadow roots are found", () => {
  const root = {} as ShadowRoot;
  assert.equal(chromium.content.shadowRootOf({ inner: root } as unknown as HTMLElement), root);
  assert.equal(firefox.content.shadowRootOf({ openOrClosedShadowRoot: root } as unknown as HTMLElement), root);
  assert.equal(firefox.content.shadowRootOf({} as HTMLElement), null);
});

test("what the host is told of a lane: in Firefox the extension's origin, which the browser does not tell it, and how large messages may be", () => {
  assert.deepEqual(chromium.background.lane.wish(), {});
  assert.deepEqual(firefox.background.lane.wish(), { origin: "moz-extension://uuid", messageBytes: 61_440 });
  assert.notEqual(firefox.background.lane.capability, chromium.background.lane.capability);
});

test("where the background has the lane, it has the ticket, too: the document gets none", () => {
  const protocols: string[] = [];
  Object.assign(globalThis, {
    WebSocket: class {
      constructor(_: string, offered: string[]) {
        protocols.push(...offered);
      }
      close(): void {
        protocols.length = 0;
      }
    },
  });
  const told: unknown[] = [];
  const listener = { addListener: () => undefined };
  const document = {
    onMessage: listener,
    onDisconnect: listener,
    postMessage: (message: unknown) => told.push(message),
    disconnect: () => undefined,
  };
  const account = { allows: () => true, misfit: () => undefined, heard: () => undefined };
  const end = firefox.background.lane.give(port(document), { port: 1, ticket: "secret" }, account);
  assert.equal(protocols.at(-1), "portside.ticket.secret");
  assert.deepEqual(told, []);
  end();
  assert.deepEqual(protocols, []);
});
