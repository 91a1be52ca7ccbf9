import { Life } from "/work/main/e2e/world/life.ts";
import { startPages } from "/work/main/e2e/world/pages.ts";
import { bundle } from "/work/main/e2e/world/bundle.ts";
import { Far } from "/work/main/bench/far.ts";
import { startPeers } from "/work/main/bench/peers/all.ts";
const life = new Life("trip");
try {
const [script,pages,far]=await Promise.all([bundle(new URL("file:///work/main/bench/page/main.ts")),startPages(life),Far.start(life)]);
const {peers}=await startPeers({life,far,pages,script},process.argv[2].split(",") as any,{laneAnyway:false,say:()=>{}});
const q=(t:number[],x:number)=>t.sort((a,b)=>a-b)[Math.floor(t.length*x)]!.toFixed(3);
for(let i=0;i<3;i++) for(const peer of peers){ const r=await peer.measure("trips",{count:1500,ms:4000,loaded:false,held:false,sinkId:0,chunk:65536} as any,20000) as any;
console.log("/work/main",peer.key,"p10",q(r.times,.1),"p50",q(r.times,.5),"p99",q(r.times,.99)); 
if(process.argv[3]){const r=await peer.measure("trips",{count:1000,ms:3000,loaded:true,held:false,sinkId:77+i*10+peers.indexOf(peer),chunk:65536} as any,20000) as any;
console.log("/work/main",peer.key,"loaded p10",q(r.times,.1),"p50",q(r.times,.5),"p99",q(r.times,.99)); } }
console.log(life.logs().split("\n").filter(l=>/->/.test(l)).join("\n"));
} finally { await life.end(); }
process.exit();
