// What people call services and devices.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kindMessage, serviceMessage, serviceMessages } from "./services.ts";

const texts = JSON.parse(readFileSync(new URL("../_locales/en/messages.json", import.meta.url), "utf8")) as Record<
  string,
  { message: string }
>;
const service = (port: number, protocol: "tcp" | "udp" = "tcp"): string | undefined =>
  texts[serviceMessage(port, protocol) ?? ""]?.message;

test("every service and kind of device has a name in words", () => {
  for (const name of serviceMessages) assert.ok(texts[name], name);
  const known = new Set(serviceMessages);
  for (const name of Object.keys(texts))
    if (/^(?:service|kind)[A-Z]/.test(name)) assert.ok(known.has(name), `${name} names nothing`);
});

test("services at their ports", () => {
  assert.equal(service(993), "IMAP mail, encrypted");
  assert.equal(service(631), "Printer");
  assert.equal(service(53, "udp"), service(53));
  assert.notEqual(service(443, "udp"), service(443));
  assert.equal(service(4711), undefined);
  for (const port of [443, 465, 563, 636, 853, 990, 993, 995, 5223, 6697, 8443, 8883]) {
    assert.match(service(port) ?? "", /, encrypted$/);
    const plain = texts[serviceMessage(port, "tcp", { plain: true }) ?? ""]?.message;
    assert.equal(`${plain ?? ""}, encrypted`, service(port), "a name does not say what nobody knows");
  }
});

test("kinds of devices by their service type", () => {
  assert.equal(kindMessage("_ipp._tcp"), "kindPrinter");
  assert.equal(kindMessage("_ssh._tcp"), "kindTerminal");
  assert.equal(kindMessage("_mqtt._tcp"), "kindSmartHome");
  for (const type of ["_nonsense._tcp", "", "constructor._tcp", "__proto__"])
    assert.equal(kindMessage(type), undefined);
});
