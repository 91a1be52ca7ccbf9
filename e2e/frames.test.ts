// Frames of every kind, and what may happen to them: documents without a response of their own, redirects, navigations, changed attributes,
// shadow trees, the back/forward cache, prerendering; and pages that try to get more than they were given.
import assert from "node:assert/strict";
import { before } from "node:test";
import { plainPage, type Page, type Stage } from "./stage.ts";
import { openWatchedStage, refusals, verdict, withHeaders } from "./verdict.ts";
import { lifeOfSuite } from "./world/life.ts";
import type { Frame } from "./world/page.ts";
import { until } from "./world/wait.ts";
import { describe, test } from "./world/where.ts";

const life = lifeOfSuite("frames");
let stage: Stage;
before(async () => {
  stage = await openWatchedStage(life);
});

const deny = { "Permissions-Policy": "direct-sockets=()" };
const allow = `allow="direct-sockets"`;
const size = "width=600 height=400";
let count = 0;
const serve = (host: string, content: Parameters<Stage["pages"]["serve"]>[1] = plainPage): string =>
  stage.pages.serve(`https://${host}/f${String(++count)}`, content);
const open = async (body: string, headers = {}): Promise<Page> =>
  await stage.browser.newPage(serve("a.test", withHeaders(headers, body)));
const ask = (frame: Frame): Promise<string> => verdict(stage, frame);

