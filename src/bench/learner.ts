// What learns in the bench: a network, its examples, and how.
import { type BuiltGraph, GraphBuilder } from "../../models/builder.ts";
import type { TaskTraining } from "./engine.ts";

/** The network of Keras's first example: two convolutions, a pool, two dense layers. */
export function buildConvnet(): BuiltGraph {
  const graph = new GraphBuilder("mnist_convnet", { seed: 1 });
  const first = graph.conv("conv_1", graph.input("input", [1, 28, 28]), 32, { kernel: 3, activation: "relu" });
  const second = graph.conv("conv_2", first, 64, { kernel: 3, activation: "relu" });
  const flat = graph.flatten("flat", graph.maxPool("pool", second, { kernel: 2 }));
  const dense = graph.dense("dense_1", flat, 128, { activation: "relu" });
  return graph.build([graph.dense("dense_2", dense, 10, { activation: "softmax" })]);
}

/** Steps of gradient descent on the same examples, so that the loss falls from the first step on. */
export function trainingOfBatch(batch: number): TaskTraining {
  return { labels: Int32Array.from({ length: batch }, (_, i) => (i * 7) % 10), rate: 0.002, checkedSteps: 3 };
}

/** The optimiser of all engines: plain gradient descent, which each of them has. */
export const descent = (rate: number) => ({ name: "sgd", rate, momentum: 0 }) as const;

/** Labels as rows that hold 1 at the class. */
export function oneHotRows({ labels }: TaskTraining, classes: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    rows[row * classes + label] = 1;
  });
  return rows;
}
