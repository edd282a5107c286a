// The slider of checkpoints: where one is, the names, play, and a button for more files.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";

export interface Row {
  readonly name: string;
  /** What is known of its training; undefined until it was read. */
  readonly note: string | undefined;
  /** Why it cannot be looked at, if so. */
  readonly problem: string | undefined;
}

interface Slider {
  readonly rows: readonly Row[];
  /** Undefined where the network has its own weights. */
  readonly index: number | undefined;
  readonly isPlaying: boolean;
  /** What is wrong with the list, if something is. */
  readonly problem: string | undefined;
}

interface Actions {
  go(index: number): void;
  play(): void;
  add(files: readonly File[]): void;
}

/** Names that stand below the slider at once. */
const mostNamed = 24;

export function sliderTemplate({ rows, index, isPlaying, problem }: Slider, { go, play, add }: Actions): TemplateResult {
  const row = index === undefined ? undefined : rows[index];
  const said = row ? `${row.name}${row.note ? `, ${row.note}` : ""}` : "the network's own weights";
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files && input.files.length > 0) add([...input.files]);
    input.value = "";
  };
  return html`
    <div class="checkpoints-row">
      <h2>Checkpoints</h2>
      ${
        rows.length > 1
          ? html`<button type="button" class="part-button" aria-pressed=${isPlaying} @click=${play}>${isPlaying ? "Stop" : "Play"}</button>
              <input
                type="range"
                aria-label="Checkpoint"
                aria-valuetext=${`${said}, ${(index ?? 0) + 1} of ${rows.length}`}
                min="0"
                max=${rows.length - 1}
                step="1"
                .value=${live(`${index ?? 0}`)}
                @input=${(event: Event) => go(Number((event.target as HTMLInputElement).value))}
              />`
          : nothing
      }
      <span class="checkpoints-said">${rows.length > 0 ? said : "Files of the same network, with other weights."}</span>
      <label class="part-button">Add .onnx files… <input type="file" class="checkpoints-files" accept=".onnx" multiple @change=${choose} /></label>
    </div>
    ${
      rows.length > 0 && rows.length <= mostNamed
        ? html`<ol>
            ${rows.map(
              (one, i) =>
                html`<li>
                  <button type="button" class=${one.problem ? "refused" : ""} aria-current=${i === index ? "true" : nothing} @click=${() => go(i)}>
                    ${one.name}${one.note ? html` <small>${one.note}</small>` : nothing}
                  </button>
                </li>`,
            )}
          </ol>`
        : nothing
    }
    ${row?.problem || problem ? html`<p role="alert">${problem ?? `${row?.problem} The weights before are shown.`}</p>` : nothing}
  `;
}
