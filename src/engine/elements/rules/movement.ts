// Operators that move or repeat elements along axes.
import { normalizeAxis } from "../../shapes.ts";
import { movedBy } from "../copies.ts";
import type { Facts } from "../facts.ts";
import type { Grid } from "../region.ts";
import { broadcastGrid, type Rules } from "../rule.ts";
import { clipRuns, indicesOf, mapIndices, type Run, type Runs, runsOf, shiftRuns, unionOfRuns } from "../runs.ts";

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Each input's part of the output, as indices of the input. */
function concatReads(facts: Facts, grid: Grid): Grid[][] {
  const axis = normalizeAxis(facts.attributes.number("axis", 1), grid.length);
  let end = 0;
  return facts.inputs.map((type) => {
    const begin = end;
    end += type?.shape[axis] ?? 0;
    return [grid.with(axis, shiftRuns(clipRuns(grid[axis] as Runs, begin, end), -begin))];
  });
}

/** Even parts, the last one smaller, where no sizes are given. */
function splitReads(facts: Facts, grid: Grid): Grid[][] {
  const shape = facts.shape(0);
  const axis = normalizeAxis(facts.attributes.number("axis", 0), shape.length);
  const count = facts.attributes.number("num_outputs", facts.node.outputs.length);
  const even = Math.ceil((shape[axis] as number) / count);
  const sizes = facts.list("split", 1) ?? upTo(count).map(() => even);
  const begin = sizes.slice(0, facts.outputIndex).reduce((a, b) => a + b, 0);
  return [[grid.with(axis, shiftRuns(grid[axis] as Runs, begin))]];
}

/** Element i along an axis is element start + i · step of the input. */
function sliceReads(facts: Facts, grid: Grid): Grid[][] {
  const shape = facts.shape(0);
  const starts = facts.list("starts", 1) ?? [];
  const axes = facts.list("axes", 3) ?? upTo(starts.length);
  const steps = facts.list("steps", 4) ?? starts.map(() => 1);
  let read = grid;
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, shape.length);
    const [extent, step] = [shape[axis] as number, steps[i] as number];
    const fromFront = (starts[i] as number) < 0 ? (starts[i] as number) + extent : (starts[i] as number);
    const start = Math.min(Math.max(fromFront, 0), step > 0 ? extent : extent - 1);
    const own = grid[axis] as Runs;
    read = read.with(axis, step === 1 ? shiftRuns(own, start) : mapIndices(own, (index) => start + index * step));
  });
  return [[read]];
}

/** What an element along a padded axis copies; nothing where it is the fill. */
function padSource(mode: string, place: number, extent: number): number | readonly number[] {
  if (place >= 0 && place < extent) return place;
  if (mode === "edge") return place < 0 ? 0 : extent - 1;
  if (mode === "wrap") return ((place % extent) + extent) % extent;
  if (mode !== "reflect") return [];
  if (extent === 1) return 0;
  const last = extent - 1;
  const within = ((place % (2 * last)) + 2 * last) % (2 * last);
  return within <= last ? within : 2 * last - within;
}

function padReads(facts: Facts, grid: Grid): Grid[][] {
  const shape = facts.shape(0);
  const mode = facts.attributes.string("mode", "constant");
  const pads = (facts.attributes.has("paddings") ? facts.attributes.numbers("paddings") : facts.list("pads", 1)) ?? [];
  const axes = (facts.list("axes", 3) ?? upTo(shape.length)).map((axis) => normalizeAxis(axis, shape.length));
  const read = shape.map((extent, axis) => {
    const [own, i] = [grid[axis] as Runs, axes.indexOf(axis)];
    return i < 0 ? own : mapIndices(own, (index) => padSource(mode, index - (pads[i] as number), extent));
  });
  return [[read]];
}

function padFill({ attributes, inputs, constant, unsupported }: Facts): number {
  if (!inputs[2]) return attributes.number("value", 0);
  return constant(2)?.toNumbers()[0] ?? unsupported("with a value that is computed");
}

function tileReads(facts: Facts, grid: Grid): Grid[][] {
  return [[facts.shape(0).map((extent, axis) => unionOfRuns((grid[axis] as Runs).flatMap((run) => tiled(run, extent))))]];
}

/** A run of a repeated axis in the axis itself. */
function tiled([begin, end]: Run, extent: number): readonly Run[] {
  if (end - begin >= extent) return [[0, extent]];
  const [first, last] = [begin % extent, ((end - 1) % extent) + 1];
  return first < last
    ? [[first, last]]
    : [
        [0, last],
        [first, extent],
      ];
}

/** Along one axis, the places that the elements of a constant name. */
function gatherReads(facts: Facts, grid: Grid): Grid[][] {
  const shape = facts.shape(0);
  const axis = normalizeAxis(facts.attributes.number("axis", 0), shape.length);
  const extent = shape[axis] as number;
  const places = facts.constant(1)?.toNumbers() ?? facts.unsupported("at places that are computed");
  const ofPlaces = facts.shape(1);
  const named = grid.slice(axis, axis + ofPlaces.length);
  const chosen = named.reduce<readonly number[]>(
    (heads, runs, i) => heads.flatMap((head) => indicesOf(runs).map((index) => head * (ofPlaces[i] as number) + index)),
    [0],
  );
  const along = runsOf(chosen.map((i) => places[i] as number).map((place) => (place < 0 ? place + extent : place)));
  return [[[...grid.slice(0, axis), along, ...grid.slice(axis + ofPlaces.length)]]];
}

function transposeReads(facts: Facts, grid: Grid): Grid[][] {
  const rank = grid.length;
  const perm = facts.attributes.numbers("perm", upTo(rank).toReversed());
  return [[upTo(rank).map((axis) => grid[perm.indexOf(axis)] as Runs)]];
}

export const movement: Rules = {
  Concat: movedBy(concatReads),
  Expand: movedBy((facts, grid) => [[broadcastGrid(grid, facts.shape(0))]]),
  Gather: movedBy(gatherReads),
  Pad: movedBy(padReads, padFill),
  Slice: movedBy(sliceReads),
  Split: { ...movedBy(splitReads), hasAllOutputs: true },
  Tile: movedBy(tileReads),
  Transpose: { ...movedBy(transposeReads), continuesLayer: true },
};
