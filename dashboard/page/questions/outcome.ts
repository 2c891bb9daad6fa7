/** Badges for the outcome of a question and for verdicts. */
import type { QuestionLine } from "../../view.ts";
import type { BadgeProps } from "../parts/badge.ts";

export const outcomes: Readonly<Record<QuestionLine["outcome"], BadgeProps>> = {
  settled: { tone: "good", sign: "✓", text: "settled" },
  disputed: { tone: "warn", sign: "≠", text: "disputed" },
  void: { tone: "plain", sign: "∅", text: "discarded" },
  open: { tone: "accent", sign: "…", text: "under way" },
};

export const misledBadge: BadgeProps = {
  ...{ tone: "bad", sign: "≠", text: "verified but wrong" },
  title: "A solution that every peer accepted has a wrong answer",
};

export const verdicts = {
  accept: { tone: "good", sign: "✓", text: "accepts" },
  refuse: { tone: "bad", sign: "✗", text: "refuses" },
  abstain: { tone: "plain", sign: "–", text: "abstains" },
} as const satisfies Readonly<Record<string, BadgeProps>>;
