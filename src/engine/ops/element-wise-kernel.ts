// Kernels on the element-wise generator: formulas over broadcast operands, and copies between strided views.
import {
  type Access,
  type ElementWiseFormula,
  elementWiseWorkgroupSize,
  generateElementWise,
} from "../../shaders/generate/element-wise.ts";
import type { Layout } from "../plan/plan.ts";
import { broadcastStrides, type Shape, sizeOf } from "../shapes.ts";
import { type CollapsedAxes, collapseAxes } from "./axes.ts";
import { flatWorkgroups } from "./dispatch.ts";
import type { Dispatch, Kernel, PackedConstant, PlacedOperand } from "./operator.ts";

/** A kernel that applies `formula` to the inputs (those at `operands`, by default all), broadcast to output 0. */
export function elementWiseKernel(
  formula: ElementWiseFormula,
  scalars: Readonly<Record<string, number>> = {},
  operands: readonly number[] = formula.inputs.map((_, i) => i),
): Kernel {
  return {
    name: "element-wise",
    readsStrided: "any",
    writesStrided: true,
    dispatches(inputs, outputs) {
      const y = outputs[0] as PlacedOperand;
      const views = operands.map((index) => {
        const x = inputs[index] as PlacedOperand;
        return { binding: x, offset: x.offset, strides: broadcastStrides(x.shape, x.strides, y.shape) };
      });
      return [elementWiseDispatch(formula, y.shape, { binding: y, offset: y.offset, strides: y.strides }, views, scalars)];
    },
  };
}

export interface BoundView extends Layout {
  readonly binding: PlacedOperand | PackedConstant;
}

/** One dispatch over `shape`; every view has one stride per axis of it, 0 or negative ones allowed for inputs. */
export function elementWiseDispatch(
  formula: ElementWiseFormula,
  shape: Shape,
  output: BoundView,
  inputs: readonly BoundView[],
  scalars: Readonly<Record<string, number>> = {},
): Dispatch {
  const views = [output, ...inputs];
  const { extents, strides } = walkInBlocks(collapseAxes(shape, ...views.map((view) => view.strides)));
  const last = extents.length - 1;
  const extent = extents[last] as number;
  const block = blockOf(extent);
  const access = views.map((view, i) => accessOf([extent, block, view.offset], strides[i] as readonly number[]));
  const blocks = Math.ceil(extent / block);
  const count = (sizeOf(extents) / Math.max(1, extent)) * blocks;
  const params: Record<string, number> = { count, blocks, ...scalars };
  extents.forEach((size, axis) => {
    params[`size_${axis}`] = size;
  });
  const bindings: Record<string, PlacedOperand | PackedConstant> = {};
  views.forEach((view, i) => {
    const name = i === 0 ? "y" : ("abcdefgh"[i - 1] as string);
    bindings[name] = view.binding;
    params[`${name}_offset`] = view.offset;
    for (let axis = 0; axis <= last; axis++) params[`${name}_stride_${axis}`] = strides[i]?.[axis] as number;
  });
  const shader = generateElementWise(formula, { rank: extents.length, block, access });
  return { shader, params, bindings, workgroups: flatWorkgroups(count, elementWiseWorkgroupSize) };
}

/** Puts an axis last that has room for a block, if any has: in what order elements are computed does not matter. */
function walkInBlocks({ extents, strides }: CollapsedAxes): CollapsedAxes {
  // The generator wants an axis to walk, even for one element.
  if (extents.length === 0) return { extents: [1], strides: strides.map(() => [0]) };
  if ((extents.at(-1) as number) >= 4) return { extents, strides };
  const longest = extents.indexOf(Math.max(...extents));
  const moveLast = (values: readonly number[]) => [...values.filter((_, axis) => axis !== longest), values[longest] as number];
  return { extents: moveLast(extents), strides: strides.map(moveLast) };
}

/** Elements per invocation along an axis: 8, where blocks of 7 do not fit better. */
function blockOf(extent: number): number {
  if (extent <= 8) return Math.max(1, extent);
  return extent % 4 > 0 && Math.ceil(extent / 7) * 7 < Math.ceil(extent / 8) * 8 ? 7 : 8;
}

/** @param places that quads want to be multiples of 4, besides the outer strides */
function accessOf(places: readonly number[], strides: readonly number[]): Access {
  const step = strides.at(-1);
  if (step === 0) return "once";
  const isAligned = [...places, ...strides.slice(0, -1)].every((value) => value % 4 === 0);
  return step === 1 && isAligned ? "quads" : "strided";
}

/** Copies 32-bit words from one strided view to another over `shape`. */
export function copyDispatch(name: string, shape: Shape, from: BoundView, to: BoundView): Dispatch {
  return elementWiseDispatch({ name, expression: "a", inputs: ["u32"], output: "u32" }, shape, to, [from]);
}
