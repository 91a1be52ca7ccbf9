// May this document ask the user at all? The question of the suites about documents: permissions, CSP, pages of service workers.
import { attempt, openStage, plainPage, to, type Stage } from "./stage.ts";
import { promptUrl } from "./world/consent.ts";
import type { Frame } from "./world/page.ts";
import { sleep, until } from "./world/wait.ts";

/** A public name: it leads nowhere here, and nobody is let through to it. */
const destination = { host: "peer.example.org", port: 7 };

/**
 * What comes of a call with a real click: "may ask" when the user is asked, who then says no; "refused" when the page is refused without a
 * question; else the name of the error.
 */
export async function verdict({ browser, person }: Pick<Stage, "browser" | "person">, frame: Frame): Promise<string> {
  const before = new Set(browser.targets().map(({ targetId }) => targetId));
  let name: string | undefined;
  const attempted = attempt(frame, to(destination)).then((result) => {
    name = result;
  });
  attempted.catch(() => undefined);
  const asked = (): boolean =>
    browser.targets().some(({ targetId, url }) => !before.has(targetId) && promptUrl.test(url));
  // Chromium drops clicks on frames of other sites that have moved a moment ago: like a person, click again.
  const end = Date.now() + 12_000;
  let clicked = Date.now();
  while (name === undefined && !asked() && Date.now() < end) {
    await sleep(20);
    if (Date.now() - clicked < 1_500) continue;
    await frame.click("#go");
    clicked = Date.now();
  }
  const wasAsked = asked();
  if (wasAsked) await person.denies();
  await attempted;
  if (wasAsked) await person.unmutesAll(); // many verdicts are about one site
  if (name !== "NotAllowedError") return name === undefined || name === "" ? "opened" : name;
  return wasAsked ? "may ask" : "refused";
}

/**
 * A stage whose extension sees every navigation from now on. Right after its start it misses the first ones, as if they had been there before it.
 */
export async function openWatchedStage(life: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(life);
  const url = stage.pages.serve("https://watched.test/", ({ headers }) =>
    withHeaders(headers["sec-fetch-dest"] === "document" ? { "Permissions-Policy": "direct-sockets=()" } : {}),
  );
  await until("the extension to see navigations", async () => {
    const page = await stage.browser.newPage(url);
    await page.waitFor("the API", () => "openTCPSocket" in navigator || performance.now() > 1_000);
    await attempt(page, {}, { click: false });
    const seen = page.console.some((line) => line.includes("Permissions-Policy header"));
    await page.close();
    return seen;
  });
  return stage;
}

/** The rules by which the host's audit log says that opens of `origin` were refused, in order. Waits for `count` of them. */
export async function refusals({ browser }: Pick<Stage, "browser">, origin: string, count: number): Promise<string[]> {
  return await until(`${String(count)} refusals of ${origin} in the audit log`, () => {
    const files = browser.hostFiles();
    const text = Object.entries(files).flatMap(([file, lines]) => (file.includes("audit") ? lines.split("\n") : []));
    const lines = text.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
    const rules = lines.flatMap((line) =>
      line["origin"] === origin && typeof (line["rule"] ?? line["reason"]) === "string"
        ? [String(line["rule"] ?? line["reason"])]
        : [],
    );
    return rules.length >= count ? rules : undefined;
  });
}

/** A page with a button, and whatever `body` adds to it, with response headers. */
export function withHeaders(
  headers: Record<string, string | string[]>,
  body = "",
): {
  headers: Record<string, string | string[]>;
  body: string;
} {
  return { headers, body: plainPage + body };
}
