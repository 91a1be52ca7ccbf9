// Code generated from nativehost/selftest/page/page.ts by `npm run generate`. DO NOT EDIT.
(() => {
  const main = element("main");
  const button = element("#try");
  const outcome = element("#outcome");
  const said = element("#said");
  function element(selector) {
    const found = document.querySelector(selector);
    if (found === null) throw new Error(`the page has no ${selector}`);
    return found;
  }
  function show(text, answer = "") {
    main.dataset["outcome"] = text === "asking" || text === "done" ? text : "bad";
    outcome.textContent = main.dataset[text] ?? "";
    said.textContent = answer;
    said.hidden = answer === "";
  }
  let last;
  async function converse(port) {
    await last?.close().catch(() => void 0);
    const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: port });
    last = socket;
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("Hello from a web page.\n"));
    const decoder = new TextDecoder();
    const reader = socket.readable.getReader();
    let answer = "";
    for (let next = await reader.read(); !next.done; next = await reader.read())
      answer += decoder.decode(next.value, { stream: true });
    return answer.trim();
  }
  async function run() {
    if (!("openTCPSocket" in navigator)) {
      show("missing");
      return;
    }
    button.disabled = true;
    show("asking");
    try {
      show("done", await converse(Number(main.dataset["port"])));
    } catch (error) {
      show(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "failed");
    } finally {
      button.disabled = false;
      button.focus();
    }
  }
  button.addEventListener("click", () => void run());
  if (!("openTCPSocket" in navigator)) show("missing");
})();
