// Tests read and write what the extension keeps as chrome.storage.local, in a page of the extension's own. In Firefox it is not kept there: so what
// has that name in such a page asks the extension's background, as the page's own code does.

/** Runs in a page of the extension's. */
function keptByBackground(): void {
  const area = chrome.storage.local as { ofTheTests?: boolean };
  if (area.ofTheTests === true) return;
  const ask = async (request: object): Promise<unknown> => {
    const answer = await chrome.runtime.sendMessage<object, { items?: object; failed?: string }>(request);
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer.items;
  };
  const value = {
    ofTheTests: true,
    get: (keys: string | string[] | null = null) => ask({ kept: "get", keys }),
    set: (items: object) => ask({ kept: "set", items }),
    remove: (keys: string | string[]) => ask({ kept: "remove", keys }),
  };
  Object.defineProperty(chrome.storage, "local", { configurable: true, value });
}

/** An expression of a test for a page of the extension's, as it is to be run there. */
export const withKept = (expression: string): string => `((${keptByBackground.toString()})(), ${expression})`;
