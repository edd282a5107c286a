// Records whose keys are names from a file. Such a name may be one that every object has: "constructor", "__proto__".

/** A record's own entry under a name, never one of its prototype. */
export function entryOf<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
