// What the way back of a step of training reads of the way forward, computed again right before it is read instead of being kept: which values, and
// the graph that does so. The same kernels compute the same bits.
import { type Graph, type Node, producersOf, type TypedGraph } from "../../graph/graph.ts";
import { ancestorsOf } from "../../graph/reach.ts";
import type { Operation } from "../../ops/operator.ts";
import { sizeOf } from "../../shapes.ts";

const ending = " again";

/** How many multiply-adds take as long as moving a byte. */
const macsPerByte = 8;

/**
 * The graph in which whoever does not belong to the way forward reads copies of these values.
 *
 * @param forward values of the way forward
 * @param chosen some of those that nodes compute
 */
export function recomputed(graph: Graph, forward: ReadonlySet<string>, chosen: ReadonlySet<string>): Graph {
  const producers = producersOf(graph);
  const nodes: Node[] = [];
  const copied = new Set<Node>();
  const copyOf = (value: string): string => {
    const node = chosen.has(value) ? producers.get(value) : undefined;
    if (!node) return value;
    if (!copied.has(node)) {
      copied.add(node);
      const inputs = node.inputs.map(copyOf);
      const outputs = node.outputs.map((output) => output && `${output}${ending}`);
      nodes.push({ ...node, name: `${node.name}${ending}`, inputs, outputs });
    }
    return `${value}${ending}`;
  };
  for (const node of graph.nodes) {
    const isForward = node.outputs.some((output) => forward.has(output));
    const inputs = isForward ? node.inputs : node.inputs.map(copyOf);
    nodes.push({ ...node, inputs });
  }
  return { ...graph, nodes };
}

/** What lies on the way to some values, but for what changes where it lies. */
export function forwardOf(graph: Graph, values: Iterable<string>): ReadonlySet<string> {
  const changed = new Set(graph.updates?.values());
  return new Set([...ancestorsOf(graph, values)].filter((value) => !changed.has(value)));
}

/** What a graph keeps at once, guessed from the types of its values alone. */
interface Profile {
  readonly peakBytes: number;
  readonly peakAt: string;
  /** While a node computes, by its name. */
  readonly live: ReadonlyMap<string, number>;
}

/** Chooses what to compute again: first what saves most bytes for the least work. */
export class Recomputation {
  readonly #graph: TypedGraph;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly forward: ReadonlySet<string>;
  readonly #producers: ReadonlyMap<string, Node>;
  /** What is there anyway: inputs, parameters, outputs. */
  readonly #lasting: ReadonlySet<string>;
  /** Values of the way forward that the way back reads. */
  readonly #readBack: ReadonlySet<string>;
  #chosen: ReadonlySet<string> = new Set();
  #profile: Profile;

  /** @param values that the way forward leads to */
  constructor(graph: TypedGraph, operations: ReadonlyMap<string, Operation>, values: readonly string[]) {
    this.#graph = graph;
    this.#operations = operations;
    this.forward = forwardOf(graph, values);
    this.#producers = producersOf(graph);
    const { inputs, outputs, initializers, parameters, prepared } = graph;
    const known = [...initializers.keys(), ...(parameters?.keys() ?? []), ...(prepared ?? [])];
    this.#lasting = new Set([...inputs.map(({ name }) => name), ...outputs, ...known]);
    const back = graph.nodes.filter((node) => !node.outputs.some((output) => this.forward.has(output)));
    this.#readBack = new Set(back.flatMap((node) => node.inputs).filter((value) => this.forward.has(value) && this.#isComputed(value)));
    this.#profile = this.#profileOf(this.#chosen);
  }

  get chosen(): ReadonlySet<string> {
    return this.#chosen;
  }

