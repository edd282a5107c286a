// The blocks of a network as a tree: modules of a few nodes, and runs of equal modules. Names say where they are, or the structure does. Pure.
import type { Axes, Shape } from "../../engine/shapes.ts";
import { numberBlocks } from "./block-numbers.ts";
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
  const drafts = new Divider(graph, mostUnfolded).divide();
  const namer = new Namer(graph, drafts);
  return drafts.map((draft) => namer.finish(draft));
}

export function isBlock(item: Item): item is Block {
  return "members" in item;
}

/** The nodes that an item stands for. */
export function nodesOf(item: Item): readonly OverviewNode[] {
  return isBlock(item) ? item.members.flatMap(nodesOf) : [item];
}

/** Several nodes as one. */
type DraftBlock = Exclude<Draft, number>;

/** What a module is called: where exporters do not number it, its place in the network does. */
interface Called {
  readonly kind: string;
  readonly name: string | undefined;
  readonly title: string;
}

/** Makes items of drafts, and calls them what people do. */
class Namer {
  readonly #graph: Numbering;
  readonly #ids: Set<string>;
  readonly #modules: ReadonlyMap<DraftBlock, Called>;

  constructor(graph: Numbering, drafts: readonly Draft[]) {
    this.#graph = graph;
    this.#ids = new Set(graph.nodes.map(({ id }) => id));
    this.#modules = this.#callAll(modulesIn(drafts));
  }

  finish(draft: Draft): Item {
    if (typeof draft === "number") return this.#graph.nodes[draft] as OverviewNode;
    const { role } = draft;
    const members = draft.members.map((member) => this.finish(member));
    const nodes = members.flatMap(nodesOf);
    const { id: value, shape, axes } = nodes.at(-1) as OverviewNode;
    const { kind, name, title } = this.#modules.get(draft) ?? this.#callRun(members as [Item, ...Item[]], nodes);
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

  #callRun(members: readonly [Item, ...Item[]], nodes: readonly OverviewNode[]): Called {
    const [first] = members;
    const kind = isBlock(first) ? first.kind : first.title;
    return { kind, name: commonScopes(nodes).at(-1), title: `${kind} × ${members.length}` };
  }

  #callAll(modules: readonly DraftBlock[]): ReadonlyMap<DraftBlock, Called> {
    const called = modules.map((draft) => {
      const numbers = numbersIn(draft);
      const kind = blockWord(this.#graph.blockOf(numbers));
      const name = draft.scope ?? commonScopes(this.#graph.nodesAt(numbers)).at(-1);
      return { draft, kind, name, title: name && titleOf(name, kind), nodes: numbers };
    });
    const counted = called.filter(({ title }) => !title);
    const numbers = numberBlocks(this.#graph, counted);
    const titles = new Map(counted.map((one, i) => [one, `${one.kind} ${numbers[i]}`]));
    return new Map(called.map((one) => [one.draft, { kind: one.kind, name: one.name, title: one.title || (titles.get(one) as string) }]));
  }

  #unique(wanted: string): string {
    let id = wanted;
    while (this.#ids.has(id)) id += "′";
    this.#ids.add(id);
    return id;
  }
}

/** Those that are no runs, the inner before the outer. */
function modulesIn(drafts: readonly Draft[]): readonly DraftBlock[] {
  return drafts.flatMap((draft) =>
    typeof draft === "number" ? [] : [...modulesIn(draft.members), ...(draft.role === "block" ? [draft] : [])],
  );
}

/** The nodes that a draft stands for. */
function numbersIn(draft: Draft): readonly number[] {
  return typeof draft === "number" ? [draft] : draft.members.flatMap(numbersIn);
}
