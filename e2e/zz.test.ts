import { before, test } from "node:test";
import { readFileSync, readdirSync } from "node:fs";
import { openStage, openTCP, type Page, type Stage, type WithTCP } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import { commandLine, descendantsOf } from "./world/proc.ts";

const life = lifeOfSuite("try");
let stage: Stage; let page: Page; let far: any;
before(async () => {
  stage = await openStage(life, process.env.STDIO ? { host: { policy: { dataLane: "off" } } } : {});
  page = await stage.open(); page.patience = 180000;
  far = { ports: JSON.parse(readFileSync("/tmp/w/peer/ports.json", "utf8")) };
});
function cpu() {
  const m: Record<string, number> = {};
  for (const pid of descendantsOf(stage.browser.process.pid).concat([stage.browser.process.pid])) {
    const cmd = commandLine(pid);
    const kind = cmd.includes("--extension-process") ? "ext" : cmd.includes("--type=renderer") ? "page" : /--utility-sub-type=([a-z]+)/.exec(cmd)?.[1] ?? (cmd.includes("portside") && !cmd.includes("user-data") ? "host" : cmd.includes("--type=") ? "other" : "browser");
    try { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" "); m[kind] = (m[kind] ?? 0) + (Number(f[11]) + Number(f[12])) / 100; } catch {}
  }
  return m;
}
const diff = (a: any, b: any, gib: number) => Object.fromEntries(Object.keys(b).map((k) => [k, ((b[k] - (a[k] ?? 0)) / gib).toFixed(2)]));
const ms = Number(process.env.MS ?? 3000);
test("speed", { timeout: 180000 }, async (t) => {
  await openTCP(stage, page, { host: "127.0.0.1", port: far.ports.source });
  let a = cpu();
  const rx = await page.evaluate(async (ms: number) => {
    const { socket } = window as unknown as WithTCP;
    let start = performance.now(), n = 0, chunks = 0;
    const reader = socket.readable.getReader();
    while (performance.now() - start < ms) { const { done, value } = await reader.read(); if (done) break; n += value.length; chunks++; }
    const s = (performance.now() - start) / 1000;
    void socket.close();
    return { n, rate: n / 1048576 / s, chunk: n / chunks };
  }, ms);
  if (process.env.TRACE) {
    const events: any[] = []; let done = false;
    stage.browser.cdp.on("Tracing.dataCollected", ({ value }: any) => { for (const v of value) events.push(v); });
    stage.browser.cdp.on("Tracing.tracingComplete", () => { done = true; });
    await page.evaluate(async (port: number) => { const s = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: port }); Object.assign(window, { n: 0 }); const r = s.readable.getReader(); Object.assign(window, { s }); void (async () => { for (;;) { const { done, value } = await r.read(); if (done) return; (window as any).n += value.length; } })(); }, far.ports.source);
    await stage.browser.cdp.send("Tracing.start", { traceConfig: { includedCategories: process.env.TRACE.split(",") } as any, transferMode: "ReportEvents" });
    const n0 = await page.evaluate(() => (window as any).n);
    await new Promise((r) => setTimeout(r, 1500));
    const n1 = await page.evaluate(() => (window as any).n);
    await stage.browser.cdp.send("Tracing.end");
    await page.evaluate(() => { void (window as any).s.close(); });
    while (!done) await new Promise((r) => setTimeout(r, 100));
    const names = new Map<number, string>();
    for (const e of events) if (e.name === "process_name") names.set(e.pid, e.args.name);
    const threads = new Map<string, string>();
    for (const e of events) if (e.name === "thread_name") threads.set(e.pid + ":" + e.tid, e.args.name);
    const sum = new Map<string, [number, number]>();
    const byT = new Map<string, any[]>();
    for (const e of events) if (e.ph === "X") { const k = e.pid + ":" + e.tid; (byT.get(k) ?? byT.set(k, []).get(k)!).push(e); }
    for (const [k, list] of byT) {
      list.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
      const stack: any[] = [];
      for (const e of list) {
        while (stack.length && stack.at(-1).ts + stack.at(-1).dur <= e.ts) stack.pop();
        if (stack.length) stack.at(-1).self -= e.tdur ?? e.dur;
        e.self = e.tdur ?? e.dur; stack.push(e);
      }
      for (const e of list) {
        const a = e.args?.src_func ? ":" + e.args.src_func : e.args?.chrome_task_annotator ? "" : "";
        const key = names.get(e.pid) + " " + e.pid + " " + threads.get(k) + " | " + e.name + a;
        const v = sum.get(key) ?? [0, 0]; v[0] += e.self; v[1]++; sum.set(key, v);
      }
    }
    t.diagnostic("traced " + ((n1 - n0) / 1048576).toFixed(0) + " MiB");
    for (const [k, [us, n]] of [...sum].sort((a, b) => b[1][0] - a[1][0]).slice(0, 45)) console.log((us / 1000).toFixed(0).padStart(6) + " ms " + String(n).padStart(6) + "  " + k);
  }
  t.diagnostic("rx " + rx.rate.toFixed(0) + " MiB/s chunk " + rx.chunk.toFixed(0) + " cpu s/GiB " + JSON.stringify(diff(a, cpu(), rx.n / 2 ** 30)));
  await openTCP(stage, page, { host: "127.0.0.1", port: far.ports.sink });
  a = cpu();
  const tx = await page.evaluate(async (ms: number) => {
    const { socket } = window as unknown as WithTCP;
    const start = performance.now(); let n = 0;
    const w = socket.writable.getWriter(); const piece = new Uint8Array(1 << 20);
    while (performance.now() - start < ms) { await w.write(piece); n += piece.length; }
    await w.close();
    return { n, rate: n / 1048576 / ((performance.now() - start) / 1000) };
  }, ms);
  t.diagnostic("tx " + tx.rate.toFixed(0) + " MiB/s cpu s/GiB " + JSON.stringify(diff(a, cpu(), tx.n / 2 ** 30)));
  await openTCP(stage, page, { host: "127.0.0.1", port: far.ports.echo });
  const trips = (n: number) => page.evaluate(async (n: number) => {
    const { socket } = window as unknown as WithTCP;
    const w = socket.writable.getWriter(), r = socket.readable.getReader(); const one = new Uint8Array(1); const all: number[] = [];
    for (let i = 0; i < n; i++) { const t = performance.now(); await w.write(one); await r.read(); all.push(performance.now() - t); }
    w.releaseLock(); r.releaseLock();
    all.sort((a, b) => a - b);
    return `p50 ${all[n >> 1]!.toFixed(2)} p99 ${all[Math.floor(n * 0.99)]!.toFixed(2)}`;
  }, n);
  await trips(200);
  t.diagnostic("idle " + await trips(1000));
  await page.evaluate(async (ports: any) => {
    const down = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: ports.source });
    Object.assign(window, { stop: false, down });
    void (async () => { const r = down.readable.getReader(); while (!(window as any).stop) await r.read(); void down.close(); })();
  }, far.ports);
  t.diagnostic("down " + await trips(500));
  await page.evaluate(async (ports: any) => {
    (window as any).stop = true; await new Promise((r) => setTimeout(r, 300));
    const up = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: ports.sink });
    Object.assign(window, { stop: false });
    void (async () => { const w = up.writable.getWriter(); const p = new Uint8Array(1 << 16); while (!(window as any).stop) await w.write(p); void up.close(); })();
  }, far.ports);
  t.diagnostic("up " + await trips(500));
});
