// An error's message that more follows. Pure.

/** Without its full stop: some browsers end what they say with one. */
export function unstopped(error: unknown): string {
  return (error as Error).message.replace(/\.$/, "");
}
