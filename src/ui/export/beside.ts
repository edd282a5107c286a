// Values that are not kept, computed beside the network from what its inputs hold. Loaded when somebody saves what is not shown.
import type { Branch } from "../../engine/branch.ts";
import type { GpuValue } from "../../engine/execution.ts";
import type { Model } from "../../engine/model.ts";
import { sizeOf } from "../../engine/shapes.ts";
import type { Tensor } from "../../engine/tensor.ts";

/** Bytes of values that are computed at once, unless one alone is larger. */
const mostBytes = 64e6;

type Computing = Pick<Model, "branch" | "inputs" | "read">;
type Held = Readonly<Record<string, Tensor>>;

/** Does something with each of many values, in their order, all of the same picture. A few are on the GPU at a time. */
export async function forEachValue(
  model: Computing & Pick<Model, "graph">,
  values: readonly string[],
  work: (value: string, at: GpuValue) => Promise<void>,
): Promise<void> {
  const inputs = await inputsOf(model);
  for (const some of inParts(values, (value) => 4 * sizeOf(model.graph.types.get(value)?.shape ?? []), mostBytes))
    await withBranch(model, some, async (branch) => {
      branch.run(inputs);
      for (const value of some) await work(value, branch.value(value));
    });
}

/** All elements of one value. */
export async function readBeside(model: Computing, value: string): Promise<Tensor> {
  const inputs = await inputsOf(model);
  return withBranch(model, [value], async (branch) => (await branch.predict(inputs, [value]))[value] as Tensor);
}

/** What the network's inputs hold. */
async function inputsOf(model: Computing): Promise<Held> {
  return Object.fromEntries(await Promise.all(model.inputs.map(async ({ name }) => [name, await model.read(name)] as const)));
}

/** Does something with the part of the network that leads to some values, which is gone afterwards. */
async function withBranch<T>(model: Computing, values: readonly string[], work: (branch: Branch) => Promise<T>): Promise<T> {
  const branch = await model.branch(values);
  try {
    return await work(branch);
  } finally {
    branch.dispose();
  }
}

/** A list in parts, none of which takes more than that, unless one alone does. Pure. */
export function inParts<T>(list: readonly T[], bytesOf: (one: T) => number, most: number): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = Infinity;
  for (const one of list) {
    bytes += bytesOf(one);
    if (bytes <= most) parts.at(-1)?.push(one);
    else {
      parts.push([one]);
      bytes = bytesOf(one);
    }
  }
  return parts;
}
