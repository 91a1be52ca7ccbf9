import assert from "node:assert/strict";
import { test } from "node:test";
import "../../fake/globals.ts";
import { pageError } from "../../../protocol/page.ts";

// What the modules look for when they load; the generated validators are bundled for the browser, where nothing is required.
Object.assign(globalThis, { chrome: {} });
const { HostError, HostUnavailable } = await import("../host/host.ts");
const { pageReasonOf } = await import("./page_reason.ts");

const refused = new HostError("", { name: "NetworkError", reason: "refused", pageReason: "refused" });
const silent = new HostError("", { name: "NetworkError", reason: "refused" });
const gone = new HostUnavailable({ kind: "missing" });

test("a page hears why only where somebody agreed, and as much as the host says that it may", () => {
  for (const tells of [true, false]) {
    for (const error of [refused, silent, gone, new Error("x")])
      assert.equal(pageReasonOf(error, { agreed: false, tells }), undefined);
    assert.equal(pageReasonOf(refused, { agreed: true, tells }), "refused");
    assert.equal(pageReasonOf(silent, { agreed: true, tells }), undefined);
    assert.equal(pageReasonOf(new Error("x"), { agreed: true, tells }), undefined);
  }
});

test("of a host that is gone a page hears only where administrators let it, as they said last", () => {
  assert.equal(pageReasonOf(gone, { agreed: true, tells: true }), "host");
  assert.equal(pageReasonOf(gone, { agreed: true, tells: false }), undefined);
});

test("no error but NetworkError has a reason", () => {
  for (const name of ["NotAllowedError", "QuotaExceededError", "AbortError", "InvalidStateError"] as const)
    assert.deepEqual(pageError(name, "refused"), pageError(name));
  assert.equal(pageError("NetworkError", "refused").reason, "refused");
  assert.equal(pageError("NetworkError", "refused").message, pageError("NetworkError").message);
});
