// One gesture, one new destination.
//
// Browsers let a document see its transient activation but not consume it, so the content script keeps the account: a gesture counts
// once. The next open needs another one, seen either as a trusted event in this document, or as activation that is still there after
// the old gesture must have expired (the gesture was in another frame: activation reaches ancestors and same-origin frames).

/** Longest life of transient activation, in ms (HTML: user activation data model; 5 s in Chromium and Firefox), and a little more. */
const activationLifetime = 5_500;

/** Events that give activation (https://html.spec.whatwg.org/#activation-triggering-input-event). */
const activating = ["keydown", "mousedown", "pointerdown", "pointerup", "touchend"] as const;

export class Gestures {
  #usedAt = Number.NEGATIVE_INFINITY;
  #watching = false;
  readonly #onGesture = (event: Event): void => {
    if (event.isTrusted) this.#usedAt = Number.NEGATIVE_INFINITY;
  };

  /** Takes the current gesture, if there is one that no earlier call took. */
  take(): boolean {
    if (!navigator.userActivation.isActive) return false;
    const now = performance.now();
    if (now - this.#usedAt < activationLifetime) return false;
    this.#usedAt = now;
    this.#watch();
    return true;
  }

  /** Listeners come with the first use, so that a page that never calls the API pays nothing. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    for (const type of activating) addEventListener(type, this.#onGesture, { capture: true, passive: true });
  }
}
