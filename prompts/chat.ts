/** What a model is told: a system message, where the pack has one, and the user's. */
export interface Chat {
  readonly system: string | undefined;
  readonly user: string;
}

/** A chat as one text. */
export const oneText = ({ system, user }: Chat): string =>
  system === undefined ? user : `${system}\n\n${user}`;
