// Rows of a CSV file as RFC 4180 describes them, and as spreadsheets write them: with commas, semicolons or tabs. Pure.
import { ModelError } from "../engine/errors.ts";

export interface CsvRow {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Empty lines are left out. Spaces around what is not quoted are, too.
 *
 * @throws ModelError where a quote does not end
 */
export function parseCsv(text: string): readonly CsvRow[] {
  const source = text.replace(/^\ufeff/, "");
  const separator = separatorOf(source);
  // A cell in quotes, in which two quotes stand for one, or without; and what comes behind it.
  const cell = new RegExp(`[^\\S\\r\\n\\t]*"([^"]*(?:""[^"]*)*)"[^\\S\\r\\n\\t]*(?=[${separator}\\r\\n]|$)|([^${separator}\\r\\n]*)`, "y");
  const rows: CsvRow[] = [];
  let [cells, line, begun]: [string[], number, number] = [[], 1, 1];
  for (let at = 0; at <= source.length; ) {
    cell.lastIndex = at;
    const [whole = "", quoted, plain = ""] = cell.exec(source) ?? [];
    if (quoted === undefined && /^\s*"/.test(plain)) throw new ModelError(`line ${line}: a quote does not end where the cell does.`);
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    line += whole.match(/\r\n?|\n/g)?.length ?? 0;
    at += whole.length;
    if (source[at] === separator) {
      at++;
      continue;
    }
    if (cells.some((one) => one !== "")) rows.push({ line: begun, cells });
    at += source.startsWith("\r\n", at) ? 2 : 1;
    cells = [];
    begun = ++line;
  }
  return rows;
}

/** The one of them that comes first outside of quotes. */
function separatorOf(source: string): string {
  const [first = ""] = source.replace(/"[^"]*"/g, "").match(/^[\s\S]*?(?=[\r\n]|$)/) ?? [];
  return /[,;\t]/.exec(first)?.[0] ?? ",";
}
