// Training on the page: what can be done, how far it is, its curves, what it takes for what, and its mistakes. All from data; lit draws it.
import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { live } from "lit/directives/live.js";
import { ref } from "lit/directives/ref.js";
import { answersByClass, otherAnswers } from "../../lessons/unused-scores.ts";
import { asSentence } from "../as-sentence.ts";
import { countOf } from "../count-of.ts";
import { formatNumber, percentOf } from "../format-number.ts";
import { type DrawnPart, drawnParts } from "./drawn-parts.ts";
import type { Evaluated, ExamplePicture } from "./request.ts";
import { afterSteps } from "./status.ts";

/** How often it may step. */
export const paces = { fast: "as fast as it can", brisk: "10 steps a second", slow: "1 step a second" } as const;
export type Pace = keyof typeof paces;

export interface TrainView {
  readonly title: string;
  readonly status: string;
  readonly trouble: string | undefined;
  /** Whether the same may go well another time. */
  readonly canRetry: boolean;
  /** Undefined until it is prepared. */
  readonly run: RunView | undefined;
}

export interface RunView {
  readonly isHeld: boolean;
  readonly isPaused: boolean;
  readonly rate: number;
  /** Whether a second network learns at the same rate. */
  readonly isRateOfBoth: boolean;
  /** Of the next step, where that is another; else empty. */
  readonly nextRate: string;
  readonly pace: Pace;
  readonly drawn: DrawnPart;
  /** What it is called where a second network learns beside it; else empty. */
  readonly name: string;
  /** Empty where it does not tell classes. */
  readonly classes: readonly string[];
  readonly heldBack: number;
  readonly curves: Element | undefined;
  /** How many steps the weights had that are kept, by age. */
  readonly kept: readonly number[];
  /** The one of them that is looked at; undefined for the latest of all. */
  readonly looked: number | undefined;
  readonly evaluated: Evaluated | undefined;
  /** What else is to be known, such as of channels that are silent. */
  readonly remarks: readonly string[];
  /** What to do where it learns nothing, or its loss rises; empty where all is well. */
  readonly advice: string;
  /** How good it was lately, for who hears it. */
  readonly told: string;
  /** What is saved, as soon as it is. */
  readonly note: string;
  /** What was learned another day, and when. */
  readonly stored: { readonly steps: number; readonly at: number } | undefined;
}

export interface TrainActions {
  hold(): void;
  step(): void;
  restart(): void;
  /** Goes on with what was learned another day. */
  resume(): void;
  /** Begins once more what was refused. */
  retry(): void;
  save(): void;
  saveLosses(): void;
  setRate(rate: number): void;
  setPace(pace: Pace): void;
  setDrawn(part: DrawnPart): void;
  /** @param steps that the weights had which are looked at; undefined for the latest */
  look(steps: number | undefined): void;
  /** Shows a picture to the network. */
  open(picture: ExamplePicture): void;
  /** Shows it another one of those held back, or learned from. */
  next(): void;
}

export function trainTemplate({ title, status, trouble, canRetry, run }: TrainView, actions: TrainActions): TemplateResult {
  const rising = trouble === undefined ? (run?.advice ?? "") : "";
  return html`
    <h2 class="train-title part-title">${title}</h2>
    <p class="train-status">${status}</p>
    ${rising === "" ? nothing : html`<p class="train-rising">${rising}</p>`}
    <p class="train-spoken" role="status">${run ? `${run.told} ${rising}` : status}</p>
    ${trouble === undefined ? nothing : html`<p class="part-trouble" role="alert">${asSentence(trouble)}</p>`}
    ${trouble !== undefined && canRetry && !run ? html`<button type="button" class="part-button" @click=${actions.retry}>Try again</button>` : nothing}
    ${run ? runTemplate(run, actions) : nothing}
  `;
}

