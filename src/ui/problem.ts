// Says what is wrong and what to do about it, and shows the layers of a network that cannot run. Loaded with the first problem.
import { DeviceError, UnsupportedError } from "../engine/errors.ts";
import { make } from "./make.ts";
import styles from "./problem.css?inline";
import { adoptStyles } from "./style-sheet.ts";
import { whyUnreadable } from "./unreadable.ts";

export interface SummaryRow {
  readonly name: string;
  readonly operator: string;
  readonly shape: readonly number[] | undefined;
  readonly parameterCount: number;
}

const styled = new WeakSet<DocumentOrShadowRoot>();

/**
 * The message for a visitor; with a table of the network's layers where they are given.
 *
 * @param root of the message, which takes the style of both
 */
export function describeProblem(error: Error, layers: readonly SummaryRow[], root: DocumentOrShadowRoot): HTMLElement[] {
  if (!styled.has(root)) adoptStyles(root, styles);
  styled.add(root);
  const reasons = error instanceof UnsupportedError ? error.reasons : [];
  const parts: HTMLElement[] = [make("h2", "", titleOf(error))];
  if (reasons.length > 0) {
    const list = make("ul", "");
    list.append(...reasons.map((reason) => make("li", "", reason)));
    parts.push(list);
  } else {
    parts.push(make("p", "", error.message));
    const advice = adviceFor(error.message, location.href);
    if (advice) parts.push(make("p", "", advice));
  }
  if (layers.length > 0) {
    const details = make("details", "");
    details.append(
      make("summary", "", layers.length === 1 ? "The network's only layer" : `The network's ${layers.length} layers`),
      tableOf(layers),
    );
    parts.push(details);
  }
  return parts;
}

/**
 * What to do about a file of another site that was not given: the message says only that it could not be fetched. Pure.
 *
 * @param base the page's own address
 */
export function adviceFor(message: string, base: string): string | undefined {
  const [, address = ""] = /'([^']+)' could not be downloaded: .*Check the address and the connection\.$/.exec(message) ?? [];
  const url = address && URL.canParse(address, base) ? new URL(address, base) : undefined;
  if (!url || url.origin === new URL(base).origin) return undefined;
  return whyUnreadable(url, { base, what: "files", remedy: "Save the file, and open it or put it beside this page." });
}

function titleOf(error: Error): string {
  if (error instanceof UnsupportedError) return "This network uses something Convcam cannot run yet";
  if (error instanceof DeviceError) return /WebGPU/.test(error.message) ? "No GPU to compute on" : "The GPU did not do this";
  return "This did not work";
}

function tableOf(rows: readonly SummaryRow[]): HTMLElement {
  const table = make("table", "");
  const head = table.createTHead().insertRow();
  for (const title of ["Layer", "Operator", "Shape", "Parameters"]) head.append(make("th", "", title));
  const body = table.createTBody();
  for (const { name, operator, shape, parameterCount } of rows) {
    const row = body.insertRow();
    for (const text of [name, operator, shape?.join(" × ") ?? "?", parameterCount.toLocaleString("en")])
      row.insertCell().textContent = text;
  }
  const scroll = make("div", "scroll");
  scroll.append(table);
  return scroll;
}
