// The fields for the preparation of pictures: a usual one, or numbers, order and fit of one's own. Loaded when they are first opened.
import { checkPreparation } from "../check-preparation.ts";
import { completePreparation, type PresetName, presetOf, presets } from "../hints/presets.ts";
import type { Preparation } from "../preparation.ts";
import { readNumbers, readScale, writeNumbers, writeScale } from "./number-fields.ts";
import type { Prepared } from "./prepared.ts";

interface PrepareParts {
  readonly prepared: Prepared;
  readonly form: HTMLFormElement;
  readonly preset: HTMLSelectElement;
  readonly mean: HTMLInputElement;
  readonly std: HTMLInputElement;
  readonly scale: HTMLInputElement;
  readonly channels: HTMLSelectElement;
  readonly fit: HTMLSelectElement;
  readonly undo: HTMLButtonElement;
  /** Says what the guess is made from. */
  readonly note: HTMLElement;
}

const orders = [
  ["rgb", "Red, green, blue"],
  ["bgr", "Blue, green, red"],
  ["gray", "Gray"],
] as const;

const fits = [
  ["cover", "Fill it, cut the edges"],
  ["contain", "The whole picture, bars beside it"],
  ["stretch", "Stretch it"],
] as const;

/** Chosen where the numbers are of no usual preparation. */
const ownNumbers = "own";

export class PrepareForm {
  readonly #parts: PrepareParts;

  constructor(parts: PrepareParts) {
    this.#parts = parts;
    const { prepared, form, preset, channels, fit, undo } = parts;
    fill(channels, orders);
    fill(fit, fits);
    form.addEventListener("submit", (event) => event.preventDefault());
    preset.addEventListener("change", () => this.#takePreset(preset.value));
    form.addEventListener("change", (event) => {
      if (event.target !== preset) this.#takeFields();
    });
    undo.addEventListener("click", () => prepared.choose(undefined));
    prepared.onChange = () => this.show();
    this.show();
  }

  /** Fills the fields with what holds now. */
  show(): void {
    const { prepared, preset, mean, std, scale, channels, fit, undo, note } = this.#parts;
    const { input, current } = prepared;
    const whole = completePreparation(current, input?.dtype);
    const name = presetOf(current, input?.dtype);
    const isGray = input?.channels === 1;
    const usual = (Object.keys(presets) as PresetName[]).filter((one) => !isGray || typeof presets[one].colors.mean === "number");
    fill(preset, [...usual.map((one) => [one, presets[one].title] as const), [ownNumbers, "Numbers of your own"]]);
    preset.value = name !== undefined && usual.includes(name) ? name : ownNumbers;
    mean.value = writeNumbers(whole.mean);
    std.value = writeNumbers(whole.std);
    scale.value = writeScale(whole.scale);
    channels.value = whole.channels ?? (isGray ? "gray" : "rgb");
    channels.disabled = isGray;
    fit.value = current.fit ?? "cover";
    for (const field of [mean, std, scale]) field.setCustomValidity("");
    undo.disabled = prepared.chosen === undefined;
    undo.textContent = prepared.because ? "As guessed" : "As it was";
    const reason = prepared.because ? `Guessed from ${prepared.because}.` : "";
    note.textContent = [reason, prepared.note].filter(Boolean).join(" ");
  }

  #takePreset(name: string): void {
    const { prepared, mean } = this.#parts;
    if (name === ownNumbers) {
      mean.focus();
      return;
    }
    const { fit, resize } = prepared.current;
    const order = prepared.input?.channels === 1 ? {} : { channels: "rgb" as const };
    prepared.choose(plain({ ...order, ...presets[name as PresetName].colors, fit, resize }));
  }

  /** Takes what the fields say; a field that cannot be read says what it takes. */
  #takeFields(): void {
    const { prepared, mean, std, scale, channels, fit } = this.#parts;
    const given = { mean: readNumbers(mean.value), std: readNumbers(std.value), scale: readScale(scale.value) };
    const say = (field: HTMLInputElement, value: unknown, expected: string) => field.setCustomValidity(value === undefined ? expected : "");
    say(mean, given.mean, "One number, or one for each channel, such as 0.485, 0.456, 0.406.");
    say(std, given.std, "One number, or one for each channel, such as 0.229, 0.224, 0.225.");
    say(scale, given.scale, "A number or a fraction, such as 1/255.");
    if (Object.values(given).every((value) => value !== undefined)) {
      const { resize } = prepared.current;
      const order = channels.disabled ? {} : { channels: channels.value as Preparation["channels"] };
      const wanted = plain({ ...given, ...order, fit: fit.value as Preparation["fit"], resize });
      try {
        checkPreparation(wanted, prepared.input?.channels ?? 3);
        prepared.choose(wanted);
        return;
      } catch (error) {
        const { message } = error as Error;
        const field = { mean, std, scale }[message.slice(0, message.indexOf(":")) as "mean" | "std" | "scale"] ?? mean;
        field.setCustomValidity(message);
      }
    }
    this.#parts.form.reportValidity();
  }
}

/** Without what is not said, so that JSON and comparisons see the same. */
function plain(preparation: Preparation): Preparation {
  return Object.fromEntries(Object.entries(preparation).filter(([, value]) => value !== undefined));
}

function fill(select: HTMLSelectElement, titles: readonly (readonly [string, string])[]): void {
  select.replaceChildren(...titles.map(([name, title]) => new Option(title, name)));
}
