// Clear-Site-Data (https://www.w3.org/TR/clear-site-data/): a response that asks for its origin's data to be deleted.

import type { Header } from "./header_policy.ts";

/**
 * Reports whether these headers ask for the origin's storage to be deleted. "cookies" alone is not looked for: the browser deletes the
 * marker by itself then, where it takes the response to have a say.
 */
export function clearsStorage(headers: readonly Header[]): boolean {
  return headers.some(
    ({ name, value = "" }) =>
      name.toLowerCase() === "clear-site-data" &&
      value.split(",").some((type) => ['"storage"', '"*"'].includes(type.trim())),
  );
}

/**
 * The origin that the header of a response is about; undefined where it is in answer to what another site asked for: there the browser
 * clears no more than that site's own part of it.
 */
export function originCleared({
  url,
  type,
  initiator,
}: Pick<chrome.webRequest.OnHeadersReceivedDetails, "url" | "type" | "initiator">): string | undefined {
  const { origin } = new URL(url);
  return type === "main_frame" || /*rule:clear-site-data-same-site-only*/ initiator === origin ? origin : undefined;
}
