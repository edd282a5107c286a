// Fewer axes for kernels to loop over: neighbouring axes that one stride can cross are merged, axes of extent 1 dropped.
import type { Shape } from "../shapes.ts";

export interface CollapsedAxes {
  readonly extents: readonly number[];
  /** One list per operand, as given. */
  readonly strides: readonly (readonly number[])[];
}

/** Merges axes of an index space in which several operands have strides of their own. The order of elements stays. */
export function collapseAxes(extents: Shape, ...strides: readonly (readonly number[])[]): CollapsedAxes {
  const kept: number[] = [];
  const keptStrides: number[][] = strides.map(() => []);
  for (let axis = 0; axis < extents.length; axis++) {
    const extent = extents[axis] as number;
    if (extent === 1) continue;
    const last = kept.length - 1;
    const merges = last >= 0 && strides.every((s, i) => keptStrides[i]?.[last] === extent * (s[axis] as number));
    if (merges) kept[last] = (kept[last] as number) * extent;
    else kept.push(extent);
    const target = kept.length - 1;
    for (const [i, s] of strides.entries()) (keptStrides[i] as number[])[target] = s[axis] as number;
  }
  return { extents: kept, strides: keptStrides };
}

/** `values` behind enough `fill`s to make `length` of them; `undefined` if there are too many. */
export function padFront(values: readonly number[], length: number, fill: number): number[] | undefined {
  if (values.length > length) return undefined;
  return [...new Array<number>(length - values.length).fill(fill), ...values];
}

/** A tensor as [outer, extent, inner] around one axis. */
export function aroundAxis(shape: Shape, axis: number): { readonly outer: number; readonly extent: number; readonly inner: number } {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i] as number;
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i] as number;
  return { outer, extent: shape[axis] ?? 1, inner };
}
