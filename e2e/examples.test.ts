// The examples, as a person meets them: the ten-line page of the README, and the mail page before its own server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildExample } from "../examples/build.ts";
import { lifeOf, lifeOfSuite, type Life } from "./world/life.ts";
import type { Page } from "./world/page.ts";
import * as peers from "./world/peers.ts";
import { start, type Running } from "./world/processes.ts";
import { until } from "./world/wait.ts";
import { openWorld, type World } from "./world/world.ts";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));

test("the ten-line page says hello", async (t) => {
  const { life, pages, browser, person } = await openWorld(t);
  const peer = await peers.linePeer(life, { answer: (line) => `you said ${line}\n` });
  const url = pages.serve("https://a.test/hello/", readFileSync(join(examples, "hello/index.html"), "utf8"));
  const page = await browser.newPage(`${url}?host=${peer.host}&port=${String(peer.port)}`);
  await page.click("button");
  const prompt = await person.seesPrompt();
  assert.equal(await prompt.proposal(), "127.0.0.1");
  assert.ok(prompt.text.includes(String(peer.port)), prompt.text);
  await prompt.allowOnce();
  await page.waitFor("the answer", () => document.querySelector("output")?.value === "you said hello\n");
  await (await peer.connection()).waitUntilClosed();
});

describe("Portside mail", () => {
  const life = lifeOfSuite("mail");
  let world: World;
  let server: MailServer;
  before(async () => {
    world = await openWorld(life);
    server = await startMailServer(life);
  });

  async function openMail(password = server.password): Promise<Page> {
    const page = await world.browser.newPage(server.url);
    await page.type("#host", server.host);
    await page.type("#port", String(server.port));
    await page.type("#user", server.user);
    await page.type("#password", password);
    return page;
  }

  test("a person connects, allows, and reads a letter", async () => {
    const page = await openMail();
    await page.click("#go");
    await world.person.allowsOnce();
    await page.waitFor("the list", () => document.querySelectorAll("#messages button").length === 6);
    assert.equal(await page.text("#messages li:first-child .from"), "Portside");
    assert.equal(await page.text("#messages li:nth-child(4) .subject"), "Zdjęcia z mglistego poranka");
    const unread = await page.evaluate(() => document.querySelectorAll("#messages .unread").length);
    assert.equal(unread, 4);
    await page.click("#messages li:nth-child(5) button");
    await page.waitFor("the letter", () =>
      document.querySelector("#message h2")?.textContent.startsWith("Zimtschnecken"),
    );
    assert.match(await page.text("#message .text"), /ab Donnerstag gibt es wieder Zimtschnecken/);

    await page.click("summary");
    const conversation = await page.text("#transcript");
    assert.match(conversation, /^C:\s+a1 LOGIN "demo" ••••••$/m);
    assert.match(conversation, /^S:\s+\* 6 EXISTS$/m);
    assert.doesNotMatch(conversation, new RegExp(`^C:.*${server.password}`, "m"));

    await page.click("#disconnect");
    await page.waitFor("the form", () => document.body.dataset["state"] === "offline");
    await page.close();
  });

  test("on a telephone nothing is wider than the screen", async () => {
    const page = await openMail();
    await page.lookAt({ size: { width: 360, height: 640 } });
    const fits = async (what: string): Promise<void> => {
      await page.settle();
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("html, main, nav, article, details, #transcript, body *")]
          .filter((element) => {
            const { left, right, width } = element.getBoundingClientRect();
            const scrolls = getComputedStyle(element).overflowX !== "hidden";
            const within = element.scrollWidth <= element.clientWidth || element.clientWidth === 0;
            return width > 0 && (left < 0 || right > innerWidth || (scrolls && !within));
          })
          .map(({ tagName, id, className }) => `${tagName}#${id}.${className}`),
      );
      assert.deepEqual(wide, [], what);
    };
    await fits("the form");
    await page.click("#go");
    await world.person.allowsOnce();
    await page.waitFor("the list", () => document.querySelectorAll("#messages button").length === 6);
    await fits("the list");
    for (let n = 1; n <= 6; n++) {
      await page.click(`#messages li:nth-child(${n.toString()}) button`);
      await page.waitFor(
        "the letter",
        (n: number) =>
          document.querySelector(`#messages li:nth-child(${n.toString()}) [aria-current="true"]`) !== null &&
          document.querySelector("#message h2") !== null,
        n,
      );
      await fits(`letter ${n.toString()}`);
    }
    await page.click("summary");
    await fits("the conversation");
    await page.close();
  });

  test("a refusal, a wrong password and a dead server are explained", async () => {
    const page = await openMail("not it");
    await page.click("#go");
    await world.person.denies();
    await page.waitFor("the refusal", () => document.querySelector("#notice")?.textContent.includes("not allowed"));

    await page.click("#go");
    await world.person.allowsOnce();
    await page.waitFor("the reason", () =>
      /The mail server says: .*auth/i.test(document.querySelector("#notice")?.textContent ?? ""),
    );

    const refusing = await peers.refusingPeer(life);
    await page.type("#port", String(refusing.port));
    await page.click("#go");
    await world.person.allowsOnce();
    await page.waitFor("the failure", () =>
      document.querySelector("#notice")?.textContent.includes("cannot be reached"),
    );
    await page.close();
  });

  test("without Portside the page says what is missing", async (t) => {
    const bare = await openWorld(t, { portside: false });
    const page = await bare.browser.newPage(server.url);
    assert.match(await page.text("#notice"), /needs Portside[^]*portside install/);
    assert.equal(await page.evaluate(() => document.querySelector<HTMLButtonElement>("#go")?.disabled), true);
  });

  test("the server ends when it is told to", async (t) => {
    const { program } = await startMailServer(lifeOf(t));
    process.kill(program.pid, "SIGTERM");
    assert.deepEqual(await program.exited, { code: 0, signal: null });
  });
});

