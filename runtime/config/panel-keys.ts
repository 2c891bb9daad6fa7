/** The configuration keys that say who of a group is asked. */
import { z } from "zod";

const atLeastOne = z.int().min(1);

export const panelKeys = {
  verifiers: atLeastOne
    .optional()
    .describe(
      "Peers drawn for each solution, whose consent it needs [members]. Default: all. Source: ours; the paper asks all.",
    ),
  firstVerifiers: atLeastOne
    .optional()
    .describe(
      "Verifiers asked at once, those first that refuse most for their tokens; the others are asked once these have accepted, which saves tokens and costs time [members]. Default: all. Source: ours.",
    ),
  voters: atLeastOne
    .optional()
    .describe(
      "Members drawn to vote on a question [members]. Default: all. Source: ours; the paper asks all.",
    ),
  duels: atLeastOne
    .optional()
    .describe(
      "Most pairs of a question's verified solutions to vote on, those first whose outcome says most about the ratings [pairs]. Default: all. Source: ours; the paper compares all.",
    ),
  auditShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      "With a panel of verifiers: share of solutions that the whole group verifies, which measures what a panel lets through; in large groups fewer, so that audits add at most this share to the checks of the panels. Source: ours.",
    ),
};
