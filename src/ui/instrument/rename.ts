// A field for what a layer is called: Enter and leaving it keep what was typed, Escape does not.
import { html, type TemplateResult } from "lit";
import { bandWords } from "./band-words.ts";

/**
 * @param value the file's own name
 * @param name what it is called now
 * @param end told once or twice, and whether by a key: the focus goes back where it was then
 */
export function renameTemplate(value: string, name: string, end: (name: string, isByKey: boolean) => void): TemplateResult {
  return html`<input
    class="rename-field"
    aria-label=${bandWords.newName(value)}
    title=${bandWords.renameHint}
    maxlength="80"
    .value=${name}
    @keydown=${(event: KeyboardEvent) => {
      const field = event.target as HTMLInputElement;
      event.stopPropagation();
      // Leaving the field, which follows, keeps what stands in it.
      if (event.key === "Escape") field.value = name;
      if (event.key !== "Escape" && event.key !== "Enter") return;
      // The button that gets the focus back must not be pressed by the same key.
      event.preventDefault();
      end(field.value, true);
    }}
    @blur=${(event: Event) => end((event.target as HTMLInputElement).value, false)}
  />`;
}

/** Gives the field in a part of the page the focus, and marks what stands in it. */
export function focusRename(parent: HTMLElement): void {
  const field = parent.querySelector<HTMLInputElement>(".rename-field");
  field?.focus();
  field?.select();
}
