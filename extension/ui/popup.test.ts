// The popup's script, with a made-up page: whatever loosens or closes something takes a person's click.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { settled } from "../fake/clock.ts";
import { OwnPage } from "../fake/own_page.ts";
import type { PopupView } from "../background/toolbar/popup.ts";
import type { PolicyGetResult } from "../../protocol/message.ts";

const page = new OwnPage("popup.html");
await import("./popup.ts");

const origin = "https://a.test";
const view: PopupView = {
  site: { origin, paused: true, secure: true },
  private: false,
  sockets: [1, 2].map((key) => ({
    ...{
      key,
      origin,
      protocol: "tcp" as const,
      kind: "connect" as const,
      host: "mail.test",
      port: 142 + key,
      encryption: "off" as const,
      since: 0,
    },
  })),
  open: 2,
  more: [],
  refusals: [
    {
      ...{ origin, stage: "open", protocol: "tcp", host: "mail.test", port: 143, reason: "paused" },
      ...{ at: 0, count: 1, unseen: false },
    },
  ],
  alsoPaused: [],
  cooldowns: { [origin]: 60_000 },
  host: { kind: "checking" },
  asks: true,
  unsaved: false,
};

before(async () => {
  await settled();
  await page.hear(view);
});

/** What a script's click says, and then what a person's does. */
async function clicks(element: Parameters<OwnPage["click"]>[0]): Promise<OwnPage["said"][]> {
  return [await page.click(element, false), await page.click(element)];
}

test("a socket is closed", async () => {
  const [close] = page
    .element("groups")
    .all("button")
    .filter(({ className }) => className === "close");
  assert.deepEqual(await clicks(close), [[], [{ type: "close", key: 1 }]]);
});

test("all of them are", async () => {
  assert.deepEqual(await clicks(page.element("close-all")), [[], [{ type: "close-all" }]]);
});

test("a pause is ended by its switch", async () => {
  assert.deepEqual(await clicks(page.element("pause")), [[], [{ type: "pause", origin, paused: false }]]);
});

test("and by the button beside the refusal", async () => {
  const [remedy] = page.element("refusals").all("button");
  assert.deepEqual(await clicks(remedy), [[], [{ type: "pause", origin, paused: false }]]);
});

test("a site that asked too often may ask again", async () => {
  const [ofScript, ofPerson] = await clicks(page.element("unmute"));
  assert.deepEqual(ofScript, []);
  assert.equal(ofPerson?.length, 1);
  assert.equal(ofPerson[0]?.["origin"], origin);
});

test("in a container it says so, and lists what is remembered there", async () => {
  const { addGrants } = await import("../background/consent/grants.ts");
  const grant = {
    origin,
    protocol: "tcp",
    host: "mail.test",
    port: 993,
    created: 0,
    entered: false,
    risk: false,
  } as const;
  const protection = { encryption: "on", authentication: "name" } as const;
  const container = "firefox-container-2";
  await addGrants({ ...grant, protection }, { ...grant, protection, host: "work.test", container });
  const listed = async (now: PopupView): Promise<string> => {
    await page.hear(now);
    for (let turn = 0; turn < 10; turn++) await settled();
    return page.element("saved-list").textContent;
  };
  const inDefault = await listed(view);
  assert.match(inDefault, /mail\.test/);
  assert.doesNotMatch(inDefault, /work\.test/);
  assert.equal(page.element("container").hidden, true);
  const inContainer = await listed({ ...view, container });
  assert.match(inContainer, /work\.test/);
  assert.doesNotMatch(inContainer, /mail\.test/);
  assert.match(page.element("container").textContent, /In the container tab “Container 2”/);
  await listed(view);
});

test("without the permission for websites it says so, and asks for it in a person's click", async () => {
  const [notice, [ask]] = [page.element("access"), page.element("access").all("button")];
  assert.equal(notice.hidden, true);
  page.browser.access.willGive = false;
  page.browser.letSee(false);
  await settled();
  assert.equal(notice.hidden, false);
  assert.match(notice.textContent, /Portside has no access to websites/);
  await page.click(ask);
  await settled();
  assert.equal(notice.hidden, false, "the user said no");
  page.browser.access.willGive = true;
  await page.click(ask, false);
  await settled();
  assert.equal(notice.hidden, false, "that was a script");
  await page.click(ask);
  await settled();
  assert.deepEqual([notice.hidden, page.browser.access.given], [true, true]);
});

test("a question that waits is told, and brought by a person's click alone", async () => {
  const [notice, bring] = [page.element("asks"), page.element("bring")];
  assert.equal(notice.hidden, false);
  assert.deepEqual(await page.click(bring, false), []);
  assert.deepEqual(await page.click(bring), [{ type: "bring" }]);
  const { asks: _, ...rest } = view;
  for (const none of [rest, { ...rest, asks: false }]) {
    await page.hear(none);
    assert.equal(notice.hidden, true);
    await page.hear(view);
  }
});

test("what somebody does while the background was stopped reaches it all the same", async () => {
  const before = page.ports.length;
  page.ports.at(-1)?.disconnect();
  await settled();
  assert.deepEqual(await page.click(page.element("close-all")), [{ type: "watch", tabId: 1 }, { type: "close-all" }]);
  await page.clock.advance(1_000);
  assert.equal(page.ports.length, before + 1, "it is connected twice");
});

test("an audit log that takes no lines is told, and one that tells of private windows", async () => {
  const shows = async (policy: Partial<PolicyGetResult>): Promise<string> => {
    await page.hear({ ...view, host: { kind: "ready", version: "1.0.0", policy: { sources: [], ...policy } } });
    return page.element("host").textContent;
  };
  const nothing = await shows({});
  assert.doesNotMatch(nothing, /audit/);
  assert.match(await shows({ auditFault: "no room" }), /audit log takes no lines: .*no room/);
  assert.match(await shows({ auditFault: "no room", auditRequired: false }), /audit log takes no lines: .*no room/);
  const required = await shows({ auditFault: "no room", auditRequired: true });
  assert.match(required, /^[^]*Nothing can be opened: .*no room/);
  assert.match(await shows({ auditPrivate: true }), /also records private windows/);
  assert.equal(await shows({ auditPrivate: false, auditRequired: true }), nothing);
});
