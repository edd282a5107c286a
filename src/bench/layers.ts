// The single layers of the bench: one node each, with seeded weights.
import { createRandom, uniform } from "../../models/random.ts";
import { ModelError } from "../engine/errors.ts";
import type { AttributeValue, Graph } from "../engine/graph/graph.ts";
import { sizeOf } from "../engine/shapes.ts";
import { Tensor } from "../engine/tensor.ts";

export interface SingleNode {
  readonly name: string;
  readonly operator: string;
  /** Shapes by name, in the operator's order. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Constants after the inputs: shapes by name, or tensors. */
  readonly constants?: Readonly<Record<string, readonly number[] | Tensor>>;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A graph of one node, whose output is called "y". Weights depend on the layer's and their own name. */
export function singleNodeGraph({ name, operator, inputs, constants = {}, attributes = {} }: SingleNode): Graph {
  const initializers = new Map(
    Object.entries(constants).map(
      ([constant, value]) => [constant, value instanceof Tensor ? value : weights(`${name}/${constant}`, value)] as const,
    ),
  );
  return {
    name,
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    inputs: Object.entries(inputs).map(([input, shape]) => ({ name: input, dtype: "float32", shape })),
    outputs: ["y"],
    initializers,
    nodes: [
      {
        name,
        operator,
        domain: "",
        inputs: [...Object.keys(inputs), ...Object.keys(constants)],
        outputs: ["y"],
        attributes: new Map(Object.entries(attributes)),
      },
    ],
  };
}

/** Uniform, of variance one over the fan-in, so that outputs are as large as inputs. */
function weights(name: string, shape: readonly number[]): Tensor {
  const fanIn = Math.max(1, sizeOf(shape.slice(1)));
  return Tensor.float32(shape, uniform(createRandom(1, name), sizeOf(shape), Math.sqrt(3 / fanIn)));
}

interface ConvLayer {
  readonly kernel: number;
  /** Rows and columns of the input. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

function conv({ kernel, size, from, to, stride = 1, dilation = 1, groups = 1 }: ConvLayer) {
  const pad = ((kernel - 1) / 2) * dilation;
  return (name: string, batch: number): SingleNode => ({
    name,
    operator: "Conv",
    inputs: { x: [batch, from, size, size] },
    constants: { w: [to, from / groups, kernel, kernel], b: [to] },
    attributes: {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: [pad, pad, pad, pad],
      group: groups,
    },
  });
}

function depthwise(kernel: number, size: number, channels: number, stride = 1) {
  return conv({ kernel, size, from: channels, to: channels, groups: channels, stride });
}

function pool(operator: "MaxPool" | "AveragePool", kernel: number, stride: number, size: number, channels: number) {
  const pad = kernel === 3 ? 1 : 0;
  return (name: string, batch: number): SingleNode => ({
    name,
    operator,
    inputs: { x: [batch, channels, size, size] },
    attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
  });
}

function batchNorm(size: number, channels: number) {
  return (name: string, batch: number): SingleNode => {
    const positive = Tensor.float32(
      [channels],
      uniform(createRandom(1, name), channels, 0.5).map((x) => 1 + x),
    );
    return {
      name,
      operator: "BatchNormalization",
      inputs: { x: [batch, channels, size, size] },
      constants: { scale: positive, bias: [channels], mean: [channels], variance: positive },
      attributes: { epsilon: 1e-5 },
    };
  };
}

/** Names say the operator, its window, the input's rows and its channels, in and out. */
const layers: Readonly<Record<string, (name: string, batch: number) => SingleNode>> = {
  conv3x3_56_64: conv({ kernel: 3, size: 56, from: 64, to: 64 }),
  conv3x3_56_128: conv({ kernel: 3, size: 56, from: 128, to: 128 }),
  conv3x3_28_128: conv({ kernel: 3, size: 28, from: 128, to: 128 }),
  conv3x3_28_256: conv({ kernel: 3, size: 28, from: 256, to: 256 }),
  conv3x3_14_256: conv({ kernel: 3, size: 14, from: 256, to: 256 }),
  conv3x3_14_512: conv({ kernel: 3, size: 14, from: 512, to: 512 }),
  conv3x3_7_512: conv({ kernel: 3, size: 7, from: 512, to: 512 }),
  conv3x3_stride2_56_64_128: conv({ kernel: 3, size: 56, from: 64, to: 128, stride: 2 }),
  conv3x3_stride2_28_128_256: conv({ kernel: 3, size: 28, from: 128, to: 256, stride: 2 }),
  conv1x1_56_64_256: conv({ kernel: 1, size: 56, from: 64, to: 256 }),
  conv1x1_56_256_64: conv({ kernel: 1, size: 56, from: 256, to: 64 }),
  conv1x1_14_256_1024: conv({ kernel: 1, size: 14, from: 256, to: 1024 }),
  conv1x1_14_1024_256: conv({ kernel: 1, size: 14, from: 1024, to: 256 }),
  depthwise3x3_112_32: depthwise(3, 112, 32),
  depthwise3x3_14_384: depthwise(3, 14, 384),
  depthwise5x5_28_120: depthwise(5, 28, 120),
  depthwise3x3_stride2_112_96: depthwise(3, 112, 96, 2),
  conv7x7_stride2_224_3_64: conv({ kernel: 7, size: 224, from: 3, to: 64, stride: 2 }),
  conv5x5_28_32_64: conv({ kernel: 5, size: 28, from: 32, to: 64 }),
  conv3x3_dilated2_28_128: conv({ kernel: 3, size: 28, from: 128, to: 128, dilation: 2 }),
  conv3x3_groups32_28_256: conv({ kernel: 3, size: 28, from: 256, to: 256, groups: 32 }),
  maxpool3x3_stride2_112_64: pool("MaxPool", 3, 2, 112, 64),
  maxpool2x2_stride2_112_128: pool("MaxPool", 2, 2, 112, 128),
  avgpool3x3_28_192: pool("AveragePool", 3, 1, 28, 192),
  global_avgpool_7_2048: (name, batch) => ({ name, operator: "GlobalAveragePool", inputs: { x: [batch, 2048, 7, 7] } }),
  batchnorm_56_64: batchNorm(56, 64),
  add_56_256: (name, batch) => ({ name, operator: "Add", inputs: { a: [batch, 256, 56, 56], b: [batch, 256, 56, 56] } }),
  softmax_1000: (name, batch) => ({ name, operator: "Softmax", inputs: { x: [batch, 1000] }, attributes: { axis: 1 } }),
  gemm_2048_1000: (name, batch) => ({
    name,
    operator: "Gemm",
    inputs: { x: [batch, 2048] },
    constants: { w: [1000, 2048], b: [1000] },
    attributes: { transB: 1 },
  }),
};

export const layerNames: readonly string[] = Object.keys(layers);

/** @param batch pictures at once */
export function buildLayer(name: string, batch: number): Graph {
  const build = Object.hasOwn(layers, name) ? layers[name] : undefined;
  if (!build) throw new ModelError(`the bench has no layer '${name}'. Known: ${layerNames.join(", ")}.`);
  return singleNodeGraph(build(name, batch));
}
