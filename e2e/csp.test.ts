// The CSP rule: a page whose policy lets it evaluate strings may not open sockets. Headers and <meta>, alone and together, and what frames
// without a response of their own have from the page that made them.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { plainPage, type Page, type Stage } from "./stage.ts";
import { openWatchedStage, refusals, verdict, withHeaders } from "./verdict.ts";
import { lifeOfSuite } from "./world/life.ts";
import { TargetGoneError, type Frame } from "./world/page.ts";

const life = lifeOfSuite("csp");
let stage: Stage;
before(async () => {
  stage = await openWatchedStage(life);
});

let count = 0;
const serve = (host: string, content: Parameters<Stage["pages"]["serve"]>[1] = plainPage): string =>
  stage.pages.serve(`https://${host}/c${String(++count)}`, content);
const ask = (frame: Frame): Promise<string> => verdict(stage, frame);
const header = (...values: string[]): Record<string, string[]> => ({ "Content-Security-Policy": values });
const meta = (content: string): string => `<meta http-equiv="Content-Security-Policy" content="${content}">`;

/** Reports whether strings can be evaluated in the page: what the rule is about. Later, since a debugger's own call may always do it. */
const canEval = (frame: Frame): Promise<boolean> =>
  frame.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        setTimeout(() => {
          try {
            // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the question itself
            resolve((new Function("return true") as () => boolean)());
          } catch {
            resolve(false);
          }
        });
      }),
  );

/** A page with a head, a button and frames. */
async function open(headers: Record<string, string[]>, head = "", body = ""): Promise<Page> {
  const html = `<!doctype html><head><meta charset=utf-8>${head}</head><body><button id=go>Go</button>${body}`;
  return await stage.browser.newPage(serve("a.test", { headers, body: html }));
}

