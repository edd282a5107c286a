// Values as text that spreadsheets read. Pure.

/** One row for each row of a map. @param elements row by row */
export function mapAsCsv(elements: ArrayLike<number>, width: number): string {
  const rows = Array.from({ length: Math.ceil(elements.length / width) }, (_, y) =>
    Array.from({ length: Math.min(width, elements.length - y * width) }, (__, x) => elements[y * width + x]).join(","),
  );
  return `${rows.join("\r\n")}\r\n`;
}

/** One row for each element, with its index along every axis. */
export function valueAsCsv(elements: ArrayLike<number>, shape: readonly number[], names: readonly string[]): string {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const rows = Array.from(elements, (element, i) =>
    [...shape.map((extent, axis) => Math.floor(i / (strides[axis] as number)) % extent), element].join(","),
  );
  return `${[...names, "value"].join(",")}\r\n${rows.join("\r\n")}\r\n`;
}
