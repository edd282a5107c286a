// Parts of a value: boxes, as they are shown; grids, which may have gaps; and regions, which are several grids.
import { denseStrides, type Shape, sizeOf } from "../shapes.ts";
import { coversRuns, oneIndex, type Runs, sameRuns, unionOfRuns } from "./runs.ts";

/** An element's place in a value: an index per axis of the value, in its own order of axes. */
export type Index = readonly number[];

/** Neighbouring elements of a value: from `begin` up to but not `end` along each axis. */
export interface Box {
  readonly begin: Index;
  readonly end: Index;
}

/** The elements whose index along each axis is one of a set. A scalar's grid has no axes and one element. */
export type Grid = readonly Runs[];

export function gridOf({ begin, end }: Box): Grid {
  return begin.map((first, axis) => unionOfRuns([[first, end[axis] as number]]));
}

export function gridOfElement(index: Index): Grid {
  return index.map(oneIndex);
}

export function isEmpty(grid: Grid): boolean {
  return grid.some((runs) => runs.length === 0);
}

/** The smallest box around grids; `undefined` where they have no element. */
export function hullOf(grids: readonly Grid[]): Box | undefined {
  const filled = grids.filter((grid) => !isEmpty(grid));
  const [first] = filled;
  if (!first) return undefined;
  const axes = first.map((_, axis) => filled.map((grid) => grid[axis] as Runs));
  return {
    begin: axes.map((sets) => Math.min(...sets.map((runs) => runs[0]?.[0] as number))),
    end: axes.map((sets) => Math.max(...sets.map((runs) => runs.at(-1)?.[1] as number))),
  };
}

export function sameBox(a: Box | undefined, b: Box | undefined): boolean {
  return String(a?.begin) === String(b?.begin) && String(a?.end) === String(b?.end);
}

export function shapeOfBox({ begin, end }: Box): Shape {
  return end.map((last, axis) => last - (begin[axis] as number));
}

/** Every element's index, row by row. */
export function* indicesOfBox(box: Box): Generator<Index> {
  const shape = shapeOfBox(box);
  const strides = denseStrides(shape);
  const count = sizeOf(shape);
  for (let i = 0; i < count; i++)
    yield shape.map((extent, axis) => (box.begin[axis] as number) + (Math.floor(i / (strides[axis] as number)) % extent));
}

/**
 * The elements of a box, row by row.
 *
 * @param data all elements of a value, dense and row-major
 * @param shape the value's
 */
export function elementsOfBox(data: ArrayLike<number>, shape: Shape, box: Box): Float64Array {
  const strides = denseStrides(shape);
  return Float64Array.from(indicesOfBox(box), (index) => data[placeOf(index, strides)] as number);
}

/** Where an element lies among all of its value. */
export function placeOf(index: Index, strides: readonly number[]): number {
  return index.reduce((sum, one, axis) => sum + one * (strides[axis] as number), 0);
}

/** A grid of a region, and whether it is known that each of its elements is meant rather than some of them. */
export interface Patch {
  readonly grid: Grid;
  readonly isExact: boolean;
}

/** Elements of a value, as a union of grids. */
export type Region = readonly Patch[];

/** Beyond so many grids a region becomes the box around them, so that the work stays small. */
const mostPatches = 64;

/** The region with one more grid. Grids that others cover vanish, and those that differ along one axis become one. */
export function addPatch(region: Region, patch: Patch): Region {
  if (isEmpty(patch.grid) || region.some((known) => includes(known, patch))) return region;
  const apart = region.filter((known) => !includes(patch, known));
  for (const known of apart) {
    const joined = known.isExact === patch.isExact ? join(known.grid, patch.grid) : undefined;
    if (joined)
      return addPatch(
        apart.filter((other) => other !== known),
        { ...patch, grid: joined },
      );
  }
  const result = [...apart, patch];
  const hull = result.length > mostPatches ? hullOf(result.map(({ grid }) => grid)) : undefined;
  return hull ? [{ grid: gridOf(hull), isExact: false }] : result;
}

function includes(outer: Patch, inner: Patch): boolean {
  return (outer.isExact || !inner.isExact) && outer.grid.every((runs, axis) => coversRuns(runs, inner.grid[axis] as Runs));
}

/** The union of two grids where it is a grid: where they differ along one axis. */
function join(a: Grid, b: Grid): Grid | undefined {
  const different = a.flatMap((runs, axis) => (sameRuns(runs, b[axis] as Runs) ? [] : [axis]));
  const [axis, other] = different;
  if (axis === undefined || other !== undefined) return undefined;
  return a.with(axis, unionOfRuns([...(a[axis] as Runs), ...(b[axis] as Runs)]));
}
