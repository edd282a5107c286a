// ONNX Runtime on the CPU as a reference: runs a graph and gives any of its values.
import * as ort from "onnxruntime-node";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";

/**
 * Runs `graph` on inputs of the types that it has for them.
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
    Object.entries(inputs).map(([name, tensor]) => [
      name,
      new ort.Tensor(tensor.dtype as "float32", tensor.data as Float32Array, [...tensor.shape]),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return new Map(
    names.map((name) => {
      const result = results[name];
      if (!ArrayBuffer.isView(result?.data)) throw new Error(`'${name}' holds no numbers`);
      const { buffer, byteOffset, byteLength } = result.data;
      return [name, new Tensor(result.type as DataType, result.dims, new Uint8Array(buffer, byteOffset, byteLength))];
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
