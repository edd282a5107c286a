// The lifetime interval of each storage, and which storages one dispatch reads and writes.

import type { Storage } from "../ops/operator.ts";
import type { Lifetime } from "./buffers.ts";
import type { Emission, Memory, UnboundStep } from "./emit.ts";
import { isStorage } from "./emit.ts";

/** In steps, or in whatever `timeOf` makes of a step's index; both ends included. */
export function lifetimesOf({ steps }: Emission, timeOf: (step: number) => number): ReadonlyMap<Storage, Lifetime> {
  const lifetimes = new Map<Storage, Lifetime>();
  steps.forEach(({ memory }, step) => {
    for (const bound of Object.values(memory))
      if (isStorage(bound)) lifetimes.set(bound, { first: lifetimes.get(bound)?.first ?? timeOf(step), last: timeOf(step) });
  });
  return lifetimes;
}

/** Which storages a dispatch reads where it writes others, see `Request.conflicts`. */
export function conflictsOf({ steps }: Emission): ReadonlyMap<Storage, ReadonlyMap<Storage, boolean>> {
  const conflicts = new Map<Storage, Map<Storage, boolean>>();
  const add = (one: Storage, other: Storage, mayBeParts: boolean) => {
    const known = conflicts.get(one) ?? new Map<Storage, boolean>();
    conflicts.set(one, known.set(other, mayBeParts && known.get(other) !== false));
  };
  // A binding that shares its buffer with another binding in any step keeps access "read" in all steps, so that one pipeline serves them all.
  const readOnly = new Set(steps.flatMap(({ memory }) => Object.keys(memory).filter((name) => isBoundTwice(memory, name))));
  for (const { step, memory } of steps) {
    const bound = Object.entries(memory).flatMap(([name, storage]) =>
      isStorage(storage) ? { name, storage, isWritten: step.shader.bindings[name]?.kind === "read_write" } : [],
    );
    for (const one of bound)
      for (const other of bound) {
        if (one.storage === other.storage) continue;
        const isReadOnly = readOnly.has(one.name) || readOnly.has(other.name);
        // Of two parts of one buffer, a dispatch may not declare one as written and the other as read.
        if (one.isWritten || other.isWritten || isReadOnly) add(one.storage, other.storage, !isReadOnly);
      }
  }
  return conflicts;
}

function isBoundTwice(memory: UnboundStep["memory"], name: string): boolean {
  const bound: Memory | undefined = memory[name];
  return Object.keys(memory).some((other) => other !== name && memory[other] === bound);
}
