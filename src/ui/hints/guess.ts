// Guesses how a network wants its pictures prepared: from what its file says, from its first operators, and from the names of known families. Pure.
import type { Graph } from "../../engine/graph/graph.ts";
import { type DataType, isFloat } from "../../engine/tensor.ts";
import type { Preparation } from "../preparation.ts";
import { guessByFirstSteps } from "./first-steps.ts";
import { guessByMetadata } from "./metadata.ts";
import { presets } from "./presets.ts";

/** What a guess is made from. */
export interface NetworkFacts {
  readonly graph: Pick<Graph, "metadata" | "nodes" | "initializers">;
  readonly input: { readonly name: string; readonly dtype: DataType; readonly channels: number };
  /** Of the graph's outputs. */
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface GuessedPreparation {
  readonly preparation: Preparation;
  /** What it is guessed from, as the end of a sentence. */
  readonly because: string;
}

export function guessPreparation(facts: NetworkFacts): GuessedPreparation {
  const { graph, input } = facts;
  const said = guessByMetadata(graph.metadata);
  if (said) return { preparation: said, because: "the file's own metadata" };
  // Whole numbers take pixels as they are, unless somebody says otherwise.
  if (!isFloat(input.dtype)) return { preparation: {}, because: "the type of its input, whole numbers" };
  const first = guessByFirstSteps(graph, input.name, input.channels);
  if (first) return { preparation: first, because: "the arithmetic that it begins with" };
  const marks = marksOf(facts);
  const family = families.find(({ fits }) => fits(facts, marks));
  if (family) return { preparation: family.preparation, because: family.because };
  return { preparation: presets.unit.colors, because: "nothing: it is what most small networks take" };
}

/** Everything that is looked at of a network's names and nodes. */
interface Marks {
  /** The names of its nodes, constants and inputs, in one text. */
  readonly names: string;
  readonly producer: string;
  readonly operators: ReadonlySet<string>;
  /** The last operator that computes anything. */
  readonly last: string;
}

const views = new Set(["Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Constant"]);

function marksOf({ graph, input }: NetworkFacts): Marks {
  const names = [input.name, ...graph.nodes.map(({ name }) => name), ...graph.initializers.keys()];
  return {
    names: names.join("\n"),
    producer: (graph.metadata.get("producer_name") ?? "").toLowerCase(),
    operators: new Set(graph.nodes.map(({ operator }) => operator)),
    last: graph.nodes.findLast(({ operator }) => !views.has(operator))?.operator ?? "",
  };
}

interface Family {
  readonly because: string;
  readonly preparation: Preparation;
  fits(facts: NetworkFacts, marks: Marks): boolean;
}

const colour = ({ input }: NetworkFacts) => input.channels === 3;
const extents = ({ outputs }: NetworkFacts) => outputs.map(({ shape }) => shape.filter((extent) => extent > 1));
const hasClasses = (facts: NetworkFacts, ...counts: readonly number[]) =>
  extents(facts).some(([count, ...others]) => others.length === 0 && counts.includes(count ?? 0));
/** Whether the answer is a picture in colour. */
const givesPicture = (facts: NetworkFacts) =>
  extents(facts).some((shape) => shape.length === 3 && shape.includes(3) && Math.min(...shape) === 3);

/** The first that fits holds. */
const families: readonly Family[] = [
  {
    because: "the names of CLIP's picture encoder",
    preparation: presets.clip.colors,
    fits: (facts, { names }) =>
      colour(facts) && /(^|[/.])visual[/.](conv1|transformer|trunk|layer1)|vision_model[/.]embeddings/m.test(names),
  },
  {
    because: "its answers, scores and boxes of a face detector of the UltraFace kind",
    preparation: { scale: 1, mean: 127, std: 128 },
    fits: (facts) => colour(facts) && facts.outputs.length === 2 && facts.outputs.every(({ name }, i) => name === ["scores", "boxes"][i]),
  },
  {
    because: "names of YOLO's layers",
    preparation: { ...presets.unit.colors, fit: "contain" },
    fits: (facts, { names }) => colour(facts) && (/yolo/i.test(names) || /^\/?model[./](0|model\.0)[./].*conv/m.test(names)),
  },
  {
    because: "LeakyRelu with a slope of 0.1 behind its first convolution, as Darknet has it",
    preparation: presets.unit.colors,
    fits: ({ graph }) => {
      const first = graph.nodes.find(({ operator }) => !["Conv", "BatchNormalization", ...views].includes(operator));
      return first?.operator === "LeakyRelu" && Math.abs(Number(first.attributes.get("alpha") ?? 0.01) - 0.1) < 1e-4;
    },
  },
  {
    because: "the names of a network from Caffe",
    preparation: presets.caffe.colors,
    fits: (facts, { producer }) => colour(facts) && /caffe/.test(producer),
  },
  {
    because: "the names of a Keras network whose weights are from Caffe",
    preparation: presets.caffe.colors,
    fits: (facts, { names }) =>
      colour(facts) &&
      /conv2_block1_1_conv|(^|\/)vgg(16|19)\/|(^|\/)block5_conv3/m.test(names) &&
      !/sepconv|preact|mixed\d|post_bn/.test(names),
  },
  {
    because: "the names of a network from PyTorch",
    preparation: presets.imagenet.colors,
    fits: (facts, { names }) =>
      colour(facts) &&
      !givesPicture(facts) &&
      /^(\S+\.)?(layer1\.0\.conv1|features\.(0|conv0|denseblock1)|denseblock1|conv_stem|stem\.0|stages\.0|backbone\.|blocks\.0|patch_embed|Conv2d_1a_3x3)/m.test(
        names,
      ),
  },
  {
    because: "the names of MXNet's networks",
    preparation: presets.imagenet.colors,
    fits: (facts, { names }) =>
      colour(facts) && /^(resnetv\d|densenet|mobilenetv2|vgg|squeezenet)\d+_(conv|batchnorm|features|stage|dense|pool)/m.test(names),
  },
  {
    because: "the names of a network of TensorFlow or Keras that takes −1 … 1",
    preparation: presets.signed.colors,
    fits: (facts, { names }) =>
      colour(facts) &&
      /mobilenet_?v[1-3]?[_/]?|inception_?(resnet_?)?v[1-4]\/|xception|sepconv1|(^|\/)mixed10|expanded_conv|nasnet|conv2_block1_preact/i.test(
        names,
      ),
  },
  {
    because: "the names of a vision transformer of Hugging Face",
    preparation: presets.signed.colors,
    fits: (facts, { names }) => colour(facts) && /pixel_values/.test(names) && /(vit|beit|deit|blip|siglip)[./]/.test(names),
  },
  {
    because: "its answer, a picture, and its last operator, Tanh",
    preparation: presets.signed.colors,
    fits: (facts, { last }) => colour(facts) && givesPicture(facts) && last === "Tanh",
  },
  {
    because: "its answer, a picture, and InstanceNormalization, as networks that change the style of pictures have it",
    preparation: presets.raw.colors,
    fits: (facts, { last, operators }) =>
      colour(facts) && givesPicture(facts) && last !== "Sigmoid" && operators.has("InstanceNormalization"),
  },
  {
    because: "the number of its classes: ImageNet's",
    preparation: presets.imagenet.colors,
    fits: (facts) => colour(facts) && hasClasses(facts, 1000, 1001, 21841, 21843),
  },
  {
    because: "its input's name, which Hugging Face gives",
    preparation: presets.imagenet.colors,
    fits: (facts) => colour(facts) && facts.input.name === "pixel_values",
  },
];
