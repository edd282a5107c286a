// How a network wants its pictures prepared, guessed: of the ten networks of CONVCAM_DATA, where they are, and of made-up ones.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { guessPreparation, type NetworkFacts } from "../../src/ui/hints/guess.ts";
import { describePreparation, type PresetName, presetOf, presets } from "../../src/ui/hints/presets.ts";
import { graphOf, op } from "../support/graphs.ts";

const floats = (...numbers: number[]) => Tensor.float32([numbers.length], Float32Array.from(numbers));
const perChannel = (...numbers: number[]) => Tensor.float32([1, numbers.length, 1, 1], Float32Array.from(numbers));
const classes = [{ name: "y", shape: [1, 10] }];
const picture = [{ name: "y", shape: [1, 3, 64, 64] }];

function facts(
  graph: Graph,
  { channels = 3, outputs = classes }: { channels?: number; outputs?: NetworkFacts["outputs"] } = {},
): NetworkFacts {
  const [input] = graph.inputs;
  return { graph, input: { name: input?.name ?? "", dtype: input?.dtype ?? "float32", channels }, outputs };
}

const conv = op("Conv", "x w", "y");
const withMetadata = (metadata: Readonly<Record<string, string>>) => ({
  ...graphOf({ nodes: [conv] }),
  metadata: new Map(Object.entries(metadata)),
});
const named = (name: string, ...others: string[]) =>
  graphOf({ nodes: [{ ...conv, name }, ...others.map((other) => ({ ...conv, name: other }))] });

