// What administrators set in the browser reaches the extension. In Chromium: the schema that follows from protocol/schema/policy.json is one that
// Chromium loads, and one that lets every setting through.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canLayerEtc, layerEtc, whyNoLayer } from "./world/etc.ts";
import { lifeOf, type Life } from "./world/life.ts";
import { managedFile, managedText } from "./world/managed.ts";
import { extensionFolderOf } from "./world/places.ts";
import { startBrowser } from "./world/start.ts";
import { test } from "./world/where.ts";

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

test("the schema has every setting that this test tries, and no other", () => {
  const schema = JSON.parse(readFileSync(join(extensionFolderOf("chromium"), "managed_schema.json"), "utf8")) as {
    properties: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys(schema.properties).sort(), [...Object.keys(settings), "blockedDestinations"].sort());
});

/** What the extension has of settings that an administrator has made in the browser. */
async function managedOf(life: Life, set: object): Promise<object> {
  const { launcher } = layerEtc(life, { [managedFile]: managedText(set) });
  const browser = await startBrowser(life, { launcher });
  const page = await browser.newExtensionPage("ui/options.html");
  // At its first start Chromium takes some seconds to hand them over.
  return await page.waitFor("the managed settings", async () => {
    const got = await chrome.storage.managed.get(null);
    return Object.keys(got).length > 0 ? got : undefined;
  });
}
const skip = canLayerEtc ? false : whyNoLayer;
/** Only the host can tell that the value is wrong. Dropped, it would block nothing; so it has to come through. */
const all = { ...settings, blockedDestinations: [{ ports: ["0"] }] };

test(
  "managed storage: every setting arrives, also one whose value only the host can tell to be wrong",
  { skip },
  async (t) => {
    assert.deepEqual(await managedOf(lifeOf(t), all), all);
  },
);

test("managed storage: what is for files to say does not arrive", { skip }, async (t) => {
  assert.deepEqual(await managedOf(lifeOf(t), { ...all, audit: { detail: "counts" } }), all);
});
