// Divides a graph into modules and runs of them: first by regions, then, in series, by exporters' names and by what repeats.
import { isDenseLayer, isInvertedSeries } from "./block-words.ts";
import type { Numbering } from "./numbering.ts";
import { Regions } from "./regions.ts";
import { divideByKey, findRepeats } from "./repeats.ts";
import { commonScopes } from "./scopes.ts";

/** A node, or several as one. */
export type Draft = number | { readonly role: "block" | "run"; readonly members: readonly Draft[]; readonly scope?: string | undefined };

/** A node or a region, as a member of a series. Both have one way out. */
interface Unit {
  readonly members: readonly number[];
  readonly isRegion: boolean;
}

/** Units of a series that are one module, or one unit. */
interface Group {
  readonly units: readonly Unit[];
  readonly scope?: string;
}

/** What is smaller stays as it is. */
const leastModule = 3;
/** The largest module that names alone tell of. */
const mostNamed = 24;
/** So many equal modules in series, or more, are a run. */
const leastRun = 4;
const longestPeriod = 4;
/** So deep modules are divided. What lies deeper, as in skips each of which is inside another, is shown plainly. */
const deepest = 8;

export class Divider {
  readonly #graph: Numbering;
  readonly #regions: Regions;
  readonly #mostNodes: number;

  /** @param mostNodes a module of more is divided itself */
  constructor(graph: Numbering, mostNodes: number) {
    this.#graph = graph;
    this.#regions = new Regions(graph);
    this.#mostNodes = mostNodes;
  }

  divide(): readonly Draft[] {
    const all = [...this.#graph.nodes.keys()];
    // What spans most of a network, such as the outermost skip of a U-Net, tells nothing of its parts.
    return this.#divide(all, all.length / 2, 0);
  }

  #divide(part: readonly number[], mostMembers: number, depth: number): readonly Draft[] {
    const units = this.#unitsOf(part, mostMembers);
    const drafts = this.#seriesOf(units).flatMap((series) => this.#runsOf(this.#groupsOf(series), depth));
    return drafts.toSorted((a, b) => lastOf(a) - lastOf(b));
  }