describe("what the file says", () => {
  it.each([
    ["ONNX's own names", { "Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "NominalRange_0_255" }, "raw", "bgr"],
    ["a range of 0…1", { "Image.BitmapPixelFormat": "Rgb8", "Image.NominalPixelRange": "Normalized_0_1" }, "unit", "rgb"],
    ["a range of −1…1", { "Image.NominalPixelRange": "Normalized_1_1" }, "signed", undefined],
    ["an order alone: pixels as bitmaps hold them", { "Image.BitmapPixelFormat": "Gray8" }, "raw", "gray"],
    ["timm's settings", { pretrained_cfg: '{"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}' }, "imagenet", undefined],
    ["mean and std by themselves", { mean: "0.5", std: "0.5" }, "signed", undefined],
    [
      "ultralytics",
      { author: "Ultralytics", names: "{0: 'person'}", imgsz: "[640, 640]", stride: "32", task: "detect" },
      "unit",
      undefined,
    ],
  ] as const)("%s", (_, metadata, preset, channels) => {
    const { preparation, because } = guessPreparation(facts(withMetadata(metadata)));
    expect([presetOf(preparation), preparation.channels]).toEqual([preset, channels]);
    expect(because).toBe("the file's own metadata");
  });

  it("takes mean and std beyond 2 for those of pixels", () => {
    expect(guessPreparation(facts(withMetadata({ mean: "[127, 127, 127]", std: "[128, 128, 128]" }))).preparation.scale).toBe(1);
  });
});

describe("what the network begins with", () => {
  const begins: readonly (readonly [string, Parameters<typeof graphOf>[0], PresetName, string | undefined])[] = [
    [
      "Sub 127.5, Div 128",
      { constants: { a: floats(127.5), b: floats(128) }, nodes: [op("Sub", "x a", "s"), op("Div", "s b", "d"), op("Conv", "d w", "y")] },
      "raw",
      undefined,
    ],
    [
      "Caffe's mean in BGR",
      { constants: { a: perChannel(104, 117, 123) }, nodes: [op("Sub", "x a", "s"), op("Conv", "s w", "y")] },
      "raw",
      "bgr",
    ],
    [
      "Caffe's mean in RGB",
      { constants: { a: perChannel(-123, -117, -104) }, nodes: [op("Add", "x a", "s"), op("Conv", "s w", "y")] },
      "raw",
      undefined,
    ],
    [
      "1/255, then ImageNet",
      {
        constants: { a: floats(1 / 255), m: perChannel(0.485, 0.456, 0.406), s: perChannel(0.229, 0.224, 0.225) },
        nodes: [op("Transpose", "x", "t"), op("Mul", "t a", "u"), op("Sub", "u m", "v"), op("Div", "v s", "w2"), op("Conv", "w2 w", "y")],
      },
      "raw",
      undefined,
    ],
    [
      "ImageNet's of 0…1",
      {
        constants: { m: perChannel(0.485, 0.456, 0.406), s: perChannel(0.229, 0.224, 0.225) },
        nodes: [op("Sub", "x m", "v"), op("Div", "v s", "d"), op("Conv", "d w", "y")],
      },
      "unit",
      undefined,
    ],
    [
      "2x − 1",
      { constants: { a: floats(2), b: floats(1) }, nodes: [op("Mul", "x a", "u"), op("Sub", "u b", "v"), op("Conv", "v w", "y")] },
      "unit",
      undefined,
    ],
    [
      "BatchNormalization of pixels",
      {
        constants: { g: floats(1, 1, 1), b: floats(0, 0, 0), m: floats(123, 116, 103), v: floats(3600, 3500, 3700) },
        nodes: [op("BatchNormalization", "x g b m v", "n"), op("Conv", "n w", "y")],
      },
      "raw",
      undefined,
    ],
    [
      "BatchNormalization of 0…1",
      {
        constants: { g: floats(1, 1, 1), b: floats(0, 0, 0), m: floats(0.48, 0.45, 0.4), v: floats(0.07, 0.07, 0.07) },
        nodes: [op("BatchNormalization", "x g b m v", "n"), op("Conv", "n w", "y")],
      },
      "unit",
      undefined,
    ],
    [
      "BatchNormalization of what is normalised",
      {
        constants: { g: floats(1, 1, 1), b: floats(0, 0, 0), m: floats(0, 0.02, -0.01), v: floats(1.1, 1, 1) },
        nodes: [op("BatchNormalization", "x g b m v", "n"), op("Conv", "n w", "y")],
      },
      "imagenet",
      undefined,
    ],
  ];
  it.each(begins)("%s", (_, lines, preset, channels) => {
    const { preparation, because } = guessPreparation(facts(graphOf(lines)));
    expect([presetOf(preparation), preparation.channels]).toEqual([preset, channels]);
    expect(because).toBe("the arithmetic that it begins with");
  });

  it("concludes nothing from arithmetic on two values, and nothing from a network that has none", () => {
    const nodes = [op("Mul", "x x", "u"), op("Conv", "u w", "y")];
    expect(guessPreparation(facts(graphOf({ nodes }))).because).toContain("nothing");
    expect(guessPreparation(facts(graphOf({ nodes: [] }))).because).toContain("nothing");
  });

  it("leaves whole numbers as they are", () => {
    const graph = graphOf({ nodes: [conv] });
    const input = { name: "x", dtype: "uint8", channels: 3 } as const;
    const { preparation } = guessPreparation({ graph, input, outputs: classes });
    expect(preparation).toEqual({});
    expect(describePreparation(preparation, { width: 8, height: 8, channels: 3, dtype: "uint8" })).toBe("8 × 8, RGB, 0 … 255");
  });
});

describe("families by their names", () => {
  const thousand = [{ name: "y", shape: [1, 1000] }];
  const cases: readonly [string, Graph, PresetName, NetworkFacts["outputs"]?][] = [
    ["TensorFlow's MobileNet", named("MobilenetV1/MobilenetV1/Conv2d_0/Relu6"), "signed", thousand],
    ["Keras' Xception", named("block1_conv1/convolution", "block2_sepconv1/separable", "block5_conv3"), "signed", thousand],
    ["Keras' ResNet50", named("resnet50/conv2_block1_1_conv/Conv2D"), "caffe", thousand],
    ["Keras' VGG16", named("block5_conv3"), "caffe", thousand],
    ["torchvision's ResNet", graphOf({ constants: { "layer1.0.conv1.weight": floats(1) }, nodes: [conv] }), "imagenet"],
    [
      "torchvision's MobileNetV2",
      graphOf({ constants: { "features.0.0.weight": floats(1), mobilenet_v2: floats(1) }, nodes: [conv] }),
      "imagenet",
    ],
    ["MXNet's MobileNetV2", named("mobilenetv20_features_conv0_fwd"), "imagenet", thousand],
    ["a Darknet, by its slope", graphOf({ nodes: [op("Conv", "x w", "c"), op("LeakyRelu", "c", "y", { alpha: 0.1 })] }), "unit", thousand],
    ["YOLO", named("/model.0/conv/Conv"), "unit", [{ name: "output0", shape: [1, 84, 8400] }]],
    ["CLIP", graphOf({ constants: { "visual.conv1.weight": floats(1) }, nodes: [conv] }), "clip"],
    ["a network of styles", graphOf({ nodes: [op("Conv", "x w", "c"), op("InstanceNormalization", "c s b", "y")] }), "raw", picture],
    [
      "a generator that ends with Tanh",
      graphOf({ nodes: [op("Conv", "x w", "c"), op("InstanceNormalization", "c s b", "n"), op("Tanh", "n", "y")] }),
      "signed",
      picture,
    ],
    ["nothing but a thousand classes", graphOf({ nodes: [conv] }), "imagenet", thousand],
    ["nothing at all", graphOf({ nodes: [conv] }), "unit"],
  ];
  it.each(cases)("%s", (_, graph, preset, outputs) => {
    expect(presetOf(guessPreparation(facts(graph, outputs && { outputs })).preparation)).toBe(preset);
  });

  it("guesses nothing in colours for gray", () => {
    expect(presetOf(guessPreparation(facts(named("MobilenetV1/Conv"), { channels: 1, outputs: thousand })).preparation)).toBe("unit");
  });
});

const folder = join(process.env["CONVCAM_DATA"] ?? join(import.meta.dirname, "../../../shared/data"), "models");

describe.runIf(existsSync(folder))("ten networks with real weights", () => {
  it.each([
    ["mnist-8", 1, [1, 10], "unit"],
    ["mobilenetv2", 3, [1, 1000], "signed"],
    ["resnet20-cifar10", 3, [1, 10], "imagenet"],
    ["squeezenet-fp16", 3, [1, 1000, 1, 1], "caffe"],
    ["squeezenet1.1", 3, [1, 1000], "imagenet"],
    ["style-vangogh-starry", 3, [1, 3, 256, 256], "raw"],
    ["super-resolution", 1, [1, 1, 672, 672], "unit"],
    ["tiny-darknet", 3, [1, 1000], "unit"],
    ["tinyvgg", 3, [1, 10], "unit"],
  ] as const)("%s", async (name, channels, shape, preset) => {
    const graph = await importModel(new Uint8Array(readFileSync(join(folder, name, "model.onnx"))));
    const outputs = [{ name: graph.outputs[0] ?? "", shape }];
    expect(presetOf(guessPreparation(facts(graph, { channels, outputs })).preparation)).toBe(preset);
  });

  it("ultraface-320", async () => {
    const graph = await importModel(new Uint8Array(readFileSync(join(folder, "ultraface-320", "model.onnx"))));
    const outputs = graph.outputs.map((name) => ({ name, shape: [1, 4420, 2] }));
    expect(guessPreparation(facts(graph, { outputs })).preparation).toEqual({ scale: 1, mean: 127, std: 128 });
  });
});

describe("what is said of a preparation", () => {
  const input = { width: 224, height: 224, channels: 3, dtype: "float32" } as const;
  it.each([
    [presets.imagenet.colors, "224 × 224, RGB, (x − mean) / std of ImageNet"],
    [presets.caffe.colors, "224 × 224, BGR, 0 … 255 less the mean of ImageNet, as Caffe has it"],
    [{}, "224 × 224, RGB, 0 … 1"],
    [{ mean: [0.5, 0.5, 0.5], std: [0.5], fit: "contain" }, "224 × 224, RGB, −1 … 1, whole picture between bars"],
    [{ scale: 1, mean: 127, std: 128 }, "224 × 224, RGB, (x − 127) / 128"],
    [{ std: [0.2, 0.3, 0.4], fit: "stretch" }, "224 × 224, RGB, x / 255 / (0.2, 0.3, 0.4), stretched"],
    [{ scale: 0.5 }, "224 × 224, RGB, x · 0.5"],
  ] as const)("%o", (preparation, text) => {
    expect(describePreparation(preparation, input)).toBe(text);
  });
});
