// BatchNormalization in training mode: with the mean and the variance of the batch instead of those in the file.
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
import momentsShader from "../../../shaders/batch-moments.wgsl";
import { denseStrides, type Shape, sizeOf } from "../../shapes.ts";
import { normalizationFormula } from "../batch-normalization.ts";
import { type BoundView, broadcastView, elementWiseDispatch } from "../element-wise-kernel.ts";
import type { NormalizationOfBatch } from "../families.ts";
import type { Binding, Dispatch, Kernel, PlacedOperand, Scratch } from "../operator.ts";

/** A dense value as its statistics see it. */
export interface Walk {
  readonly channels: number;
  readonly batch: number;
  /** Elements of a channel in one example. */
  readonly places: number;
}

/** @param isPerElement whether each element of an example is a channel of its own */
export function walkOf([batch = 1, channels = 1, ...rest]: Shape, isPerElement = false): Walk {
  const places = sizeOf(rest);
  return isPerElement ? { channels: channels * places, batch, places: 1 } : { channels, batch, places };
}

/** The mean of each channel, and its population variance. */
export function momentDispatches(x: PlacedOperand, { channels, batch, places }: Walk, mean: Binding, variance: Binding): Dispatch[] {
  const moment = (of: Binding, isVariance: boolean): Dispatch => ({
    shader: momentsShader,
    constants: { IS_VARIANCE: Number(isVariance) },
    params: { channels, batch, places },
    bindings: { x, mean: isVariance ? mean : x, moment: of },
    workgroups: channels,
  });
  return [moment(mean, false), moment(variance, true)];
}

const vectorFormula = (name: string, expression: string, operands: number, scalar?: string) => ({
  name,
  expression,
  inputs: new Array<"f32">(operands).fill("f32"),
  output: "f32" as const,
  scalars: scalar === undefined ? [] : [scalar],
});

const average = vectorFormula("running statistic", "a * momentum + b * (1.0 - momentum)", 2, "momentum");
const saved = vectorFormula("saved mean", "a", 1);
/** ONNX calls the fifth output a variance; ONNX Runtime, the only implementation that we know to write it, has this there. */
const inverseDeviation = vectorFormula("saved inverse deviation", "inverseSqrt(a + epsilon)", 1, "epsilon");

/** Inputs: x, scale, bias, and the running mean and variance. Outputs: y, both of them afterwards, mean and inverse deviation of the batch. */
export function normalizationOfBatch({ shape, epsilon, momentum, isPerElement }: NormalizationOfBatch): Kernel {
  const walk = walkOf(shape, isPerElement);
  const dense = denseStrides(shape);
  // Vectors repeat over all but the channels.
  const strides = shape.map((_, axis) => (isPerElement && axis > 0 ? (dense[axis] as number) : Number(axis === 1)));
  const repeated = (binding: BoundView["binding"]): BoundView => ({ binding, offset: 0, strides });
  const flat = (binding: BoundView["binding"]): BoundView => ({ binding, offset: 0, strides: [1] });
  return {
    name: "batch normalization",
    dispatches(inputs, outputs) {
      const [x, scale, bias, runningMean, runningVariance] = inputs as Five;
      const [y, ...statistics] = outputs as [PlacedOperand, ...PlacedOperand[]];
      const [mean, variance] = [0, 1].map((): Scratch => ({ scratchBytes: walk.channels * 4 })) as [Scratch, Scratch];
      const finish = [
        [average, [runningMean, mean], { momentum }],
        [average, [runningVariance, variance], { momentum }],
        [saved, [mean], {}],
        [inverseDeviation, [variance], { epsilon }],
      ] as const;
      const operands = [broadcastView(x, shape), ...[scale, bias, mean, variance].map(repeated)];
      return [
        ...momentDispatches(x, walk, mean, variance),
        elementWiseDispatch(normalizationFormula, shape, broadcastView(y, shape), operands, { epsilon }),
        ...statistics.map((output, i) => {
          const [formula, from, scalars] = finish[i] as (typeof finish)[number];
          return elementWiseDispatch(formula, [walk.channels], flat(output), from.map(flat), scalars);
        }),
      ];
    },
  };
}

type Five = readonly [PlacedOperand, PlacedOperand, PlacedOperand, PlacedOperand, PlacedOperand];
