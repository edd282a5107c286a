// Networks for the tests of the overview: those that we build and, where the shared data is there, its files; as few nodes.
import { buildGraph } from "../../models/index.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { inspectWithShapes } from "../../src/ui/input-shapes.ts";
import { describeNetwork, type NetworkFacts } from "../../src/ui/overview/facts.ts";
import { dataFiles, readData } from "./data.ts";

export async function factsOfGraph(graph: Graph): Promise<NetworkFacts> {
  const inspection = await inspectWithShapes(graph, { option: "shapes" });
  return describeNetwork(graph, inspection, inspection.inputShapes);
}

const built = "squeezenet1_1 resnet50 xception inception-resnet-v2 mobilenetv2 dual-backbone vgg16_features mnist".split(" ");
const folders = ["models", "onnx/light", "field"];
const files = folders.flatMap((folder) => dataFiles(folder, "").map((name) => `${folder}/${name}`));

/** Names for {@link factsOfNetwork}. */
export const overviewNetworks: readonly string[] = [...built, ...files.filter((name) => readData(`${name}/model.onnx`))];

const known = new Map<string, NetworkFacts>();

/** @returns `undefined` for a file that cannot be read */
export async function factsOfNetwork(name: string): Promise<NetworkFacts | undefined> {
  const facts = known.get(name) ?? (await readFacts(name).catch(() => undefined));
  if (facts) known.set(name, facts);
  return facts;
}

async function readFacts(name: string): Promise<NetworkFacts> {
  const bytes = built.includes(name) ? undefined : readData(`${name}/model.onnx`);
  return factsOfGraph(bytes ? await importModel(bytes) : buildGraph(name, { seed: 1 }));
}
