// The self-test page: it opens a socket to the program on this computer, says a line and shows the answer.
// `make generate` makes page.js of it. Nothing that comes from the server is anything but text.

const main = element("main");
const button = element<HTMLButtonElement>("#try");
const outcome = element("#outcome");
const said = element("#said");

function element<T extends HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Shows one of the texts that the page came with, and what the server said. */
function show(text: "asking" | "done" | "denied" | "failed" | "missing", answer = ""): void {
  main.dataset["outcome"] = text === "asking" || text === "done" ? text : "bad";
  outcome.textContent = main.dataset[text] ?? "";
  said.textContent = answer;
  said.hidden = answer === "";
}

/** The last connection. It stays open when the server has closed its side, so that the user sees it in the toolbar. */
let last: PortsideTCPSocket | undefined;

/** One conversation: what the server says until it closes. */
async function converse(port: number): Promise<string> {
  await last?.close().catch(() => undefined);
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

async function run(): Promise<void> {
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
