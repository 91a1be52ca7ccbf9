// A button that shows and hides a part of the page, by mouse, keyboard and screen reader alike.

let parts = 0;

/** Names the part, so that the button can say what it is about. The part stays as it is: shown or hidden. */
export function disclosure(target: HTMLElement, ...content: (string | Node)[]): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "disclosure";
  button.append(...content);
  target.id ||= `part-${(++parts).toString()}`;
  button.setAttribute("aria-controls", target.id);
  button.addEventListener("click", () => {
    unfold(button, target, target.hidden !== false);
  });
  return button;
}

/** Shows or hides the part, and has the button say so. */
export function unfold(button: HTMLButtonElement, target: HTMLElement, open: boolean): void {
  target.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}
