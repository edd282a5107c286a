// One case in a page of its own, so that every engine starts as new. The driver calls it, and so does bench.html through a frame.

import { type BenchCase, buildTask, taskOf } from "../src/bench/cases.ts";
import { measureCeilings } from "../src/bench/ceilings.ts";
import type { Task } from "../src/bench/engine.ts";
import { gradientReference } from "../src/bench/gradient-reference.ts";
import type { BenchResult, Ceilings, EngineName } from "../src/bench/report.ts";
import { runCase } from "../src/bench/runner.ts";
import { trainingReference } from "../src/bench/training-reference.ts";
import { requestDevice } from "../src/engine/gpu/device.ts";
import { readModel } from "../src/engine/source.ts";
import { measureDownload } from "./downloads.ts";
import { enginesOf } from "./engines/index.ts";
import { onnxRuntimeEngine } from "./engines/onnxruntime.ts";
import { locatePeers, type PeerAddresses } from "./peers.ts";

export interface FrameRequest {
  readonly case: BenchCase;
  /** The model itself, where it is not one of the bench's. */
  readonly file?: Uint8Array;
  readonly engines: readonly EngineName[];
  /** Of ONNX Runtime's WebGPU engine; all unless given. */
  readonly builds?: readonly string[];
  readonly maxSamples?: number;
  readonly budgetMs?: number;
  readonly profile?: boolean;
}

export interface Conditions {
  readonly adapter: string;
  readonly browser: string;
  /** Whether WebAssembly may use threads. */
  readonly isIsolated: boolean;
}

export interface FrameApi {
  measure(request: FrameRequest, onProgress: (message: string) => void): Promise<readonly BenchResult[]>;
  /** Bytes of code, by engine; `builds` names the build of those that have several. */
  downloads(engines: readonly EngineName[], builds: Readonly<Record<string, string>>): Promise<Record<string, number | null>>;
  ceilings(): Promise<Ceilings | undefined>;
  conditions(): Promise<Conditions>;
}

const addresses: Promise<PeerAddresses> = locatePeers(location.href);

const api: FrameApi = {
  async measure(request, onProgress) {
    const { case: benchCase, file, engines: names, builds, ...rest } = request;
    onProgress(`${benchCase.name}: model`);
    const options = { addresses: await addresses, ...(builds && { builds }) };
    const task = file ? await taskOfFile(file) : buildTask(benchCase);
    return runCase(
      benchCase,
      task,
      names.filter((name) => takesPart(name, task)).flatMap((name) => enginesOf(name, options)),
      { ...rest, reference: computeReference, onProgress },
    );
  },

  async downloads(engines, builds) {
    const sizes: Record<string, number | null> = {};
    for (const engine of engines) sizes[engine] = await measureDownload(await addresses, engine, builds[engine]);
    return sizes;
  },

  async ceilings() {
    const device = await requestDevice();
    try {
      return await measureCeilings(device);
    } finally {
      device.dispose();
    }
  },

  async conditions() {
    const info = (await navigator.gpu?.requestAdapter())?.info;
    const adapter = info ? [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ") : "no WebGPU adapter";
    const browser = /(?:Chrome|Firefox|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? navigator.userAgent;
    return { adapter, browser, isIsolated: crossOriginIsolated };
  },
};

/** The page's bytes are of another window, whose Uint8Array is another class. */
async function taskOfFile(file: Uint8Array): Promise<Task> {
  const bytes = new Uint8Array(file);
  return taskOf(await readModel(bytes), bytes);
}

/** ONNX Runtime Web computes no gradients, TensorFlow.js none of weights in WebAssembly, and jax-js is here for nothing else. */
function takesPart(name: EngineName, { gradient, training }: Task): boolean {
  if (name === "tfjs-wasm") return !training && gradient?.weight === undefined;
  return gradient || training ? !name.startsWith("ort") : name !== "jax-js";
}

/** ONNX Runtime on the CPU decides what is right; of gradients and training, loops in double precision do. */
async function computeReference(task: Task): Promise<readonly Float32Array[]> {
  if (task.training) return trainingReference(task);
  if (task.gradient) return gradientReference(task);
  const folder = (await addresses)["onnxruntime-web"];
  const engine = onnxRuntimeEngine({ name: "ort-wasm-1", build: "reference", provider: "wasm", file: "ort.wasm.min.mjs", folder });
  await engine.prepare();
  const session = await engine.create(task);
  try {
    await session.run();
    return session.outputs().map((output) => output.slice());
  } finally {
    await session.dispose();
  }
}

Object.assign(window, { convcamBench: api });
