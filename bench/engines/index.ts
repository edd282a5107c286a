// Every engine the page can measure, by name.

import { convcamEngine } from "../../src/bench/convcam-engine.ts";
import type { Engine } from "../../src/bench/engine.ts";
import type { EngineName } from "../../src/bench/report.ts";
import { requestDevice } from "../../src/engine/gpu/device.ts";
import type { PeerAddresses } from "../peers.ts";
import { jaxEngine } from "./jax.ts";
import { onnxRuntimeEngine } from "./onnxruntime.ts";
import { tensorFlowEngine } from "./tensorflow.ts";

export interface EngineOptions {
  readonly addresses: PeerAddresses;
  /** Builds of ONNX Runtime's WebGPU engine; all unless given. */
  readonly builds?: readonly string[];
}

/** ONNX Runtime's three ways of waiting for a GPU from WebAssembly. */
const webgpuBuilds: Readonly<Record<string, string>> = {
  jsep: "ort.min.mjs",
  asyncify: "ort.webgpu.min.mjs",
  jspi: "ort.jspi.min.mjs",
};

/** The engine, or its builds where it has several. */
export function enginesOf(name: EngineName, { addresses, builds }: EngineOptions): readonly Engine[] {
  const folder = addresses["onnxruntime-web"];
  const wasmFolder = addresses["tfjs-wasm"];
  switch (name) {
    case "convcam":
      return [convcamEngine(requestDevice)];
    case "convcam-float16":
      return [convcamEngine(requestDevice, "float16")];
    case "ort-webgpu":
      return Object.entries(webgpuBuilds)
        .filter(([build]) => !builds || builds.includes(build))
        .map(([build, file]) => onnxRuntimeEngine({ name, provider: "webgpu", build, file, folder }));
    case "ort-wasm-1":
      return [onnxRuntimeEngine({ name, provider: "wasm", file: "ort.wasm.min.mjs", folder })];
    case "ort-wasm-n":
      return [onnxRuntimeEngine({ name, provider: "wasm", file: "ort.wasm.min.mjs", folder, threadCount: navigator.hardwareConcurrency })];
    case "jax-js":
      return [jaxEngine(addresses["jax-js"])];
    case "tfjs-webgpu":
      return [tensorFlowEngine(name, "webgpu", wasmFolder)];
    case "tfjs-webgl":
      return [tensorFlowEngine(name, "webgl", wasmFolder)];
    case "tfjs-wasm":
      return [tensorFlowEngine(name, "wasm", wasmFolder)];
  }
}
