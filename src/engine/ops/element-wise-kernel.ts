// Kernels on the element-wise generator: formulas over broadcast operands, and copies between strided views.
import { type ElementWiseFormula, elementWiseWorkgroupSize, generateElementWise } from "../../shaders/generate/element-wise.ts";
import type { Layout } from "../plan/plan.ts";
import { broadcastStrides, type Shape, sizeOf } from "../shapes.ts";
import { collapseAxes } from "./axes.ts";
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
  const collapsed = collapseAxes(shape, ...views.map((view) => view.strides));
  // The generator wants an axis to walk, even for one element.
  const { extents: sizes, strides } = collapsed.extents.length > 0 ? collapsed : { extents: [1], strides: views.map(() => [0]) };
  const shader = generateElementWise(formula, sizes.length);
  const params: Record<string, number> = { count: sizeOf(shape), ...scalars };
  sizes.forEach((size, axis) => {
    params[`size_${axis}`] = size;
  });
  const bindings: Record<string, PlacedOperand | PackedConstant> = {};
  views.forEach((view, i) => {
    const name = i === 0 ? "y" : ("abcdefgh"[i - 1] as string);
    bindings[name] = view.binding;
    params[`${name}_offset`] = view.offset;
    for (let axis = 0; axis < sizes.length; axis++) params[`${name}_stride_${axis}`] = strides[i]?.[axis] as number;
  });
  return { shader, params, bindings, workgroups: flatWorkgroups(sizeOf(shape), elementWiseWorkgroupSize) };
}

/** Copies 32-bit words from one strided view to another over `shape`. */
export function copyDispatch(name: string, shape: Shape, from: BoundView, to: BoundView): Dispatch {
  return elementWiseDispatch({ name, expression: "a", inputs: ["u32"], output: "u32" }, shape, to, [from]);
}
