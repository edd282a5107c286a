// Where a graph divides into parts with one way in and one way out: residual blocks, fire and inception modules, dense blocks. Pure.

/** A graph over numbers, in an order in which each node comes behind those that it reads. */
export interface Numbered {
  readonly sources: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
}

/** All ways from `entry` join in `exit`, and nothing between the two is read elsewhere. Two regions are nested or apart. */
export interface Region {
  readonly entry: number;
  readonly exit: number;
  /** What lies between, and `exit`; an inner region is there as its own exit alone. So all regions together list a node once or twice. */
  readonly parts: readonly number[];
  /** How many nodes lie between, and `exit`. */
  readonly size: number;
}

/** What may be looked at, so that a graph that is made to take long is shown plainly instead. Real ones take far less. */
const mostSteps = 3e6;

/** The regions of a graph, by the node that joins their ways. */
export class Regions {
  readonly #byExit = new Map<number, Region>();
  /** Of a node in a region, the exit of the smallest that was found; links are shortened where they are followed. */
  readonly #home = new Map<number, number>();
  readonly #graph: Numbered;
  #steps = mostSteps;

  constructor(graph: Numbered) {
    this.#graph = graph;
    const dominators = this.#immediateDominators();
    graph.sources.forEach((sources, exit) => {
      const entry = dominators[exit] ?? -1;
      if (sources.length >= 2 && entry >= 0) this.#find(entry, exit);
    });
  }

  /** The inner before the outer. */
  get all(): readonly Region[] {
    return [...this.#byExit.values()];
  }

  /** Of a region, with those of all inner ones, in order. */
  membersOf({ exit, parts }: Region): readonly number[] {
    const members = [exit];
    const waiting = [...parts];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node === exit) continue;
      members.push(node);
      for (const inner of this.#byExit.get(node)?.parts ?? []) if (inner !== node) waiting.push(inner);
    }
    return members.sort((a, b) => a - b);
  }

  /**
   * The largest regions of up to `limit` nodes that lie in a part of the graph; none is in another.
   *
   * @param part in order
   */
  largest(part: readonly number[], limit: number): readonly Region[] {
    const nodes = new Set(part);
    /** Regions all of whose nodes are in the part. */
    const whole = new Set<number>();
    for (const exit of part) {
      const region = this.#byExit.get(exit);
      const isIn = (node: number) => nodes.has(node) && (node === exit || !this.#byExit.has(node) || whole.has(node));
      if (region?.parts.every(isIn)) whole.add(exit);
    }
    const taken = new Set<number>();
    const found: Region[] = [];
    // An outer region ends behind those in it.
    for (const exit of part.toReversed()) {
      const region = whole.has(exit) && !taken.has(exit) ? this.#byExit.get(exit) : undefined;
      if (!region || region.size > limit) continue;
      for (const node of this.membersOf(region)) taken.add(node);
      found.push(region);
    }
    return found;
  }

  #find(entry: number, exit: number): void {
    const parts = this.#between(entry, exit);
    const { targets } = this.#graph;
    const isClosed = (node: number) =>
      node === exit || targets[node]?.every((target) => this.#spend() && target <= exit && parts.has(this.#outermost(target)));
    if (this.#steps <= 0 || ![...parts].every(isClosed)) return;
    let size = 1;
    for (const part of parts) {
      if (part === exit) continue;
      size += this.#byExit.get(part)?.size ?? 1;
      this.#home.set(part, exit);
    }
    this.#byExit.set(exit, { entry, exit, parts: [...parts], size });
  }

  /** What leads to `exit` without passing `entry`. A region that was found is passed in one step. */
  #between(entry: number, exit: number): ReadonlySet<number> {
    const inside = new Set<number>();
    const waiting = [exit];
    for (let node = waiting.pop(); node !== undefined && this.#spend(); node = waiting.pop()) {
      if (node === entry || inside.has(node)) continue;
      inside.add(node);
      const known = this.#byExit.get(node);
      if (known) waiting.push(known.entry);
      else for (const source of this.#graph.sources[node] ?? []) waiting.push(source);
    }
    return inside;
  }

  /** The exit of the outermost region that a node lies in; the node itself where it lies in none. */
  #outermost(node: number): number {
    let [at, home] = [node, this.#home.get(node)];
    while (home !== undefined && this.#spend()) {
      const outer = this.#home.get(home);
      if (outer !== undefined) this.#home.set(at, outer);
      [at, home] = [home, outer];
    }
    return at;
  }

  /** Of each node the last one that every way to it passes; −1 where there is none. */
  #immediateDominators(): readonly number[] {
    const dominators: number[] = [];
    const common = (a: number, b: number): number => {
      let [x, y] = [a, b];
      while (x !== y && this.#spend()) {
        if (x > y) x = dominators[x] as number;
        else y = dominators[y] as number;
      }
      return x;
    };
    for (const own of this.#graph.sources) dominators.push(own.length > 0 ? own.reduce(common) : -1);
    return dominators;
  }

  /** Counts a step. @returns whether there was one left */
  #spend(): boolean {
    return this.#steps-- > 0;
  }
}
