// ONNX Runtime on the CPU as a reference: runs a graph and gives any of its values.
import * as ort from "onnxruntime-node";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";

/**
 * Runs `graph` on float32 inputs.
 *
 * @param names values to return, intermediate ones too; the graph's outputs unless given
 * @throws what ONNX Runtime says against the file
 */
export async function runReference(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  names: readonly string[] = graph.outputs,
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await ort.InferenceSession.create(encodeModel({ ...graph, outputs: [...names] }), { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, new ort.Tensor("float32", tensor.toFloat32(), [...tensor.shape])]),
  );
  const results = await session.run(feeds);
  await session.release();
  return new Map(
    names.map((name) => {
      const result = results[name];
      if (!(result?.data instanceof Float32Array)) throw new Error(`'${name}' is not a float32 value`);
      return [name, Tensor.float32(result.dims, result.data)];
    }),
  );
}

/** A tensor per graph input, numbers in −1..1 that are the same on every run. */
export function exampleInputs(graph: Graph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const extents = shape.map(Number);
      let state = 1;
      const data = Float32Array.from({ length: sizeOf(extents) }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 0x80000000 - 1;
      });
      return [name, Tensor.float32(extents, data)];
    }),
  );
}
