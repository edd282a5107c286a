// Names that nothing else has.

export interface Names {
  readonly taken: Set<string>;
  /** Where counting goes on for a name that is wanted many times. */
  readonly next: Map<string, number>;
}

/** `wanted`, or `wanted_2` and so on: the first that is not taken, and is from now on. */
export function freshName(wanted: string, { taken, next }: Names): string {
  let name = wanted;
  let i = next.get(wanted) ?? 2;
  for (; taken.has(name); i++) name = `${wanted}_${i}`;
  next.set(wanted, i);
  taken.add(name);
  return name;
}
