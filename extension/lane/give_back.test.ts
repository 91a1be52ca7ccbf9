// What becomes of a buffer that is given back. That it saves memory shows in the browser (e2e/transfer.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import { mostGivenBack, worthGivingBack } from "../shared/give_back.ts";
import { giveBack } from "./give_back.ts";

test("a buffer that is worth it is given back; others, and what is none, are left alone", () => {
  for (const size of [worthGivingBack, mostGivenBack]) {
    const buffer = new ArrayBuffer(size);
    giveBack(buffer);
    assert.equal(buffer.byteLength, 0);
    giveBack(buffer); // a second time is no fault
  }
  for (const size of [0, worthGivingBack - 1, mostGivenBack + 1]) {
    const buffer = new ArrayBuffer(size);
    giveBack(buffer);
    assert.equal(buffer.byteLength, size);
  }
  for (const other of [undefined, "text", { byteLength: worthGivingBack }, new SharedArrayBuffer(worthGivingBack)])
    giveBack(other);
});
