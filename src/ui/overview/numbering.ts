// An overview as a graph over numbers, which the search for blocks works on.
import type { BlockNodes } from "./block-words.ts";
import type { Overview, OverviewNode } from "./condense.ts";
import type { Numbered } from "./regions.ts";

export class Numbering implements Numbered {
  readonly nodes: readonly OverviewNode[];
  /** By the node's id. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly sources: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];

  constructor({ nodes, edges }: Overview) {
    const numbers = new Map(nodes.map(({ id }, number) => [id, number]));
    this.nodes = nodes;
    this.numbers = numbers;
    const sources: number[][] = nodes.map(() => []);
    const targets: number[][] = nodes.map(() => []);
    for (const { from, to } of edges) {
      const [source, target] = [numbers.get(from) as number, numbers.get(to) as number];
      sources[target]?.push(source);
      targets[source]?.push(target);
    }
    this.sources = sources;
    this.targets = targets;
  }

  /** @param members in order; the last is where its ways join */
  blockOf(members: readonly number[]): BlockNodes {
    const inside = new Set(members);
    const sources = this.sources[members.at(-1) as number] ?? [];
    return {
      nodes: this.nodesAt(members),
      sources: sources.map((source) => (inside.has(source) ? (this.nodes[source] as OverviewNode) : "entry")),
    };
  }

  nodesAt(numbers: readonly number[]): readonly OverviewNode[] {
    return numbers.map((number) => this.nodes[number] as OverviewNode);
  }

  /**
   * What several nodes are together, as text: two parts with the same key have the same structure.
   *
   * @param detail what else must be equal
   */
  keyOf(numbers: readonly number[], detail: (node: OverviewNode) => string = () => ""): string {
    const places = new Map(numbers.map((number, place) => [number, place]));
    const one = (number: number) => {
      const node = this.nodes[number] as OverviewNode;
      const read = this.sources[number]?.map((source) => places.get(source) ?? "entry");
      return `${node.title} ${detail(node)} reads ${read}`;
    };
    return numbers.map(one).join("; ");
  }
}
