// The popup that hangs from an extension's icon: it is in no tab, so the protocol does not know it.
import { guarded, outcomeOf } from "../evaluate.ts";
import { FirefoxPage } from "./tab.ts";
import type { Tabs } from "./tab.ts";

export class FirefoxPopup extends FirefoxPage {
  readonly #browsingContext: number;
  readonly #url: string;
  #closed = false;

  constructor(browser: Tabs, { browsingContext, url }: { browsingContext: number; url: string }) {
    super(browser, `popup ${browsingContext.toString()}`, url);
    this.#browsingContext = browsingContext;
    this.#url = url;
  }

  override get url(): string {
    return this.#url;
  }

  override get open(): boolean {
    return !this.#closed;
  }

  protected override async runExpression(expression: string): Promise<unknown> {
    return outcomeOf(await this.browser.chrome.inDocument(this.#browsingContext, guarded(expression)));
  }

  override async close(): Promise<void> {
    await this.browser.chrome.hidePopup();
    this.#closed = true;
  }
}
