// Portside mail: the page. It opens a socket to a mail server, logs in, and shows what is in the INBOX.
//
// All that comes from the server is set as text, never as HTML.
import { ImapClient, ImapError, type Summary } from "./imap.ts";

type State = "offline" | "connecting" | "online";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

function fill(parent: ParentNode, selector: string, text: string): void {
  const found = parent.querySelector(selector);
  if (found !== null) found.textContent = text;
}

function copyOf(template: string): DocumentFragment {
  return document.importNode(element<HTMLTemplateElement>(template).content, true);
}

const form = element<HTMLFormElement>("connect");
const host = element<HTMLInputElement>("host");
const port = element<HTMLInputElement>("port");
const user = element<HTMLInputElement>("user");
const password = element<HTMLInputElement>("password");
const messages = element<HTMLOListElement>("messages");
const view = element("message");
const transcript = element<HTMLOListElement>("transcript");

let client: ImapClient | undefined;

function show(state: State, status: string): void {
  document.body.dataset["state"] = state;
  element("status").textContent = status;
  element<HTMLButtonElement>("go").disabled = state === "connecting";
}

function notice(text: string): void {
  const box = element("notice");
  box.textContent = text;
  box.hidden = text === "";
}

/** What stands in the way of sockets here, in words; "" when nothing does. */
function obstacle(): string {
  if (!isSecureContext) {
    return "Sockets need a secure page. Open this one by https, or by http://localhost.";
  }
  if (!("openTCPSocket" in navigator)) {
    return (
      "This page needs Portside to reach a mail server.\n" +
      "Install the browser extension and its host (run “portside install”), then reload the page."
    );
  }
  return "";
}

/** An error in words that help. */
function explain(error: unknown): string {
  if (!(error instanceof Error || error instanceof DOMException)) return String(error);
  switch (error.name) {
    case "NotAllowedError":
      return "The connection was not allowed. You or your administrator said no; press Connect to be asked again.";
    case "NetworkError":
      return `${host.value}:${port.value} cannot be reached, or the connection broke. Is the server running, and the port right?`;
    case "QuotaExceededError":
      return "This page has too many connections open. Close some, and try again.";
    default:
      return error instanceof ImapError ? `The mail server says: ${error.message}` : error.message;
  }
}

function record(direction: "C" | "S", line: string): void {
  const row = document.createElement("li");
  row.className = direction === "C" ? "client" : "server";
  const who = document.createElement("b");
  who.textContent = `${direction}:`;
  row.append(who, ` ${line}`);
  const atEnd = transcript.scrollTop + transcript.clientHeight >= transcript.scrollHeight - 4;
  transcript.append(row);
  if (transcript.childElementCount > 1000) transcript.firstElementChild?.remove();
  if (atEnd) transcript.scrollTop = transcript.scrollHeight;
  element("count").textContent = `${String(transcript.childElementCount)} lines`;
}

async function connect(): Promise<void> {
  notice("");
  transcript.replaceChildren();
  const where = `${host.value}:${port.value}`;
  show("connecting", `Connecting to ${where}`);
  let opened: ImapClient | undefined;
  try {
    const socket = await navigator.openTCPSocket({ remoteAddress: host.value, remotePort: port.valueAsNumber });
    opened = await ImapClient.over(socket, record);
    await opened.login(user.value, password.value);
    list(opened, await opened.summaries(await opened.select("INBOX")));
    client = opened;
    password.value = "";
    show("online", `${user.value} at ${where}`);
  } catch (error) {
    await opened?.close();
    show("offline", "Not connected");
    notice(explain(error));
  }
}

async function disconnect(): Promise<void> {
  const leaving = client;
  client = undefined;
  show("offline", "Not connected");
  messages.replaceChildren();
  view.replaceChildren();
  await leaving?.logout();
}

/** Does something with the server, and tells when that fails. */
async function attempt(what: () => Promise<void>): Promise<void> {
  notice("");
  try {
    await what();
  } catch (error) {
    const broken = client;
    client = undefined;
    await broken?.close();
    show("offline", "Not connected");
    notice(explain(error));
  }
}

function list(mailbox: ImapClient, summaries: Summary[]): void {
  const empty = document.createElement("p");
  empty.className = "empty";
  empty.textContent = summaries.length === 0 ? "The INBOX is empty." : "Choose a message.";
  view.replaceChildren(empty);
  messages.replaceChildren(...summaries.map((summary) => rowOf(mailbox, summary)));
}

function rowOf(mailbox: ImapClient, summary: Summary): DocumentFragment {
  const row = copyOf("message-row");
  const button = row.querySelector("button");
  fill(row, ".from", summary.from || "(nobody)");
  fill(row, ".subject", summary.subject || "(no subject)");
  fill(row, "time", summary.date === undefined ? "" : shortDate(summary.date));
  button?.classList.toggle("unread", !summary.seen);
  button?.addEventListener("click", () => {
    void attempt(async () => {
      for (const other of messages.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      const text = await mailbox.text(summary.uid);
      // Another message may have been chosen while this one was on its way.
      if (button.getAttribute("aria-current") === "true") read(summary, text);
      button.classList.remove("unread");
    });
  });
  return row;
}

function read(summary: Summary, text: string): void {
  const page = copyOf("message-view");
  fill(page, ".subject", summary.subject || "(no subject)");
  fill(page, ".from", summary.from);
  fill(page, ".address", summary.from === summary.address ? "" : `<${summary.address}>`);
  fill(page, "time", summary.date?.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" }) ?? "");
  fill(page, ".text", text);
  view.replaceChildren(page);
}

/** The time for today's messages, the day for others. */
function shortDate(date: Date): string {
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, today ? { timeStyle: "short" } : { day: "numeric", month: "short" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void connect();
});
element("disconnect").addEventListener("click", () => {
  void attempt(disconnect);
});

// A link may fill the form in: #host=127.0.0.1&port=1143&user=demo. The part after "#" is not sent to any server.
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  const field = { host, port, user, password }[name];
  if (field !== undefined) field.value = value;
}
notice(obstacle());
element<HTMLButtonElement>("go").disabled = obstacle() !== "";
