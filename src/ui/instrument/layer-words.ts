// One sentence for each type of layer, said where it is met, and which part of the article tells more. Loaded when one is first said. Pure.

/** A part of learn.html. */
type Chapter = "numbers" | "sum" | "map" | "layer" | "pool" | "field" | "deep" | "silent" | "blank" | "two" | "why" | "whole";

interface Words {
  readonly text: string;
  readonly chapter?: Chapter;
}

/** What is said of a node: sentences, and where more is told. */
export interface LayerSentence {
  readonly text: string;
  readonly chapter: Chapter | undefined;
}

const rearranges = (text: string): Words => ({ text: `${text} Nothing is computed.` });
const each = (text: string): Words => ({ text: `For each number by itself: ${text}` });
const compares = (question: string): Words => ({ text: `Place by place, 1 where ${question}, else 0.` });
const folds = (what: string): Words => ({ text: `Takes several numbers together and keeps one: ${what}.`, chapter: "pool" });

const byOperator: Readonly<Record<string, Words>> = {
  Input: { text: "What the network gets: the picture as a table of numbers.", chapter: "numbers" },
  Conv: {
    text: "A convolution: a small window slides over the maps before it; everywhere the numbers inside are multiplied by a kernel's and added up.",
    chapter: "map",
  },
  ConvTranspose: {
    text: "A transposed convolution: each number is multiplied by a kernel and laid down in a larger map, where what overlaps is added up.",
    chapter: "map",
  },
  Gemm: { text: "A dense layer: each unit is a weighted sum of all numbers before it.", chapter: "whole" },
  MatMul: { text: "A product of two tables: each number is a row of one times a column of the other, added up.", chapter: "whole" },
  MaxPool: {
    text: "Keeps the largest number of each small window, so that maps get smaller and the strongest answers stay.",
    chapter: "pool",
  },
  AveragePool: { text: "Keeps the mean of each small window, so that maps get smaller and smoother.", chapter: "pool" },
  LpPool: { text: "Keeps the length of each small window's numbers as a vector, so that maps get smaller.", chapter: "pool" },
  GlobalAveragePool: { text: "Makes one number of each map: its mean. Where something was is forgotten.", chapter: "pool" },
  GlobalMaxPool: { text: "Makes one number of each map: its largest. Where it was is forgotten.", chapter: "pool" },
  GlobalLpPool: { text: "Makes one number of each map: its length as a vector.", chapter: "pool" },
  BatchNormalization: {
    text: "Shifts and scales each channel by numbers that it learned, so that the next layer finds its input in a usual range.",
  },
  InstanceNormalization: { text: "Brings each channel of this picture to mean 0 and deviation 1, then shifts and scales it." },
  GroupNormalization: { text: "Brings each group of channels to mean 0 and deviation 1, then shifts and scales them." },
  LayerNormalization: { text: "Brings all numbers of a place to mean 0 and deviation 1, then shifts and scales them." },
  LRN: { text: "Weakens a number where the channels beside it are strong at the same place." },
  Relu: { text: "ReLU: what is below 0 becomes 0, the rest stays.", chapter: "sum" },
  LeakyRelu: { text: "Leaky ReLU: what is below 0 becomes a small part of itself, the rest stays.", chapter: "sum" },
  PRelu: { text: "PReLU: what is below 0 is multiplied by a number that each channel has learned, the rest stays.", chapter: "sum" },
  ThresholdedRelu: { text: "What is not above a threshold becomes 0, the rest stays.", chapter: "sum" },
  Clip: { text: "What is below the least allowed number, or above the largest, becomes that number.", chapter: "sum" },
  Elu: { text: "ELU: what is below 0 bends towards a limit, the rest stays.", chapter: "sum" },
  Celu: { text: "CELU: what is below 0 bends towards a limit, the rest stays.", chapter: "sum" },
  Selu: { text: "SELU: what is below 0 bends towards a limit, and all is scaled a little.", chapter: "sum" },
  Gelu: { text: "GELU: a smooth ReLU, which lets a little through just below 0.", chapter: "sum" },
  Mish: { text: "Mish: a smooth ReLU, which lets a little through just below 0.", chapter: "sum" },
  Swish: { text: "SiLU: each number times its own sigmoid, a smooth ReLU.", chapter: "sum" },
  HardSwish: { text: "Hard swish: a ReLU with a bend between −3 and 3, cheap to compute.", chapter: "sum" },
  Sigmoid: { text: "Brings each number between 0 and 1: far below 0 is nearly 0, far above nearly 1." },
  HardSigmoid: { text: "Brings each number between 0 and 1 along a straight line, which is cheap to compute." },
  Tanh: { text: "Brings each number between −1 and 1." },
  Softplus: { text: "A ReLU without a corner.", chapter: "sum" },
  Softsign: { text: "Brings each number between −1 and 1, slowly." },
  Shrink: { text: "What is near 0 becomes 0, and the rest moves towards it." },
  Softmax: { text: "Makes shares of 100% of the scores: the larger a score, the larger its share.", chapter: "whole" },
  LogSoftmax: { text: "The logarithms of the shares that the scores have.", chapter: "whole" },
  Hardmax: { text: "1 for the largest score, 0 for all others.", chapter: "whole" },
  Add: { text: "Adds what two ways bring, place by place. Beside a side way, a block has only to learn what to change.", chapter: "whole" },
  Sum: { text: "Adds what several ways bring, place by place.", chapter: "whole" },
  Sub: { text: "The difference of two inputs, place by place." },
  Mul: { text: "Multiplies two inputs, place by place: one may open or close the other like a gate." },
  Div: { text: "Divides one input by the other, place by place." },
  Mod: { text: "The remainder of a division, place by place." },
  Pow: { text: "One input to the power of the other, place by place." },
  Max: { text: "The largest of several inputs, place by place." },
  Min: { text: "The smallest of several inputs, place by place." },
  Mean: { text: "The mean of several inputs, place by place." },
  Concat: { text: "Puts the channels of several ways one behind the other.", chapter: "whole" },
  Split: rearranges("Parts the channels into groups that go ways of their own."),
  Slice: rearranges("Cuts a part out of its input."),
  Pad: rearranges("Puts a rim around the maps, so that a window fits at their edges, too."),
  Reshape: rearranges("The same numbers in another shape."),
  Flatten: rearranges("The same numbers in a row: maps and places are no longer told apart."),
  Squeeze: rearranges("The same numbers without axes of one element."),
  Unsqueeze: rearranges("The same numbers with axes of one element more."),
  Transpose: rearranges("The same numbers with their axes in another order."),
  Identity: rearranges("What comes in goes out."),
  Dropout: rearranges("Switches random numbers off in training, and lets all through afterwards."),
  Expand: rearranges("Repeats its input along some axes."),
  Tile: rearranges("Repeats its input like tiles."),
  DepthToSpace: rearranges("Lays channels side by side as pixels, so that maps get larger and fewer."),
  SpaceToDepth: rearranges("Lays neighbouring pixels into channels, so that maps get smaller and more."),
  Gather: rearranges("Picks the numbers at given places."),
  GatherElements: rearranges("Picks a number at a given place for each element."),
  GatherND: rearranges("Picks parts at given places."),
  Resize: { text: "Makes maps larger or smaller, by repeating numbers or by mixing neighbours." },
  Upsample: { text: "Makes maps larger, by repeating numbers or by mixing neighbours." },
  Constant: { text: "Numbers that are the same for every picture." },
  ConstantOfShape: { text: "One number, repeated: the same for every picture." },
  Range: { text: "Numbers in equal steps." },
  Shape: { text: "How many elements its input has along each axis." },
  Size: { text: "How many elements its input has." },
  Cast: each("the same value in another type."),
  CastLike: each("the same value in another type."),
  Where: { text: "Takes one input where a condition holds, else the other." },
  SoftmaxCrossEntropyLoss: { text: "How wrong the scores are: 0 where all is given to the right class." },
  NegativeLogLikelihoodLoss: { text: "How wrong the probabilities are: 0 where all is given to the right class." },
  TopK: { text: "The largest numbers, and where they stand." },
  ArgMax: { text: "Where the largest number stands." },
  ArgMin: { text: "Where the smallest number stands." },
  ReduceMean: folds("their mean"),
  ReduceSum: folds("their sum"),
  ReduceMax: folds("the largest"),
  ReduceMin: folds("the smallest"),
  ReduceProd: folds("their product"),
  ReduceL1: folds("the sum of their sizes"),
  ReduceL2: folds("their length as a vector"),
  ReduceSumSquare: folds("the sum of their squares"),
  ReduceLogSum: folds("the logarithm of their sum"),
  ReduceLogSumExp: folds("a smooth maximum"),
  Equal: compares("two inputs are equal"),
  Greater: compares("the first input is larger"),
  GreaterOrEqual: compares("the first input is larger or equal"),
  Less: compares("the first input is smaller"),
  LessOrEqual: compares("the first input is smaller or equal"),
  And: compares("both inputs hold"),
  Or: compares("one of the inputs holds"),
  Xor: compares("just one of the inputs holds"),
  Not: compares("its input does not hold"),
  Abs: each("its size, without the sign."),
  Neg: each("the other sign."),
  Sign: each("1 above 0, −1 below, and 0 itself."),
  Sqrt: each("its square root."),
  Reciprocal: each("1 divided by it."),
  Exp: each("e to its power."),
  Log: each("its logarithm."),
  Erf: each("the error function, which is part of GELU."),
  Floor: each("the next whole number below."),
  Ceil: each("the next whole number above."),
  Round: each("the nearest whole number."),
  Sin: each("its sine."),
  Cos: each("its cosine."),
  Tan: each("its tangent."),
  Asin: each("the angle whose sine it is."),
  Acos: each("the angle whose cosine it is."),
  Atan: each("the angle whose tangent it is."),
  Sinh: each("its hyperbolic sine."),
  Cosh: each("its hyperbolic cosine."),
  Asinh: each("its inverse hyperbolic sine."),
  Acosh: each("its inverse hyperbolic cosine."),
  Atanh: each("its inverse hyperbolic tangent."),
  GridSample: { text: "Looks its input up at computed places, and mixes the neighbours there." },
  AffineGrid: { text: "The places that a map is looked up at when it is turned, moved or made larger." },
  RoiAlign: { text: "Makes maps of one size of given regions.", chapter: "pool" },
  DeformConv: { text: "A convolution whose window bends: where each of its numbers is read is computed.", chapter: "map" },
  MaxUnpool: rearranges("Puts maxima back to where they were, and 0 elsewhere."),
  Col2Im: { text: "Lays windows over each other in a larger map, where what overlaps is added up." },
  RMSNormalization: { text: "Scales the numbers of a place to a usual size, then by what it learned." },
  LpNormalization: { text: "Scales numbers that belong together to a length of 1." },
  MeanVarianceNormalization: { text: "Brings each channel to mean 0 and deviation 1." },
  Attention: { text: "Each place mixes what all others offer, by how well they fit what it asks for.", chapter: "whole" },
  RotaryEmbedding: { text: "Turns pairs of numbers by an angle that tells where in the sequence they stand." },
  Einsum: { text: "Multiplies several tables and adds up along some of their axes.", chapter: "whole" },
  DFT: { text: "Takes its input apart into waves." },
  STFT: { text: "Takes short pieces of its input apart into waves." },
  RNN: { text: "Goes along a sequence step by step, and keeps what it needs of the steps before." },
  GRU: { text: "Goes along a sequence step by step; gates decide what it keeps of the steps before." },
  LSTM: { text: "Goes along a sequence step by step; gates decide what it keeps, forgets and lets out." },
  QuantizeLinear: each("the nearest whole step of a scale, so that 8 bits hold it."),
  DequantizeLinear: each("the number that a step of the scale stands for."),
  DynamicQuantizeLinear: each("the nearest whole step of a scale that fits all numbers."),
  QLinearConv: { text: "A convolution of whole steps of a scale.", chapter: "map" },
  ConvInteger: { text: "A convolution of whole numbers.", chapter: "map" },
  QLinearMatMul: { text: "Multiplies two tables of whole steps of a scale.", chapter: "whole" },
  MatMulInteger: { text: "Multiplies two tables of whole numbers.", chapter: "whole" },
  IsNaN: each("1 where it is no number, else 0."),
  IsInf: each("1 where it is infinite, else 0."),
  BitwiseAnd: { text: "The bits that two whole numbers share, place by place." },
  BitwiseOr: { text: "The bits that either of two whole numbers has, place by place." },
  BitwiseXor: { text: "The bits that just one of two whole numbers has, place by place." },
  BitwiseNot: each("its bits turned over."),
  BitShift: { text: "Moves the bits of whole numbers to the left or right." },
  BitCast: each("the same bits in another type."),
  Trilu: rearranges("Keeps what lies on one side of a diagonal, and puts 0 elsewhere."),
  EyeLike: { text: "1 along a diagonal, 0 elsewhere: the same for every picture." },
  OneHot: { text: "Puts a mark at the place that a number names." },
  Scatter: rearranges("Writes numbers to given places of a copy."),
  ScatterElements: { text: "Writes numbers to given places of a copy, or adds them there." },
  ScatterND: { text: "Writes parts to given places of a copy, or adds them there." },
  TensorScatter: rearranges("Writes what is new into what is kept from before."),
  CenterCropPad: rearranges("Cuts the middle out, or puts a rim around it."),
  ReverseSequence: rearranges("Turns the order of each sequence around."),
  NonZero: { text: "Where its input is not 0: the places are read in the middle of a run." },
  Unique: { text: "Each number that occurs, once; the numbers are read in the middle of a run." },
  NonMaxSuppression: { text: "Of boxes that cover much of each other, those with the best scores." },
  CumSum: { text: "Each number with all before it added up." },
  CumProd: { text: "Each number with all before it multiplied." },
  HannWindow: { text: "A bell from 0 to 1 and back: the same for every sound." },
  HammingWindow: { text: "A bell from near 0 to 1 and back: the same for every sound." },
  BlackmanWindow: { text: "A slender bell from 0 to 1 and back: the same for every sound." },
  TfIdfVectorizer: { text: "Counts how often short runs of numbers occur." },
  MelWeightMatrix: { text: "Which tones count as one pitch: the same for every sound." },
  Det: { text: "One number of each table: its determinant." },
};