  /** Chooses until it takes so many bytes less, as far as it can be told. @returns whether there may be more to choose */
  chooseFor(bytes: number): boolean {
    const wanted = this.#profile.peakBytes - bytes;
    while (this.#profile.peakBytes > wanted) if (!this.#chooseSome(wanted)) return false;
    return true;
  }

  /** Ranks the values that save something, and takes the best while they still do. Ranking all anew for each that is taken would be cubic in the layers. */
  #chooseSome(wanted: number): boolean {
    const left = [...this.#readBack].filter((value) => !this.#chosen.has(value));
    const worths = left.map((value) => ({ value, worth: this.#gainOf(value)?.worth ?? 0 })).filter(({ worth }) => worth > 0);
    for (const { value } of worths.toSorted((a, b) => b.worth - a.worth)) {
      if (this.#profile.peakBytes <= wanted) break;
      const gain = this.#gainOf(value);
      if (gain) [this.#chosen, this.#profile] = [gain.chosen, gain.profile];
    }
    return worths.length > 0;
  }

  /** What it brings to compute a value again; `undefined` where it saves nothing. */
  #gainOf(value: string): { readonly chosen: ReadonlySet<string>; readonly profile: Profile; readonly worth: number } | undefined {
    const { peakBytes, peakAt, live } = this.#profile;
    const added = this.#withWhatItTakes(value);
    const chosen = new Set([...this.#chosen, ...added]);
    const profile = this.#profileOf(chosen);
    const saved = (live.get(peakAt) ?? 0) - (profile.live.get(peakAt) ?? 0);
    return saved > 0 && profile.peakBytes <= peakBytes ? { chosen, profile, worth: saved / this.#workOf(added) } : undefined;
  }

  #isComputed(value: string): boolean {
    return !this.#lasting.has(value) && this.#producers.has(value);
  }

  /** The value, and what is computed again for it, since nobody keeps it so long. */
  #withWhatItTakes(value: string, found = new Set<string>()): ReadonlySet<string> {
    if (found.has(value)) return found;
    found.add(value);
    for (const input of this.#producers.get(value)?.inputs ?? [])
      if (this.#isComputed(input) && !this.#readBack.has(input) && !this.#chosen.has(input)) this.#withWhatItTakes(input, found);
    return found;
  }

  #workOf(values: ReadonlySet<string>): number {
    let work = 1;
    for (const node of new Set(Array.from(values, (value) => this.#producers.get(value) as Node))) {
      const operation = this.#operations.get(node.name);
      if (operation?.isView) continue;
      const moved = [...node.inputs, ...node.outputs].reduce((sum, value) => sum + this.#bytesOf(value), 0);
      work += (operation?.macs ?? 0) + macsPerByte * moved;
    }
    return work;
  }

  #bytesOf(value: string): number {
    const type = this.#graph.types.get(originalOf(value));
    return type ? 4 * sizeOf(type.shape) : 0;
  }

  #profileOf(chosen: ReadonlySet<string>): Profile {
    const { nodes } = recomputed(this.#graph, this.forward, chosen);
    const homes = this.#homesOf(nodes);
    const lives = new Map<string, { readonly first: number; last: number; bytes: number }>();
    nodes.forEach(({ inputs, outputs }, position) => {
      for (const value of [...inputs, ...outputs]) {
        if (!value || this.#lasting.has(value)) continue;
        const home = homes.get(value) ?? value;
        if (this.#lasting.has(home)) continue;
        const life = lives.get(home);
        const bytes = this.#bytesOf(value);
        if (life) Object.assign(life, { last: position, bytes: Math.max(life.bytes, bytes) });
        else lives.set(home, { first: position, last: position, bytes });
      }
    });
    const changes = new Array<number>(nodes.length + 1).fill(0);
    for (const { first, last, bytes } of lives.values()) {
      changes[first] = (changes[first] as number) + bytes;
      changes[last + 1] = (changes[last + 1] as number) - bytes;
    }
    const live = new Map<string, number>();
    let [now, peakBytes, peakAt] = [0, 0, ""];
    nodes.forEach(({ name }, position) => {
      now += changes[position] as number;
      live.set(name, now);
      if (now > peakBytes) [peakBytes, peakAt] = [now, name];
    });
    return { peakBytes, peakAt, live };
  }

  /** Values that lie in the memory of another: as another shape of it, a part of it, or beside others in a Concat's output. */
  #homesOf(nodes: readonly Node[]): ReadonlyMap<string, string> {
    const homes = new Map<string, string>();
    const homeOf = (value: string) => homes.get(value) ?? value;
    for (const { name, inputs, outputs } of nodes) {
      const operation = this.#operations.get(originalOf(name));
      const [first = ""] = inputs;
      const [output = ""] = outputs;
      if (operation?.isView || operation?.part) homes.set(output, homeOf(first));
    }
    for (const { name, inputs, outputs } of nodes.toReversed()) {
      const operation = this.#operations.get(originalOf(name));
      const [output = ""] = outputs;
      if (operation?.concatAxis !== undefined) for (const input of inputs) if (!homes.has(input)) homes.set(input, homeOf(output));
    }
    return homes;
  }
}

function originalOf(name: string): string {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}
