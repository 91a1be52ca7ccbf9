// The user names the destination: types it, or picks it from the devices nearby. Real multicast DNS, answered by avahi, in a network of the
// host's own in which every packet is seen.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { asks } from "./asking.ts";
import { attempt, openStage, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import { assertAccessible } from "./world/axe.ts";
import type { Prompt } from "./world/consent.ts";
import type { HostSpace } from "./world/host-space.ts";
import { lifeOfSuite } from "./world/life.ts";
import { startDevices, type Devices } from "./world/nearby.ts";
import * as networks from "./world/network.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("naming");
const printer = "10.77.0.2";
const nas = "10.77.0.3";

let stage: Stage;
let wire: networks.Capture;
let peer: networks.DistantPeer;
let devices: Devices;
let admin: HostSpace;
before(async () => {
  const network = await networks.makeNetwork(life);
  await network.addNeighbour("10.77.0.1/24", printer, nas);
  peer = await networks.startDistantPeer(
    life,
    network,
    [631, 22, 1883].flatMap((port) => [printer, nas].map((host) => ({ host, port }))),
  );
  devices = await startDevices(life, network.there, { "printer.local": printer, "nas.local": nas });
  await devices.add({ name: "Drucker im Büro", type: "_ipp._tcp", port: 631, host: "printer.local" });
  await devices.add({ name: "NAS <b>print</b> queue", type: "_ipp._tcp", port: 631, host: "nas.local" });
  await devices.add({ name: "NAS", type: "_ssh._tcp", port: 22, host: "nas.local" });
  wire = await networks.capture(life, network);
  stage = await openStage(life, { host: { network, policy: {} } });
  assert.ok(stage.browser.hostSpace, "the host has no space of its own");
  admin = stage.browser.hostSpace;
});

/** Questions of multicast DNS that the host has sent: avahi's own come from port 5353. */
const question = /\.(?!5353 )\d+ > (?:224\.0\.0\.251|ff02::fb)\.5353: /;
/** What came or went besides multicast DNS. */
const others = (packets: readonly string[]): string[] =>
  packets.filter((line) => !/ > (?:224\.0\.0\.251|ff02::fb)\.5353: |\.5353 > /.test(line));

const listed = (prompt: Prompt, count: number): Promise<true> =>
  until(`${count.toString()} devices`, async () => ((await prompt.devices()).length >= count ? true : undefined));

const socketOf = (page: Page): Promise<{ remoteAddress: string; remotePort: number; keys: string[] }> =>
  page.evaluate(() => {
    const { socket } = window as unknown as WithTCP;
    const keys: string[] = [];
    for (const name in socket) keys.push(name);
    return { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort, keys };
  });

describe("devices nearby", () => {
  test("are listed as they answer, nothing leaves before Allow but the question, and the page sees the one that was picked", async () => {
    const page = await stage.open("https://print.test/");
    const known = (await wire.packets()).length;
    const opened = attempt(page, { remotePort: 631 });
    const prompt = await stage.person.seesPrompt();
    assert.match(prompt.text, /Devices nearby\s+Looking for devices nearby/);
    await listed(prompt, 2);
    const list = (await prompt.devices()).sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(list, [
      { name: "Drucker im Büro", kind: "Printer", address: printer, picked: false },
      { name: "NAS <b>print</b> queue", kind: "Printer", address: nas, picked: false },
    ]);
    assert.equal(await prompt.isEnabled("#allow-once"), false, "nothing is picked yet");
    await prompt.picks("Drucker im Büro");
    await until("what was picked", async () => ((await prompt.named()) === "printer.local" ? true : undefined));
    assert.match(
      await prompt.page.text("#named"),
      /You chose: printer\.local\s+Drucker im Büro\s*A device in your own network\./,
    );
    assert.match(await prompt.page.text("#encryption"), /others in your network may read/);
    // Picking is not allowing.
    await sleep(1_000);
    assert.equal(prompt.page.open, true);
    const before = (await wire.packets()).slice(known);
    assert.ok(
      before.some((line) => question.test(line)),
      "no question was captured",
    );
    assert.deepEqual(others(before), []);
    assert.deepEqual(peer.connections(), []);
    await prompt.allowOnce();
    assert.equal(await opened, "");
    const socket = await socketOf(page);
    assert.deepEqual([socket.remoteAddress, socket.remotePort], [printer, 631]);
    assert.deepEqual(peer.connections(), [`${printer}:631`]);
    // Nothing of the names, nor of the other device, has reached the page.
    assert.doesNotMatch(JSON.stringify([socket, page.console]), /local"|NAS|Drucker|10\.77\.0\.3/);
    // The end of the question is the end of the looking.
    const after = (await wire.packets()).length;
    await sleep(6_000);
    assert.deepEqual(
      (await wire.packets()).slice(after).filter((line) => question.test(line)),
      [],
    );
    // This document comes back to the same device, without a gesture and without a question; another one has to ask.
    await page.evaluate(() => (window as unknown as WithTCP).socket.close());
    assert.equal(await attempt(page, { remotePort: 631 }, { click: false }), "");
    assert.equal((await socketOf(page)).remoteAddress, printer);
    const other = await stage.open("https://print.test/other");
    const asked = attempt(other, { remotePort: 631 });
    await stage.person.denies();
    assert.equal(await asked, "NotAllowedError");
    await page.close();
    await other.close();
  });

  test("can be picked with the keyboard alone, and are read out as they come", async () => {
    const page = await stage.open("https://keyboard.test/");
    const opened = attempt(page, { remotePort: 631 });
    const prompt = await stage.person.seesPrompt();
    await listed(prompt, 2);
    const names = (await prompt.devices()).map(({ name }) => name);
    const focused = (): Promise<string | undefined> => prompt.page.evaluate(() => document.activeElement?.id);
    const said = await prompt.page.text("#nearby-said");
    assert.ok(
      names.some((name) => said === `Found: ${name}`),
      said,
    );
    assert.equal(await focused(), "dialog");
    for (const next of ["explain", "devices"]) {
      await prompt.page.press("Tab");
      assert.equal(await focused(), next);
    }
    await assertAccessible(prompt.page, "a list of devices");
    const list = await prompt.page.accessible("#devices");
    assert.deepEqual([list.role, list.name], ["listbox", "Devices nearby"]);
    const picked = async (): Promise<(string | undefined)[]> => [
      (await prompt.devices()).find((device) => device.picked)?.name,
      await prompt.page.evaluate(
        () =>
          document
            .getElementById(document.querySelector("#devices")?.getAttribute("aria-activedescendant") ?? "")
            ?.querySelector(".device-name")?.textContent,
      ),
    ];
    for (const [key, n] of [
      ["ArrowDown", 0],
      ["ArrowDown", 1],
      ["ArrowDown", 1],
      ["ArrowUp", 0],
      ["End", 1],
    ] as const) {
      await prompt.page.press(key);
      assert.deepEqual(await picked(), [names[n], names[n]], key);
    }
    const address = (await prompt.devices())[1]?.address;
    await prompt.waitUntilEnabled("#allow-once");
    const way: (string | undefined)[] = [];
    for (let n = 0; n < 8 && way.at(-1) !== "allow-once"; n++) {
      await prompt.page.press("Tab");
      way.push(await focused());
    }
    assert.deepEqual([way[0], way[1], way.at(-1)], ["address", "deny", "allow-once"]);
    await prompt.page.press("Enter").catch(() => undefined); // the window may be gone before the key is up
    assert.equal(await opened, "");
    assert.equal((await socketOf(page)).remoteAddress, address);
    await page.close();
  });

  test("come in at the end while the pointer is in the list, and nothing moves under it", async () => {
    const page = await stage.open("https://moving.test/");
    const opened = attempt(page, { remotePort: 22 });
    const prompt = await stage.person.seesPrompt();
    await listed(prompt, 1);
    const places = (): Promise<Record<string, string>> =>
      prompt.page.evaluate(() =>
        Object.fromEntries(
          ["#device-0", "#devices", "#allow-once", "#deny", "#named", "#address"].map((one) => {
            const box = document.querySelector(one)?.getBoundingClientRect();
            return [one, [box?.x, box?.y, box?.width, box?.height].join(" ")];
          }),
        ),
      );
    await prompt.picks("NAS");
    await prompt.waitUntilEnabled("#allow-once");
    const before = await places();
    await devices.add({ name: "Router \u202eretuoR", type: "_ssh._tcp", port: 22, host: "printer.local" });
    await listed(prompt, 2);
    assert.deepEqual(await places(), before);
    const [first, second] = await prompt.devices();
    assert.deepEqual([first?.name, first?.picked], ["NAS", true]);
    assert.deepEqual([second?.name, second?.picked], ["Router retuoR", false]);
    assert.equal(await prompt.isEnabled("#allow-once"), true, "it would still allow the same");
    // What is typed takes the place of what was picked, and the other way round.
    await prompt.typeAddress("10.77.0.2");
    await until("what was typed", async () => ((await prompt.named()) === printer ? true : undefined));
    assert.equal(
      (await prompt.devices()).some((device) => device.picked),
      false,
    );
    await prompt.picks("NAS");
    await until("what was picked", async () => ((await prompt.named()) === "nas.local" ? true : undefined));
    assert.equal(await prompt.page.evaluate(() => document.querySelector<HTMLInputElement>("#address")?.value), "");
    await prompt.allowOnce();
    assert.equal(await opened, "");
    assert.equal((await socketOf(page)).remoteAddress, nas);
    await page.close();
  });

  test("Allow is dead for half a second after another one is picked", async () => {
    const page = await stage.open("https://bait.test/");
    const opened = attempt(page, { remotePort: 22 });
    const prompt = await stage.person.seesPrompt();
    await prompt.picks("NAS");
    await prompt.waitUntilEnabled("#allow-once");
    await prompt.picks("Router retuoR");
    const dead = await prompt.page.evaluate(async () => {
      const began = performance.now();
      const allow = document.querySelector("#allow-once");
      while (allow?.ariaDisabled === "true") await new Promise((resolve) => setTimeout(resolve, 10));
      return performance.now() - began;
    });
    assert.ok(dead >= 350, `alive ${dead.toString()} ms after the click had been made`);
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    await page.close();
  });

  test("when nobody answers it says so; then what was typed counts", { timeout: 60_000 }, async () => {
    const page = await stage.open("https://broker.test/");
    page.patience = 50_000;
    const opened = attempt(page, { remotePort: 1883 });
    const prompt = await stage.person.seesPrompt();
    prompt.page.patience = 30_000;
    await prompt.page.waitFor("the end of the looking", () =>
      document.querySelector("#nearby-status")?.textContent.startsWith("Nothing found that offers this service"),
    );
    await prompt.typeAddress(nas);
    await prompt.allowOnce();
    assert.equal(await opened, "");
    await page.close();
  });

  test("are not looked for where the site proposes this computer, a name on the internet, or is known", async () => {
    const page = await stage.open("https://known.test/");
    const questions = async (from: number): Promise<string[]> =>
      (await wire.packets()).slice(from).filter((line) => question.test(line));
    const known = (await wire.packets()).length;
    for (const host of ["127.0.0.1", "imap.example.org"]) {
      const { answer } = await asks(page, { host, port: 631 });
      const prompt = await stage.person.seesPrompt();
      assert.doesNotMatch(prompt.text, /Devices nearby/, host);
      await sleep(700);
      await prompt.deny();
      assert.equal(await answer, "NotAllowedError");
    }
    assert.deepEqual(await questions(known), []);
    // A proposal in the own network: there may be a better one.
    const opened = attempt(page, to({ host: "10.77.0.9", port: 631 }));
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.proposal(), "10.77.0.9");
    await prompt.picks("Drucker im Büro");
    await prompt.allowAndRemember();
    assert.equal(await opened, "");
    assert.equal((await socketOf(page)).remoteAddress, printer);
    const settings = await stage.browser.newExtensionPage("ui/options.html");
    const grants = await settings.evaluate(async () => (await chrome.storage.local.get("grants"))["grants"]);
    await settings.close();
    assert.deepEqual(
      (grants as Record<string, unknown>[]).map(({ origin, host, port, how, entered }) => [
        origin,
        host,
        port,
        how,
        entered,
      ]),
      [["https://known.test", "printer.local", 631, "picked", true]],
    );
    // Remembered: there is no question in the next document, whether it asks by name or leaves it open, and nobody is looked for.
    const next = await stage.open("https://known.test/next");
    const from = (await wire.packets()).length;
    assert.equal(await attempt(next, to({ host: "printer.local", port: 631 })), "");
    assert.equal(await attempt(next, { remotePort: 631 }), "");
    assert.equal((await socketOf(next)).remoteAddress, printer);
    const asked = (await questions(from)).length;
    assert.ok(asked <= 8, `${asked.toString()} questions: those of the name, and no looking around`);
    // Once there are two, nobody knows which is meant.
    const second = attempt(next, to({ host: nas, port: 631 }));
    await stage.person.allowsAndRemembers();
    assert.equal(await second, "");
    const last = await stage.open("https://known.test/last");
    const open = attempt(last, { remotePort: 631 });
    await stage.person.denies();
    assert.equal(await open, "NotAllowedError");
    await last.close();
    await page.close();
    await next.close();
  });

  test("are not looked for where an administrator does not want it; the user types", async () => {
    admin.setPolicy({ discovery: false });
    await sleep(400);
    const page = await stage.open("https://quiet.test/");
    const known = (await wire.packets()).length;
    const opened = attempt(page, { remotePort: 631 });
    const prompt = await stage.person.seesPrompt();
    await prompt.page.waitFor("the reason", () =>
      document.querySelector("#nearby-status")?.textContent.startsWith("Your administrator"),
    );
    await sleep(500);
    assert.deepEqual(
      (await wire.packets()).slice(known).filter((line) => question.test(line)),
      [],
    );
    await prompt.typeAddress(printer);
    await prompt.allowOnce();
    assert.equal(await opened, "");
    admin.setPolicy({});
    await sleep(400);
    await page.close();
  });
});

describe("what the user names", () => {
  test("is judged like all else: a port that routers watch is named as a danger first", async () => {
    const page = await stage.open("https://phone.test/");
    // The site proposes an address of the own network, where nobody watches; the user types a public one.
    const opened = attempt(page, to({ host: printer, port: 5060 }));
    const prompt = await stage.person.seesPrompt();
    assert.doesNotMatch(prompt.text, /routers watch/);
    await prompt.typeAddress("sip.example.org");
    await prompt.page.waitFor("the danger", () => document.querySelector<HTMLElement>("#risk")?.hidden === false);
    assert.match(await prompt.page.text("#risk"), /routers watch port 5060/);
    await prompt.typeAddress(printer);
    await prompt.page.waitFor("no danger", () => document.querySelector<HTMLElement>("#risk")?.hidden === true);
    await prompt.typeAddress("sip.example.org");
    await prompt.page.waitFor("the danger", () => document.querySelector<HTMLElement>("#risk")?.hidden === false);
    await prompt.allowOnce();
    assert.equal(await opened, "NetworkError"); // it was tried; nobody has that name
    await page.close();
  });

  test("is judged again when Allow is pressed, be it picked or typed", async () => {
    const page = await stage.open("https://late.test/");
    const known = peer.connections().length;
    const opened = attempt(page, { remotePort: 22 });
    const prompt = await stage.person.seesPrompt();
    for (const [host, name] of [
      ["nas.local", () => prompt.picks("NAS")],
      [printer, () => prompt.typeAddress(printer)],
    ] as const) {
      await name();
      await until(`what was named: ${host}`, async () => ((await prompt.named()) === host ? true : undefined));
      admin.setPolicy({ blockedDestinations: [{ host: "nas.local" }, { cidr: `${printer}/32` }] });
      await sleep(400);
      await prompt.waitUntilEnabled("#allow-once");
      await prompt.page.click("#allow-once");
      assert.match(await prompt.complains(), /administrator/);
      assert.equal(await prompt.isEnabled("#allow-once"), false);
      assert.equal(await prompt.named(), "");
      admin.setPolicy({});
      await sleep(400);
    }
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    assert.equal(peer.connections().length, known);
    await page.close();
  });
});
