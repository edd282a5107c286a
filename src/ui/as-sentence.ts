// The engine's messages as people read them beside a picture. Pure.

/** With a capital where a message begins with a word. One that begins with a name, such as `explain 'magic'`, or with a quote stays as it is. */
export function asSentence(message: string): string {
  return message.replace(/^[a-z]+(?=:| (?!'))/, (word) => `${(word[0] as string).toUpperCase()}${word.slice(1)}`);
}
