// How a document in Firefox has the policies of the one that created it, with windows that are events' targets and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { offerPolicies, policiesOf } from "./policies_event.ts";
import type { Listen } from "./platform.ts";

/** A window; `listen` is the content script's there. */
function open(): { other: Window; listen: Listen } {
  const target = new EventTarget();
  return {
    other: target as Window,
    listen: (_, type, listener) => {
      target.addEventListener(type, listener as EventListener);
    },
  };
}

test("a document asks another one for its policies, and has them at once; the page hears nothing", () => {
  const { other, listen } = open();
  Object.assign(globalThis, { window: other });
  const policies = ["script-src 'self'"];
  offerPolicies(() => policies, listen);
  const heard: string[] = [];
  for (const type of ["portside:policies", "message"])
    other.addEventListener(type, (event) => heard.push(event.type), true);
  assert.deepEqual(policiesOf(other), policies);
  policies.push("img-src *");
  assert.deepEqual(policiesOf(other), policies, "as they are now");
  assert.deepEqual(heard, []);
});

test("a document without the content script has none to tell", () => {
  assert.equal(policiesOf(open().other), undefined);
});

test("an event of a page's own without a port is no fault", () => {
  const { other, listen } = open();
  offerPolicies(() => assert.fail("nobody hears the answer"), listen);
  other.dispatchEvent(new MessageEvent("portside:policies"));
});

test("of a document of another origin nothing is read: the browser throws", () => {
  const foreign = {
    get dispatchEvent() {
      throw new DOMException("Permission denied", "SecurityError");
    },
  };
  assert.throws(() => policiesOf(foreign as unknown as Window), /Permission denied/);
});
