// What a gradient or an explanation is of: the score of a class, or any value, and how much each element of it counts.
import { ModelError } from "../errors.ts";
import { type Graph, producersOf, type TypedGraph, type ValueType } from "../graph/graph.ts";
import { ancestorsOf } from "../graph/reach.ts";
import { sizeOf } from "../shapes.ts";
import { type DataType, isFloat, Tensor } from "../tensor.ts";

/** The score of a class: before a last Softmax, whose own gradient vanishes where the model is sure. */
export interface ClassTarget {
  /** By its index among the scores of the first output of floats, or the one that has the highest score, chosen on the GPU at each run. */
  readonly class: number | "top";
  /** Another class, whose score is taken off: why the one and not the other. */
  readonly against?: number | undefined;
}

/** A class, or a value (or a layer's first output) by name. */
export type Target = ClassTarget | string;

/** What the elements of a target weigh. */
export interface Weights {
  readonly seed: Tensor;
  /** Whether the class of the highest score counts 1 besides. */
  readonly followsTop: boolean;
}

/**
 * @param type of the value that is differentiated
 * @param seed what each element of it counts; by default 1 each. Not for a class.
 * @throws ModelError for a class that there is not, and a seed of another type
 */
export function weightsOf(type: ValueType, target: Target, seed?: Tensor): Weights {
  if (typeof target !== "string" && (typeof target !== "object" || target === null))
    throw new ModelError(`of: got ${String(target)}, expected a class such as { class: 3 } or { class: "top" }, or the name of a value.`);
  if (typeof target === "string") {
    if (seed) checkSeed(type, seed);
    return { seed: seed ?? Tensor.filled(type.dtype, type.shape, 1), followsTop: false };
  }
  if (seed) throw new ModelError("a class has no seed: name a value as `of` to give one.");
  const { class: index, against } = target;
  if (index === "top") checkClasses(type);
  const own = index === "top" ? Tensor.filled(type.dtype, type.shape, 0) : oneHot(type, index);
  if (against === index) throw new ModelError(`class ${index} against itself: the difference is always 0. Name another class.`);
  if (against === undefined) return { seed: own, followsTop: index === "top" };
  const other = oneHot(type, against).toFloat32();
  const difference = own.toFloat32().map((value, i) => value - (other[i] as number));
  return { seed: Tensor.from(type.dtype, type.shape, difference), followsTop: index === "top" };
}

/**
 * The weights for another target of what is differentiated already.
 *
 * @param of what it was differentiated as
 * @throws ModelError as {@link weightsOf} does, and for the top class where it was not differentiated as a class, so that nothing chooses one
 */
export function changedWeights(type: ValueType, of: Target, target: Exclude<Target, string> | Tensor): Weights {
  if (target instanceof Tensor) return weightsOf(type, "", target);
  if (typeof target !== "object" || target === null)
    throw new ModelError(
      `got ${String(target)}, expected a class such as { class: 3 }, or a Tensor of weights. Another value takes another call.`,
    );
  if (target.class === "top" && typeof of === "string")
    throw new ModelError(`the top class: '${of}' was named, not a class, so none is chosen. Give the index of a score, or weights.`);
  return weightsOf(type, target);
}

/** What a network answers: in stages, types of outputs that are computed later are unknown before the first run. */
export interface Answering {
  readonly outputs: readonly { readonly name: string; readonly dtype: DataType | undefined }[];
  /** @throws ModelError for what is computed later */
  valueName(name: string): string;
}

/**
 * The first output of floats, or what goes into the Softmax that computes it. Of scores without a batch, [classes], it is what they are made of that
 * has one, [1, classes, …].
 */
export function scoresOf(graph: TypedGraph, network?: Answering): string {
  // Of a network in stages the first output may be computed later: then it says so.
  const first = network?.outputs.find(({ dtype }) => dtype === undefined || isFloat(dtype));
  if (first && !graph.types.has(first.name)) network?.valueName(first.name);
  const producers = producersOf(graph);
  const scores = beforeSoftmax(graph, producers);
  const shapeOf = (value: string) => graph.types.get(value)?.shape ?? [];
  const [count = 1, ...others] = shapeOf(scores);
  if (others.length > 0) return scores;
  for (let value = scores; ; ) {
    const [first, second] = shapeOf(value);
    if (first === 1 && second === count) return value;
    const node = producers.get(value);
    if (!node || !isView(node.operator)) return scores;
    value = node.inputs[0] ?? "";
  }
}

/** Whether the model tells the classes' probabilities. What is explained is the scores that its last Softmax makes them from. */
export function tellsProbabilities(graph: TypedGraph): boolean {
  return lastSoftmax(graph, producersOf(graph)).node?.operator === "Softmax";
}

function beforeSoftmax(graph: TypedGraph, producers: ReturnType<typeof producersOf>): string {
  const { output, node } = lastSoftmax(graph, producers);
  return node?.inputs[0] ?? output;
}

