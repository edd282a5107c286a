// The gradient of a convolution's weights by TensorFlow.js: its kernel alone, without the forward run that its tape would add.
import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../../src/bench/engine.ts";
import { gradientSeed } from "../../src/bench/gradient-reference.ts";
import { AttributeReader } from "../../src/engine/graph/attributes.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { resolveWindow } from "../../src/engine/window.ts";
import { simplify } from "../simplify.ts";
import { nhwcShape, reorder } from "./layout.ts";
import { paddingOf, pair } from "./lower.ts";

export interface WeightGradient {
  /** Uploads x, computes, and reads the gradient back, as ONNX has it. */
  run(): Promise<Float32Array>;
  dispose(): void;
}

export async function weightGradient(task: Task): Promise<WeightGradient> {
  const graph = await simplify(task);
  const node = graph.nodes[0] as Node;
  const attributes = new AttributeReader(node);
  const shapeOf = (name = ""): readonly number[] => graph.types.get(name)?.shape ?? [];
  const [x = "", w = ""] = node.inputs;
  const [filters = 1, channels = 1, ...kernel] = shapeOf(w);
  if (attributes.number("group", 1) !== 1) throw new Error("groups of convolutions are not lowered to TensorFlow.js");
  const window = resolveWindow(shapeOf(x).slice(2), {
    kernel,
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
  });
  if (window.dilations.some((one) => one !== 1)) throw new Error("TensorFlow.js has no gradient of dilated convolutions");
  const { seed } = gradientSeed(graph, task);
  const dy = tf.keep(tf.tensor(reorder(seed.toFloat32(), seed.shape, "nhwc"), nhwcShape(seed.shape)));
  const picture = reorder(task.inputs[x]?.data ?? new Float32Array(), shapeOf(x), "nhwc");
  const [rows = 1, columns = 1] = kernel;
  const options = {
    strides: pair(window.strides),
    pad: paddingOf(window, shapeOf(x).slice(2)),
    dataFormat: "NHWC",
    filterShape: [rows, columns, channels, filters],
  };
  const run = async () => {
    const dw = tf.tidy(() => {
      const uploaded = tf.tensor(picture, nhwcShape(shapeOf(x)), "float32");
      return tf.engine().runKernel("Conv2DBackpropFilter", { x: uploaded, dy }, options as unknown as tf.NamedAttrMap) as tf.Tensor;
    });
    const data = (await dw.data()) as Float32Array;
    dw.dispose();
    const taps = rows * columns;
    // [h, w, i, o] as [o, i, h, w]
    return Float32Array.from({ length: data.length }, (_, i) => {
      const [tap, channel, filter] = [i % taps, Math.floor(i / taps) % channels, Math.floor(i / (taps * channels))];
      return data[(tap * channels + channel) * filters + filter] as number;
    });
  };
  return { run, dispose: () => dy.dispose() };
}
