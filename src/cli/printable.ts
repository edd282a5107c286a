// Makes text from a file harmless for a terminal: a name may hold escape sequences, or line breaks that look like lines of the command.

/** Control characters, line separators, and marks that turn the direction of writing. */
const unprintable = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The text with every such character as its code: "\u{1b}[31m". */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A template tag for one line: what is inserted is made {@link printable}. */
export function line(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => printable(String(value))));
}
