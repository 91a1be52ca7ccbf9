import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { consoleLines } from "../shared/console_lines.ts";
import { DeveloperConsole, linesBound } from "./developer_console.ts";

test("a document prints fifty lines in a row, says once that there are more, and then one every ten seconds", () => {
  const { mock: printed } = mock.method(console, "warn", () => undefined);
  const own = new DeveloperConsole(0);
  for (let n = 0; n < 200; n++) own.print(n.toString(), 0);
  const bounded = `Portside: ${consoleLines.bounded}`;
  const first = Array.from({ length: linesBound.burst }, (_, n) => `Portside: ${n.toString()}`);
  assert.deepEqual(printedTexts(printed), [...first, bounded]);
  printed.resetCalls();
  for (let n = 0; n < 10; n++) own.print("later", 10_000);
  assert.deepEqual(printedTexts(printed), ["Portside: later", bounded]);
  printed.resetCalls();
  // Another document has its own.
  new DeveloperConsole(10_000).print("other", 10_000);
  assert.deepEqual(printedTexts(printed), ["Portside: other"]);
});

function printedTexts({ calls }: { calls: readonly { arguments: readonly unknown[] }[] }): unknown[] {
  return calls.map(({ arguments: [text] }) => text);
}
