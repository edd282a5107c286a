// Takes out of WGSL what only people read. Names stay: compressed, shorter ones would save little, and labels and errors show them.

/** Drops comments and indentation: still one statement per line, for error messages. */
export function dropComments(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, "").trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** The same module in fewer bytes: no comments, no space that separates nothing, and the short names of vector types. */
export function compactWgsl(source: string): string {
  return (
    dropComments(source)
      .replace(/\s+/g, " ")
      .replace(/\bvec([234])<([fiu])32>/g, "vec$1$2")
      .replace(/ ?([(){}[\],;:@]) ?/g, "$1")
      // A space between two operators stays: `a - -b` is not `a--b`, nor `array<u32> = x` an `array<u32 >= x`.
      .replace(/(?<![-+*/%=<>!&|^~]) (?=[-+*/%=<>!&|^~])|(?<=[-+*/%=<>!&|^~]) (?![-+*/%=<>!&|^~])/g, "")
      .replace(/,([)}\]])/g, "$1")
  );
}
