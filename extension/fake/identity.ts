/** The id that the extension has in the fake browser. */
export const extensionId = "p".repeat(32);

/** The address of one of its files. */
export function extensionURL(path: string): string {
  return `chrome-extension://${extensionId}/${path}`;
}
