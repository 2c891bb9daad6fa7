/** The components of the paper's Table 2. */
export const componentNames = [
  ...["validVote", "lora", "qualityVote", "eliteIcl", "randomQGen"],
  ...["difficultyControl", "externalAnchor", "explanation", "dynamicStrategy", "fem"],
] as const satisfies readonly string[];
