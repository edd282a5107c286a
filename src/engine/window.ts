// One formula for sliding windows: where they start, how far they reach, how many fit. For convolution and every pool.
import { ModelError } from "./errors.ts";
import { mostElements, type Shape } from "./shapes.ts";

export interface WindowAttributes {
  /** Extent of the kernel per spatial axis. */
  readonly kernel: Shape;
  readonly strides?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  /** All begins, then all ends, as ONNX orders them. */
  readonly pads?: readonly number[] | undefined;
  readonly autoPad?: string;
  readonly ceilMode?: boolean;
}

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  /** As declared or derived; with `ceilMode` the last window may reach further still. */
  readonly padsEnd: readonly number[];
  /** Spatial extents of the output. */
  readonly output: readonly number[];
}

/** Resolves NOTSET, VALID, SAME_UPPER, SAME_LOWER, asymmetric pads, dilation and ceil_mode. */
export function resolveWindow(spatial: Shape, attributes: WindowAttributes): Window {
  const rank = spatial.length;
  const { autoPad = "NOTSET" } = attributes;
  const kernel = perAxis("kernel_shape", attributes.kernel, rank, 1);
  const givenStrides = perAxis("strides", attributes.strides, rank, 1);
  const givenDilations = perAxis("dilations", attributes.dilations, rank, 1);
  const explicit = attributes.pads ?? new Array<number>(2 * rank).fill(0);
  if (explicit.length !== 2 * rank || !explicit.every(Number.isSafeInteger))
    throw new ModelError(`pads must be ${2 * rank} whole numbers, got [${explicit}]`);
  const strides: number[] = [];
  const dilations: number[] = [];
  const padsBegin: number[] = [];
  const padsEnd: number[] = [];
  const output: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const extent = spatial[axis] as number;
    const stride = givenStrides[axis] as number;
    const dilation = givenDilations[axis] as number;
    const reach = ((kernel[axis] as number) - 1) * dilation + 1;
    let begin = 0;
    let end = 0;
    let count: number;
    if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
      count = Math.ceil(extent / stride);
      const total = Math.max(0, (count - 1) * stride + reach - extent);
      begin = autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
      end = total - begin;
    } else {
      if (autoPad === "NOTSET") {
        begin = explicit[axis] as number;
        end = explicit[rank + axis] as number;
      } else if (autoPad !== "VALID") throw new ModelError(`auto_pad '${autoPad}' is not one of NOTSET, VALID, SAME_UPPER, SAME_LOWER`);
      const steps = (extent + begin + end - reach) / stride;
      count = (attributes.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
      // A last window that would start inside the end padding does not count.
      if (attributes.ceilMode && (count - 1) * stride >= extent + begin) count--;
    }
    const padded = extent + begin + end;
    if (padded > mostElements) throw new ModelError(`pads [${explicit}] around ${extent} elements; up to 2^30 can be addressed`);
    if (count < 1) throw new ModelError(`a window reaching ${reach} does not fit ${extent} elements padded by ${begin} and ${end}`);
    // Shaders count in 32 bits. All strides beyond the padded extent are equivalent, and so are all dilations where only one tap fits.
    strides.push(Math.min(stride, Math.max(1, padded)));
    dilations.push(Math.min(dilation, Math.max(1, padded)));
    padsBegin.push(begin);
    padsEnd.push(end);
    output.push(count);
  }
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}

function perAxis(name: string, given: readonly number[] | undefined, rank: number, fallback: number): readonly number[] {
  const values = given ?? new Array<number>(rank).fill(fallback);
  if (values.length !== rank || values.some((v) => !Number.isInteger(v) || v < 1))
    throw new ModelError(`${name} must be ${rank} positive integers, got [${values}]`);
  return values;
}