describe("Portside share", () => {
  const life = lifeOfSuite("share");

  test("a page is a web server: a person allows it, and a browser beside it gets the file", async () => {
    const { browser, person } = await openWorld(life);
    const folder = await buildExample("share");
    const server = createServer((request, response) => {
      const name = request.url === "/" ? "index.html" : (request.url ?? "").slice(1);
      const type = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" }[
        name.split(".").at(-1) ?? ""
      ];
      try {
        response.setHeader("Content-Type", type ?? "application/json");
        response.end(readFileSync(join(folder, name)));
      } catch {
        response.writeHead(404).end();
      }
    }).listen(0, "127.0.0.1");
    life.onEnd("the web server", () => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, "listening");
    const page = await browser.newPage(`http://localhost:${String((server.address() as AddressInfo).port)}/`);
    await page.type("#title", "For the phone");
    await page.evaluate(() => {
      const files = new DataTransfer();
      files.items.add(new File(["tea, milk, bread"], "list.txt"));
      const picker = document.querySelector<HTMLInputElement>("#files");
      if (picker === null) return;
      picker.files = files.files;
      picker.dispatchEvent(new Event("change"));
    });
    await page.click("#go");
    const prompt = await person.seesPrompt();
    await prompt.choosesPlace(/programs on this computer/i);
    await prompt.allowOnce();
    await page.waitFor("the address", () => document.body.dataset["state"] === "online");
    const url = await page.text("#address");
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.ok(await page.evaluate(() => document.querySelector("#code svg") !== null), "there is a QR code");

    // The phone's browser: another one, without Portside.
    const phone = await openWorld(life, { portside: false });
    const visit = await phone.browser.newPage(url);
    assert.equal(await visit.text("h1"), "For the phone");
    const href = await visit.evaluate(() => document.querySelector<HTMLAnchorElement>("li a")?.href ?? "");
    const answer = await fetch(href);
    assert.equal(await answer.text(), "tea, milk, bread");
    await page.waitFor("the visits", () => document.querySelectorAll("#visits li").length >= 2);

    await page.click("#stop");
    await page.waitFor("it to end", () => document.body.dataset["state"] === "offline");
    await assert.rejects(fetch(url));
  });
});

interface MailServer {
  program: Running;
  host: string;
  port: number;
  user: string;
  password: string;
  url: string;
}

async function startMailServer(life: Life): Promise<MailServer> {
  const www = await buildExample("imap");
  const command = join(life.folder("mail"), "server");
  // As in the example's README; without cgo the program needs nothing of the system.
  await promisify(execFile)("go", ["build", "-o", command, "."], {
    cwd: join(examples, "imap/server"),
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  const program = await start(life, { name: "the mail server", command, args: ["--www", www] });
  const line = await until("the mail server to listen", () => /^{.*}$/m.exec(program.output())?.[0]);
  return { program, ...(JSON.parse(line) as Omit<MailServer, "program">) };
}
