import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { solutionOf, group as three } from "../machines.fixture.ts";
import {
  consentsNeeded,
  firstVerifiersOf,
  isAudited,
  type PanelSettings,
  panelOf,
  verifiersOf,
  votersOf,
} from "./panel.ts";

const members = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);
const settings = (more: Partial<PanelSettings> = {}): PanelSettings => ({
  ...{ seed: 1, auditShare: 0 },
  ...more,
});
const offered = (author: string, question = "q") =>
  solutionOf(author, { solutionId: `${question}/${author}` });

describe("a panel of verifiers", () => {
  test("is all peers by default", () => {
    const posed = { question: "q", group: three };
    expect(verifiersOf(posed, offered("bee"), settings())).toEqual(["ant", "cat"]);
    expect(firstVerifiersOf(posed, offered("bee"), settings())).toEqual(["ant", "cat"]);
    expect(votersOf(posed, settings())).toEqual([...three]);
  });

  test("has its size, without the author, in the order of the group, and is the same wherever it is drawn", () => {
    const drawing = fc.record({
      size: fc.integer({ min: 1, max: 20 }),
      seed: fc.integer(),
      count: fc.integer({ min: 2, max: 16 }),
      question: fc.string(),
    });
    fc.assert(
      fc.property(drawing, ({ size, seed, count, question }) => {
        const group = members(count);
        const given = settings({ seed, verifiers: size });
        const panel = panelOf({ question, group }, offered("m1", question), given);
        expect(panel).toHaveLength(Math.min(size, count - 1));
        expect(panel).not.toContain("m1");
        expect(consentsNeeded({ question, group }, offered("m1", question), given)).toBe(panel.length);
        expect(group.filter((member) => panel.includes(member))).toEqual(panel);
        const elsewhere = structuredClone([{ question, group }, offered("m1", question), given] as const);
        expect(panelOf(...elsewhere)).toEqual(panel);
      }),
    );
  });

  test("holds the same members in whatever order the group stands", () => {
    const group = members(9);
    const [one, other] = [group, group.toReversed()].map((order) =>
      panelOf({ question: "q", group: order }, offered("m4"), settings({ verifiers: 3 })),
    );
    expect(other).toEqual(one?.toReversed());
  });

  test("is drawn by a fair lot: over many solutions each peer sits as often, and pairs as well", () => {
    const [group, draws, size] = [members(8), 4000, 3];
    const sat = new Map<string, number>();
    const together = new Map<string, number>();
    for (let index = 0; index < draws; index += 1) {
      const question = `q${index}`;
      const panel = panelOf({ question, group }, offered("m0", question), settings({ verifiers: size }));
      for (const [place, member] of panel.entries()) {
        sat.set(member, (sat.get(member) ?? 0) + 1);
        for (const other of panel.slice(place + 1)) {
          const pair = `${member} ${other}`;
          together.set(pair, (together.get(pair) ?? 0) + 1);
        }
      }
    }
    const isFair = (count: number, chance: number) =>
      Math.abs(count - draws * chance) < 4.5 * Math.sqrt(draws * chance * (1 - chance));
    expect([...sat.keys()].toSorted()).toEqual(members(8).slice(1));
    expect([...sat.values()].filter((count) => !isFair(count, 3 / 7))).toEqual([]);
    expect(together.size).toBe(21);
    expect([...together.values()].filter((count) => !isFair(count, 3 / 21))).toEqual([]);
  });

  test("differs from solution to solution of one question", () => {
    const group = members(12);
    const panels = group.map((author) =>
      panelOf({ question: "q", group }, offered(author), settings({ verifiers: 2 })).join(),
    );
    expect(new Set(panels).size).toBeGreaterThan(6);
  });
});

describe("first verifiers", () => {
  test("are the first of the panel", () => {
    const posed = { question: "q", group: members(8) };
    const given = settings({ verifiers: 4, firstVerifiers: 2 });
    const panel = verifiersOf(posed, offered("m0"), given);
    expect(firstVerifiersOf(posed, offered("m0"), given)).toEqual(panel.slice(0, 2));
  });

  test("are the first peers where there is no panel", () => {
    const posed = { question: "q", group: members(4) };
    expect(firstVerifiersOf(posed, offered("m0"), settings({ firstVerifiers: 1 }))).toEqual(["m1"]);
  });

  test("are the whole group in an audit", () => {
    const posed = { question: "q", group: members(5) };
    const given = settings({ verifiers: 2, firstVerifiers: 1, auditShare: 1 });
    expect(firstVerifiersOf(posed, offered("m0"), given)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(panelOf(posed, offered("m0"), given)).toHaveLength(2);
  });
});

describe("an audit", () => {
  const audited = (given: PanelSettings, group: readonly string[], draws = 5000): number =>
    Array.from({ length: draws }, (_, index) => offered("m0", `q${index}`)).filter((solution) =>
      isAudited({ group }, solution, given),
    ).length;

  test("takes the share of the solutions that it is told where panels are half of the peers or more", () => {
    for (const auditShare of [0.02, 0.1, 0.5]) {
      const sd = Math.sqrt(5000 * auditShare * (1 - auditShare));
      const count = audited(settings({ verifiers: 4, auditShare }), members(8));
      expect(Math.abs(count - 5000 * auditShare)).toBeLessThan(4 * sd);
    }
  });

  test("adds at most that share to the checks of the panels, however large the group", () => {
    for (const [auditShare, size] of [
      [0.1, 16],
      [0.1, 64],
      [1, 16],
    ] as const) {
      const chance = (auditShare * 3) / (size - 4);
      const sd = Math.sqrt(5000 * chance * (1 - chance));
      const count = audited(settings({ verifiers: 3, auditShare }), members(size));
      expect(Math.abs(count - 5000 * chance)).toBeLessThan(4 * sd);
    }
  });

  test("is of no solution, or of all, at the ends, and of none without panels", () => {
    expect(audited(settings({ verifiers: 4, auditShare: 0 }), members(8))).toBe(0);
    expect(audited(settings({ verifiers: 4, auditShare: 1 }), members(8))).toBe(5000);
    expect(audited(settings({ auditShare: 1 }), members(8))).toBe(0);
  });
});
