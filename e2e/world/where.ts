// `test` and `describe` of node:test, for suites of which not all can exist in Firefox: what in_firefox.txt leaves out there is skipped, with its reason.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe as nodeDescribe, test as nodeTest, type TestContext, type TestOptions } from "node:test";
import { browserName } from "./places.ts";

/** A line of the table that is about one test, or one group of tests, of a suite. */
export interface LeftOut {
  suite: string;
  name: string;
  reason: string;
}

/** Reads the lines "suite: name of the test   no   reason" of the table. */
export function readLeftOut(table: string): LeftOut[] {
  return table.split("\n").flatMap((line) => {
    const [, suite, name, reason] = /^([a-z0-9_]+): (\S.*?) {2,}no +(\S.*)$/.exec(line) ?? [];
    return suite === undefined || name === undefined || reason === undefined ? [] : [{ suite, name, reason }];
  });
}

const suite = basename(process.argv[1] ?? "", ".test.ts");
const leftOut = new Map(
  readLeftOut(readFileSync(new URL("../in_firefox.txt", import.meta.url), "utf8"))
    .filter((line) => browserName === "firefox" && line.suite === suite)
    .map(({ name, reason }) => [name, reason]),
);

/** The options with which the runner skips it where it is left out. */
function optionsOf(name: string, options: TestOptions): TestOptions {
  const reason = leftOut.get(name);
  return reason === undefined ? options : { ...options, skip: `not in Firefox: ${reason}` };
}

type Body<A extends unknown[]> = (...args: A) => void | Promise<void>;

export function test(name: string, options: TestOptions | Body<[TestContext]>, fn?: Body<[TestContext]>): void {
  if (typeof options === "function") void nodeTest(name, optionsOf(name, {}), options);
  else void nodeTest(name, optionsOf(name, options), fn);
}

export function describe(name: string, options: TestOptions | Body<[]>, fn?: Body<[]>): void {
  if (typeof options === "function") void nodeDescribe(name, optionsOf(name, {}), options);
  else void nodeDescribe(name, optionsOf(name, options), fn);
}
