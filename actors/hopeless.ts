/** An error that another attempt cannot mend. */
export class Hopeless extends Error {
  readonly code = "AGORA_HOPELESS";
}
