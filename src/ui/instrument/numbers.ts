// Numbers in formulas: signs are set, terms are few, and small grids have the colours of their signs.
import { html, type TemplateResult } from "lit";
import { formatNumber } from "../format-number.ts";
import { type ElementLink, linkTemplate } from "./element-links.ts";

/** Three significant digits, as many of them stand side by side. */
export function short(value: number): string {
  return Number.isFinite(value) ? formatNumber(Number(value.toPrecision(3))) : formatNumber(value);
}

/** A term behind others: with its sign. */
export function signed(value: number): string {
  return value < 0 ? `− ${short(-value)}` : `+ ${short(value)}`;
}

interface GridLook {
  /** How large a number is that has the full colour of its sign; none has a colour where absent. */
  readonly largest?: number;
  /** For what is not really there, such as padding. */
  readonly isFaint?: (i: number) => boolean;
  /** Where a number comes from. */
  readonly linkOf?: (i: number) => ElementLink | undefined;
}

/** A small table of numbers, row by row. */
export function gridTemplate(numbers: ArrayLike<number>, columns: number, { largest, isFaint, linkOf }: GridLook = {}): TemplateResult {
  const rows = Math.ceil(numbers.length / columns);
  const links = Array.from(numbers, (_, i) => linkOf?.(i));
  const reachable = links.findIndex((link) => link !== undefined);
  return html`<table class="numbers">
    ${Array.from(
      { length: rows },
      (_, row) =>
        html`<tr>
          ${Array.from({ length: Math.min(columns, numbers.length - row * columns) }, (__, column) => {
            const i = row * columns + column;
            const value = numbers[i] as number;
            // A property: a Content-Security-Policy forbids attributes of style.
            const style = largest === undefined ? "" : `background:${signColor(value, largest)}`;
            return html`<td class=${isFaint?.(i) ? "faint" : ""} .style=${style}>${linkTemplate(short(value), links[i], i === reachable)}</td>`;
          })}
        </tr>`,
    )}
  </table>`;
}

/** Red for what adds, blue for what takes away, as strong as the number is large. */
export function signColor(value: number, largest: number): string {
  const share = largest > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / largest) : 0;
  return `color-mix(in srgb, ${value < 0 ? "#3b78c2" : "#c8442f"} ${Math.round(share * 70)}%, transparent)`;
}