function runTemplate(run: RunView, actions: TrainActions): TemplateResult {
  const { isHeld, isPaused, rate, isRateOfBoth, nextRate, pace, drawn, note, stored, evaluated, classes, name } = run;
  const choosePace = (event: Event) => actions.setPace((event.target as HTMLSelectElement).value as Pace);
  return html`
    <div class="train-row">
      <button type="button" class="part-button train-hold" ?disabled=${isPaused} @click=${actions.hold}>${isHeld ? "Learn on" : "Pause learning"}</button>
      <button type="button" class="part-button" ?disabled=${!isHeld || isPaused} @click=${actions.step}>One step</button>
      <label class="train-rate">
        ${isRateOfBoth ? "Learning rate of both" : "Learning rate"}
        <input
          type="range"
          min="-5"
          max="0"
          step="0.05"
          aria-valuetext=${formatNumber(rate)}
          .value=${live(`${rate > 0 ? Math.log10(rate) : -5}`)}
          @input=${(event: Event) => actions.setRate(10 ** Number((event.target as HTMLInputElement).value))}
        />
        <output>${formatNumber(Number(rate.toPrecision(2)))}</output>
      </label>
      ${nextRate === "" ? nothing : html`<span class="train-next">${nextRate}</span>`}
      <label>
        Pace
        <select @change=${choosePace}>
          ${Object.entries(paces).map(([name, text]) => html`<option value=${name} ?selected=${name === pace}>${text}</option>`)}
        </select>
      </label>
      <label>
        What is drawn
        <select class="train-drawn" @change=${(event: Event) => actions.setDrawn((event.target as HTMLSelectElement).value as DrawnPart)}>
          ${Object.entries(drawnParts).map(([name, text]) => html`<option value=${name} ?selected=${name === drawn}>${text}</option>`)}
        </select>
      </label>
      <button type="button" class="part-button" @click=${actions.restart}>Begin anew</button>
      <button type="button" class="part-button" title=${run.heldBack > 0 ? "One that is held back" : "One that it learns from"} @click=${actions.next}>Another picture</button>
      <button type="button" class="part-button train-save" @click=${actions.save}>Download .onnx</button>
      <button type="button" class="part-button" title="The loss of each step, and how good it was when it was tried" @click=${actions.saveLosses}>Losses .csv</button>
      ${
        stored
          ? html`<button type="button" class="part-button" title="It stays until a longer run takes its place" @click=${actions.resume}>
              Go on ${afterSteps(stored.steps)}, kept ${new Date(stored.at).toLocaleString()}
            </button>`
          : nothing
      }
      <span class="train-note" role="status">${note}</span>
    </div>
    ${keptTemplate(run, actions)}
    <div class="train-figures">${run.curves ?? nothing}${
      // Pictures are drawn once, and not with every step.
      guard([evaluated, classes, name], () => (evaluated && classes.length > 0 ? evaluatedTemplate(evaluated, run, actions) : nothing))
    }</div>
    ${run.remarks.map((one) => html`<p class="train-remark">${one}</p>`)}
  `;
}

/** The slider back through what it knew before. */
function keptTemplate({ kept, looked }: RunView, actions: TrainActions): TemplateResult | typeof nothing {
  if (kept.length < 2) return nothing;
  const said = looked === undefined ? "now" : afterSteps(looked);
  return html`
    <label class="train-kept">
      Look back
      <input
        type="range"
        min="0"
        max=${kept.length}
        step="1"
        aria-valuetext=${said}
        .value=${live(`${looked === undefined ? kept.length : kept.indexOf(looked)}`)}
        @input=${(event: Event) => actions.look(kept[Number((event.target as HTMLInputElement).value)])}
      />
      <output>${said}</output>
    </label>
  `;
}

/** Classes that a table has room for. */
const mostClasses = 16;

function evaluatedTemplate(evaluated: Evaluated, { classes, heldBack, name: own }: RunView, actions: TrainActions): TemplateResult {
  const { confusion, mistakes, steps } = evaluated;
  const when = afterSteps(steps);
  const whose = own === "" ? "" : `, of “${own}”`;
  const name = (index: number) => classes[index] ?? `class ${index}`;
  const rows = answersByClass(confusion, classes.length);
  const most = Math.max(1, ...rows.flat());
  const answers = [...classes, otherAnswers].slice(0, rows[0]?.length);
  return html`
    ${
      classes.length > mostClasses
        ? nothing
        : html`<figure class="train-confusion">
            <figcaption>What it takes for what, of ${countOf(heldBack, "picture")} held back, ${when}${whose}</figcaption>
            <div class="train-table" tabindex="0" role="region" aria-label="What it takes for what">
              <table>
                <thead>
                  <tr>
                    <td></td>
                    ${answers.map((one) => html`<th scope="col"><span>${one}</span></th>`)}
                  </tr>
                </thead>
                <tbody>
                  ${rows.map(
                    (row, right) =>
                      html`<tr>
                        <th scope="row">${name(right)}</th>
                        ${row.map(
                          (number, answer) =>
                            html`<td
                              class=${answer === right ? "right" : "wrong"}
                              .style=${`--share: ${Math.sqrt(number / most)}`}
                              title=${`${number} of ${name(right)} taken for ${answers[answer]}`}
                            >
                              ${number || ""}
                            </td>`,
                        )}
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
          </figure>`
    }
    <figure class="train-mistakes">
      <figcaption>${mistakes.length > 0 ? `Worst mistakes ${when}${whose}: click one to show it to the network` : `No mistakes ${when}${whose}`}</figcaption>
      <div class="train-row">
        ${mistakes.map((mistake) => {
          const { right, answer, share } = mistake;
          const said = `${name(answer)}, ${percentOf(share)} sure; it is ${name(right)}`;
          return html`<button type="button" class="train-mistake" title=${said} @click=${() => actions.open(mistake)}>
            <canvas ${ref((canvas) => canvas && drawPicture(canvas as HTMLCanvasElement, mistake))}></canvas>
            <span>says ${name(answer)}</span><small>is ${name(right)}</small>
          </button>`;
        })}
      </div>
    </figure>
  `;
}

export function drawPicture(canvas: HTMLCanvasElement, { width, height, pixels }: ExamplePicture): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
