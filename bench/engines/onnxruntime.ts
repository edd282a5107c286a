// ONNX Runtime Web, whose builds are modules of their own: each is loaded apart from the others.
import type * as OnnxRuntime from "onnxruntime-web";
import type { Engine, Session, Task } from "../../src/bench/engine.ts";
import type { EngineName } from "../../src/bench/report.ts";
import { warmUpModel } from "../warm-up.ts";

export interface OnnxRuntimeOptions {
  readonly name: EngineName;
  readonly provider: "webgpu" | "wasm";
  /** The module's file. */
  readonly file: string;
  readonly build?: string;
  /** WebAssembly threads, 1 unless given. */
  readonly threadCount?: number;
  /** Address of the folder that holds the builds. */
  readonly folder: string;
}

type Runtime = typeof OnnxRuntime;

export function onnxRuntimeEngine(options: OnnxRuntimeOptions): Engine {
  const { name, provider, file, build, threadCount = 1, folder } = options;
  let runtime: Runtime | undefined;
  const create = async (bytes: Uint8Array<ArrayBuffer>): Promise<OnnxRuntime.InferenceSession> => {
    if (!runtime) throw new Error("prepare() comes first");
    return runtime.InferenceSession.create(bytes, { executionProviders: [provider], graphOptimizationLevel: "all", logSeverityLevel: 3 });
  };
  return {
    name,
    ...(build && { build }),
    async prepare() {
      if (threadCount > 1 && !crossOriginIsolated)
        throw new Error("this page is not cross-origin isolated, so WebAssembly has no threads. Serve it with COOP and COEP headers.");
      // The query makes an instance of its own: settings such as the number of threads are the module's.
      runtime = (await import(/* @vite-ignore */ `${folder}${file}?for=${name}${build ?? ""}`)) as Runtime;
      runtime.env.wasm.wasmPaths = folder;
      runtime.env.wasm.numThreads = threadCount;
      runtime.env.logLevel = "error";
      // The runtime compiles its WebAssembly and opens its device with the first session.
      await (await create(warmUpModel())).release();
    },
    async create(task) {
      const session = await create(task.bytes);
      return sessionOf(runtime as Runtime, session, task);
    },
  };
}

function sessionOf(runtime: Runtime, session: OnnxRuntime.InferenceSession, task: Task): Session {
  let outputs: readonly Float32Array[] = [];
  return {
    async run() {
      const feeds = Object.fromEntries(
        Object.entries(task.inputs).map(([name, { data, shape }]) => [name, new runtime.Tensor("float32", data, [...shape])]),
      );
      const results = await session.run(feeds);
      outputs = task.graph.outputs.map((name) => results[name]?.data as Float32Array);
    },
    outputs: () => outputs,
    async dispose() {
      await session.release();
    },
  };
}