/** By what a block is called by its structure. */
const byBlock: Readonly<Record<string, Words>> = {
  "residual block": {
    text: "A few layers with a side way around them, whose ends are added: the layers learn only what to change.",
    chapter: "whole",
  },
  bottleneck: {
    text: "A residual block that first makes few channels of many, convolves these, and makes many again: so it takes less to compute.",
    chapter: "whole",
  },
  "inverted residual": {
    text: "A residual block that is wide inside, where each channel is convolved by itself, and narrow at its ends.",
    chapter: "whole",
  },
  Fire: {
    text: "SqueezeNet's module: few channels are made of many, then convolved with 1×1 and 3×3 kernels side by side.",
    chapter: "whole",
  },
  inception: {
    text: "Several windows of different sizes side by side over the same maps; what all of them find is put together.",
    chapter: "whole",
  },
  "dense layer": {
    text: "Adds a few channels to those that it reads, so that every later layer finds all earlier ones.",
    chapter: "whole",
  },
  "squeeze and excite": { text: "Weighs each channel by what the means of all channels say of the picture.", chapter: "whole" },
  "gated block": { text: "One way decides, place by place, how much of the other comes through.", chapter: "whole" },
};

/** Operators that only lengthen what is said of the layer that they end. */
const activations = /Relu$|^(Clip|.?Elu|Gelu|Mish|Swish|HardSwish|Sigmoid|HardSigmoid|Tanh|Softmax|Softplus)$/;

/**
 * What is said of a layer that is made of these operators, in the order of execution: of the first, and of the activation at its end.
 *
 * @returns undefined where nothing is known of them
 */
export function sentenceOfLayer(operators: readonly string[]): LayerSentence | undefined {
  const known = operators.filter((operator) => Object.hasOwn(byOperator, operator));
  const [first] = known;
  if (first === undefined) return undefined;
  const last = known.slice(1).findLast((operator) => activations.test(operator));
  const words = [first, ...(last === undefined || last === first ? [] : [last])].map((operator) => byOperator[operator] as Words);
  return { text: words.map(({ text }) => text).join(" "), chapter: words.find(({ chapter }) => chapter)?.chapter };
}

/** @param kind what the block is called by its structure */
export function sentenceOfBlock(kind: string): LayerSentence {
  const words = Object.hasOwn(byBlock, kind)
    ? (byBlock[kind] as Words)
    : { text: "Several layers that belong together. Unfold it to see them." };
  return { text: words.text, chapter: words.chapter };
}
