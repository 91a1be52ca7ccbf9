// What people call services and devices.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
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
  assert.equal(service(993), "IMAP mail");
  assert.equal(service(993), service(143));
  assert.equal(service(631), "Printer");
  assert.equal(service(53, "udp"), service(53));
  assert.notEqual(service(443, "udp"), service(443));
  assert.equal(service(4711), undefined);
});

test("no service's name says anything of encryption, in any language", () => {
  const locales = new URL("../_locales/", import.meta.url);
  const words = { en: /encr|secur/i, de: /verschl|sicher/i, ar: /مشف|تشفير|آمن/ };
  assert.deepEqual(readdirSync(locales).sort(), Object.keys(words).sort());
  for (const [locale, word] of Object.entries(words)) {
    const all = JSON.parse(readFileSync(new URL(`${locale}/messages.json`, locales), "utf8")) as typeof texts;
    for (const name of serviceMessages) assert.doesNotMatch(all[name]?.message ?? "", word, `${locale}: ${name}`);
  }
});

test("kinds of devices by their service type", () => {
  assert.equal(kindMessage("_ipp._tcp"), "kindPrinter");
  assert.equal(kindMessage("_ssh._tcp"), "kindTerminal");
  assert.equal(kindMessage("_mqtt._tcp"), "kindSmartHome");
  for (const type of ["_nonsense._tcp", "", "constructor._tcp", "__proto__"])
    assert.equal(kindMessage(type), undefined);
});
