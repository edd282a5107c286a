// What a network may be compared with that needs no second file: itself with random weights, `blank:1`, or branches of its own, `branches:a_+b_`.

export type Within =
  /** The same network before any training, its weights from a seed. */
  | { readonly kind: "blank"; readonly text: string }
  /** Layers whose names differ by how they begin. */
  | { readonly kind: "branches"; readonly text: string };

/** @returns undefined for the source of a second network */
export function readWithin(compare: unknown): Within | undefined {
  const [, kind, text = ""] = (typeof compare === "string" && /^(blank|branches):(.*)$/s.exec(compare)) || [];
  return kind ? { kind: kind as Within["kind"], text } : undefined;
}
