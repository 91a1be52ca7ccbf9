// The person at the browser: reads the consent window and answers it with the mouse and the keyboard, as one does.
import { TargetGoneError } from "./cdp.ts";
import type { Chromium } from "./chromium.ts";
import type { Page } from "./page.ts";
import { extensionId } from "./places.ts";
import { sleep } from "./wait.ts";

const promptUrl = new RegExp(`^chrome-extension://${extensionId}/ui/prompt\\.html`);

/** One consent window on the screen. */
export class Prompt {
  readonly page: Page;
  /** All that the window says. */
  readonly text: string;

  constructor(page: Page, text: string) {
    this.page = page;
    this.text = text;
  }

  /** Who asks: the page's origin as shown. */
  async who(): Promise<string> {
    return (await this.page.text("#who")).trim();
  }

  /** The destination as shown. */
  async where(): Promise<string> {
    return (await this.page.text("#where")).trim();
  }

  /** Reports whether the window asks for an address. */
  async asksForAddress(): Promise<boolean> {
    return await this.page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>("#address");
      return field !== null && field.getClientRects().length > 0;
    });
  }

  /** What the page proposes where the person has to type the destination; "" when it proposes nothing. */
  async proposal(): Promise<string> {
    return (await this.page.text("#proposed")).trim();
  }

  async typeAddress(address: string): Promise<void> {
    await this.page.type("#address", address);
  }

  async allowOnce(): Promise<void> {
    await this.typeProposal();
    await this.#press("#allow-once");
  }

  async allowAndRemember(): Promise<void> {
    await this.typeProposal();
    await this.#press("#allow-remember");
  }

  /** Types what the page proposes, as somebody does who agrees with it, unless they have typed something else. */
  async typeProposal(): Promise<void> {
    const typed = await this.page.evaluate(() => document.querySelector<HTMLInputElement>("#address")?.value ?? "");
    if (typed !== "" || !(await this.asksForAddress())) return;
    const proposal = await this.proposal();
    if (proposal !== "") await this.typeAddress(proposal);
  }

  async deny(): Promise<void> {
    await this.#press("#deny");
  }

  /** Closes the window without an answer. */
  async dismiss(): Promise<void> {
    await this.page.close();
  }

  /** Reports whether the button can be pressed now. */
  async isEnabled(button: "#allow-once" | "#allow-remember" | "#deny"): Promise<boolean> {
    return await this.page.evaluate((id: string) => {
      const element = document.querySelector(id);
      return element !== null && element.getAttribute("aria-disabled") !== "true";
    }, button);
  }

  async #press(button: "#allow-once" | "#allow-remember" | "#deny"): Promise<void> {
    await this.page.waitFor(
      `${button} to be enabled`,
      (id: string) => document.querySelector(id)?.getAttribute("aria-disabled") !== "true",
      button,
    );
    // The window may close under the mouse: then the release of the button has nobody to answer it.
    await this.page.click(button).catch((error: unknown) => {
      if (!(error instanceof TargetGoneError)) throw error;
    });
    await this.page.waitUntilClosed();
  }
}

export class Person {
  readonly #browser: Chromium;

  constructor(browser: Chromium) {
    this.#browser = browser;
  }

  /** Waits for the next consent window. */
  async seesPrompt(): Promise<Prompt> {
    const page = await this.#browser.nextPage("the consent window", promptUrl);
    // The window is there a moment before the question is in it.
    await page.waitFor("the question", () => document.querySelector("#who")?.textContent !== "");
    return new Prompt(page, await page.text("body"));
  }

  /** Waits for a consent window, allows what it asks this once, and returns what it said. */
  async allowsOnce(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.allowOnce();
    return prompt;
  }

  async allowsAndRemembers(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.allowAndRemember();
    return prompt;
  }

  async denies(): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.deny();
    return prompt;
  }

  /** Types the destination that a page left open, and allows it this once. */
  async choosesAndAllowsOnce(address: string): Promise<Prompt> {
    const prompt = await this.seesPrompt();
    await prompt.typeAddress(address);
    await prompt.allowOnce();
    return prompt;
  }

  /** Makes sure that no consent window opens within `ms` milliseconds. */
  async seesNoPrompt(ms = 1_000): Promise<void> {
    const known = new Set(this.#browser.pages().map(({ targetId }) => targetId));
    const end = Date.now() + ms;
    do {
      const prompt = this.#browser.targets().find(({ targetId, url }) => !known.has(targetId) && promptUrl.test(url));
      if (prompt !== undefined) throw new Error(`a consent window opened: ${prompt.url}`);
      await sleep(25);
    } while (Date.now() < end);
  }
}
