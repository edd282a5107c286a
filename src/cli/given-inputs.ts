// What a command is given for a model's inputs, where it needs not be given all: arrays, and a picture for the one that is left.
import { ModelError } from "../engine/errors.ts";
import { loadAxes } from "../engine/graph/axes.ts";
import type { TypedGraph } from "../engine/graph/graph.ts";
import { isFloat, Tensor } from "../engine/tensor.ts";
import { describeOpenInputs, type InputOptions, preparationOf } from "./feed.ts";
import { readImage } from "./image.ts";

/** Of the types that the inputs have in the file: an array of other floats, and a picture, are rounded to them. */
export async function givenInputs(
  graph: TypedGraph,
  imagePath: string | undefined,
  arrays: ReadonlyMap<string, Tensor>,
  options: InputOptions,
): Promise<Record<string, Tensor>> {
  const given = new Map([...(await readPicture(graph, imagePath, arrays, options)), ...arrays]);
  const converted = graph.inputs.flatMap(({ name, dtype, shape }) => {
    const tensor = given.get(name);
    if (!tensor) return [];
    if (String(tensor.shape) !== String(shape) || isFloat(tensor.dtype) !== isFloat(dtype))
      throw new ModelError(`input '${name}': expected ${dtype} [${shape.join(", ")}], got ${tensor.dtype} [${tensor.shape.join(", ")}].`);
    return [[name, Tensor.from(dtype, shape, isFloat(dtype) ? tensor.toFloat32() : tensor.data)] as const];
  });
  return Object.fromEntries(converted);
}

/** The picture goes to the one input that no array is given for. */
async function readPicture(
  graph: TypedGraph,
  imagePath: string | undefined,
  arrays: ReadonlyMap<string, Tensor>,
  options: InputOptions,
): Promise<ReadonlyMap<string, Tensor>> {
  if (imagePath === undefined) return new Map();
  const open = graph.inputs.filter(({ name }) => !arrays.has(name));
  const [input] = open;
  const names = open.map(({ name }) => name);
  if (!input || open.length > 1) throw new ModelError(describeOpenInputs(names, true));
  const axes = await loadAxes(graph);
  return new Map([[input.name, await readImage(imagePath, { ...input, axes: axes.get(input.name) }, preparationOf(options))]]);
}
