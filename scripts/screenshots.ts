// Renders what the user sees of Portside into docs/images: each scene of e2e/scenes.ts in the light, in the dark, in a language that runs
// from right to left, and at 200 %.
//
//   make screenshots            all of them
//   make screenshots ONLY=popup those whose name has this in it
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Theatre } from "../e2e/scene.ts";
import { openTheatre, scenes } from "../e2e/scenes.ts";
import { Life } from "../e2e/world/life.ts";
import { sleep } from "../e2e/world/wait.ts";
import type { Look } from "../e2e/world/page.ts";

const folder = "docs/images";
const only = process.env["ONLY"] ?? "";
/** After every change the prompt's Allow is dead for a moment, in ms: the picture is of what comes after. */
const rest = 700;

/** The looks of each language of the browser: the name's ending, and how. */
const looks: Record<string, Record<string, Look>> = {
  en: { "": { colours: "light" }, "-dark": { colours: "dark" }, "-200": { colours: "light", zoom: 2 } },
  ar: { "-rtl": { colours: "light" } },
};

async function render(theatre: Theatre, byName: Record<string, Look>): Promise<void> {
  for (const scene of scenes.filter(({ name }) => name.includes(only))) {
    const shown = await scene.open(theatre);
    const { page } = shown;
    if (scene.ripens !== undefined) await sleep(scene.ripens);
    for (const [ending, look] of Object.entries(byName)) {
      // At 200 % a page has half the room of a window that is as wide as before; a window of ours grows with its content instead.
      const zoom = look.zoom ?? 1;
      const width = scene.grows ? scene.width * zoom : scene.width;
      // All of the content and no more, as far as a window may grow.
      for (let height = 0, next = 1; next > height;) {
        height = next;
        await page.lookAt({ ...look, size: { width, height: height * zoom } });
        await page.settle();
        next = await page.evaluate(() => {
          scrollTo(0, 0);
          const bottoms = [...document.body.children].map((part) => part.getBoundingClientRect().bottom);
          return Math.ceil(Math.max(...bottoms));
        });
      }
      // A popup grows no further than browsers let it.
      const end = await page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().bottom));
      await page.lookAt({ ...look, size: { width, height: end * zoom } });
      await sleep(rest);
      const file = join(folder, `${scene.name}${ending}.png`);
      await page.screenshot(file);
      console.log(file);
    }
    await shown.close();
  }
}

mkdirSync(folder, { recursive: true });
for (const [language, byName] of Object.entries(looks)) {
  const life = new Life(`screenshots, ${language}`);
  try {
    const theatre = await openTheatre(life, { language });
    await render(theatre, byName);
  } finally {
    await life.end();
  }
}
