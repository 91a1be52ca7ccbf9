// How the extension's pages look, read and sound: light, dark, with the system's own colours, at 200 %, in a narrow window, in other
// languages, from right to left. Every scene of scenes.ts, in every one of them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { misdirected, misordered, unseen } from "./looking.ts";
import type { Scene, Theatre } from "./scene.ts";
import { openTheatre, scenes } from "./scenes.ts";
import { axeFindings } from "./world/axe.ts";
import { Life } from "./world/life.ts";
import type { Look, Page } from "./world/page.ts";
import { pseudoExtension } from "./world/pseudo.ts";

/** What does not fit: parts that stick out of the window, and texts that their own box cuts off. */
const misfits = (): string[] => {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    found.push(`the page is ${String(root.scrollWidth - root.clientWidth)} px too wide`);
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    if (element.closest(".unseen, .host-middle, [hidden], svg, details:not([open]) > :not(summary)") !== null) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const what = `${element.tagName.toLowerCase()}#${element.id}.${element.className}: "${element.innerText.slice(0, 40)}"`;
    if (box.left < -1 || box.right > innerWidth + 1) found.push(`sticks out: ${what}`);
    const { overflowX, textOverflow } = getComputedStyle(element);
    const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
    if (cut && overflowX === "hidden" && textOverflow !== "ellipsis") found.push(`is cut off: ${what}`);
  }
  return found;
};

/** Texts that are in no brackets: nobody can translate them. Foreign text says of itself that it is none of ours. */
const untranslated = (): string[] => {
  const found: string[] = [];
  const foreign = "[translate=no], bdi, code, pre, time, svg, script, style";
  /** Nothing is left to read once all that is between brackets is taken out: what a placeholder stands for is a part of its text. */
  const ours = (text: string): boolean => {
    let depth = 0;
    let rest = "";
    for (const letter of text) {
      if (letter === "⟦") depth++;
      if (depth === 0) rest += letter;
      if (letter === "⟧") depth--;
    }
    return !/\p{L}/u.test(rest);
  };
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent?.closest(foreign) !== null) continue;
    // A text may have names in it, which are elements of their own.
    const own = [...parent.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE);
    if (!ours(own.map(({ nodeValue }) => nodeValue ?? "").join(""))) found.push(parent.textContent.trim());
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (element.closest(foreign) === null && !ours(element.getAttribute(name) ?? ""))
        found.push(`${name}: ${element.getAttribute(name) ?? ""}`);
  return found;
};

/** Reports what is wrong with the page in one look. */
async function check(page: Page, scene: Scene, look: Look, what: string, { axe }: { axe: boolean }): Promise<string[]> {
  const zoom = look.zoom ?? 1;
  const width = scene.grows ? scene.width * zoom : scene.width;
  await page.lookAt({ ...look, size: look.size ?? { width, height: 640 * zoom } });
  await page.settle();
  const found = [...(await page.evaluate(misfits)), ...(await page.evaluate(misordered))];
  if (look.contrast === "forced") found.push(...(await page.evaluate(unseen)).map((part) => `cannot be seen: ${part}`));
  if (axe) found.push(...(await axeFindings(page)));
  return found.map((finding) => `${what}: ${finding}`);
}

const looks = {
  light: { colours: "light" },
  dark: { colours: "dark" },
  "at 200 %": { zoom: 2 },
  "with the system's colours": { contrast: "forced", motion: "reduced" },
  "in a window as narrow as a telephone": { size: { width: 320, height: 640 } },
} satisfies Record<string, Look>;
type LookName = keyof typeof looks;

/** Opens each scene once, and gives it to `see`. */
async function eachScene(theatre: Theatre, see: (page: Page, scene: Scene) => Promise<void>): Promise<void> {
  for (const scene of scenes) {
    const { page, close } = await scene.open(theatre);
    try {
      await see(page, scene);
    } catch (error) {
      throw new Error(`${scene.name}: ${String(error)}`, { cause: error });
    }
    await close();
  }
}

interface Language {
  tag: string;
  direction: "ltr" | "rtl";
  /** The texts are ours in brackets. */
  pseudo?: true;
  /** What can be wrong in this language alone: colours and frames are the same in all of them. */
  looks: readonly LookName[];
  /** The looks that axe sees. */
  axe: readonly LookName[];
}

const whatTextsChange = ["light", "at 200 %", "in a window as narrow as a telephone"] as const;

const languages: Record<string, Language> = {
  English: { tag: "en", direction: "ltr", looks: Object.keys(looks) as LookName[], axe: ["light", "dark"] },
  German: { tag: "de", direction: "ltr", looks: whatTextsChange, axe: [] },
  "Arabic, from right to left": { tag: "ar", direction: "rtl", looks: whatTextsChange, axe: ["light"] },
  "a language with longer words": { tag: "en", direction: "ltr", pseudo: true, looks: whatTextsChange, axe: [] },
  "a language without texts of ours: in English": { tag: "he", direction: "ltr", looks: ["light"], axe: [] },
};

describe("every page, in every state", () => {
  for (const [name, { tag, direction, pseudo, ...seen }] of Object.entries(languages)) {
    test(`in ${name}`, async () => {
      const life = new Life(`looks, ${name}`);
      try {
        const theatre = await openTheatre(life, {
          language: tag,
          ...(pseudo === true ? { extension: pseudoExtension(life) } : {}),
        });
        const found: string[] = [];
        await eachScene(theatre, async (page, scene) => {
          const said = await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang]);
          assert.deepEqual(said, [direction, tag === "he" ? "en" : tag], scene.name);
          for (const how of seen.looks) {
            const look: Look = looks[how];
            if (scene.grows && look.size !== undefined) continue; // a window that has a width of its own
            found.push(...(await check(page, scene, look, `${scene.name} ${how}`, { axe: seen.axe.includes(how) })));
          }
          if (pseudo === true)
            found.push(
              ...(await page.evaluate(untranslated)).map((text) => `${scene.name}: not translated: ${text}`),
              ...(await page.evaluate(misdirected)).map((text) => `${scene.name}: keeps its own direction: ${text}`),
            );
        });
        assert.deepEqual(found, []);
      } catch (error) {
        await life.bearWitness(`looks in ${name}`);
        throw error;
      } finally {
        await life.end();
      }
    });
  }
});
