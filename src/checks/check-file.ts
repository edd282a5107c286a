// What becomes of one file: whether it is read, planned and run once, and if not, why. The command and the page say the same.
import { ModelError, UnsupportedError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadModel } from "../engine/model.ts";
import { sourceOpsetKey } from "../engine/onnx/upgrade.ts";
import type { Shape } from "../engine/shapes.ts";
import { type DataType, isFloat } from "../engine/tensor.ts";
import { noiseFor } from "../reference/noise.ts";
import { inspectWithShapes } from "../ui/input-shapes.ts";

/** The file does what it should; Convcam says what it lacks for it; the file is damaged, or Convcam or the GPU fails. */
export type Verdict = "runs" | "refused" | "broken";

interface CheckedValue {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
}

interface CheckedOutput extends CheckedValue {
  /** Elements that are NaN or infinite. */
  readonly nonFinite: number;
}

export interface FileCheck {
  readonly file: string;
  readonly verdict: Verdict;
  /** Why it does not run: a line for each operator with a count and what to do, or what failed. */
  readonly reasons: readonly string[];
  /** What is known of it where it was read. */
  readonly opset?: number | undefined;
  readonly nodes?: number | undefined;
  /** What it was run with, and gave. Empty unless it runs. */
  readonly inputs: readonly CheckedValue[];
  readonly outputs: readonly CheckedOutput[];
  /** From the first byte until its outputs were read. */
  readonly ms: number;
}

export interface CheckOptions {
  readonly read: () => Promise<Graph>;
  /** Of the noise at its inputs. */
  readonly seed?: number | undefined;
  /** By the name of an input; of inputs that the file has not, they are left alone. */
  readonly shapes?: readonly (readonly [name: string, shape: readonly number[]])[] | undefined;
  /** The name that messages give to the place where shapes are given. */
  readonly option: string;
  /** Asked only for files that can be planned. */
  readonly device: () => Promise<Device>;
}

/**
 * Reads a file, plans it, and runs it once on noise. Never throws for what is wrong with the file.
 *
 * @throws DeviceError where no GPU is to be had: that is no fault of the file
 */
export async function checkFile(file: string, { read, seed = 0, shapes = [], option, device }: CheckOptions): Promise<FileCheck> {
  const start = performance.now();
  let known: Pick<FileCheck, "opset" | "nodes"> = {};
  let withoutGpu: unknown;
  const judge = (verdict: Verdict, rest: Partial<FileCheck>): FileCheck => ({
    file,
    verdict,
    reasons: [],
    ...known,
    inputs: [],
    outputs: [],
    ...rest,
    ms: Math.round((performance.now() - start) * 10) / 10,
  });
  try {
    const graph = await read();
    known = { opset: Number(graph.metadata.get(sourceOpsetKey) ?? graph.opsets.get("") ?? 0), nodes: graph.nodes.length };
    const given = shapes.filter(([name]) => graph.inputs.some((input) => input.name === name));
    const { obstacles, inputShapes } = await inspectWithShapes(graph, { given, option }).catch((error: unknown) => {
      // Of many files some take no such shape: that is no fault of theirs.
      throw given.length > 0 && error instanceof ModelError ? new UnsupportedError(error.message) : error;
    });
    if (obstacles.length > 0) throw new UnsupportedError(obstacles);
    const gpu = await device().catch((error: unknown) => {
      withoutGpu = error;
      throw error;
    });
    const model = await loadModel(gpu, graph, { inputShapes });
    try {
      model.run(noiseFor(model.graph, seed));
      const outputs: CheckedOutput[] = [];
      for (const { name } of model.outputs) {
        const tensor = await model.read(name);
        const { dtype, shape } = tensor;
        const nonFinite = isFloat(dtype) ? tensor.toFloat32().reduce((count, value) => count + Number(!Number.isFinite(value)), 0) : 0;
        outputs.push({ name, dtype, shape, nonFinite });
      }
      const inputs = model.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
      return judge("runs", { inputs, outputs });
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (error === withoutGpu) throw error;
    if (error instanceof UnsupportedError) return judge("refused", { reasons: error.reasons });
    return judge("broken", { reasons: [error instanceof Error ? error.message : String(error)] });
  }
}
