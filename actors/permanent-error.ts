/** An error that another attempt cannot mend. */
export class PermanentError extends Error {
  readonly code = "AGORA_PERMANENT";
}
