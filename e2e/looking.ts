// What to look for in a page of the extension, whatever its language. Each function runs in the page and returns what is wrong with it.

/** Parts that stand in the order in which they are read: in a line from left to right, or from right to left where the language does. */
export const misordered = (): string[] => {
  const order = [
    ["#deny", "#allow-remember"],
    ["#allow-remember", "#lifetimes"],
    ["#lifetimes", "#allow-once"],
    ["#allow-hour", "#allow-browser"],
    ["#pause-label", "#pause"],
    ["#open-title", "#close-all"],
    [".choice input", ".choice-words"],
    [".line .where", ".line .close"],
    [".line .where", ".line time"],
    ["#settings", "#help"],
    ["#search", "#revoke-all"],
    [".grant .host", ".grant .revoke"],
    ["#command", "#copy"],
    [".brand img", ".brand :last-child"],
  ] as const;
  const rightToLeft = document.documentElement.dir === "rtl";
  const boxOf = (selector: string): DOMRect | undefined => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return box === undefined || box.width === 0 ? undefined : box;
  };
  const found = order.flatMap(([first, second]) => {
    const [a, b] = [boxOf(first), boxOf(second)];
    // Where there is no room they stand one below the other.
    if (a === undefined || b === undefined || a.bottom <= b.top || b.bottom <= a.top) return [];
    return (rightToLeft ? a.right > b.right : a.left < b.left) ? [] : [`${second} comes before ${first}`];
  });
  // What computers read runs from left to right everywhere.
  for (const element of document.querySelectorAll(
    ".host, .where bdi, #proposed, #address, #hosts, #command, #report-text",
  ))
    if (getComputedStyle(element).direction !== "ltr")
      found.push(`${element.id}.${element.className} runs to the left`);
  return found;
};

/**
 * Where all our texts are in brackets (world/pseudo.ts): those that take their direction from their first letter, as only a stranger's words
 * should. In a language that runs from right to left they would come apart when they begin with a name such as "SSH".
 */
export const misdirected = (): string[] =>
  [...document.querySelectorAll("bdi:not([dir])")].flatMap(({ textContent }) =>
    textContent.startsWith("⟦") ? [textContent] : [],
  );

/** What cannot be seen with the system's own colours, and moves before somebody who wants little motion. */
export const unseen = (): string[] => {
  const found: string[] = [];
  const style = (selector: string, pseudo?: string): CSSStyleDeclaration | undefined => {
    const element = document.querySelector(selector);
    return element === null ? undefined : getComputedStyle(element, pseudo);
  };
  const ground = style("#pause");
  const before = document.querySelector("#pause")?.getAttribute("aria-checked") ?? "";
  for (const checked of ["true", "false"]) {
    document.querySelector("#pause")?.setAttribute("aria-checked", checked);
    if (ground !== undefined && ground.backgroundColor === style("#pause", "::after")?.backgroundColor)
      found.push(`the knob of the switch, ${checked}`);
  }
  if (ground !== undefined) document.querySelector("#pause")?.setAttribute("aria-checked", before);
  for (const line of document.querySelectorAll(".spark polyline"))
    if (getComputedStyle(line).stroke !== getComputedStyle(document.body).color)
      found.push(`the line of ${line.getAttribute("class") ?? ""}`);
  const [dead, alive] = [style("#buttons [aria-disabled=true]"), style("#buttons button:not([aria-disabled=true])")];
  if (dead?.color === alive?.color && dead?.borderStyle === alive?.borderStyle && dead !== undefined)
    found.push("that a button is dead");
  for (const element of document.querySelectorAll("*"))
    for (const pseudo of ["", "::before", "::after"]) {
      const { transitionDuration, animationName } = getComputedStyle(element, pseudo);
      if (transitionDuration !== "0s" || animationName !== "none")
        found.push(`${element.tagName.toLowerCase()}#${element.id}${pseudo} moves`);
    }
  return found;
};
