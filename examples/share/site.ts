// The web site that is shared: a page with a note and a list of files, and the files.

import { plain, type Answer, type Request } from "./http.ts";

export interface Site {
  title: string;
  note: string;
  files: readonly File[];
}

/** Answers a request for the site as it is now. */
export function answer({ title, note, files }: Site, { path }: Request): Answer {
  if (path === "/") return { status: 200, type: "text/html; charset=utf-8", body: indexPage(title, note, files) };
  // The number alone says which file it is; the name is for who looks at the address.
  const file = files[Number(/^\/file\/(\d{1,4})(?:\/|$)/.exec(path)?.[1] ?? -1)];
  if (file === undefined) return plain(404);
  return { status: 200, type: "application/octet-stream", body: file, saveAs: file.name };
}

function indexPage(title: string, note: string, files: readonly File[]): string {
  const rows = files.map(
    ({ name, size }, n) =>
      `<li><a href="/file/${n.toString()}/${escaped(encodeURIComponent(name.toWellFormed()))}" download>${escaped(name)}</a> <small>${sizeText(size)}</small></li>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
  :root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif }
  body { max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
  p { white-space: pre-wrap; overflow-wrap: anywhere }
  li { margin: .75rem 0; overflow-wrap: anywhere }
  small { opacity: .7; white-space: nowrap }
</style>
<h1>${escaped(title)}</h1>
${note === "" ? "" : `<p>${escaped(note)}</p>`}
${rows.length === 0 ? "" : `<ul>${rows.join("")}</ul>`}
</html>
`;
}

/** Text as HTML. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? "");
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes.toString()} bytes`;
  const [size, unit] = bytes < 1_000_000 ? [bytes / 1000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${size.toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
}
