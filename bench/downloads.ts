// How much code each engine downloads: the files its package publishes for a page, compressed with gzip.

import type { EngineName } from "../src/bench/report.ts";
import type { PeerAddresses } from "./peers.ts";

type PeerFile = readonly [folder: keyof PeerAddresses, file: string];

const wasmBuilds: Readonly<Record<string, string>> = {
  jsep: "ort-wasm-simd-threaded.jsep",
  asyncify: "ort-wasm-simd-threaded.asyncify",
  jspi: "ort-wasm-simd-threaded.jspi",
  wasm: "ort-wasm-simd-threaded",
};

const tensorFlowCore: PeerFile = ["tfjs-core", "tf-core.min.js"];

const modules: Readonly<Record<string, string>> = {
  jsep: "ort.min.mjs",
  asyncify: "ort.webgpu.min.mjs",
  jspi: "ort.jspi.min.mjs",
  wasm: "ort.wasm.min.mjs",
};

export function filesOf(engine: EngineName, build: string | undefined, hasThreads: boolean): readonly PeerFile[] {
  const runtime = (name: string): readonly PeerFile[] =>
    [modules[name] as string, `${wasmBuilds[name]}.mjs`, `${wasmBuilds[name]}.wasm`].map((file) => ["onnxruntime-web", file]);
  switch (engine) {
    case "convcam":
    case "convcam-float16": {
      // With what a 3×3 convolution loads, and a graphics card. Nothing that is measured here needs the rarer operators.
      const parts = ["-winograd", "-implicit-gemm", ...(engine === "convcam" ? [] : ["-halves"])];
      return ["", ...parts].map((part) => ["convcam", `convcam${part}.js`]);
    }
    case "ort-webgpu":
      return runtime(build ?? "asyncify");
    case "ort-wasm-1":
    case "ort-wasm-n":
      return runtime("wasm");
    case "jax-js":
      return ["index.js", "backend-CnjgxpXq.js", "webgpu-D5edCWOx.js"].map((file) => [engine, file]);
    case "tfjs-webgpu":
      return [tensorFlowCore, [engine, "tf-backend-webgpu.min.js"]];
    case "tfjs-webgl":
      return [tensorFlowCore, [engine, "tf-backend-webgl.min.js"]];
    case "tfjs-wasm":
      return [tensorFlowCore, [engine, "tf-backend-wasm.min.js"], [engine, `tfjs-backend-wasm${hasThreads ? "-threaded" : ""}-simd.wasm`]];
  }
}

/** Null where a file cannot be had: a page served without the peers' packages. */
export async function measureDownload(addresses: PeerAddresses, engine: EngineName, build?: string): Promise<number | null> {
  const files = filesOf(engine, build, crossOriginIsolated);
  const sizes = await Promise.all(files.map(([folder, file]) => gzipBytes(`${addresses[folder]}${file}`)));
  return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
}

async function gzipBytes(address: string): Promise<number | null> {
  const response = await fetch(address);
  // A server that answers every address with its first page has not got the file.
  if (!response.ok || !response.body || response.headers.get("content-type")?.includes("html")) return null;
  let count = 0;
  const reader = response.body.pipeThrough(new CompressionStream("gzip")).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) count += chunk.value.byteLength;
  return count;
}