/** The first output of floats, and the Softmax or LogSoftmax that computes it, if one does. */
function lastSoftmax(graph: TypedGraph, producers: ReturnType<typeof producersOf>) {
  const output = graph.outputs.find((name) => isFloat(graph.types.get(name)?.dtype ?? "bool"));
  if (!output) throw new ModelError("no output of the model holds floats, so there are no scores of classes.");
  for (let value = output; ; ) {
    const node = producers.get(value);
    if (node?.operator === "Softmax" || node?.operator === "LogSoftmax") return { output, node };
    if (!node || !isView(node.operator)) return { output };
    value = node.inputs[0] ?? "";
  }
}

/** Whether an operator hands its first input on as it is, in another shape at most. */
export function isView(operator: string): boolean {
  return ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"].includes(operator);
}

/** The axis of the classes, and how many there are. */
export function classAxis({ shape }: ValueType): { readonly axis: number; readonly count: number } {
  const axis = shape.length > 1 ? 1 : 0;
  return { axis, count: shape[axis] ?? 1 };
}

/** What a class is explained of: the type of the scores before a last Softmax. */
export function scoresType(graph: TypedGraph): ValueType {
  return graph.types.get(scoresOf(graph)) as ValueType;
}

/** How many classes there are scores of; undefined where there are several numbers for each, as of pictures, masks and boxes, or one number alone. */
export function classCountOf(type: ValueType): number | undefined {
  const { axis, count } = classAxis(type);
  return type.shape.length > 0 && sizeOf(type.shape.slice(axis + 1)) === 1 ? count : undefined;
}

function checkClasses(type: ValueType): void {
  const { shape } = type;
  if (shape.length === 0) throw new ModelError("what is explained is one number, not of classes. Name the value as `of`.");
  if (classCountOf(type) !== undefined) return;
  throw new ModelError(
    `the scores are [${shape.join(", ")}], several for each class, as where the model answers with a picture, a mask or boxes. In a script, name the value as \`of\` and give weights that choose among them.`,
  );
}

/**
 * @param what the message calls it
 * @throws ModelError for a class that there is no score of
 */
export function checkClassIndex(count: number, index: number, what = `class ${index}`): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new ModelError(`${what}: the model has ${count} scores, so expected 0 to ${count - 1}.`);
}

/** 1 for one class, of every element of a batch. */
function oneHot(type: ValueType, index: number): Tensor {
  checkClasses(type);
  const { dtype, shape } = type;
  const { count } = classAxis(type);
  checkClassIndex(count, index);
  const weights = new Float32Array(sizeOf(shape));
  for (let i = index; i < weights.length; i += count) weights[i] = 1;
  return Tensor.from(dtype, shape, weights);
}

function checkSeed({ dtype, shape }: ValueType, seed: Tensor): void {
  if (!(seed instanceof Tensor)) throw new ModelError(`the seed is no Tensor; expected ${dtype} [${shape.join(", ")}].`);
  if (seed.dtype === dtype && String(seed.shape) === String(shape)) return;
  throw new ModelError(
    `the seed is ${seed.dtype} [${seed.shape.join(", ")}], but what is differentiated is ${dtype} [${shape.join(", ")}].`,
  );
}

/**
 * Values with rows and columns that a layer computes, in order of depth: a layer that only hands on is none.
 *
 * @param of what depends on them: those of another branch say nothing of it. By default the scores of classes
 */
export function mapsOf(graph: TypedGraph, of = scoresOf(graph)): readonly string[] {
  const counts = ancestorsOf(graph, [of]);
  return graph.nodes.flatMap(({ operator, outputs: [output = ""] }) => {
    const type = graph.types.get(output);
    const hasPlaces =
      counts.has(output) && type !== undefined && isFloat(type.dtype) && type.shape.length >= 3 && sizeOf(type.shape.slice(2)) > 1;
    return hasPlaces && !isView(operator) && operator !== "Transpose" ? [output] : [];
  });
}

const activations =
  "BatchNormalization Relu LeakyRelu PRelu Clip Elu Selu Celu Sigmoid HardSigmoid HardSwish Swish Mish Gelu Tanh Softplus";

/**
 * What each convolution answers, behind its normalisation and activation where nothing else reads what is before them.
 *
 * @param of as {@link mapsOf} takes it
 */
export function convolutionMaps(graph: TypedGraph, of?: string): readonly string[] {
  const maps = new Set(mapsOf(graph, of));
  const readers = readersOf(graph);
  const behind = (value: string): string => {
    const [reader, other] = readers.get(value) ?? [];
    const goesOn = reader && !other && activations.split(" ").includes(reader.operator) && reader.inputs[0] === value;
    return goesOn && !graph.outputs.includes(value) ? behind(reader.outputs[0] ?? "") : value;
  };
  const outputs = graph.nodes.filter(({ operator }) => operator === "Conv").map(({ outputs: [output = ""] }) => behind(output));
  return [...new Set(outputs.filter((output) => maps.has(output)))];
}

function readersOf({ nodes }: Graph) {
  const readers = new Map<string, (typeof nodes)[number][]>();
  for (const node of nodes) for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node]);
  return readers;
}
