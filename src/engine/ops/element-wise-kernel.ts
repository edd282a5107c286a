// Kernels on the element-wise generator: formulas over broadcast operands, and copies between strided views.
import {
  type Access,
  type ElementWiseFormula,
  elementWiseWorkgroupSize,
  generateElementWise,
} from "../../shaders/generate/element-wise.ts";
import type { Layout } from "../layout.ts";
import { broadcastStrides, type Shape, sizeOf } from "../shapes.ts";
import { collapseAxes } from "./axes.ts";
import { workgroupCount } from "./dispatch.ts";
import type { Binding, Dispatch, Kernel, PlacedOperand, Scratch, Table } from "./operator.ts";

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
      const views = operands.map((index) => broadcastView(inputs[index] as PlacedOperand, y.shape));
      return [elementWiseDispatch(formula, y.shape, { binding: y, offset: y.offset, strides: y.strides }, views, scalars)];
    },
  };
}

export interface BoundView extends Layout {
  readonly binding: PlacedOperand | Table | Scratch;
}

/** An operand seen as `shape`, to which it broadcasts. */
export function broadcastView(operand: PlacedOperand, shape: Shape): BoundView {
  return { binding: operand, offset: operand.offset, strides: broadcastStrides(operand.shape, operand.strides, shape) };
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
  const collapsed = collapseAxes(shape, ...views.map((view) => view.strides));
  // The generator needs at least one axis, even for a scalar.
  const { extents, strides } = collapsed.extents.length > 0 ? collapsed : { extents: [1], strides: views.map(() => [0]) };
  const accessAlong = (axis: number) => views.map((view, i) => accessOf(view.offset, extents, strides[i] as readonly number[], axis));
  const last = extents.length - 1;
  const axis = accessAlong(last)[0] === "quads" ? last : axisWithRoom(extents, strides);
  const extent = extents[axis] as number;
  const block = blockOf(extent);
  const blocks = Math.ceil(extent / block);
  const count = (sizeOf(extents) / Math.max(1, extent)) * blocks;
  const params: Record<string, number> = { count, blocks, ...scalars };
  extents.forEach((size, at) => {
    params[`size_${at}`] = size;
  });
  const bindings: Record<string, Binding> = {};
  views.forEach((view, i) => {
    const name = i === 0 ? "y" : ("abcdefgh"[i - 1] as string);
    bindings[name] = view.binding;
    params[`${name}_offset`] = view.offset;
    for (let at = 0; at <= last; at++) params[`${name}_stride_${at}`] = strides[i]?.[at] as number;
  });
  const shader = generateElementWise(formula, { rank: extents.length, axis, block, access: accessAlong(axis) });
  return { shader, params, bindings, workgroups: workgroupCount(count, elementWiseWorkgroupSize) };
}

/**
 * An axis with room for blocks: the one along which most operands repeat, and rather not the last, so that neighbouring
 * invocations read and write neighbours.
 */
function axisWithRoom(extents: readonly number[], strides: readonly (readonly number[])[]): number {
  const enough = Math.min(8, Math.max(...extents));
  const last = extents.length - 1;
  const loads = (axis: number) => strides.filter((view) => view[axis] !== 0).length + (axis === last ? 0.5 : 0);
  const roomy = extents.map((_, axis) => axis).filter((axis) => (extents[axis] as number) >= enough);
  return roomy.reduce((best, axis) => (loads(axis) <= loads(best) ? axis : best));
}

/** Elements per invocation along an axis: 8, where blocks of 7 do not fit better. */
function blockOf(extent: number): number {
  if (extent <= 8) return Math.max(1, extent);
  return extent % 4 > 0 && Math.ceil(extent / 7) * 7 < Math.ceil(extent / 8) * 8 ? 7 : 8;
}

function accessOf(offset: number, extents: readonly number[], strides: readonly number[], axis: number): Access {
  if (strides[axis] === 0) return "once";
  const extent = extents[axis] as number;
  const isAligned = [offset, extent, blockOf(extent), ...strides.filter((_, i) => i !== axis)].every((value) => value % 4 === 0);
  return strides[axis] === 1 && isAligned ? "quads" : "strided";
}

/** Copies 32-bit words from one strided view to another over `shape`. */
export function copyDispatch(name: string, shape: Shape, from: BoundView, to: BoundView): Dispatch {
  return elementWiseDispatch({ name, expression: "a", inputs: ["u32"], output: "u32" }, shape, to, [from]);
}
