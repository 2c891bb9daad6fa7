import { describe, expect, test } from "vitest";
import type { Message, Verdict } from "../../runtime/messages.ts";
import { dossierOf, settledOf, solutionOf } from "../machines.fixture.ts";
import { type PanelSettings, panelOf } from "./panel.ts";
import { emptyPanelAudit, foldPanelAudit } from "./panel-audit.ts";

const group = ["ant", "bee", "cat", "dog", "eel"];
const settings: PanelSettings = { seed: 1, verifiers: 2, auditShare: 1 };
const offered = solutionOf("ant");
const panel = panelOf({ question: "q", group }, offered, settings);
const outside = group.filter((member) => member !== "ant" && !panel.includes(member));
const [inPanel, second] = panel as [string, string];
const [outsider] = outside as [string];

/** The peers accept, but for those named. */
const settled = (
  others: Readonly<Record<string, Verdict["verdict"]>> = {},
  more: Partial<ReturnType<typeof dossierOf>> = {},
): Message => {
  const verdicts = group
    .filter((member) => member !== "ant")
    .map((verifier): Verdict => {
      const given = others[verifier] ?? "accept";
      return { solutionId: offered.solutionId, verifier, adapter: 0, verdict: given, text: "" };
    });
  const dossier = dossierOf({ group, solutions: [{ ...offered, audited: true }], verdicts, ...more });
  return settledOf("q", [], { dossier });
};

const audit = (...messages: Message[]) => messages.reduce(foldPanelAudit(settings), emptyPanelAudit);

describe("the audit of a panel", () => {
  test("counts what the panel accepts, and what of it the group refuses", () => {
    expect(audit(settled())).toEqual({ audited: 1, accepted: 1, refused: 0 });
    expect(audit(settled({ [outsider]: "refuse" }))).toEqual({ audited: 1, accepted: 1, refused: 1 });
    expect(audit(settled(), settled({ [outsider]: "refuse" }))).toEqual({
      ...{ audited: 2, accepted: 2, refused: 1 },
    });
  });

  test("what the panel refuses, or abstains on, is not let through, whatever the others say", () => {
    const refused = settled({ [inPanel]: "refuse", [outsider]: "refuse" });
    const abstained = settled({ [second]: "abstain", [outsider]: "refuse" });
    expect(audit(refused, abstained)).toEqual({ audited: 2, accepted: 0, refused: 0 });
  });

  test("an abstention outside the panel is no refusal", () => {
    expect(audit(settled({ [outsider]: "abstain" }))).toEqual({ audited: 1, accepted: 1, refused: 0 });
  });

  test("absent members of the panel are excused; a panel that is all absent accepts nothing", () => {
    const silent = (...absent: string[]) => {
      const verdicts = outside.map((verifier) => ({
        ...{ solutionId: offered.solutionId, verifier, adapter: 0, text: "" },
        verdict: "refuse" as const,
      }));
      const spoken = panel
        .filter((member) => !absent.includes(member))
        .map((verifier) => ({ ...verdicts[0], verifier, verdict: "accept" as const }) as Verdict);
      return settled({}, { absent, verdicts: [...spoken, ...verdicts] });
    };
    expect(audit(silent(inPanel))).toEqual({ audited: 1, accepted: 1, refused: 1 });
    expect(audit(silent(...panel))).toEqual({ audited: 1, accepted: 0, refused: 0 });
  });

  test("a refusal stands, also of a member of the panel that is absent afterwards", () => {
    const refused = settled({ [inPanel]: "refuse" }, { absent: [inPanel] });
    expect(audit(refused)).toEqual({ audited: 1, accepted: 0, refused: 0 });
  });

  test("solutions that are not audited, and panels of the whole group, say nothing", () => {
    expect(audit(settled({ [outsider]: "refuse" }, { solutions: [offered] }))).toEqual(emptyPanelAudit);
    const whole = foldPanelAudit({ ...settings, verifiers: 4 });
    expect([settled({ [outsider]: "refuse" })].reduce(whole, emptyPanelAudit)).toEqual(emptyPanelAudit);
  });
});
