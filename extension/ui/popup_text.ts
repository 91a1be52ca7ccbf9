// What the popup shows, as plain text for somebody who helps. It is read from the page as it is on the screen, so that nothing is copied that
// the user does not see: nothing that is folded up, and none of what the background knows besides.

/** Elements that stand on lines of their own. */
const blocks = new Set(["DD", "DETAILS", "DIV", "DL", "DT", "H2", "H3", "HEADER", "LI", "MAIN", "P", "SECTION", "UL"]);
/** What is to be drawn, pressed or followed. */
const controls = new Set(["BUTTON", "FOOTER", "IMG", "SUMMARY", "SVG"]);
/** Elements whose parts are told apart by the room between them. */
const rows = ["facts", "line", "switch-line", "traffic"];

function isShown(element: HTMLElement, tag: string): boolean {
  if (/*rule:copied-text-is-shown-text*/ element.hidden) return false;
  // What such a button folds up has its name on it.
  if (element.className === "disclosure") return true;
  return !controls.has(tag) && element.className !== "unseen";
}

function textOf(node: Node): string {
  if (node.nodeType === 3) return node.textContent?.replaceAll(/\s+/g, " ") ?? "";
  const element = node as HTMLElement;
  const tag = element.tagName.toUpperCase();
  if (!isShown(element, tag)) return "";
  if (tag === "DETAILS" && !(element as HTMLDetailsElement).open) return "";
  const parts = [...element.childNodes].map(textOf);
  const words = rows.some((name) => element.className.split(" ").includes(name))
    ? parts
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .join(" · ")
    : parts.join("");
  return blocks.has(tag) ? `\n${words}\n` : words;
}

/** The text of what is shown in an element, a line for each of the page's. */
export function shownText(root: HTMLElement): string {
  const lines = textOf(root)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.map((line) => `${line}\n`).join("");
}
