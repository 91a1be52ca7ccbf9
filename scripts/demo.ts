// `make demo`: a web page reads mail from a mail server over a raw TCP socket, in the real browser.
//
// With a display the user clicks, and the demo ends when they close the browser. Without one (or with DEMO=auto) the demo
// clicks by itself, prints what the two sides said, and leaves pictures in build/demo.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startChromium } from "../e2e/world/chromium/chromium.ts";
import { Person } from "../e2e/world/consent.ts";
import { Life } from "../e2e/world/life.ts";
import type { Page } from "../e2e/world/page.ts";
import { start } from "../e2e/world/processes.ts";
import { until } from "../e2e/world/wait.ts";
import { buildExample } from "../examples/build.ts";

/** What the mail server prints when it is ready. */
interface Server {
  host: string;
  port: number;
  user: string;
  password: string;
  url: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const pictures = join(root, "build", "demo");
const say = (text: string): void => {
  console.log(text);
};

const automatic = process.env["DISPLAY"] === undefined || process.env["DEMO"] === "auto";
const life = new Life("demo");
try {
  say("Building the example page and its mail server (in memory, on this machine)");
  const www = await buildExample("imap");
  const program = join(root, "build", "imap-server");
  await promisify(execFile)("go", ["build", "-o", program, "."], { cwd: join(root, "examples", "imap", "server") });
  const running = await start(life, { name: "mail server", command: program, args: ["--www", www] });
  const line = await until("the mail server to be ready", () => /^\{.*\}$/m.exec(running.output())?.[0]);
  const server = JSON.parse(line) as Server;
  say(`Mail server:  ${server.host}:${server.port.toString()} (IMAP), the page is at ${server.url}`);

  say("Starting Chromium with a profile of its own, the extension and the host");
  const browser = await startChromium(life, { headed: !automatic, switches: ["--window-size=1100,860"] });
  const form = new URLSearchParams({
    host: server.host,
    port: server.port.toString(),
    user: server.user,
    password: server.password,
  });
  const page = await browser.newPage(`${server.url}#${form.toString()}`);

  if (!automatic) {
    say(
      "\nIn the browser: press Connect, then answer Portside's question. The mail server is on this computer, so you type",
    );
    say(`its address yourself: ${server.host}. Close the browser to end the demo.`);
    await browser.process.exited;
  } else {
    mkdirSync(pictures, { recursive: true });
    const picture = async (of: Page, name: string): Promise<void> => {
      const file = join(pictures, `${name}.png`);
      await of.screenshot(file);
      say(`   picture: ${relative(process.cwd(), file)}`);
    };
    say("\n1. The page asks for a socket: the demo clicks Connect");
    await page.click("#go");
    const prompt = await new Person(browser).seesPrompt();
    say("2. The user is asked:\n");
    for (const text of prompt.text.split("\n").filter((t) => t.trim() !== "")) say(`   | ${text}`);
    say("\n   The server is on this computer, so the site's word is not enough: the demo types what it proposes");
    await prompt.typeProposal();
    await prompt.waitUntilEnabled("#allow-once");
    await picture(prompt.page, "prompt");
    say("3. Allow this time, and the page reads its mail");
    await prompt.allowOnce();
    await page.waitFor("the letters", () => document.querySelectorAll("#messages button").length > 0);
    await page.click("#messages li:first-child button");
    await page.waitFor("a letter", () => document.querySelector("#message h2"));
    await picture(page, "mail");
    await page.click("summary");
    await picture(page, "conversation");
    const conversation = await page.evaluate(() =>
      [...document.querySelectorAll("#transcript li")].map((row) => row.textContent),
    );
    say("\nWhat the page (C) and the mail server (S) said to each other:\n");
    for (const text of conversation) say(`   ${text}`);
    await page.click("#disconnect");
    await page.waitFor("the end", () => document.body.dataset["state"] === "offline");
    say("\nWhat the host wrote into its audit log:\n");
    const audit = await until("the audit line of the end", () => {
      const text = Object.entries(browser.hostFiles()).find(([name]) => name.includes("audit"))?.[1] ?? "";
      return text.includes('"event":"close"') ? text : undefined;
    });
    for (const text of audit.trim().split("\n")) say(`   ${text}`);
  }
} catch (error) {
  console.error(life.logs()); // what browser and servers said
  throw error;
} finally {
  await life.end();
}
say("\nThe demo is over; nothing is left running.");
