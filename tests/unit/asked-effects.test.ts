// Effects take memory, which is given back after the last answer: one that was on its way would take it again.
import { expect, test, vi } from "vitest";
import type { ConvCam } from "../../src/ui/element.ts";
import { AskedEffects } from "../../src/ui/instrument/asked-effects.ts";
import type { Session } from "../../src/ui/session/session.ts";

const viewer = { labels: [], getAttribute: () => null } as unknown as ConvCam;

/** A session that answers when it is told to. */
function openSession() {
  const waiting: (() => void)[] = [];
  const kinds: string[] = [];
  const ask = ({ kind }: { readonly kind: string }) => {
    kinds.push(kind);
    return new Promise<unknown>((answer) => {
      if (kind === "release") answer(undefined);
      else waiting.push(() => answer({ class: 0, classCount: 1, effects: [] }));
    });
  };
  const answerNext = async () => {
    waiting.shift()?.();
    await new Promise((later) => setTimeout(later));
  };
  return { session: { ask } as unknown as Session, kinds, answerNext };
}

test("are pending until they are prepared", async () => {
  const { session, answerNext } = openSession();
  const update = vi.fn();
  const effects = new AskedEffects(viewer, update);
  expect(await effects.of("conv", session)).toEqual({ isPending: true });
  expect(await effects.of("conv", session)).toEqual({ isPending: true });
  await answerNext();
  expect(update).toHaveBeenCalledOnce();
  const known = effects.of("conv", session);
  await answerNext();
  expect(await known).toHaveProperty("effects");
});

test("are released when nobody looks any more, after the last answer", async () => {
  const { session, kinds, answerNext } = openSession();
  const effects = new AskedEffects(viewer, () => undefined);
  await effects.of("conv", session);
  await answerNext();
  void effects.of("conv", session);
  effects.letGo();
  await new Promise((later) => setTimeout(later));
  expect(kinds).toEqual(["effects", "effects"]);
  await answerNext();
  expect(kinds).toEqual(["effects", "effects", "release"]);
});

test("stay where somebody has come back meanwhile", async () => {
  const { session, kinds, answerNext } = openSession();
  const effects = new AskedEffects(viewer, () => undefined);
  await effects.of("conv", session);
  effects.letGo();
  await effects.of("conv", session);
  await answerNext();
  await answerNext();
  expect(kinds).toEqual(["effects", "effects"]);
});

test("are asked for again where the first answer was overtaken", async () => {
  const { session, answerNext } = openSession();
  const effects = new AskedEffects(viewer, () => undefined);
  const gone = { ask: () => Promise.reject(new DOMException("overtaken", "AbortError")) } as unknown as Session;
  await effects.of("conv", gone);
  await answerNext();
  await effects.of("conv", session);
  await answerNext();
  const known = effects.of("conv", session);
  await answerNext();
  expect(await known).toHaveProperty("effects");
});