describe("header and <meta>", () => {
  const self = "script-src 'self'";
  const unsafe = "script-src 'self' 'unsafe-eval'";
  const cases: [what: string, headers: string[], metas: string[], verdict: string, evaluates: boolean][] = [
    ["no policy", [], [], "may ask", true],
    ["a policy that forbids eval", [self], [], "may ask", false],
    ["'unsafe-eval'", [unsafe], [], "refused", true],
    ["two headers, one forbids", [unsafe, self], [], "may ask", false],
    ["a policy about other things beside it", ["img-src 'self'", unsafe], [], "refused", true],
    ["trusted types required", ["require-trusted-types-for 'script'"], [], "may ask", false],
    ["<meta> that allows", [], [unsafe], "refused", true],
    ["<meta> that forbids", [], [self], "may ask", false],
    ["<meta> that allows, under a header that forbids", [self], [unsafe], "may ask", false],
    ["<meta> that forbids, under a header that allows", [unsafe], [self], "may ask", false],
    ["two <meta>, one forbids", [], [unsafe, self], "may ask", false],
    ["two <meta> that allow", [], [unsafe, unsafe], "refused", true],
  ];
  for (const [what, headers, metas, expected, evaluates] of cases)
    test(`${what}: ${expected}`, async () => {
      const page = await open(header(...headers), metas.map(meta).join(""));
      assert.equal(await canEval(page), evaluates, "what the browser makes of it");
      assert.equal(await ask(page), expected);
      await page.close();
    });

  test("spellings, and several policies: the browser evaluates strings where the rule's unit test says so", async () => {
    // The verdicts are in extension/shared/csp.test.ts.
    const readings: [headers: string[], evaluates: boolean][] = [
      [["default-src 'self' 'unsafe-eval'"], true],
      [["default-src 'unsafe-eval'; script-src 'self'"], false],
      [["SCRIPT-SRC 'UNSAFE-EVAL'"], true],
      [["script-src 'wasm-unsafe-eval'"], false],
      [["script-src-elem 'unsafe-eval' 'unsafe-inline'"], true],
      [["script-src 'none' 'unsafe-eval'"], true],
      [[unsafe, unsafe], true],
      [[`${unsafe}, ${self}`], false],
      [[`${unsafe}, img-src 'self'`], true],
      [[`${unsafe}; require-trusted-types-for 'script'`], false],
      [["script-src 'self' 'trusted-types-eval'"], false],
    ];
    for (const [headers, evaluates] of readings) {
      const page = await open(header(...headers));
      assert.equal(await canEval(page), evaluates, JSON.stringify(headers));
      await page.close();
    }
  });

  test("'trusted-types-eval' beside required trusted types: as the browser takes it", async () => {
    // The standard still refuses plain strings there; Chromium 156 evaluates them.
    const page = await open(header("require-trusted-types-for 'script'; script-src 'self' 'trusted-types-eval'"));
    assert.equal(await ask(page), (await canEval(page)) ? "refused" : "may ask");
    await page.close();
  });

  test("report-only does not count, and the refusal is audited as what it is", async () => {
    const page = await open({ "Content-Security-Policy-Report-Only": [unsafe] });
    assert.equal(await ask(page), "may ask");
    await page.close();
    const other = await stage.browser.newPage(serve("audited-csp.test", withHeaders(header(unsafe))));
    assert.equal(await ask(other), "refused");
    assert.deepEqual(await refusals(stage, "https://audited-csp.test", 1), ["csp"]);
    await other.close();
  });

  test("<meta> counts when it was removed, changed, or added by script; not outside of the head", async () => {
    const scripts: [string, string][] = [
      ["document.querySelector('[http-equiv]').remove()", "refused"],
      ["document.querySelector('[http-equiv]').content = 'img-src *'", "refused"],
      ["document.querySelector('[http-equiv]').httpEquiv = 'refresh'", "refused"],
    ];
    for (const [script, expected] of scripts) {
      const page = await open(
        {},
        `${meta(unsafe)}<script>setTimeout(() => { ${script} })</script>`.replace("'self' ", "'self' 'unsafe-inline' "),
      );
      await page.waitFor(
        "the script",
        () => document.querySelector("meta[content*=unsafe-eval][http-equiv=Content-Security-Policy]") === null,
      );
      assert.equal(await ask(page), expected, script);
      await page.close();
    }
    const late = await open({});
    const add = async (place: "head" | "body"): Promise<void> => {
      await late.evaluate(
        (where: "head" | "body", content: string) => {
          const element = document.createElement("meta");
          element.httpEquiv = "content-security-policy";
          element.content = content;
          document[where].append(element);
          setTimeout(() => {
            element.remove();
          }, 50);
        },
        place,
        unsafe,
      );
    };
    await add("body");
    assert.equal(await ask(late), "may ask");
    await add("head");
    await late.waitFor("the element to go", () => document.querySelector("head > [http-equiv]") === null);
    assert.equal(await ask(late), "refused");
    await late.close();
  });

  /** Runs a text in the page, with a <meta> policy `added` that is nowhere yet. */
  const inOneTask = (page: Page, policy: string, text: string): Promise<void> =>
    page.evaluate(
      (content: string, script: string) => {
        const added = document.createElement("meta");
        added.httpEquiv = "Content-Security-Policy";
        added.content = content;
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a text of the tests below
        (new Function("added", script) as (element: Element) => void)(added);
      },
      policy,
      text,
    );
  /** For a document that was written anew. */
  const button = "document.body.innerHTML = '<button id=go>Go</button>'";

  test("<meta> that is changed in the very task that inserted it counts as it was", async () => {
    for (const change of [
      "added.content = 'img-src *'",
      "added.httpEquiv = 'refresh'; added.content = 'img-src *'",
      "added.remove(); added.content = 'img-src *'",
    ]) {
      const page = await open({});
      await inOneTask(page, unsafe.replace("'self' ", "* 'unsafe-inline' "), `document.head.append(added); ${change}`);
      assert.equal(await ask(page), "refused", change);
      await page.close();
    }
  });

  test("<meta> in a <head> or <html> that takes the place of the first, in one task, is not overlooked", async () => {
    for (const change of [
      "const head = document.createElement('head'); document.head.replaceWith(head); head.append(added); added.remove()",
      `const html = document.createElement("html"), head = document.createElement("head");
       document.documentElement.replaceWith(html); html.append(head); head.append(added); added.remove();
       document.documentElement.append(document.createElement("body"))`,
      "document.open(); document.write('<head>' + added.outerHTML + '</head><body>'); document.querySelector('meta').remove(); document.close()",
    ]) {
      const page = await open({});
      await inOneTask(page, unsafe.replace("'self' ", "* 'unsafe-inline' "), `${change}; ${button}`);
      assert.equal(await ask(page), "refused", change);
      await page.close();
    }
    // A header that lets trusted types be evaluated, and their requirement, out of sight.
    const page = await open(header("script-src 'self' 'trusted-types-eval'"));
    await page.evaluate(() => {
      const added = document.createElement("meta");
      added.httpEquiv = "Content-Security-Policy";
      added.content = "require-trusted-types-for 'script'";
      const head = document.createElement("head");
      document.head.replaceWith(head);
      head.append(added);
      added.remove();
    });
    assert.equal(await ask(page), "refused");
    await page.close();
  });

  test("more policies in <meta> than anybody reads: their worst reading", async () => {
    const page = await open(
      {},
      meta("img-src *").repeat(3) + Array.from({ length: 80 }, (_, i) => meta(`img-src *:${String(i + 1)}`)).join(""),
    );
    assert.equal(await ask(page), "refused");
    await page.close();
    const long = await open({}, meta(`img-src ${"https://x.test ".repeat(1_000)}`));
    assert.equal(await ask(long), "refused");
    await long.close();
  });
});

