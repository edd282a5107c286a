// Answers the effective receptive field of an element: how much each pixel of the picture moves it now, which is its gradient by them.
// Luo et al., Understanding the effective receptive field, 2016: https://arxiv.org/abs/1701.04128
import type { Model } from "../../engine/model.ts";
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import { Tensor } from "../../engine/tensor.ts";
import { imageView } from "../image-view.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { letGo, standbyFor } from "../standby.ts";
import type { Viewer } from "../viewer.ts";
import { shapedIn } from "./fields.ts";
import { indexAt, type Span } from "./places.ts";

/** Of an element: a value, and a place of its maps. */
export interface InfluenceQuestion {
  readonly kind: "influence";
  /** Undefined where nobody asks any more: what was prepared goes. */
  readonly value: string | undefined;
  readonly point: MapPoint;
}

export interface Influence {
  /** Of the picture. */
  readonly height: number;
  readonly width: number;
  /** For each pixel, row by row: the sizes of its colours' slopes, added up, as a share of the largest. */
  readonly shares: Float32Array;
  /** What the shares are of: how much the element moves when every colour of that pixel, as the network gets it, moves by 1. */
  readonly largest: number;
  /** The rows between which nine tenths of all slopes lie, and the columns; undefined where all are 0. */
  readonly core: { readonly y: Span; readonly x: Span } | undefined;
}

/** Under which a viewer keeps the gradient of a value's elements: for another element only its seed is another. */
const purpose = "influence";

type Source = Pick<Viewer, "model" | "axes" | "imageInputName" | "kept">;

/**
 * @throws ModelError for a value or a place that there is not, UnsupportedError where an operator on the way has no gradient
 * @returns undefined where nobody asks any more, or the network looks at no picture
 */
export async function answerInfluence(source: Source, { value, point }: InfluenceQuestion): Promise<Influence | undefined> {
  const { model, axes, imageInputName: picture, kept } = source;
  if (value === undefined || picture === undefined) return void letGo(kept, purpose);
  const { shape } = shapedIn(model.graph, axes, picture);
  const view = imageView(shape, denseStrides(shape), axes.get(picture));
  if (!view) return void letGo(kept, purpose);
  const own = standbyFor(kept, purpose, value, () => model.gradient({ of: value, withRespectTo: [picture] }));
  const gradient = await own.made.catch((error: unknown) => {
    // What did not work may the next time.
    letGo(kept, purpose, own);
    throw error;
  });
  gradient.setSeed(oneOf(model, value, indexAt(shapedIn(model.graph, axes, value), point)));
  const inputs = await Promise.all(model.inputs.map(async ({ name }) => [name, await model.read(name)] as const));
  const { [picture]: slopes } = await gradient.predict(Object.fromEntries(inputs));
  const numbers = (slopes as Tensor).toNumbers();
  const sizes = Float64Array.from({ length: view.height * view.width }, (_, i) => {
    const start = Math.floor(i / view.width) * view.rowStride + (i % view.width) * view.columnStride;
    return Array.from({ length: view.channels }, (__, c) => Math.abs(numbers[start + c * view.channelStride] as number)).reduce(
      (a, b) => a + b,
      0,
    );
  });
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return {
    height: view.height,
    width: view.width,
    shares: Float32Array.from(sizes, (size) => (largest > 0 ? size / largest : 0)),
    largest,
    core: largest > 0 ? { y: coreOf(sumsAlong(sizes, view, "rows")), x: coreOf(sumsAlong(sizes, view, "columns")) } : undefined,
  };
}

/** 1 for one element of a value, 0 for all others. */
function oneOf({ graph }: Model, value: string, index: readonly number[]): Tensor {
  const { dtype, shape } = graph.types.get(value) ?? { dtype: "float32", shape: [] };
  const numbers = new Array<number>(sizeOf(shape)).fill(0);
  const strides = denseStrides(shape);
  numbers[index.reduce((sum, one, axis) => sum + one * (strides[axis] as number), 0)] = 1;
  return Tensor.from(dtype, shape, numbers);
}

function sumsAlong(sizes: Float64Array, { height, width }: { readonly height: number; readonly width: number }, along: "rows" | "columns") {
  const sums = new Float64Array(along === "rows" ? height : width);
  sizes.forEach((size, i) => {
    const at = along === "rows" ? Math.floor(i / width) : i % width;
    sums[at] = (sums[at] as number) + size;
  });
  return sums;
}

/** What is left when a twentieth of the sum is cut off at either end. */
function coreOf(sums: Float64Array): Span {
  const cut = sums.reduce((a, b) => a + b, 0) / 20;
  const countBefore = (numbers: Float64Array): number => {
    let sum = 0;
    return numbers.findIndex((one) => {
      sum += one;
      return sum > cut;
    });
  };
  return [countBefore(sums), sums.length - countBefore(sums.toReversed())];
}
