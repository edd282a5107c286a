// One case in a page of its own, so that every engine starts as new. The driver calls it, and so does bench.html through a frame.
import { type BenchCase, buildTask } from "./cases.ts";
import type { Task } from "./engines/engine.ts";
import { enginesOf } from "./engines/index.ts";
import { onnxRuntimeEngine } from "./engines/onnxruntime.ts";
import type { BenchResult, EngineName } from "./report.ts";
import { runCase } from "./runner.ts";

export interface FrameRequest {
  readonly case: BenchCase;
  readonly engines: readonly EngineName[];
  readonly builds?: readonly string[];
  readonly maxSamples?: number;
  readonly budgetMs?: number;
  readonly profile?: boolean;
}

const peers = new URL("peers/", location.href).href;

/** ONNX Runtime on the CPU decides what is right. */
async function reference(task: Task): Promise<readonly Float32Array[]> {
  const engine = onnxRuntimeEngine({
    name: "ort-wasm-1",
    build: "reference",
    provider: "wasm",
    file: "ort.wasm.min.mjs",
    folder: `${peers}onnxruntime-web/`,
  });
  await engine.prepare();
  const session = await engine.create(task);
  try {
    await session.run();
    return session.outputs().map((output) => output.slice());
  } finally {
    await session.dispose();
  }
}

async function measure(request: FrameRequest, onProgress: (message: string) => void): Promise<BenchResult[]> {
  onProgress(`${request.case.name}: model`);
  const { case: benchCase, engines: names, builds, ...rest } = request;
  const engines = names.flatMap((name) => enginesOf(name, { peers, ...(builds && { builds }) }));
  return runCase(benchCase, buildTask(benchCase), engines, { ...rest, reference, onProgress });
}

export interface FrameApi {
  measure(request: FrameRequest, onProgress: (message: string) => void): Promise<BenchResult[]>;
}

Object.assign(window, { convcamBench: { measure } satisfies FrameApi });