  /** In order of their last nodes. */
  #unitsOf(part: readonly number[], mostMembers: number): readonly Unit[] {
    const regions = this.#regions.largest(part, mostMembers).filter(({ size }) => size >= leastModule);
    const found = regions.map((region): Unit => ({ members: this.#regions.membersOf(region), isRegion: true }));
    const covered = new Set(found.flatMap(({ members }) => members));
    const units = [...found, ...part.filter((node) => !covered.has(node)).map((node): Unit => ({ members: [node], isRegion: false }))];
    return units.toSorted((a, b) => exitOf(a) - exitOf(b));
  }

  /** Units each of which is read by the next alone, and reads the one before alone. */
  #seriesOf(units: readonly Unit[]): readonly (readonly Unit[])[] {
    const unitAt = new Map(units.flatMap((unit) => unit.members.map((node) => [node, unit] as const)));
    const around = (unit: Unit, way: "sources" | "targets"): ReadonlySet<Unit | undefined> => {
      const found = new Set(unit.members.flatMap((node) => this.#graph[way][node] ?? []).map((node) => unitAt.get(node)));
      found.delete(unit);
      return found;
    };
    const readerCounts = new Map(units.map((unit) => [unit, around(unit, "targets").size]));
    const series = new Map<Unit, Unit[]>();
    for (const unit of units) {
      const [source, ...others] = around(unit, "sources");
      const isAlone = source !== undefined && others.length === 0 && readerCounts.get(source) === 1;
      const before = isAlone ? series.get(source) : undefined;
      if (before) before.push(unit);
      series.set(unit, before ?? [unit]);
    }
    return [...new Set(series.values())];
  }

  #groupsOf(series: readonly Unit[]): readonly Group[] {
    let groups = this.#byForm(this.#byNames(series));
    for (let period = 2; period <= longestPeriod; period++) groups = this.#byRepeats(groups, period);
    return groups;
  }

  #byNames(series: readonly Unit[]): readonly Group[] {
    const scopes = series.map(({ members }) => commonScopes(this.#graph.nodesAt(members)));
    const groups: Group[] = [];
    for (let start = 0; start < series.length; ) {
      const named = scopes[start]?.flatMap((scope) => {
        // Where the unit before lies in the scope, too, it is that of a stage.
        if (scopes[start - 1]?.includes(scope)) return [];
        let end = start;
        while (scopes[end]?.includes(scope)) end++;
        const units = series.slice(start, end);
        return isModule(units) && sizeOf(units) <= mostNamed ? [{ units, scope }] : [];
      });
      const group = named?.toSorted((a, b) => b.units.length - a.units.length)[0] ?? { units: series.slice(start, start + 1) };
      groups.push(group);
      start += group.units.length;
    }
    return groups;
  }

  #byForm(groups: readonly Group[]): readonly Group[] {
    const result: Group[] = [];
    for (let i = 0; i < groups.length; ) {
      const units = groups.slice(i, i + 3).flatMap(({ units }) => units);
      const isForm = units.every(({ isRegion }) => !isRegion) && isInvertedSeries(this.#graph.nodesAt(membersOf({ units })));
      const group = isForm && units.length === 3 ? { units } : (groups[i] as Group);
      result.push(group);
      i += group === groups[i] ? 1 : 3;
    }
    return result;
  }

  #byRepeats(groups: readonly Group[], period: number): readonly Group[] {
    const keys = groups.map(({ units }, i) => (units.length === 1 ? this.#graph.keyOf(units[0]?.members ?? []) : `group ${i}`));
    const unitsAt = (start: number) => groups.slice(start, start + period).flatMap(({ units }) => units);
    const isPeriodic = (start: number) =>
      [1, 2].some(
        (shift) =>
          period % shift === 0 &&
          shift < period &&
          keys.slice(start, start + period).every((key, i) => key === keys[start + ((i + shift) % period)]),
      );
    const repeats = findRepeats(keys, period, (start) => {
      const units = unitsAt(start);
      return isModule(units) && !units.slice(0, -1).some(({ isRegion }) => isRegion) && !isPeriodic(start);
    });
    const starts = new Set(repeats.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i * period)));
    const result: Group[] = [];
    for (let i = 0; i < groups.length; i += starts.has(i) ? period : 1)
      result.push(starts.has(i) ? { units: unitsAt(i) } : (groups[i] as Group));
    return result;
  }

  #runsOf(groups: readonly Group[], depth: number): readonly Draft[] {
    return divideByKey(groups, (group) => this.#exactKeyOf(membersOf(group))).flatMap((equal): readonly Draft[] => {
      const drafts = equal.flatMap((group) => this.#moduleOf(group, depth));
      return equal.length >= leastRun && drafts.length === equal.length ? [{ role: "run", members: drafts }] : drafts;
    });
  }

  #moduleOf(group: Group, depth: number): readonly Draft[] {
    const members = membersOf(group);
    if (members.length < leastModule) return members;
    const isDivided = members.length > this.#mostNodes && depth < deepest;
    const inner = isDivided ? this.#divide(members, members.length - 1, depth + 1) : members;
    return [{ role: "block", members: inner, scope: group.scope }];
  }

  /** Dense layers are equal although each has a few channels more than the one before. */
  #exactKeyOf(members: readonly number[]): string {
    const graph = this.#graph;
    if (isDenseLayer(graph.blockOf(members))) return graph.keyOf(members, ({ shape }) => `${shape?.slice(2)}`);
    return graph.keyOf(members, ({ shape, parameterCount }) => `${shape} ${parameterCount}`);
  }
}

const exitOf = ({ members }: Unit): number => members.at(-1) as number;
const membersOf = ({ units }: Group): readonly number[] => units.flatMap(({ members }) => members);
const sizeOf = (units: readonly Unit[]): number => membersOf({ units }).length;

/** Whether units in series may be a module: several nodes, in which ways part and join once at most. */
function isModule(units: readonly Unit[]): boolean {
  return units.length > 1 && sizeOf(units) >= leastModule && units.filter(({ isRegion }) => isRegion).length <= 1;
}

function lastOf(draft: Draft): number {
  return typeof draft === "number" ? draft : lastOf(draft.members.at(-1) as Draft);
}
