// Folds a Pad with zeros into the convolutions that read it: they have a border of zeros anyway, and no dispatch writes it.
import { GraphEdit } from "../../graph/edit.ts";
import type { Graph, Node, TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { normalizeAxis } from "../../shapes.ts";

export const foldPad: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  for (const { name } of graph.nodes) {
    const pad = edit.node(name);
    if (pad?.operator !== "Pad" || pad.domain !== "") continue;
    const [output = ""] = pad.outputs;
    const pads = edit.isWanted(output) ? undefined : spatialZeroPads(graph, pad);
    const folded = pads && edit.readers(output).map((reader) => withPads(reader, pad, pads));
    if (!folded?.every((reader) => reader !== undefined)) continue;
    for (const reader of folded) edit.replace(reader.name, reader);
    edit.drop(name);
  }
  return edit.graph();
};

/** What the node adds before and after every spatial axis, if that is zeros and nothing else happens. */
function spatialZeroPads({ initializers, opsets, types }: TypedGraph, { attributes, inputs }: Node): readonly number[] | undefined {
  const rank = types.get(inputs[0] as string)?.shape.length ?? 0;
  const constant = (index: number) => initializers.get(inputs[index] ?? "")?.toNumbers();
  const isOld = (opsets.get("") ?? 1) < 11;
  const pads = isOld ? (attributes.get("pads") as readonly number[] | undefined) : constant(1);
  const value = isOld ? (attributes.get("value") ?? 0) : inputs[2] ? constant(2)?.[0] : 0;
  const axes = inputs[3] ? constant(3) : Array.from({ length: rank }, (_, axis) => axis);
  if ((attributes.get("mode") ?? "constant") !== "constant" || value !== 0 || !pads || !axes) return undefined;
  const all = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    all[normalizeAxis(axis, rank)] = pads[i] as number;
    all[rank + normalizeAxis(axis, rank)] = pads[axes.length + i] as number;
  });
  const isSpatial = all.every((pad, i) => pad >= 0 && (i % rank >= 2 || pad === 0));
  return isSpatial ? all.filter((_, i) => i % rank >= 2) : undefined;
}

/** The convolution that pads by itself what `pad` added to its input; `undefined` if the reader is none, or derives its padding. */
function withPads(reader: Node, pad: Node, pads: readonly number[]): Node | undefined {
  const isConvolution = reader.operator === "Conv" && reader.domain === "";
  const readsOnce = reader.inputs.filter((name) => name === pad.outputs[0]).length === 1 && reader.inputs[0] === pad.outputs[0];
  const autoPad = reader.attributes.get("auto_pad") ?? "NOTSET";
  if (!isConvolution || !readsOnce || (autoPad !== "NOTSET" && autoPad !== "VALID")) return undefined;
  const own = autoPad === "VALID" ? undefined : (reader.attributes.get("pads") as readonly number[] | undefined);
  const attributes = new Map(reader.attributes);
  attributes.delete("auto_pad");
  attributes.set(
    "pads",
    pads.map((amount, i) => amount + (own?.[i] ?? 0)),
  );
  return { ...reader, inputs: [pad.inputs[0] as string, ...reader.inputs.slice(1)], attributes };
}
