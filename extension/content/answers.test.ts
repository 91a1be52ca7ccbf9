import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers } from "./answers.ts";

const own = "https://page.test";
function count(answers: Answers, origin: string, now = 0): number {
  let n = 0;
  while (n < 5_000 && answers.take(origin, now)) n++;
  return n;
}

test("frames of one origin get so many answers, whatever their windows are; others have their own", () => {
  const answers = new Answers(own);
  assert.equal(count(answers, "https://ad.test"), 300);
  assert.equal(count(answers, "https://widget.test"), 300);
  assert.equal(count(answers, "https://ad.test", 1_000), 20);
  assert.equal(count(answers, own), 5_000, "the page's own");
  assert.equal(count(new Answers("null"), "null"), 300, "no origin is nobody's own");
});

test("more origins than are remembered make nobody whole again before its time, and fill nothing", () => {
  const answers = new Answers(own);
  count(answers, "https://ad.test");
  for (let n = 0; n < 150; n++) answers.take(`https://s${n.toString()}.test`, 0);
  assert.equal(count(answers, "https://ad.test"), 0);
});
