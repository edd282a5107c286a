// Decides where values lie: dense, inside a zero border, as a slice of a Concat's output, or as another name for the same words.
import type { Node } from "../graph/graph.ts";
import type { Layout } from "../layout.ts";
import type { Border, Kernel, Operation } from "../ops/operator.ts";
import { denseStrides, type Shape, sizeOf } from "../shapes.ts";

/** A graph node with the kernel that was chosen for it. */
export interface PlannedNode {
  readonly node: Node;
  readonly operation: Operation;
  /** Absent where the output is just another name for input 0. */
  readonly kernel: Kernel | undefined;
}

/** Memory that one value, or several names and slices of it, occupy. */
export interface Storage {
  readonly label: string;
  readonly elements: number;
  /** Zeros around the last two axes of what lies in it. */
  readonly border: Border;
  /** Rows and columns with the border; absent where there is none. */
  readonly plane?: readonly [number, number];
}

export interface Placement extends Layout {
  readonly storage: Storage;
  readonly isDense: boolean;
}

export const noBorder: Border = { top: 0, left: 0, bottom: 0, right: 0 };

export function unionBorder(a: Border, b: Border): Border {
  return {
    top: Math.max(a.top, b.top),
    left: Math.max(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  };
}

export function hasBorder({ top, left, bottom, right }: Border): boolean {
  return top + left + bottom + right > 0;
}

export function coversBorder(outer: Border, inner: Border): boolean {
  return outer.top >= inner.top && outer.left >= inner.left && outer.bottom >= inner.bottom && outer.right >= inner.right;
}

/** A value with room of zeros around its last two axes (its last one, where there is one spatial axis). */
export function borderedPlacement(label: string, shape: Shape, border: Border): Placement {
  if (!hasBorder(border))
    return {
      storage: { label, elements: sizeOf(shape), border },
      offset: 0,
      strides: denseStrides(shape),
      isDense: true,
    };
  const outer = [...shape];
  const last = shape.length - 1;
  outer[last] = (outer[last] as number) + border.left + border.right;
  if (shape.length > 3) outer[last - 1] = (outer[last - 1] as number) + border.top + border.bottom;
  const strides = denseStrides(outer);
  const rows = shape.length > 3 ? (outer[last - 1] as number) : 1;
  return {
    storage: { label, elements: sizeOf(outer), border, plane: [rows, outer[last] as number] },
    offset: border.left + (shape.length > 3 ? border.top * (strides[last - 1] as number) : 0),
    strides,
    isDense: false,
  };
}

/** Storages with the same pattern have their border's zeros in the same places; "" has no border. */
export function borderPattern({ plane, border: { top, left, bottom, right } }: Storage): string {
  return plane ? [...plane, top, left, bottom, right].join() : "";
}

/** Whether the kernel follows strides and offset at this input. */
export function readsStrided({ kernel }: PlannedNode, index: number): boolean {
  if (!kernel) return false;
  return kernel.readsStrided === "any" || kernel.readsStrided?.includes(index) === true || kernel.borders?.[index] !== undefined;
}
