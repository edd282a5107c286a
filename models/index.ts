// The networks that Convcam can build, by name. Weights are drawn from a seed: "blank" networks, nothing is downloaded.
import { encodeModel } from "../src/engine/onnx/encode.ts";
import type { BuilderOptions, BuiltGraph } from "./builder.ts";
import { buildDogsVersusCats } from "./dogs-versus-cats.ts";
import { buildDriver } from "./driver.ts";
import { buildDualBackbone } from "./dual-backbone.ts";
import { buildInceptionResnetV2 } from "./inception-resnet-v2.ts";
import { buildMnist } from "./mnist.ts";
import { buildMobilenetV2 } from "./mobilenetv2.ts";
import { buildResnet18, buildResnet50 } from "./resnet.ts";
import { buildShapes } from "./shapes.ts";
import { buildSqueezenet11 } from "./squeezenet.ts";
import { buildTinyVgg } from "./tiny-vgg.ts";
import { buildVgg16, buildVgg16Features } from "./vgg16.ts";
import { buildXception } from "./xception.ts";

export type NetworkOptions = Pick<BuilderOptions, "seed">;

export interface Network {
  readonly title: string;
  readonly build: (options: NetworkOptions) => BuiltGraph;
  /** Weights, biases and BatchNormalization's vectors, moving statistics included. Times four: bytes of the file. */
  readonly parameterCount: number;
  /** A layer worth looking at first. */
  readonly layer: string;
}

/** What builds each network of `manifest.json`; the manifest says how to prepare its input. */
export const networks: Readonly<Record<string, Network>> = {
  mnist: { title: "MNIST digits", build: buildMnist, parameterCount: 225_034, layer: "conv_1" },
  "tiny-vgg": { title: "Tiny VGG (CNN Explainer)", build: buildTinyVgg, parameterCount: 19_920, layer: "relu_1_2" },
  "dogs-versus-cats": { title: "Dogs versus cats", build: buildDogsVersusCats, parameterCount: 410_674, layer: "relu3" },
  "dual-backbone": { title: "Dual backbone", build: buildDualBackbone, parameterCount: 369_410, layer: "a_block3_add" },
  driver: { title: "Driver, two backbones", build: buildDriver, parameterCount: 88_786, layer: "steering_conv_2" },
  shapes: { title: "Shapes in colours", build: buildShapes, parameterCount: 36_852, layer: "conv_1" },
  vgg16: { title: "VGG16", build: buildVgg16, parameterCount: 138_357_544, layer: "block1_conv2" },
  vgg16_features: { title: "VGG16 without its dense layers", build: buildVgg16Features, parameterCount: 14_714_688, layer: "block1_conv2" },
  xception: { title: "Xception", build: buildXception, parameterCount: 22_910_480, layer: "block14_sepconv2_act" },
  "inception-resnet-v2": { title: "Inception-ResNet-v2", build: buildInceptionResnetV2, parameterCount: 55_873_736, layer: "conv_7b_ac" },
  resnet18: { title: "ResNet-18", build: buildResnet18, parameterCount: 11_699_112, layer: "layer1.0" },
  resnet50: { title: "ResNet-50", build: buildResnet50, parameterCount: 25_610_152, layer: "layer1.0" },
  mobilenetv2: { title: "MobileNetV2", build: buildMobilenetV2, parameterCount: 3_538_984, layer: "features.3" },
  squeezenet1_1: { title: "SqueezeNet 1.1", build: buildSqueezenet11, parameterCount: 1_235_496, layer: "features.3" },
};

/** Builds a network by name; the error for an unknown one lists those known. */
export function buildGraph(name: string, options: NetworkOptions): BuiltGraph {
  const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
  if (!network) throw new Error(`there is no network '${name}'. Known: ${Object.keys(networks).join(", ")}`);
  return network.build(options);
}

/** The same as the bytes of an .onnx file. */
export function buildModel(name: string, options: NetworkOptions): Uint8Array {
  return encodeModel(buildGraph(name, options));
}
