// What administrators set in Chromium reaches the extension: the schema that follows from protocol/schema/policy.json is
// one that Chromium loads, and one that lets every setting through.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { join } from "node:path";
import { startChromium } from "./world/chromium/chromium.ts";
import { canLayerEtc, layerEtc, whyNoLayer } from "./world/etc.ts";
import { lifeOf } from "./world/life.ts";
import { extensionFolder, extensionId } from "./world/places.ts";
import { until } from "./world/wait.ts";

/** One value of every setting. */
const settings = {
  enabled: true,
  allowedOrigins: ["https://*.example.org"],
  blockedOrigins: ["https://b.example.org"],
  allowedDestinations: [
    {
      host: "*.lab.example.org",
      cidr: "10.20.0.0/16",
      ports: ["22", "5900-5910"],
      protocol: "tcp",
      tlsOnly: true,
      origins: ["https://a.example.org"],
      prompt: "skip",
    },
  ],
  prompt: "always",
  remember: false,
  privateAddressEntry: false,
  cspRule: "require-eval-blocked",
  installedOnly: false,
  discovery: false,
  limits: {
    attemptBurst: 1,
    attemptsPerSecond: 2,
    attemptsPerMinuteOverall: 3,
    pendingPerOrigin: 4,
    openPerOrigin: 5,
    openOverall: 6,
    acceptedPerOrigin: 7,
    acceptedOverall: 8,
    localPerOrigin: 9,
    newPeersPerMinute: 10,
    ipTypeOfService: 11,
  },
  servers: "network",
  boundUDP: "named",
  multicast: false,
  announce: false,
  localPorts: [{ ports: ["8080", "5000-5010"], protocol: "tcp", origins: ["https://a.example.org"] }],
  dnsServers: ["192.0.2.53", "[2001:db8::53]:53"],
  errorDetail: "none",
  dataLane: "off",
  reportOnly: true,
};

test(
  "managed storage: every setting arrives, also one whose value only the host can tell to be wrong",
  { skip: canLayerEtc ? false : whyNoLayer },
  async (t) => {
    const schema = JSON.parse(readFileSync(join(extensionFolder, "managed_schema.json"), "utf8")) as {
      properties: Record<string, unknown>;
    };
    const set = { ...settings, blockedDestinations: [{ ports: ["0"] }], audit: { detail: "counts" } };
    assert.deepEqual(
      Object.keys(schema.properties).sort(),
      [...Object.keys(settings), "blockedDestinations"].sort(),
      "the schema has settings that this test does not try",
    );
    const life = lifeOf(t);
    const policy = JSON.stringify({ "3rdparty": { extensions: { [extensionId]: set } } });
    const { launcher } = layerEtc(life, { "chromium/policies/managed/portside-test.json": policy });
    const browser = await startChromium(life, { launcher });
    const page = await browser.newExtensionPage("ui/options.html");
    // At its first start Chromium takes some seconds to hand them over.
    const managed = await until(
      "the managed settings",
      async () => {
        const got = await page.evaluate(
          async () =>
            await (
              globalThis as unknown as { chrome: { storage: { managed: { get(): Promise<Record<string, unknown>> } } } }
            ).chrome.storage.managed.get(),
        );
        return Object.keys(got).length > 0 ? got : undefined;
      },
      { timeout: 20_000 },
    );
    // Dropped, it would block nothing; so it has to come through. The audit log is for files to place.
    assert.deepEqual(managed, { ...settings, blockedDestinations: set.blockedDestinations });
  },
);
