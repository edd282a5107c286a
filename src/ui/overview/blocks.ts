// The blocks of a network as a tree: modules of a few nodes, and runs of equal modules. Names say where they are, or the structure does. Pure.
import type { Axes, Shape } from "../../engine/shapes.ts";
import { blockWord } from "./block-words.ts";
import type { Overview, OverviewNode } from "./condense.ts";
import { Divider, type Draft } from "./divide.ts";
import { Numbering } from "./numbering.ts";
import { commonScopes, titleOf } from "./scopes.ts";

/** Several items that are shown as one until they are unfolded. */
export interface Block {
  readonly id: string;
  /** A run is one block after the other, all equal. */
  readonly role: "block" | "run";
  /** "Fire 2", "bottleneck 7", "residual block × 20". */
  readonly title: string;
  /** "Fire", "bottleneck", … */
  readonly kind: string;
  /** What exporters call it, such as layer1.0; else the value that is shown. */
  readonly name: string;
  /** Its last value, which is shown for it. */
  readonly value: string;
  readonly members: readonly Item[];
  /** Nodes of the overview that it stands for. */
  readonly nodeCount: number;
  readonly outputs: readonly string[];
  readonly shape: Shape | undefined;
  readonly axes?: Axes | undefined;
  readonly parameterCount: number;
  /** Multiply-adds. */
  readonly macs: number;
  readonly obstacles: readonly string[];
}

/** What can be shown as one node. */
export type Item = OverviewNode | Block;

/** Networks of up to so many nodes are shown as they are. */
const mostUnfolded = 30;

/** @returns what is shown while all is folded, in an order in which each comes behind what it reads */
export function findBlocks(overview: Overview): readonly Item[] {
  if (overview.nodes.length <= mostUnfolded) return overview.nodes;
  const graph = new Numbering(overview);
  const namer = new Namer(graph);
  return new Divider(graph, mostUnfolded).divide().map((draft) => namer.finish(draft));
}

export function isBlock(item: Item): item is Block {
  return "members" in item;
}

/** The nodes that an item stands for. */
export function nodesOf(item: Item): readonly OverviewNode[] {
  return isBlock(item) ? item.members.flatMap(nodesOf) : [item];
}

/** Names the blocks in their order: where exporters do not number them, these numbers do. */
class Namer {
  readonly #graph: Numbering;
  readonly #ids: Set<string>;
  readonly #counts = new Map<string, number>();

  constructor(graph: Numbering) {
    this.#graph = graph;
    this.#ids = new Set(graph.nodes.map(({ id }) => id));
  }

  finish(draft: Draft): Item {
    if (typeof draft === "number") return this.#graph.nodes[draft] as OverviewNode;
    const { role, scope } = draft;
    const members = draft.members.map((member) => this.finish(member));
    const nodes = members.flatMap(nodesOf);
    const [first] = members as [Item];
    const { id: value, shape, axes } = nodes.at(-1) as OverviewNode;
    const kind =
      role === "run"
        ? isBlock(first)
          ? first.kind
          : first.title
        : blockWord(this.#graph.blockOf(nodes.map(({ id }) => this.#graph.numbers.get(id) as number)));
    const name = scope ?? commonScopes(nodes).at(-1);
    const title = role === "run" ? `${kind} × ${members.length}` : ((name && titleOf(name, kind)) ?? `${kind} ${this.#next(kind)}`);
    const sum = (count: "parameterCount" | "macs") => nodes.reduce((total, node) => total + node[count], 0);
    return {
      id: this.#unique(`${role} ${value}`),
      role,
      title,
      kind,
      name: name ?? value,
      value,
      members,
      nodeCount: nodes.length,
      outputs: nodes.flatMap(({ outputs }) => outputs),
      shape,
      axes,
      parameterCount: sum("parameterCount"),
      macs: sum("macs"),
      obstacles: nodes.flatMap(({ obstacles }) => obstacles),
    };
  }

  /** SqueezeNet's authors count its first convolution, too: Fire 2 to Fire 9. */
  #next(kind: string): number {
    const number = (this.#counts.get(kind) ?? (kind === "Fire" ? 1 : 0)) + 1;
    this.#counts.set(kind, number);
    return number;
  }

  #unique(wanted: string): string {
    let id = wanted;
    while (this.#ids.has(id)) id += "′";
    this.#ids.add(id);
    return id;
  }
}
