// Channels by what they do for a class: which class, and what the number says.
import { html, type TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import { readClass } from "../explain/wish.ts";
import { formatNumber } from "../format-number.ts";
import { classNameOf } from "../labels.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import type { Effects } from "../statistics/effects.ts";

/** Longer lists are no longer read: a class beyond them is chosen by the attribute. */
const mostClasses = 1000;

/** What was answered, why there is no answer, or that it is being prepared. */
export interface EffectsAnswer {
  readonly effects?: Effects;
  readonly refusal?: string;
  readonly isPending?: true;
}

/** @throws AbortError where what is asked about is gone */
export async function askEffects(session: Session, value: string, viewer: ConvCam): Promise<EffectsAnswer> {
  try {
    const index = readClass("explain-class", viewer.getAttribute("explain-class") ?? undefined, viewer.labels);
    return { effects: await session.ask({ kind: "effects", value, class: index }) };
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    return { refusal: (error as Error).message };
  }
}

/** Which class it is, to be chosen, and what the order says. */
export function effectsTemplate({ effects, refusal, isPending }: EffectsAnswer, viewer: ConvCam): TemplateResult {
  if (isPending) return html`<p class="about" role="status">Preparing what each channel does for a class…</p>`;
  if (!effects) return html`<p class="about alarm">There is no order by effect: ${refusal}</p>`;
  const names = viewer.labels;
  const isTop = (viewer.getAttribute("explain-class") ?? "").trim() === "" || viewer.getAttribute("explain-class") === "top";
  const choose = ({ target }: Event) => setAttribute(viewer, "explain-class", (target as HTMLSelectElement).value || undefined);
  const count = Math.min(mostClasses, effects.classCount);
  const name = nameOf(effects, names);
  if (effects.number !== undefined && names[0] === undefined)
    return html`<p class="about">
      First what raises ${name} most, last what lowers it most: activation × its gradient, added over the map.
      That is how ${name} begins to change when a channel is made stronger.
    </p>`;
  return html`
    <label class="choice">Class
      <select @change=${choose}>
        <option value="" .selected=${isTop}>${isTop ? `the top one, ${name}` : "the top one"}</option>
        ${Array.from(
          { length: count },
          (_, i) => html`<option value=${i} .selected=${!isTop && i === effects.class}>${classNameOf(names, i)}</option>`,
        )}
      </select>
    </label>
    <p class="about">
      First what speaks most for ${name}, last what speaks most against it: activation × gradient of its score, added over the map.
      That is how the score begins to change when a channel is made stronger.
    </p>
  `;
}

/** What the class is called that effects are on, or the network's answer where that is one number. */
function nameOf({ class: index, number }: Effects, names: readonly string[]): string {
  return names[index] ?? number ?? classNameOf(names, index);
}

/** The fact of one channel. */
export function effectFact({ effects }: EffectsAnswer, channel: number, names: readonly string[]): readonly [string, string] | undefined {
  const effect = effects?.effects[channel];
  return effects && effect !== undefined ? [`effect on ${nameOf(effects, names)}`, formatNumber(effect)] : undefined;
}
