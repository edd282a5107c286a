// The geometry of placements: storages, offsets and strides, and borders of zeros.
import type { Layout } from "../layout.ts";
import type { Border, Storage } from "../ops/operator.ts";
import { denseStrides, type Shape, sizeOf } from "../shapes.ts";

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
