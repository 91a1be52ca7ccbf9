// Colours that have to be told apart.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("style.css", import.meta.url), "utf8");

/** The two values of a colour, light and dark. */
function colours(name: string): [string, string] {
  const [, light = "", dark = ""] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css) ?? [];
  assert.ok(light !== "" && dark !== "", name);
  return [light, dark];
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test("the border of a button is seen: 3:1 against what is around it, light and dark", () => {
  assert.match(css, /^button \{[^}]*border: 1px solid var\(--edge\);/m);
  for (const [n, edge] of colours("edge").entries())
    for (const around of ["back", "card"]) {
      const ratio = contrast(edge, colours(around)[n] ?? "");
      assert.ok(ratio >= 3, `${edge} on ${around}: ${ratio.toFixed(2)}`);
    }
});

test("text is read: 4.5:1 against what is behind it", () => {
  for (const ink of ["text", "soft", "accent", "warn"])
    for (const [n, colour] of colours(ink).entries())
      for (const behind of ["back", "card"]) {
        const ratio = contrast(colour, colours(behind)[n] ?? "");
        assert.ok(ratio >= 4.5, `${ink} ${colour} on ${behind}: ${ratio.toFixed(2)}`);
      }
});
