// What the command prints while a test runs.
import { afterEach, beforeEach, vi } from "vitest";

/** Keeps it off the terminal in each test of a file. @returns what was printed since the test began, each piece with an end of line */
export function catchPrinted(): { text: string } {
  const printed = { text: "" };
  beforeEach(() => {
    printed.text = "";
    const take = (...parts: unknown[]) => {
      printed.text += parts.join(" ").replace(/\n?$/, "\n");
      return true;
    };
    vi.spyOn(process.stdout, "write").mockImplementation(take);
    vi.spyOn(process.stderr, "write").mockImplementation(take);
    vi.spyOn(console, "log").mockImplementation(take);
    vi.spyOn(console, "error").mockImplementation(take);
  });
  afterEach(() => void vi.restoreAllMocks());
  return printed;
}
