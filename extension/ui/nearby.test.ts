// The list of devices nearby, in a made-up consent window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnPage } from "../fake/own_page.ts";
import type { FakeElement } from "../fake/own_page.ts";

const page = new OwnPage("prompt.html", { hash: "#1" });
const { Nearby } = await import("./nearby.ts");
const { clock } = page;
const list = page.element("devices");
let picked: string | undefined;
let found = 0;

/** A list for a site that proposes something, with these devices. */
function open(proposal: string | undefined, ...names: string[]): InstanceType<typeof Nearby> {
  list.replaceChildren();
  picked = undefined;
  found = 0;
  const nearby = new Nearby((device) => {
    picked = device?.name;
  });
  nearby.begin(proposal);
  for (const name of names) answers(nearby, name);
  return nearby;
}

/** Another device answers. */
function answers(nearby: InstanceType<typeof Nearby>, name: string, address = "192.168.1.2"): void {
  const host = `${name.toLowerCase().replaceAll(" ", "-")}.local`;
  nearby.add({ index: found++, name, service: "_ipp._tcp", host, address });
}

const words = (): string[] => list.children.map(({ textContent }) => textContent);
const names = (): string[] => words().map((text) => text.replace(/Printer.*/, ""));
const row = (name: string): FakeElement | undefined =>
  list.children.find(({ textContent }) => textContent.startsWith(name));
const point = (type: "pointerenter" | "pointermove" | "pointerleave" | "focus" | "blur"): unknown =>
  list.dispatchEvent({ type });
const click = (name: string, isTrusted = true): unknown => row(name)?.dispatchEvent({ type: "click", isTrusted });

test("they stand in the order of their names, as people count", () => {
  open(undefined, "Printer 10", "nas", "Printer 9", "Attic");
  assert.deepEqual(
    list.children.map(({ textContent }) => /^(?:Printer \d+|nas|Attic)/.exec(textContent)?.[0]),
    ["Attic", "nas", "Printer 9", "Printer 10"],
  );
});

test("the one that the site proposes is marked, by its address or its name, and no other", () => {
  for (const [proposal, marked] of [
    ["192.168.1.7", ["Lamp"]],
    ["nas.local", ["Nas"]],
    ["[fd00::7]", ["Box"]],
    ["192.168.1.99", []],
    [undefined, []],
  ] as const) {
    const nearby = open(proposal, "Nas");
    answers(nearby, "Lamp", "192.168.1.7");
    answers(nearby, "Box", "fd00::7");
    const found = words().filter((text) => text.includes("Proposed by the site"));
    assert.deepEqual(
      found.map((text) => /^[A-Z][a-z]+?(?=Printer)/.exec(text)?.[0]),
      marked,
      proposal,
    );
  }
});

test("nothing moves while somebody has the list in hand; half a second after they let go each stands in its place", async () => {
  for (const [take, leave] of [
    ["pointerenter", "pointerleave"],
    ["pointermove", "pointerleave"],
    ["focus", "blur"],
  ] as const) {
    const nearby = open(undefined, "Lamp", "Nas");
    point(take);
    await clock.advance(5_000);
    answers(nearby, "Attic");
    assert.deepEqual(names(), ["Lamp", "Nas", "Attic"], take);
    point(leave);
    await clock.advance(400);
    point(take); // they come back
    await clock.advance(5_000);
    assert.deepEqual(names(), ["Lamp", "Nas", "Attic"], take);
    point(leave);
    await clock.advance(500);
    assert.deepEqual(names(), ["Attic", "Lamp", "Nas"], take);
  }
});

test("a click right after the rows have moved picks nothing: it was aimed at another one", async () => {
  const nearby = open(undefined, "Lamp");
  answers(nearby, "Attic");
  click("Attic");
  await clock.advance(499);
  click("Lamp");
  assert.equal(picked, undefined);
  await clock.advance(1);
  click("Lamp", false);
  assert.equal(picked, undefined, "no script picks");
  click("Lamp");
  assert.equal(picked, "Lamp");
  // Where it came in at the end, nothing has moved.
  answers(nearby, "Nas");
  click("Nas");
  assert.equal(picked, "Nas");
});

test("the arrow keys go as the rows stand; what is picked stays picked when they move", async () => {
  const nearby = open(undefined, "Nas", "Attic");
  await clock.advance(500);
  const press = (key: string): string | undefined => {
    list.dispatchEvent({ type: "keydown", key, isTrusted: true, preventDefault: () => undefined });
    return picked;
  };
  point("focus");
  assert.deepEqual(["ArrowDown", "ArrowDown", "ArrowDown", "Home", "End", "ArrowUp", "x"].map(press), [
    ...["Attic", "Nas", "Nas", "Attic", "Nas", "Attic", "Attic"],
  ]);
  answers(nearby, "Aardvark");
  point("blur");
  await clock.advance(500);
  assert.deepEqual(names(), ["Aardvark", "Attic", "Nas"]);
  assert.equal(nearby.picked?.name, "Attic");
  assert.equal(row("Attic")?.parent, list);
  point("focus");
  assert.equal(press("ArrowUp"), "Aardvark");
  point("blur");
});