describe("frames", () => {
  const unsafe = "default-src * 'unsafe-inline' data: blob: 'unsafe-eval'";
  const strict = "default-src * 'unsafe-inline' data: blob:";
  const button = "<button id=go>Go</button>";
  const size = "width=600 height=400";
  const makers: Record<string, string> = {
    srcdoc: `<iframe id=f ${size} srcdoc="${button}"></iframe>`,
    "about:blank": `<iframe id=f ${size}></iframe><script>f.contentDocument.body.innerHTML = "${button}"</script>`,
    "blob:": `<iframe id=f ${size}></iframe><script>f.src = URL.createObjectURL(new Blob(["${button}"], { type: "text/html" }))</script>`,
  };
  for (const [kind, element] of Object.entries(makers))
    test(`${kind} has the policies of the page that made it, header and <meta>`, async () => {
      for (const [headers, head, expected] of [
        [[unsafe], "", "refused"],
        [[], meta(unsafe), "refused"],
        [[unsafe], meta(strict), "may ask"],
      ] as const) {
        const page = await open(header(...headers), head, element);
        const frame = await page.frame("#f");
        assert.equal(await ask(frame), expected, JSON.stringify([headers, head]));
        await page.close();
      }
    });

  test("a srcdoc frame's own <meta> counts too", async () => {
    const own = meta("script-src 'unsafe-eval'").replaceAll('"', "&quot;");
    for (const [headers, expected] of [
      [[], "refused"],
      [[strict], "may ask"],
    ] as const) {
      const page = await open(
        header(...headers),
        "",
        `<iframe id=f ${size} srcdoc="<head>${own}</head>${button}"></iframe>`,
      );
      assert.equal(await ask(await page.frame("#f")), expected);
      await page.close();
    }
  });

  test("a frame with a response of its own has its own policies only", async () => {
    const plain = serve("b.test");
    const lax = serve("b.test", withHeaders(header(unsafe)));
    for (const [headers, inner, expected] of [
      [[unsafe], plain, "may ask"],
      [[strict], lax, "refused"],
    ] as const) {
      const page = await open(
        header(...headers),
        "",
        `<iframe id=f ${size} allow="direct-sockets" src="${inner}"></iframe>`,
      );
      assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), expected);
      await page.close();
    }
  });

  test("a window that a page opens empty has the page's policies", async () => {
    for (const [policy, expected] of [
      [unsafe, "refused"],
      [strict, "may ask"],
    ] as const) {
      const page = await open(header(policy));
      await page.evaluateOnClick(
        "#go",
        (html: string) => {
          const child = window.open("about:blank#child", "_blank");
          if (child !== null) child.document.body.innerHTML = html;
        },
        button,
      );
      const child = await stage.browser.nextPage("the window", /^about:blank#child$/);
      assert.equal(await ask(child), expected);
      await child.close();
      await page.close();
    }
  });
});

test("a window whose opener is cleared, closed or gone has the policies all the same, header and <meta>", async () => {
  const unsafe = "default-src * 'unsafe-inline' data: blob: 'unsafe-eval'";
  const away = serve("elsewhere.test");
  for (const [headers, head] of [
    [[unsafe], ""],
    [[], meta(unsafe)],
  ] as const)
    for (const [how, script] of [
      ["cleared", "child.opener = null"],
      ["closed", "window.close()"],
      ["gone", `location = ${JSON.stringify(away)}`],
    ] as const) {
      const opener = await open({});
      const opened = serve("a.test", {
        headers: header(...headers),
        body: `<!doctype html><head>${head}</head><body><button id=go>Go</button><script>
          go.onclick = () => {
            const child = window.open("about:blank#child", "_blank");
            child.document.body.innerHTML = "<button id=go>Go</button>";
            ${script};
          };
        </script>`,
      });
      // A window that a script has opened may close itself.
      await opener.evaluateOnClick(
        "#go",
        (url: string) => {
          window.open(url, "_blank");
        },
        opened,
      );
      const maker = await stage.browser.nextPage("the maker", new RegExp(`^${opened}$`));
      // It may close under the mouse.
      await maker.click("#go").catch((error: unknown) => {
        if (how !== "closed" || !(error instanceof TargetGoneError)) throw error;
      });
      const child = await stage.browser.nextPage("the window", /^about:blank#child$/);
      assert.equal(await ask(child), "refused", `${how}: ${headers.length > 0 ? "header" : "<meta>"}`);
      await child.close();
      if (how !== "closed") await maker.close();
      await opener.close();
    }
});

describe("the probe", () => {
  test("nothing is evaluated, and no violation reported, before the API is used; then once", async () => {
    const page = await open(
      header("script-src 'self' 'unsafe-inline'"),
      "<script>window.seen = []; addEventListener('securitypolicyviolation', (e) => seen.push(e.blockedURI))</script>",
    );
    const seen = (): Promise<string[]> => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    assert.deepEqual(await seen(), []);
    assert.equal(await ask(page), "may ask");
    assert.deepEqual(await seen(), ["eval"]);
    assert.equal(await ask(page), "may ask");
    assert.deepEqual(await seen(), ["eval"]);
    await page.close();
  });

  test("a page that replaces Function and EvalError does not change what the probe finds", async () => {
    // Eval is blocked by <meta> under a header that allows it: the probe decides.
    const head = `<script>window.Function = function () { window.called = true }; window.EvalError = TypeError;
      Function.prototype.constructor = window.Function;</script>${meta("script-src 'self'")}`;
    const page = await open(header("script-src 'self' 'unsafe-inline' 'unsafe-eval'"), head);
    assert.equal(await ask(page), "may ask");
    assert.equal(await page.evaluate(() => "called" in window), false);
    await page.close();
  });
});
