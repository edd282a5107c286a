// The page's buttons that open parts: what becomes of one whose code does not load.
import { expect, test } from "vitest";
import { offerPart } from "../../src/ui/page/offer-part.ts";

test("a part that does not load stays closed and says so, and is loaded with the next click", async () => {
  const button = Object.assign(new EventTarget(), { ariaExpanded: "false" as string | null });
  const controls = { hidden: true };
  const told: string[] = [];
  let isOnline = false;
  offerPart({
    ...{ button: button as never, controls, what: "for tests" },
    load: async () => {
      if (!isOnline) throw new Error("offline");
      return "part";
    },
    onToggle: (part, isOpen) => told.push(`${part} ${isOpen ? "open" : "closed"}`),
    onFail: (error) => told.push((error as Error).message),
  });
  const click = async () => {
    button.dispatchEvent(new Event("click"));
    await new Promise((resolve) => setTimeout(resolve));
    return controls.hidden;
  };
  expect(await click()).toBe(true);
  isOnline = true;
  expect(await click()).toBe(false);
  expect(await click()).toBe(true);
  expect(told).toEqual([expect.stringContaining("for tests could not be loaded: offline"), "part open", "part closed"]);
});
