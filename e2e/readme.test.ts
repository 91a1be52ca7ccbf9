// The README's page is taken from the README and run. Only its server is another one: the test's own, on this machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openStage } from "./stage.ts";
import { lifeOf } from "./world/life.ts";
import * as peers from "./world/peers.ts";

test("the README's example works as it stands there", async (t) => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const html = /```html\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(html !== undefined, "the README has no html example");
  assert.ok(html.split("\n").length <= 14, "the example is meant to be short");

  const stage = await openStage(lifeOf(t));
  const peer = await peers.sendThenClosePeer(stage.life, "20 NOV 2026 12:00:00 UTC\r\n");
  const original = 'remoteAddress: "time.example.org", remotePort: 13';
  assert.ok(html.includes(original), "the page has no such line");
  const here = html.replace(original, `remoteAddress: "127.0.0.1", remotePort: ${peer.port.toString()}`);
  const page = await stage.browser.newPage(stage.pages.serve("https://readme.test/", here));
  await page.click("button");
  const prompt = await stage.person.allowsOnce();
  assert.match(prompt.text, /readme\.test/);
  const shown = await page.waitFor("the time on the page", () => {
    const text = document.querySelector("output")?.textContent ?? "";
    return text === "" ? null : text;
  });
  assert.equal(shown.trim(), "20 NOV 2026 12:00:00 UTC");
});
