import assert from "node:assert/strict";
import { test } from "node:test";
import { lifeOf } from "./life.ts";
import { capture, makeNetwork, startDistantPeer, startNameServer, startPeer } from "./network.ts";
import { isAlive } from "./proc.ts";
import { until } from "./wait.ts";

test("a network is two machines: one beyond a gateway, or next to the other where a test says so", async (t) => {
  const life = lifeOf(t);
  const network = await makeNetwork(life);
  const far = ["93.184.215.14", "2606:2800:21f::1", "10.0.0.5"];
  const own = ["93.184.219.7", "2606:2800:219::7"];
  const near = ["93.184.220.8", "2606:2800:220::8"];
  await network.addAddresses(...far);
  await network.addOwnAddresses(...own);
  await network.addNeighbour("93.184.220.7/24", "93.184.220.8");
  await network.addNeighbour("2606:2800:220::7/64", "2606:2800:220::8");
  await network.addVoid("93.184.216.34");
  await startNameServer(life, network, `--host-record=far.example,${far[0] ?? ""}`);
  const port = 7777;
  const at = (hosts: string[]): { host: string; port: number }[] => hosts.map((host) => ({ host, port }));
  const distant = await startDistantPeer(life, network, at([...far, ...near]));
  const local = await startPeer(life, network, at(own));
  const wire = await capture(life, network);

  // What a program on the host's machine finds out in two seconds: "open", why not, or "silent".
  const dial = (host: string, port: number): Promise<string> =>
    network.run(
      process.execPath,
      "--eval",
      `const socket = require("node:net").connect(${JSON.stringify({ host, port })});
       const say = (text) => { console.log(text); process.exit(); };
       socket.on("connect", () => say("open")).on("error", ({ code }) => say(code));
       setTimeout(say, 2_000, "silent");`,
    );
  for (const host of [...far, ...near, ...own]) assert.equal((await dial(host, port)).trim(), "open", host);
  assert.equal((await dial("93.184.215.14", 1)).trim(), "ECONNREFUSED");
  assert.match(await dial("93.184.217.1", port), /EHOSTUNREACH|ENETUNREACH/);
  assert.match(await dial("2606:2800:217::1", port), /EHOSTUNREACH|ENETUNREACH/);
  assert.equal((await dial("93.184.216.34", port)).trim(), "silent");
  const called = await until("all calls to be noted", () => {
    const calls = [distant.connections(), local.connections()];
    return calls.flat().length === 7 ? calls : undefined;
  });
  assert.deepEqual(
    called,
    [[...far, ...near], own].map((hosts) => hosts.map((host) => `${host}:${port.toString()}`)),
  );

  for (const [host, via] of [
    ...far.map((host) => [host, true] as const),
    ...near.map((host) => [host, false] as const),
  ])
    assert.equal((await network.run("ip", "route", "get", host)).includes(" via "), via, host);
  const packets = (await wire.packets()).join("\n");
  for (const host of [...far, ...near, ...own, "93.184.216.34"])
    assert.ok(packets.includes(` > ${host}.7777: tcp`), host);

  const holders = [network, network.there].map(({ command }) => Number(command[2]));
  assert.deepEqual(holders.map(isAlive), [true, true]);
  await life.end();
  assert.deepEqual(holders.map(isAlive), [false, false]);
});
