// The permission for websites, which people can take back in Firefox's about:addons.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attempt, openStage, to, type Page } from "./stage.ts";
import { asFirefox } from "./world/firefox/firefox.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { browserName } from "./world/places.ts";

const hasAPI = (page: Page): Promise<boolean> => page.evaluate(() => "openTCPSocket" in navigator);

describe("access", { skip: browserName !== "firefox" && "about:addons is Firefox's" }, () => {
  const life = lifeOfSuite("access");

  test("without it the API is gone, and the settings say why and ask for it; what was remembered is kept", async () => {
    const stage = await openStage(life);
    const browser = asFirefox(stage.browser);
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    const opened = attempt(page, to(peer));
    await stage.person.allowsAndRemembers();
    assert.equal(await opened, "");
    const own = await browser.newExtensionPage("ui/options.html");
    const says = (): Promise<string> =>
      own.evaluate(() => {
        const place = document.querySelector<HTMLElement>("#access");
        return place?.hidden === false ? place.innerText : "";
      });
    assert.equal(await says(), "");

    await browser.takeAccess();
    await own.waitFor("the settings to say so", () => document.querySelector<HTMLElement>("#access")?.hidden === false);
    assert.match(await says(), /Portside has no access to websites/);
    const without = await stage.open("https://b.test/");
    assert.equal(await hasAPI(without), false);

    await own.click("#access button");
    await browser.allowsPermission();
    await own.waitFor(
      "the settings to be content",
      () => document.querySelector<HTMLElement>("#access")?.hidden === true,
    );
    await without.waitFor("the API to come into the open page", () => "openTCPSocket" in navigator);
    assert.equal(await attempt(await stage.open("https://a.test/again"), to(peer), { click: false }), "");
  });
});
