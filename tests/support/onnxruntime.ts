// ONNX Runtime on the CPU as a reference: runs a graph and gives any of its values.
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import type { Model } from "../../src/engine/model.ts";
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

/** Runs a model once, and holds types, shapes and numbers of all outputs to ONNX Runtime's. @param digits behind the point that agree */
export async function expectReference(model: Model, graph: Graph, inputs: Readonly<Record<string, Tensor>>, digits = 4): Promise<void> {
  const expected = await runReference(graph, inputs);
  const results = await model.predict(inputs);
  for (const [name, tensor] of expected) {
    const found = results[name];
    expect([name, found?.dtype, found?.shape]).toEqual([name, tensor.dtype, tensor.shape]);
    const numbers = found?.toNumbers() ?? [];
    for (const [i, number] of tensor.toNumbers().entries()) expect(numbers[i]).toBeCloseTo(number, digits);
  }
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
