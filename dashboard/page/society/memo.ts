/** Wraps a component so that it renders again only if a property changes. */
import { Component, type FunctionComponent, type VNode } from "preact";

export const memo = <P extends object>(draw: (props: P) => VNode): FunctionComponent<P> => {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Readonly<P>;
      return (Object.keys(next) as (keyof P)[]).some((key) => next[key] !== now[key]);
    }
    override render(): VNode {
      return draw(this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
};