describe("documents without a response of their own", () => {
  const button = "<button id=go>Go</button>";
  const kinds: Record<string, string> = {
    srcdoc: `<iframe id=f ALLOW ${size} srcdoc="${button}"></iframe>`,
    "about:blank": `<iframe id=f ALLOW ${size}></iframe><script>f.contentDocument.body.innerHTML = "${button}"</script>`,
    "about:blank, with src": `<iframe id=f ALLOW ${size} src="about:blank"></iframe><script>f.contentDocument.body.innerHTML = "${button}"</script>`,
    "written into": `<iframe id=f ALLOW ${size}></iframe><script>f.contentDocument.write("${button}"); f.contentDocument.close()</script>`,
    "blob:": `<iframe id=f ALLOW ${size}></iframe><script>f.src = URL.createObjectURL(new Blob(["${button}"], { type: "text/html" }))</script>`,
  };
  for (const [kind, element] of Object.entries(kinds)) {
    test(`${kind}: the policy of the page that made it`, async () => {
      const cases: [string, Record<string, string>, string][] = [
        ["", {}, "may ask"],
        [`allow="direct-sockets 'none'"`, {}, "refused"],
        [allow, deny, "refused"],
      ];
      for (const [attribute, headers, expected] of cases) {
        const page = await open(element.replace("ALLOW", attribute), headers);
        assert.equal(await ask(await page.frame("#f")), expected, `${attribute} ${JSON.stringify(headers)}`);
        await page.close();
      }
    });
  }

  test("a srcdoc frame cannot hand on what its parent's header keeps to itself", async () => {
    const foreign = serve("b.test");
    const inner = `<iframe id=f ${allow} ${size} src='${foreign}'></iframe>`.replaceAll('"', "&quot;");
    for (const [headers, expected] of [
      [{}, "may ask"],
      [{ "Permissions-Policy": "direct-sockets=(self)" }, "refused"],
    ] as const) {
      const page = await open(`<iframe id=f ${size} srcdoc="${inner}"></iframe>`, headers);
      const middle = await page.frame("#f");
      assert.equal(await ask(await middle.frame("#f", { url: /b\.test/ })), expected);
      await page.close();
    }
  });

  test("data: and sandboxed documents have no origin, and are refused, whatever allow says", async () => {
    // Whether the browser calls the frame secure, and so the API is there to be refused, is part of the case: else nothing might be asked. Of data:
    // documents in a secure page Chromium says no, Firefox yes.
    for (const [attributes, present] of [
      [`src="data:text/html,${button}"`, stage.browser.name === "firefox"],
      [`sandbox="allow-scripts" srcdoc="${button}"`, true],
      [`sandbox="allow-scripts" src="${serve("a.test")}"`, true],
    ] as const) {
      const page = await open(`<iframe id=f ${size} allow="direct-sockets *" ${attributes}></iframe>`);
      const frame = await page.frame("#f");
      assert.equal(await frame.evaluate(() => "openTCPSocket" in navigator), present, attributes);
      if (present) assert.equal(await ask(frame), "refused", attributes);
      await page.close();
    }
  });

  test("a frame inside of a data: document is not secure to the top", async () => {
    const inner = serve("inside-data.test");
    const holder = `<iframe id=f ${allow} ${size} src='${inner}'></iframe>`;
    const page = await open(
      `<iframe id=f allow="direct-sockets *" ${size} src="data:text/html,${encodeURIComponent(holder)}"></iframe>`,
    );
    const frame = await (await page.frame("#f")).frame("#f", { url: /inside-data/ });
    assert.equal(await frame.evaluate(() => "openTCPSocket" in navigator), true, "the browser calls it secure");
    assert.equal(await ask(frame), "refused");
    assert.deepEqual(await refusals(stage, "https://inside-data.test", 1), ["insecure"]);
    await page.close();
  });

  test("an about:blank window has the policy of the page that opened it", async () => {
    for (const [headers, expected] of [
      [{}, "may ask"],
      [deny, "refused"],
    ] as const) {
      const page = await open("", headers);
      await page.evaluateOnClick(
        "#go",
        (html: string) => {
          const child = window.open("about:blank#child", "_blank");
          if (child === null) throw new Error("no window");
          child.document.title = "a child";
          child.document.body.innerHTML = html;
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

describe("where a frame leads", () => {
  test("a redirect: the last response and the last origin count; 'src' is where the element says", async () => {
    const last = serve("c.test");
    const strict = serve("c.test", withHeaders(deny));
    const redirect = (to: string, headers = {}): string =>
      serve("b.test", { status: 302, headers: { location: to, ...headers }, body: "" });
    for (const [element, expected] of [
      [`${allow} src="${redirect(last)}"`, "refused"],
      [`allow="direct-sockets https://c.test" src="${redirect(last, deny)}"`, "may ask"],
      [`allow="direct-sockets https://c.test" src="${redirect(strict)}"`, "refused"],
    ] as const) {
      const page = await open(`<iframe id=f ${size} ${element}></iframe>`);
      assert.equal(await ask(await page.frame("#f", { url: /c\.test/ })), expected, element);
      await page.close();
    }
  });

  test("a frame that goes elsewhere by itself, or is sent there by its parent", async () => {
    const [first, second, own] = [serve("b.test"), serve("c.test"), serve("a.test")];
    const page = await open(`<iframe id=f ${size} ${allow} src="${first}"></iframe>`);
    const frame = await page.frame("#f", { url: /b\.test/ });
    assert.equal(await ask(frame), "may ask");
    // By itself: src still names b.test.
    await frame.evaluate((url: string) => {
      setTimeout(() => (location.href = url));
    }, second);
    assert.equal(await ask(await page.frame("#f", { url: /c\.test/ })), "refused");
    // And to the page's own origin, which is not the one of src.
    await (
      await page.frame("#f", { url: /c\.test/ })
    ).evaluate((url: string) => {
      setTimeout(() => (location.href = url));
    }, own);
    assert.equal(await ask(await page.frame("#f", { url: /a\.test/ })), "refused");
    // By its parent, with src.
    await page.evaluate((url: string) => {
      document.querySelector("#f")?.setAttribute("src", url);
    }, second);
    assert.equal(await ask(await page.frame("#f", { url: /c\.test/ })), "may ask");
    await page.close();
  });

  test("same-document navigations change nothing", async () => {
    const page = await open("", deny);
    await page.evaluate(() => {
      history.pushState(null, "", "/elsewhere");
      location.hash = "#x";
    });
    assert.equal(await ask(page), "refused");
    const other = await open("");
    await other.evaluate(() => {
      history.pushState(null, "", "/elsewhere");
    });
    assert.equal(await ask(other), "may ask");
    await page.close();
    await other.close();
  });
});

describe("the element that holds a frame", () => {
  test("allow that is changed after the frame has loaded: until the next load nobody may ask", async () => {
    const inner = serve("b.test");
    const page = await open(`<iframe id=f ${size} src="${inner}"></iframe>`);
    let frame = await page.frame("#f", { url: /b\.test/ });
    await page.evaluate(() => document.querySelector("#f")?.setAttribute("allow", "direct-sockets"));
    assert.equal(await ask(frame), "refused");
    let loads = 0;
    const loaded = async (): Promise<Frame> => {
      const again = `?again${String(++loads)}`;
      await page.evaluate(async (query: string) => {
        const element = document.querySelector<HTMLIFrameElement>("#f");
        await new Promise((resolve) => {
          element?.addEventListener("load", resolve, { once: true });
          element?.setAttribute("src", element.src.replace(/[?].*|$/, query));
        });
      }, again);
      return await page.frame("#f", { url: new RegExp(again.slice(1)) });
    };
    frame = await loaded();
    assert.equal(await ask(frame), "may ask");
    // What was found at the first use holds for the document's life, as in the standard.
    await page.evaluate(() => document.querySelector("#f")?.setAttribute("allow", "direct-sockets 'none'"));
    assert.equal(await ask(frame), "may ask");
    frame = await loaded();
    assert.equal(await ask(frame), "refused");
    await page.close();
  });

  test("allow that is set between the making of the element and its first load counts", async () => {
    const inner = serve("b.test");
    const page = await open(`<div id=place></div><script>
      const f = document.createElement("iframe");
      place.append(f);
      Object.assign(f, { id: "f", allow: "direct-sockets", src: "${inner}", width: 600, height: 400 });
    </script>`);
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "may ask");
    await page.close();
  });

  test("in shadow trees, open and closed, one in the other", async () => {
    const inner = serve("b.test");
    const page = await open(`<div id=host></div><script>
      const outer = host.attachShadow({ mode: "closed" });
      outer.innerHTML = "<p></p><div></div>";
      const root = outer.querySelector("div").attachShadow({ mode: "closed" });
      root.innerHTML = '<iframe id=f ${allow} ${size} src="${inner}"></iframe><iframe id=g ${size} src="${inner}?g"></iframe>';
      document.querySelector = (selector) => root.querySelector(selector); // for the test's own look
    </script>`);
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "may ask");
    assert.equal(await ask(await page.frame("#g", { url: /b\.test/ })), "refused");
    await page.close();
  });
});

describe("pages that come and go", () => {
  test("out of the back/forward cache, without headers: what they came with still holds", async () => {
    for (const [headers, expected] of [
      [{}, "may ask"],
      [deny, "refused"],
    ] as const) {
      const inner = serve("b.test");
      const page = await open(`<iframe id=f ${size} ${allow} src="${inner}"></iframe>`, headers);
      await page.goto(serve("c.test"));
      const { restored } = await page.back();
      assert.equal(restored, true);
      assert.equal(await ask(page), expected);
      assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), expected);
      await page.close();
    }
  });

  test("out of the back/forward cache, when the server has become less strict meanwhile: the page is the old one", async () => {
    let headers: Record<string, string> = deny;
    const url = serve("a.test", () => withHeaders(headers));
    const page = await stage.browser.newPage(url);
    await page.goto(serve("c.test"));
    headers = {};
    const other = await stage.browser.newPage(url);
    assert.equal(await ask(other), "may ask");
    assert.equal((await page.back()).restored, true);
    assert.equal(await ask(page), "refused");
    await page.reload();
    assert.equal(await ask(page), "may ask");
    await page.close();
    await other.close();
  });

  test("prerendered, then shown: the headers that came while nobody looked", async () => {
    for (const [headers, expected] of [
      [{}, "may ask"],
      [deny, "refused"],
    ] as const) {
      const target = serve(
        "a.test",
        withHeaders(headers, `<script>document.addEventListener("prerenderingchange", () => fetch("/shown"))</script>`),
      );
      // Nobody is attached to this tab: a page with a debugger shows nothing that was prerendered.
      const url = serve(
        "a.test",
        `<script type="speculationrules">{"prerender": [{"source": "list", "urls": ["${target}"]}]}</script>
        <script>setTimeout(() => (location.href = "${target}"), 2_000)</script>`,
      );
      const before = stage.pages.requests.length;
      await stage.browser.openUnwatched(url);
      await until("the prerendered page to be shown", () =>
        stage.pages.requests.slice(before).some((request) => request.url === "https://a.test/shown"),
      );
      const page = await stage.browser.nextPage("the page", new RegExp(`^${target}$`));
      assert.equal(await ask(page), expected);
      await page.close();
    }
  });

  test("a page that is reloaded", async () => {
    const page = await open("", deny);
    await page.reload();
    assert.equal(await ask(page), "refused");
    await page.close();
  });

  test("the worker stops between the load and the call: nothing is forgotten", async () => {
    const inner = serve("b.test");
    const strict = serve("c.test", withHeaders(deny));
    const page = await open(
      `<iframe id=f ${size} ${allow} src="${inner}"></iframe><iframe id=g ${size} ${allow} src="${strict}"></iframe>`,
    );
    await stage.browser.stopBackground();
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "may ask");
    await stage.browser.stopBackground();
    assert.equal(await ask(await page.frame("#g", { url: /c\.test/ })), "refused");
    await page.close();
  });
});

describe("documents that were here before the extension", () => {
  test("the server is asked what it says now about the page itself; frames wait for a reload", async () => {
    let late = {};
    const [plain, strict] = [serve("early.test"), serve("early.test", withHeaders(deny))];
    const turned = serve("turned.test", () => withHeaders(late));
    const frames = `<iframe id=f ${size} ${allow} src="${serve("b.test")}"></iframe><iframe id=g ${size} src="${serve("early.test")}"></iframe>`;
    const holding = serve("early.test", withHeaders({}, frames));
    const pages = [];
    for (const url of [plain, strict, turned, holding]) pages.push(await stage.browser.newPage(url));
    const [plainTab, strictTab, turnedTab, holdingTab] = pages as [Page, Page, Page, Page];
    late = deny;
    // Loading it again forgets what the session knew, as if it had come only now.
    await stage.browser.reloadExtension();
    for (const page of pages)
      await page.waitFor("the new content script", async () => {
        const answer = navigator.openTCPSocket({}).catch((error: unknown) => (error as Error).name);
        return (await answer) === "NotAllowedError"; // no gesture; with the old extension gone it is a NetworkError
      });
    assert.equal(await ask(plainTab), "may ask");
    assert.equal(await ask(strictTab), "refused");
    assert.equal(await ask(turnedTab), "refused");
    assert.equal(await ask(holdingTab), "may ask");
    for (const id of ["#f", "#g"])
      assert.equal(await ask(await holdingTab.frame(id, { url: /^https/ })), "refused", id);
    const asked = stage.pages.requests.filter(
      ({ headers, url }) => url === plain && headers["sec-fetch-dest"] === "empty",
    );
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.headers.cookie, undefined);
    assert.equal(asked[0]?.headers.referer, undefined);
    await holdingTab.reload();
    for (const id of ["#f", "#g"])
      assert.equal(await ask(await holdingTab.frame(id, { url: /^https/ })), "may ask", id);
    for (const page of pages) await page.close();
  });
});

describe("secure to the top", () => {
  test("the broker looks at the documents above by itself, whatever the document says", async () => {
    const inner = serve("in-plain-http.test");
    const page = await stage.browser.newPage(
      stage.pages.serve(
        "http://c.test/holder",
        `<iframe id=f ${size} allow="direct-sockets *" src="${inner}"></iframe>`,
      ),
    );
    const frame = await page.frame("#f", { url: /in-plain/ });
    assert.equal(await frame.evaluate(() => "openTCPSocket" in navigator), false);
    const answer = await frame.evaluateInContentScript(
      () =>
        new Promise<string>((resolve) => {
          const port = chrome.runtime.connect({ name: "document" });
          port.onMessage.addListener((message: { type: string; error?: { name: string } }) => {
            if (message.type === "failed") resolve(message.error?.name ?? "");
          });
          const evidence = { policies: [], evalBlocked: true, controlled: false };
          const options = { remoteAddress: "peer.example.org", remotePort: 7 };
          port.postMessage({
            type: "open",
            id: 1,
            protocol: "tcp",
            activation: { began: Date.now(), at: Date.now() },
            secure: true,
            options,
            evidence,
          });
        }),
    );
    assert.equal(answer, "NotAllowedError");
    assert.deepEqual(await refusals(stage, "https://in-plain-http.test", 1), ["insecure"]);
    await page.close();
  });

  test("a page that is not secure, though its content script says otherwise", async () => {
    const url = stage.pages.serve("http://plain.test/", plainPage);
    const page = await stage.browser.newPage(url);
    // And one that is, whose content script says that it is not.
    const modest = await stage.open("https://modest.test/");
    for (const [frame, secure] of [
      [page, true],
      [modest, false],
    ] as const) {
      const answer = await frame.evaluateInContentScript(
        (claimed: boolean) =>
          new Promise<string>((resolve) => {
            const port = chrome.runtime.connect({ name: "document" });
            port.onMessage.addListener((message: { type: string; error?: { name: string } }) => {
              if (message.type === "failed") resolve(message.error?.name ?? "");
            });
            const evidence = { policies: [], evalBlocked: true, controlled: false };
            const options = { remoteAddress: "peer.example.org", remotePort: 7 };
            port.postMessage({
              type: "open",
              id: 1,
              protocol: "tcp",
              activation: { began: Date.now(), at: Date.now() },
              secure: claimed,
              options,
              evidence,
            });
            setTimeout(() => {
              resolve("no answer");
            }, 5_000);
          }),
        secure,
      );
      assert.equal(answer, "NotAllowedError");
    }
    assert.deepEqual(await refusals(stage, "http://plain.test", 1), ["insecure"]);
    assert.deepEqual(await refusals(stage, "https://modest.test", 1), ["insecure"]);
    await page.close();
    await modest.close();
  });
});

describe("pages that want more than they were given", () => {
  test("forged and replayed announcements, from the frame and from its parent, open nothing", async () => {
    const inner = serve(
      "b.test",
      withHeaders(
        {},
        `<script>
      // The frame tries to have its sibling's element taken for its own, with announcements of its own making.
      setInterval(() => {
        for (let i = 0; i < 20; i++)
          parent.postMessage({ "portside:frame": crypto.randomUUID() }, "*", [new MessageChannel().port2]);
        parent.frames[1]?.postMessage({ "portside:frame": crypto.randomUUID() }, "*", [new MessageChannel().port2]);
      }, 50);
    </script>`,
      ),
    );
    const allowed = serve("b.test");
    const page =
      await open(`<iframe id=f ${size} src="${inner}"></iframe><iframe id=g ${size} ${allow} src="${allowed}"></iframe>
      <script>
        window.heard = [];
        addEventListener("message", (event) => {
          heard.push(event.data);
          // A replay, and a copy that claims to come from the frame that may.
          dispatchEvent(event);
          dispatchEvent(new MessageEvent("message", { data: event.data, source: frames[1], origin: event.origin, ports: [new MessageChannel().port1] }));
        }, true);
      </script>`);
    const frame = await page.frame("#f", { url: /b\.test/ });
    assert.equal(await ask(frame), "refused");
    assert.equal(await ask(await page.frame("#g", { url: /b\.test/ })), "may ask");
    // The page sees neither the true announcements nor those that look like them.
    assert.deepEqual(await page.evaluate(() => (window as unknown as { heard: unknown[] }).heard), []);
    await page.close();
  });

  test("a frame cannot speak for another: nonces are heard from documents that the browser names", async () => {
    const inner = serve("b.test");
    const page = await open(`<iframe id=f ${size} src="${inner}"></iframe>`);
    const frame = await page.frame("#f", { url: /b\.test/ });
    // A renderer that was taken over says both halves itself, as child and as parent.
    await frame.evaluateInContentScript(() => {
      const nonce = crypto.randomUUID();
      void chrome.runtime.sendMessage({ type: "child", nonce });
      void chrome.runtime.sendMessage({ type: "allow", nonce, found: true, allow: "direct-sockets *" });
    });
    assert.equal(await ask(frame), "refused");
    await page.close();
  });

  test("a page of another tab cannot answer for a frame's parent", async () => {
    const inner = serve("b.test");
    const page = await open(`<iframe id=f ${size} src="${inner}"></iframe>`);
    const other = await open("");
    const frame = await page.frame("#f", { url: /b\.test/ });
    const nonce = crypto.randomUUID();
    await frame.evaluateInContentScript(
      (n: string) => void chrome.runtime.sendMessage({ type: "child", nonce: n }),
      nonce,
    );
    await other.evaluateInContentScript((n: string) => {
      void chrome.runtime.sendMessage({ type: "allow", nonce: n, found: true, allow: "direct-sockets *" });
    }, nonce);
    assert.equal(await ask(frame), "refused");
    await page.close();
    await other.close();
  });

  test("taken out and put back, or moved to another parent: a new document, judged where it is", async () => {
    const inner = serve("b.test");
    const page = await open(`<iframe id=f ${size} ${allow} src="${inner}"></iframe><div id=second></div>`);
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "may ask");
    await page.evaluate(() => {
      const element = document.querySelector("#f");
      element?.remove();
      element?.removeAttribute("allow");
      if (element) document.querySelector("#second")?.append(element);
    });
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "refused");
    await page.close();

    const holder = await open(
      `<iframe id=h ${size} allow="direct-sockets 'none'" srcdoc="<p>"></iframe><iframe id=f ${size} src="${serve("a.test")}"></iframe>`,
    );
    assert.equal(await ask(await holder.frame("#f", { url: /a\.test/ })), "may ask");
    await holder.evaluate(() => {
      const element = document.querySelector("#f");
      const place = document.querySelector<HTMLIFrameElement>("#h")?.contentDocument?.body;
      if (element) place?.append(element);
    });
    const moved = await (await holder.frame("#h")).frame("#f", { url: /a\.test/ });
    assert.equal(await ask(moved), "refused");
    await holder.close();
  });

  test("a document that calls itself by the names of ours, and a page with everything replaced", async () => {
    const inner = serve("b.test");
    const page = await open(`<script>
        window.Function = window.MutationObserver = window.MessageEvent = window.MessageChannel = window.crypto = undefined;
        EventTarget.prototype.addEventListener = new Proxy(EventTarget.prototype.addEventListener, {
          apply: (target, self, args) => (args[0] === "click" ? Reflect.apply(target, self, args) : undefined),
        });
        Document.prototype.querySelectorAll = () => [];
        Event.prototype.stopImmediatePropagation = () => {};
        Object.prototype["portside:frame"] = "x".repeat(36);
      </script>
      <img name=querySelectorAll><img name=addEventListener><form name=head></form>
      <iframe id=f ${size} ${allow} src="${inner}"></iframe><iframe id=g ${size} src="${inner}?g"></iframe>`);
    assert.equal(await ask(page), "may ask");
    assert.equal(await ask(await page.frame("#f", { url: /b\.test/ })), "may ask");
    assert.equal(await ask(await page.frame("#g", { url: /b\.test/ })), "refused");
    await page.close();
  });

  test("a parent that keeps silent, or lets nobody be heard: refused within two seconds", async () => {
    const inner = serve("b.test");
    // document.open() takes every listener off the window, ours as well.
    const page = await open("<p>");
    await page.evaluate((html: string) => {
      document.open();
      document.close();
      document.body.innerHTML = html;
    }, `${plainPage}<iframe id=f ${size} ${allow} src="${inner}"></iframe>`);
    const frame = await page.frame("#f", { url: /b\.test/ });
    const start = Date.now();
    assert.equal(await ask(frame), "refused");
    assert.ok(Date.now() - start < 5_000, "the refusal took 5 s");
    await page.close();
  });
});
