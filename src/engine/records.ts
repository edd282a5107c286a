// Records whose keys are names from a file. Such a name may be one that every object has: "constructor", "__proto__".

/** What a record itself holds under a name. */
export function entryOf<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
